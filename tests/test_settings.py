"""Where settings come from, what they may be, and what a wrong one is told."""

import os
import stat
from datetime import date
from pathlib import Path
from traceback import format_exception

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import settings as module
from etl.errors import ConfigurationError, EtlError, UsageError
from etl.setting_types import WorkingHours
from etl.settings import env_example, load, unknown_variables, variables

TOKEN = "tok_" + "s3cr3t" * 3


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable, no .env, no secret file."""
    for name in list(os.environ):
        if name.upper().startswith("ETL_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "SECRETS_DIR", str(tmp_path / "run-secrets"))


def _secret(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def _told(overrides: dict[str, object] | None = None) -> str:
    with pytest.raises(EtlError) as caught:
        load(overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_anything_every_setting_has_its_documented_default() -> None:
    settings = load({})
    assert settings.api_token is None
    assert settings.organization_id == ()
    assert settings.api_base_url == "https://api.aitronos.com"
    assert settings.warehouse == Path("warehouse.duckdb")
    assert settings.from_date is None
    assert (settings.lookback_days, settings.lock_wait_seconds) == (7, 10)
    assert (settings.concurrency, settings.max_attempts, settings.timeout_seconds) == (8, 6, 30)
    assert settings.requests_per_minute is settings.max_requests is None
    assert (settings.timezone, settings.working_hours) == ("UTC", (7, 19))
    assert settings.publish is settings.sql_dir is None
    assert settings.filters() == {}
    assert (settings.log_level, settings.log_format) == ("info", "text")


def test_the_command_line_wins_over_environment_over_dotenv_over_secret_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _secret(tmp_path / "run-secrets", "etl_lookback_days", "1\n")
    assert load({}).lookback_days == 1
    (tmp_path / ".env").write_text("ETL_LOOKBACK_DAYS=2\nOTHER=1\n")
    assert load({}).lookback_days == 2
    monkeypatch.setenv("ETL_LOOKBACK_DAYS", "3")
    assert load({}).lookback_days == 3
    assert load({"lookback_days": "4"}).lookback_days == 4
    assert load({"lookback_days": None}).lookback_days == 3


@pytest.mark.parametrize("name", ["etl_api_token", "ETL_API_TOKEN"])
def test_the_token_may_come_from_a_file_whose_last_newline_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _secret(tmp_path / "mine", name, TOKEN + "\n")
    monkeypatch.setenv("ETL_SECRETS_DIR", str(tmp_path / "mine"))
    token = load({}).api_token
    assert token is not None
    assert token.get_secret_value() == TOKEN


def test_of_two_secret_folders_the_named_one_counts(tmp_path: Path) -> None:
    _secret(tmp_path / "run-secrets", "etl_api_token", "general")
    _secret(tmp_path / "mine", "etl_api_token", "particular")
    token = load({"secrets_dir": str(tmp_path / "mine")}).api_token
    assert token is not None
    assert token.get_secret_value() == "particular"


def test_a_secret_folder_named_in_dotenv_is_read(tmp_path: Path) -> None:
    _secret(tmp_path / "mine", "etl_organization_id", "org_1")
    (tmp_path / ".env").write_text(f"ETL_SECRETS_DIR={tmp_path / 'mine'}\n")
    assert load({}).organization_id == ("org_1",)


@pytest.mark.filterwarnings("error")
def test_secret_folders_that_do_not_exist_are_silent(tmp_path: Path) -> None:
    assert load({"secrets_dir": str(tmp_path / "missing")}).api_token is None


def test_a_file_in_place_of_the_secret_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setenv("ETL_SECRETS_DIR", str(tmp_path / "token"))
    assert _told() == "ETL_SECRETS_DIR wants the path of a folder"


def test_a_secret_that_is_not_text_is_reported_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "run-secrets").mkdir()
    (tmp_path / "run-secrets" / "etl_api_token").write_bytes(b"\xff\xfes3cr3t")
    message = _told()
    assert message.startswith("cannot read ")
    assert "s3cr3t" not in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_secret_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    _secret(tmp_path / "run-secrets", "etl_api_token", TOKEN)
    (tmp_path / "run-secrets" / "etl_api_token").chmod(stat.S_IWUSR)
    assert "etl_api_token" in _told()


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_value_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    for variable in variables():
        monkeypatch.setenv(variable.env, value)
    assert load({}) == load({})
    assert load({}).lookback_days == 7
    _secret(tmp_path / "run-secrets", "etl_api_token", "\n")
    assert load({}).api_token is None


def test_an_empty_flag_takes_back_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ETL_ENTITY_TYPE", "role")
    assert load({"entity_type": ""}).entity_type is None


def test_several_organizations_are_trimmed_and_each_is_kept_once_in_order() -> None:
    settings = load({"organization_id": " org_b, org_a ,,org_b,"})
    assert settings.organization_id == ("org_b", "org_a")


@hypothesis.settings(deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_no_organization_id_can_break_out_of_the_path(text: str) -> None:
    try:
        ids = load({"organization_id": text}).organization_id
    except UsageError:
        return
    for one in ids:
        assert one.isascii()
        assert not set(one) & set("/?#%\\:@ \t\r\n")
        assert one not in {".", ".."}


@pytest.mark.parametrize(
    ("text", "hours"),
    [("07-19", (7, 19)), ("22-06", (22, 6)), ("9-17", (9, 17)), ("00-24", (0, 24))],
)
def test_working_hours_are_two_hours_and_may_go_over_midnight(
    text: str, hours: tuple[int, int]
) -> None:
    assert load({"working_hours": text}).working_hours == WorkingHours(*hours)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("https://gateway.example.com:8443/aitronos/", "https://gateway.example.com:8443/aitronos"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.255.0.9", "http://127.255.0.9"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_base_url_is_https_or_this_machine_and_loses_its_last_slash(url: str, kept: str) -> None:
    assert load({"api_base_url": url}).api_base_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "HTTP://api.example.com",
        "http://10.0.0.1",
        "http://128.0.0.1",
        "http://[::2]",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
    ],
)
def test_plain_http_to_another_machine_is_a_configuration_error_even_as_a_flag(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"^--api-base-url is plain http .* use https"):
        load({"api_base_url": url})
    monkeypatch.setenv("ETL_API_BASE_URL", url)
    with pytest.raises(ConfigurationError, match=r"^ETL_API_BASE_URL is plain http"):
        load({})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_base_url", "api.example.com"),
        ("api_base_url", "ftp://api.example.com"),
        ("api_base_url", "https://user:pass@api.example.com"),
        ("api_base_url", "https://api.example.com?x=1"),
        ("api_base_url", "https://api.example.com#x"),
        ("api_base_url", "https://api.example.com:99999"),
        ("api_base_url", "https://"),
        ("api_base_url", "https://api.example.com/ x"),
        ("from_date", "2025-1-1"),
        ("from_date", "2025-02-30"),
        ("from_date", "1735689600"),
        ("from_date", "2025-01-01T00:00:00"),
        ("from_date", "2025-W01-1"),
        ("lookback_days", "-1"),
        ("lookback_days", "7.5"),
        ("lookback_days", "a week"),
        ("concurrency", "0"),
        ("concurrency", "65"),
        ("requests_per_minute", "0"),
        ("max_requests", "0"),
        ("max_attempts", "0"),
        ("timeout_seconds", "0"),
        ("timeout_seconds", "nan"),
        ("timeout_seconds", "inf"),
        ("lock_wait_seconds", "-1"),
        ("working_hours", "7"),
        ("working_hours", "07-07"),
        ("working_hours", "24-07"),
        ("working_hours", "07-25"),
        ("timezone", "UTC; DROP TABLE audit_log"),
        ("timezone", "../etc"),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("entity_type", "role\nassigned"),
        ("organization_id", ","),
        ("organization_id", "a/b"),
        ("publish", "./warehouse.duckdb"),
    ],
)
def test_a_bad_value_names_its_flag_or_variable_and_what_it_wants(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str
) -> None:
    variable = next(v for v in variables() if v.field == field)
    with pytest.raises(UsageError) as usage:
        load({field: value})
    assert str(usage.value) == f"{variable.flag} wants {variable.wants}"
    monkeypatch.setenv(variable.env, value)
    with pytest.raises(ConfigurationError) as configuration:
        load({})
    assert str(configuration.value) == f"{variable.env} wants {variable.wants}"


def test_several_problems_are_told_in_one_line_each_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ETL_CONCURRENCY", "many")
    (tmp_path / ".env").write_text("ETL_FROM_DATE=yesterday\n")
    _secret(tmp_path / "run-secrets", "etl_log_level", "loud")
    assert _told() == (
        "ETL_FROM_DATE (in .env) wants a date as YYYY-MM-DD, from 1970-01-01 to today; "
        "ETL_CONCURRENCY wants a whole number from 1 to 64; "
        "ETL_LOG_LEVEL (in a secret file) wants debug, info, warning or error"
    )
    with pytest.raises(UsageError, match="--lookback-days"):
        load({"lookback_days": "x"})


@hypothesis.settings(deadline=None, max_examples=40)
@given(st.text(st.characters(min_codepoint=33), min_size=8, max_size=40))
def test_no_message_repeats_a_value(text: str) -> None:
    for field in ("api_token", "api_base_url", "organization_id", "from_date", "timezone"):
        error = _error(field, text)
        assert error is None or text not in "".join(format_exception(error))


def _error(field: str, text: str) -> EtlError | None:
    try:
        load({field: text})
    except EtlError as error:
        return error
    return None


@pytest.mark.parametrize("token", ["two words", "Bearer abc", "naïve", "line\nbreak", "nul\x00"])
def test_a_token_that_no_header_can_hold_is_refused_without_being_shown(token: str) -> None:
    message = _told({"api_token": token})
    assert message.startswith("ETL_API_TOKEN wants the token alone")
    assert token not in message


def test_the_token_is_not_in_the_settings_repr() -> None:
    settings = load({"api_token": TOKEN})
    assert TOKEN not in repr(settings) + str(settings) + str(settings.model_dump())


def test_token_and_organization_are_required_only_where_the_source_is_asked() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({}).require_source()
    assert "ETL_API_TOKEN is not set" in str(caught.value)
    assert "etl_api_token" in str(caught.value)
    assert "; ETL_ORGANIZATION_ID is not set" in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"^ETL_ORGANIZATION_ID is not set"):
        load({"api_token": TOKEN}).require_source()
    settings = load({"api_token": TOKEN, "organization_id": "org_1"})
    assert settings.require_source().get_secret_value() == TOKEN


def test_filters_are_given_by_the_names_of_the_api() -> None:
    settings = load({"entity_type": "role", "search_term": "Zoë & co"})
    assert settings.filters() == {"entity_type": "role", "search_term": "Zoë & co"}


def test_from_date_is_a_plain_date() -> None:
    assert load({"from_date": "2024-02-29"}).from_date == date(2024, 2, 29)


def test_a_home_folder_is_found_where_no_shell_has_done_so() -> None:
    assert load({"warehouse": "~/audit.duckdb"}).warehouse == Path.home() / "audit.duckdb"


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}).concurrency = 9


def test_an_override_that_is_no_setting_is_a_bug_and_not_ignored() -> None:
    with pytest.raises(TypeError, match="lookback"):
        load({"lookback": 7})


def test_a_misspelled_variable_is_told_with_the_nearest_name() -> None:
    environ = {"ETL_LOOKBACK_DAY": "1", "ETL_CONCURRENCY": "8", "etl_api_token": "x", "HOME": "/"}
    assert unknown_variables(environ) == [
        "ETL_LOOKBACK_DAY is not a setting and is ignored: did you mean ETL_LOOKBACK_DAYS?"
    ]


def test_misspelled_variables_are_looked_for_in_the_environment_and_in_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ETL_TOKENN", "x")
    (tmp_path / ".env").write_text("ETL_WEARHOUSE=x\nUNRELATED=1\n")
    told = unknown_variables()
    assert [line.split()[0] for line in told] == ["ETL_TOKENN", "ETL_WEARHOUSE"]
    assert "ETL_WAREHOUSE?" in told[1]


def test_every_setting_is_described_once_and_only_the_token_has_no_flag() -> None:
    assert len({variable.env for variable in variables()}) == len(variables())
    for variable in variables():
        assert variable.env == f"ETL_{variable.field.upper()}"
        assert variable.description.endswith(".")
        assert variable.secret == (variable.flag is None) == (variable.field == "api_token")


def test_a_default_as_shown_is_a_value_that_may_be_given() -> None:
    shown = {v.field: v.default for v in variables() if v.default}
    assert load(shown) == load({})


def test_env_example_in_the_repository_is_the_one_made_from_the_settings() -> None:
    root = Path(__file__).parent.parent
    assert (root / ".env.example").read_text(encoding="utf-8") == env_example()


def test_env_example_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    before = load({})
    (tmp_path / ".env").write_text(env_example())
    assert load({}) == before
    assert unknown_variables() == []

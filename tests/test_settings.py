"""Where settings come from, which values are valid, and what the messages say."""

import os
import re
from datetime import date
from pathlib import Path
from traceback import format_exception

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import settings as module
from etl.errors import ConfigurationError, EtlError, UsageError
from etl.settings import env_example, load, unknown_variables, variables

TOKEN = "tok_" + "s3cr3t" * 3


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "SECRETS_DIR", "run-secrets")


def _secret(directory: str, name: str, text: str) -> None:
    Path(directory).mkdir(exist_ok=True)
    Path(directory, name).write_text(text)


def _error(overrides: dict[str, object] | None = None) -> EtlError:
    with pytest.raises(EtlError) as caught:
        load(overrides)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_command_line_precedes_the_environment_dotenv_and_secret_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    _secret("run-secrets", "etl_lookback_days", "1\n")
    assert load({}).lookback_days == 1
    _secret("mine", "ETL_LOOKBACK_DAYS", "2\n")
    Path(".env").write_text("ETL_SECRETS_DIR=~/mine\nOTHER=1\n")
    assert load({}).lookback_days == 2
    Path(".env").write_text("ETL_SECRETS_DIR=mine\nETL_LOOKBACK_DAYS=3\n")
    assert load({}).lookback_days == 3
    monkeypatch.setenv("ETL_LOOKBACK_DAYS", "4")
    assert load({}).lookback_days == load({"lookback_days": None}).lookback_days == 4
    assert load({"lookback_days": "5"}).lookback_days == 5


@pytest.mark.filterwarnings("error")
def test_a_missing_or_unreadable_secrets_directory_is_ignored() -> None:
    Path("run-secrets").mkdir(mode=0)
    assert load({"secrets_dir": "missing"}).api_token is None


def test_an_unreadable_secret_is_reported_by_its_path_and_not_by_its_content() -> None:
    _secret("run-secrets", "etl_api_token", "")
    Path("run-secrets", "etl_api_token").write_bytes(b"\xff\xfes3cr3t")
    message = str(_error())
    assert message.startswith("cannot read ")
    assert "s3cr3t" not in message
    if os.geteuid() != 0:  # root can read everything
        Path("run-secrets", "etl_api_token").chmod(0o200)
        assert "etl_api_token" in str(_error())


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    default = load({})
    for variable in variables():
        monkeypatch.setenv(variable.env, value)
    _secret("run-secrets", "etl_api_token", value + "\n")
    assert load({}) == default
    monkeypatch.setenv("ETL_ENTITY_TYPE", "role")
    assert load({"entity_type": value}).entity_type is None


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("organization_id", " org_b, org_a ,,org_b,", ("org_b", "org_a")),
        ("from_date", "2024-02-29", date(2024, 2, 29)),
        ("warehouse", "~/audit.duckdb", Path.home() / "audit.duckdb"),
        ("working_hours", "22-06", (22, 6)),
        ("working_hours", "9-17", (9, 17)),
        ("working_hours", "00-24", (0, 24)),
        ("log_level", "DEBUG", "debug"),
        ("api_base_url", "https://example.com:8443/api/", "https://example.com:8443/api"),
        ("api_base_url", "http://127.255.0.9", "http://127.255.0.9"),
        ("api_base_url", "http://localhost:8000/", "http://localhost:8000"),
        ("api_base_url", "http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_valid_text_becomes_its_value(field: str, text: str, value: object) -> None:
    assert getattr(load({field: text}), field) == value


@given(st.text(min_size=1, max_size=20))
def test_no_organization_id_can_leave_its_place_in_the_path(text: str) -> None:
    try:
        ids = load({"organization_id": text}).organization_id
    except UsageError:
        return
    for one in ids:
        assert one.isascii()
        assert not set(one) & set("/?#%\\:@ \t\r\n")
        assert one not in {".", ".."}


_PLAIN_HTTP = ["HTTP://api.example.com", "http://10.0.0.1", "http://128.0.0.1", "http://[::2]"]
_PLAIN_HTTP += ["http://localhost.example.com", "http://127.0.0.1.example.com", "http://0.0.0.0"]


@pytest.mark.parametrize("url", _PLAIN_HTTP)
def test_plain_http_to_another_machine_is_a_configuration_error_even_as_a_flag(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ETL_API_BASE_URL", url)
    for error in (_error({"api_base_url": url}), _error()):
        assert type(error) is ConfigurationError
        assert f"must be an https URL, not {url!r}: plain http would send the token" in str(error)


_INVALID = {
    "api_base_url": ["example.com", "ftp://example.com", "https://u:p@example.com", "https://"]
    + [f"https://example.com{rest}" for rest in ("?x=1", "#x", ":99999", "/ x")],
    "from_date": ["2025-1-1", "2025-02-30", "1735689600", "2025-01-01T00:00:00", "2025-W01-1"],
    "lookback_days": ["-1", "7.5", "a week"],
    "concurrency": ["0", "65"],
    **{name: ["0"] for name in ("requests_per_minute", "max_requests", "max_attempts")},
    "timeout_seconds": ["0", "nan", "inf"],
    "lock_wait_seconds": ["-1"],
    "working_hours": ["7", "07-07", "24-07", "07-25"],
    "timezone": ["UTC; DROP TABLE audit_log", "../etc"],
    "log_level": ["loud"],
    "log_format": ["xml"],
    "entity_type": ["role\nassigned"],
    "organization_id": [",", "a/b"],
    "publish": ["./warehouse.duckdb"],
    "warehouse": ["/"],
    "secrets_dir": ["a-file"],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field in _INVALID for value in _INVALID[field]]
)
def test_an_invalid_value_is_reported_with_its_flag_or_variable_and_the_valid_values(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str
) -> None:
    Path("a-file").touch()
    variable = next(v for v in variables() if v.field == field)
    error = _error({field: value})
    hidden = ("://" not in value and len(value) > 19) or set(value) & set("@?#")
    said = f"must be {variable.must_be}" + ("" if hidden else f", not {value!r}")
    assert (type(error), str(error)) == (UsageError, f"{variable.flag} {said}")
    monkeypatch.setenv(variable.env, value)
    error = _error()
    assert type(error) is ConfigurationError
    assert str(error) == f"{variable.env} {said}"


def test_several_errors_are_reported_in_one_line_each_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ETL_CONCURRENCY", "many")
    Path(".env").write_text("ETL_FROM_DATE=yesterday\n")
    _secret("run-secrets", "etl_log_level", "loud")
    assert str(_error()) == (
        "ETL_FROM_DATE (in .env) must be a date in the format YYYY-MM-DD, from 1970-01-01 to "
        "today, not 'yesterday'; ETL_CONCURRENCY must be a whole number from 1 to 64, not 'many'; "
        "ETL_LOG_LEVEL (in a secret file) must be debug, info, warning or error, not 'loud'"
    )


@pytest.mark.parametrize("token", ["two words", "Bearer abc", "naïve", "line\nbreak", "nul\x00"])
def test_a_token_that_fits_in_no_header_is_rejected(token: str) -> None:
    assert str(_error({"api_token": token})).startswith("ETL_API_TOKEN must be the bare token")


@hypothesis.settings(max_examples=40)
@given(st.from_regex(re.compile(r"[\w-]{20,60}", re.ASCII), fullmatch=True))
@hypothesis.example("Bearer " + TOKEN)
@hypothesis.example("https://ada:secret@example.com")
def test_no_message_or_traceback_repeats_what_may_be_a_token(text: str) -> None:
    for field in ("api_token", "api_base_url", "organization_id", "from_date", "timezone"):
        shown = ""
        try:
            load({field: text})
        except EtlError as error:
            shown = "".join(format_exception(error))
        assert text not in shown


def test_the_settings_are_immutable_and_do_not_show_the_token() -> None:
    settings = load({"api_token": TOKEN})
    assert TOKEN not in repr(settings) + str(settings) + str(settings.model_dump())
    with pytest.raises(ValueError, match="frozen"):
        settings.concurrency = 9


def test_the_token_and_the_organization_are_required_only_for_the_api() -> None:
    organization = {"organization_id": "org_1"}
    with pytest.raises(ConfigurationError, match=r"^ETL_API_TOKEN .* etl_api_token in run-secrets"):
        load(organization).require_source()
    with pytest.raises(ConfigurationError, match=r"^ETL_ORGANIZATION_ID is not set: .* use --org"):
        load({"api_token": TOKEN}).require_source()
    with pytest.raises(ConfigurationError, match=r"^ETL_API_TOKEN .*; ETL_ORGANIZATION_ID "):
        load({}).require_source()
    settings = load(organization | {"api_token": TOKEN + "\n"})
    assert settings.require_source().get_secret_value() == TOKEN


def test_filters_have_the_names_of_the_api() -> None:
    filters = {"entity_type": "role", "search_term": "Zoë & co"}
    assert load(filters).filters() == filters


def test_an_unknown_override_is_a_bug_and_not_ignored() -> None:
    with pytest.raises(TypeError, match="lookback"):
        load({"lookback": 7})


def test_an_unknown_variable_is_reported_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ETL_TOKENN", "x")
    Path(".env").write_text("ETL_WEARHOUSE=x\nUNRELATED=1\netl_concurrency=8\n")
    first, second = unknown_variables()
    assert first.startswith("ETL_TOKENN is not a setting and is ignored")
    assert second == "ETL_WEARHOUSE is not a setting and is ignored: did you mean ETL_WAREHOUSE?"


def test_every_setting_is_described_and_only_the_token_has_no_flag() -> None:
    for variable in variables():
        assert variable.env == f"ETL_{variable.field.upper()}"
        assert variable.description.endswith(".")
        assert variable.secret == (variable.flag is None) == (variable.field == "api_token")


def test_env_example_is_current_and_loads_as_the_defaults() -> None:
    root = Path(__file__).parent.parent
    assert (root / ".env.example").read_text(encoding="utf-8") == env_example()
    default = load({})
    assert load({v.field: v.default for v in variables() if v.default}) == default
    Path(".env").write_text(env_example())
    assert load({}) == default
    assert unknown_variables() == []

"""A wrong command line or setting: one line, the documented exit code, and nothing done."""

import pytest
from shell import Shell

from etl.sandbox.server import Sandbox


def _nothing_done(shell: Shell, sandbox: Sandbox) -> bool:
    return not sandbox.requests and not list(shell.folder.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["snyc"],
        ["sync", "--nonsense"],
        ["sync", "now"],
        ["query"],
        ["query", "SELECT 1", "SELECT 2"],
        ["query", "SELECT 1", "--format", "xml"],
        ["status", "--max-age", "soon"],
        ["status", "--max-age", "26"],
        ["status", "--max-age", "-1h"],
        ["status", "--max-age", "h"],
        ["demo", "--entries", "none"],
    ],
    ids=" ".join,
)
def test_an_unknown_command_flag_or_word_is_a_usage_error(
    shell: Shell, sandbox: Sandbox, arguments: list[str]
) -> None:
    ran = shell.run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "--help`" in ran.complaint
    assert _nothing_done(shell, sandbox)


@pytest.mark.parametrize(
    ("name", "value", "wants"),
    [
        ("from-date", "2025-02-30", "a date as YYYY-MM-DD"),
        ("from-date", "yesterday", "a date as YYYY-MM-DD"),
        ("lookback-days", "-1", "a whole number"),
        ("concurrency", "0", "from 1 to 64"),
        ("max-requests", "many", "a whole number"),
        ("working-hours", "9-5pm", "07-19"),
        ("organization-id", "a/b", "ids"),
        ("log-level", "loud", "debug, info, warning or error"),
    ],
)
def test_a_malformed_value_is_a_usage_error_as_a_flag_and_a_wrong_setting_elsewhere(
    shell: Shell, sandbox: Sandbox, name: str, value: str, wants: str
) -> None:
    flag = shell.run("sync", f"--{name}", value)
    assert flag.code == 2
    assert flag.complaint.startswith(f"--{name} wants")
    assert wants in flag.complaint
    variable = f"ETL_{name.upper().replace('-', '_')}"
    setting = shell.having(**{variable: value}).run("sync")
    assert setting.code == 3
    assert setting.complaint.startswith(f"{variable} wants")
    assert wants in setting.complaint
    assert _nothing_done(shell, sandbox)


@pytest.mark.parametrize("missing", ["ETL_API_TOKEN", "ETL_ORGANIZATION_ID"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_token_or_organization_is_named(
    shell: Shell, sandbox: Sandbox, missing: str, value: str | None
) -> None:
    ran = shell.having(**{missing: value}).run("sync")
    assert ran.code == 3
    assert f"{missing} is not set" in ran.complaint
    assert _nothing_done(shell, sandbox)


def test_plain_http_to_another_machine_is_a_wrong_setting_wherever_it_is_written(
    shell: Shell,
) -> None:
    assert shell.run("sync", "--api-base-url", "http://api.example.com").code == 3
    ran = shell.having(ETL_API_BASE_URL="http://api.example.com").run("sync")
    assert ran.code == 3
    assert "use https" in ran.complaint


def test_a_token_given_as_a_flag_is_refused_and_not_repeated(shell: Shell) -> None:
    ran = shell.run("sync", "--api-token", "tok-of-somebody")
    assert ran.code == 2
    assert "--api-token" in ran.complaint
    assert "tok-of-somebody" not in ran.err


def test_a_misspelled_variable_is_pointed_out_and_the_sync_goes_on(prepared: Shell) -> None:
    ran = prepared.having(ETL_LOOKBACK_DAY="3").run("sync")
    assert ran.code == 0
    assert "did you mean ETL_LOOKBACK_DAYS?" in ran.err


def test_settings_may_stand_in_a_dotenv_file_and_the_token_in_a_secret_file(
    shell: Shell,
) -> None:
    secrets = shell.folder / "secrets"
    secrets.mkdir()
    (secrets / "etl_api_token").write_text(f"{shell.env['ETL_API_TOKEN']}\n")
    lines = [f"{name}={value}" for name, value in shell.env.items() if name != "ETL_API_TOKEN"]
    (shell.folder / ".env").write_text("\n".join([*lines, "ETL_SECRETS_DIR=secrets"]))
    assert Shell(shell.folder).run("sync").code == 0

"""Invalid command lines and settings: one line, exit code 2 or 3, and nothing else happens."""

import pytest
from shell import Shell

AGE = "must be a number followed by m, h, d or w, such as 26h (see `etl status --help`)"
ENTRIES = "must be a whole number from 1 (see `etl demo --help`)"
DAY = "must be a date as YYYY-MM-DD (see `etl verify --help`)"
TOKEN = "; set the token in ETL_API_TOKEN or in a secret file (see `etl sync --help`)"


def _nothing_done(shell: Shell) -> bool:
    return not shell.requests and not list(shell.folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "the following arguments are required: COMMAND (see `etl --help`)"),
        (["query"], "the following arguments are required: sql (see `etl query --help`)"),
        (["snyc"], "unknown command 'snyc'; did you mean sync? (see `etl --help`)"),
        (["backup"], "unknown command 'backup' (see `etl --help`)"),
        (["query", "SELECT 1", "--format", "xml"], "argument --format: invalid choice: 'xml' "),
        (["sync", "--xyzzy=1"], "unknown flag --xyzzy (see `etl sync --help`)"),
        (["sync", "--warehous", "x"], "unknown flag --warehous; did you mean --warehouse? "),
        (["sync", "now"], "unexpected argument 'now' (see `etl sync --help`)"),
        (["query", "FROM", "findings"], "the SQL must be one argument: put it in quotes, as in "),
        (["sync", "--api-token", "s3cret"], f"unknown flag --api-token{TOKEN}"),
        (["sync", "--token=s3cret"], f"unknown flag --token{TOKEN}"),
        (["status", "--max-age", "soon"], f"argument --max-age: 'soon' {AGE}"),
        (["status", "--max-age", "26"], f"argument --max-age: '26' {AGE}"),
        (["status", "--max-age", "-1h"], "argument --max-age: expected one argument "),
        (["status", "--max-age", "²h"], f"argument --max-age: '²h' {AGE}"),
        (["status", "--max-age", "9999999999d"], f"argument --max-age: '9999999999d' {AGE}"),
        (["demo", "--entries", "0"], f"argument --entries: '0' {ENTRIES}"),
        (["demo", "--entries", "none"], f"argument --entries: 'none' {ENTRIES}"),
        (["verify", "--from", "2025-13-01"], f"argument --from: '2025-13-01' {DAY}"),
        (["verify", "--from", "20250101"], f"argument --from: '20250101' {DAY}"),
        (["verify", "--to", "1969-12-31"], "argument --to: '1969-12-31' must not be before 1970-"),
        (["verify", "--from", "2025-02-02", "--to", "2025-02-01"], "--from 2025-02-02 is after "),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_usage_error_is_one_line(shell: Shell, arguments: list[str], told: str) -> None:
    ran = shell.run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.complaint.startswith(told)
    assert "s3cret" not in ran.err
    assert _nothing_done(shell)


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("from-date", "2025-02-30", "YYYY-MM-DD"),
        ("lookback-days", "-1", "from 0 to 3650"),
        ("concurrency", "0", "from 1 to 64"),
        ("max-requests", "many", "a whole number"),
        ("working-hours", "9-5pm", "07-19"),
        ("organization-id", "a/b", "ids"),
        ("log-level", "loud", "debug, info, warning or error"),
        ("warehouse", ".", "the path of a file"),
        ("publish", "warehouse.duckdb", "the path of a file"),
        ("sql-dir", "/dev/null", "the path of a "),
    ],
)
def test_an_invalid_value_exits_2_as_a_flag_and_3_elsewhere(
    shell: Shell, name: str, value: str, valid: str
) -> None:
    variable = f"ETL_{name.upper().replace('-', '_')}"
    flag = shell.run("sync", f"--{name}", value)
    setting = shell.having(**{variable: value}).run("sync")
    assert (flag.code, setting.code) == (2, 3)
    for ran, named in ((flag, f"--{name} "), (setting, f"{variable} ")):
        assert ran.complaint.startswith(named)
        assert valid in ran.complaint
    assert _nothing_done(shell)


@pytest.mark.parametrize("arguments", [["sync"], ["sync", "--plan"], ["verify"]], ids=" ".join)
@pytest.mark.parametrize("value", [None, "  "])
def test_missing_settings_are_named(shell: Shell, arguments: list[str], value: str | None) -> None:
    for missing in (["ETL_API_TOKEN"], ["ETL_API_TOKEN", "ETL_ORGANIZATION_ID"]):
        ran = shell.having(**dict.fromkeys(missing, value)).run(*arguments)
        assert ran.code == 3
        assert all(f"{name} is not set" in ran.complaint for name in missing)
    assert _nothing_done(shell)


def test_an_unknown_time_zone_is_named_with_a_valid_one(shell: Shell) -> None:
    ran = shell.having(ETL_TIMEZONE="Europe/Zurch").run("sync")
    told = "ETL_TIMEZONE: 'Europe/Zurch' is not a time zone; must be a name such as Europe/Zurich"
    assert (ran.code, ran.complaint) == (3, told)
    assert not shell.requests

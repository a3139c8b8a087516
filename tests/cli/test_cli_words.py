"""What the command line and the settings say, word for word."""

import os
import pty
import re
import shutil

import duckdb
import pytest
from shell import Shell, received

from etl.cli import logs
from etl.cli.progress import Lines
from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer
from etl.settings import load

AGE = "wants a number and m, h, d or w, e.g. 26h (see `etl status --help`)"
ENTRIES = "argument --entries: wants a number from 1 on (see `etl demo --help`)"
DAY = "wants a day as YYYY-MM-DD (see `etl verify --help`)"
TOKEN = "; a token is set in ETL_API_TOKEN or a secret file (see `etl --help`)"
ONE = "SQL: wants one statement that asks for rows, such as a SELECT"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sync", "--nonsense"], "unknown: --nonsense (see `etl --help`)"),
        (["sync", "--one=1", "--two", "2"], "unknown: --one, --two (see `etl --help`)"),
        (["sync", "now"], "unknown: an argument too many (see `etl --help`)"),
        (["query", "SELECT 1", "SELECT 2"], "unknown: an argument too many (see `etl --help`)"),
        (["sync", "--api-token", "s3cret"], f"unknown: --api-token{TOKEN}"),
        (["sync", "--token=s3cret"], f"unknown: --token{TOKEN}"),
        (["status", "--max-age", "soon"], f"argument --max-age: 'soon': {AGE}"),
        (["status", "--max-age", "26"], f"argument --max-age: '26': {AGE}"),
        (["status", "--max-age", "²h"], f"argument --max-age: '²h': {AGE}"),
        (["status", "--max-age", "9999999999d"], f"argument --max-age: '9999999999d': {AGE}"),
        (["demo", "--entries", "0"], ENTRIES),
        (["demo", "--entries", "none"], ENTRIES),
        (["verify", "--from", "2025-13-01"], f"argument --from: '2025-13-01': {DAY}"),
        (["verify", "--to", "today"], f"argument --to: 'today': {DAY}"),
        (["verify", "--from", "2025-02-02", "--to", "2025-02-01"], "--from is after --to"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_wrong_command_line_is_told_what_is_wrong_with_it(
    shell: Shell, arguments: list[str], told: str
) -> None:
    ran = shell.run(*arguments)
    assert (ran.code, ran.complaint) == (2, told)


@pytest.mark.parametrize("text", ["2025-W01-1", "20250101"])
def test_a_day_that_is_spelled_otherwise_is_no_day(shell: Shell, text: str) -> None:
    ran = shell.run("verify", "--from", text)
    assert (ran.code, ran.complaint) == (2, f"argument --from: '{text}': {DAY}")


@pytest.mark.parametrize("sql", ["", "SELECT 1; SELECT 2", "DELETE FROM runs", "SET threads = 1"])
def test_what_does_not_ask_for_rows_is_told_what_does(prepared: Shell, sql: str) -> None:
    ran = prepared.run("query", sql)
    assert (ran.code, ran.complaint) == (2, ONE)


def test_a_warehouse_without_any_organization_says_so(prepared: Shell) -> None:
    ran = prepared.having(ETL_ORGANIZATION_ID=None).run("status")
    assert (ran.code, ran.out, ran.err) == (0, "no organization: never synced\n", "")


@pytest.mark.parametrize("whose", ["nobody's", "another organization's"])
def test_a_demo_says_of_a_file_that_is_not_its_own_what_to_do_with_it(
    synced: Shell, whose: str
) -> None:
    demo = synced.folder / "demo.duckdb"
    demo.write_bytes(b"mine" * 2_000)
    if whose != "nobody's":
        shutil.copy(synced.warehouse, demo)
        with duckdb.connect(str(demo)) as connection:
            connection.execute("UPDATE streams SET organization_id = 'org_mine'")
    before = demo.read_bytes()
    ran = synced.run("demo")
    told = "demo.duckdb is not a demo's; move it away, or run in another folder"
    assert (ran.code, ran.complaint) == (7, told)
    assert demo.read_bytes() == before


_TOKEN = (
    "ETL_API_TOKEN is not set: put it into the environment, into .env, or into a file "
    "etl_api_token in /run/secrets or ETL_SECRETS_DIR"
)
_ORGANIZATION = (
    "ETL_ORGANIZATION_ID is not set: put it into the environment or .env, or give --organization-id"
)


@pytest.mark.parametrize("arguments", [["sync"], ["sync", "--plan"], ["verify"]], ids=" ".join)
@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["ETL_API_TOKEN"], _TOKEN),
        (["ETL_ORGANIZATION_ID"], _ORGANIZATION),
        (["ETL_API_TOKEN", "ETL_ORGANIZATION_ID"], f"{_TOKEN}; {_ORGANIZATION}"),
    ],
)
def test_what_is_not_set_is_told_with_the_places_where_it_may_be(
    shell: Shell, arguments: list[str], missing: list[str], told: str
) -> None:
    ran = shell.having(**dict.fromkeys(missing)).run(*arguments)
    assert (ran.code, ran.complaint) == (3, told)


@pytest.mark.parametrize("name", ["WAREHOUSE", "PUBLISH"])
@pytest.mark.parametrize("folder", [".", "/"])
def test_a_folder_is_not_taken_for_the_path_of_a_file(shell: Shell, name: str, folder: str) -> None:
    ran = shell.having(**{f"ETL_{name}": folder}).run("sync")
    assert ran.code == 3
    assert ran.complaint.startswith(f"ETL_{name} wants the path of a file")


def test_a_plan_that_takes_longer_than_a_day_says_how_many(
    prepared: Shell, sandbox: Sandbox
) -> None:
    body = b'{"items": [], "total": 2500000, "skip": 0, "limit": 1, "has_more": true}'
    limit = (("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "99"))
    sandbox.service.faults = lambda _: Answer(200, body, limit)
    ran = prepared.run("sync", "--plan")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        r"org_demo: 2,500,000 stated there, 0 held here; a sync takes about 25,\d{3} requests in "
        r"\d+ windows, 4 h \d+ min at 100 requests a minute; needs 3 days of 10,000 requests a "
        r"day\n",
        ran.out,
    ), ran.out


def test_without_a_terminal_a_long_sync_tells_of_itself_every_half_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    times = iter([0.0, 24.0, 29.9, 30.0, 48.0, 60.5])
    logs.set_up(load({"log_level": "info"}))
    lines = Lines(clock=lambda: next(times))
    for page in range(1, 6):
        lines.tell("org_demo", 3_000 * page, 40_000, 30 * page)
    lines_told = capsys.readouterr().err.splitlines()
    told = [line.partition(" info ")[2] for line in lines_told if " info " in line]
    assert told == [
        "org_demo: 9,000 of 40,000 entries, 90 requests, 3.0 requests/s, 1 min left",
        "org_demo: 15,000 of 40,000 entries, 150 requests, 2.5 requests/s, 1 min left",
    ]


def test_on_a_terminal_a_bar_tells_how_far_the_sync_is(prepared: Shell) -> None:
    master, slave = pty.openpty()
    started = prepared.having(TERM="xterm", COLUMNS="200").start("sync", stderr=slave)
    os.close(slave)
    shown = received(master)
    out, _ = started.communicate(timeout=60)
    assert started.returncode == 0
    assert "proven complete" in out
    bar = r"org_demo \S+ 250 of 250 entries, \d requests, \d+\.\d requests/s"
    assert re.search(bar, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)), shown

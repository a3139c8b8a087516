"""Messages that no other test reads: each as a user meets it."""

import json
import re
from datetime import timedelta

import duckdb
import pytest
from shell import Shell, entry, now

from etl.cli.main import main
from etl.cli.progress import line
from etl.sandbox.bucket import Limit
from etl.sandbox.dialect import Dialect
from etl.sandbox.server import Sandbox


def test_a_plan_without_a_known_rate_says_so(prepared: Shell, sandbox: Sandbox) -> None:
    ran = prepared.run("sync", "--plan")
    assert (ran.code, ran.err) == (0, "")
    assert "org_demo: 250 stated there, 0 held here; a sync takes about " in ran.out
    assert ran.out.endswith("; no rate limit is known yet\n")


def test_a_plan_tells_how_long_it_takes_at_the_known_rate_and_whether_the_day_allows_it(
    prepared: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.limit = Limit(100, 100)
    ran = prepared.run("sync", "--plan")
    assert re.search(r", \S+ \S+ at 100 requests a minute; fits [\d,]+ requests a day\n", ran.out)
    (told,) = map(json.loads, prepared.run("sync", "--plan", "--json").out.splitlines())
    assert (told["source_total"], told["known"]) == (250, 0)
    assert told["requests_per_minute"] == 100


def test_progress_tells_how_far_how_fast_and_how_long(bare: Shell) -> None:
    told = line(12_000, 40_000, 120, 24.0)
    assert told == "12,000 of 40,000 entries, 120 requests, 5.0 requests/s, 56 s left"
    assert line(0, None, 1, 0.0) == "0 of ? entries, 1 request, 0.0 requests/s"


def test_a_purge_is_told_by_the_run_and_by_status(synced: Shell, sandbox: Sandbox) -> None:
    oldest = sorted(sandbox.source.entries(), key=lambda kept: kept.at)
    sandbox.source.vanish(*(kept.id for kept in oldest[:200]))
    assert "200 gone" in synced.run("verify", "--deep").out
    told = synced.run("status").out
    assert re.search(r"purge noticed .*200 entries", told), told


def test_an_empty_file_of_duckdb_is_told_apart_from_one_that_is_not_ours(shell: Shell) -> None:
    duckdb.connect(str(shell.warehouse)).close()
    ran = shell.run("query", "SELECT 1")
    assert ran.code == 7
    assert "is an empty DuckDB file; `etl sync` fills it" in ran.complaint


def test_a_folder_that_is_not_there_is_named(shell: Shell) -> None:
    ran = shell.having(ETL_WAREHOUSE="nowhere/warehouse.duckdb").run("sync")
    assert ran.code == 7
    assert "the folder nowhere does not exist" in ran.complaint


def test_a_zone_that_is_none_is_named_with_one_that_is(shell: Shell) -> None:
    ran = shell.having(ETL_TIMEZONE="Europe/Zurch").run("sync")
    assert ran.code == 3
    assert "ETL_TIMEZONE: 'Europe/Zurch' is no time zone; wants a name such as" in ran.complaint


def test_a_day_that_holds_more_than_is_stated_is_named_with_its_number(
    prepared: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.dialect = Dialect(total_cap=3)
    ran = prepared.run("sync")
    assert ran.code == 6
    assert "NOT proven" in ran.out
    told = prepared.run("status").out
    assert re.search(r"not proven: .* holds more entries than the total, 3, that is stated; ", told)
    assert "has_more is true at the end that total states, so total is only a lower bound" in told


def test_a_bug_is_one_line_that_says_how_to_learn_more(
    synced: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> int:
        raise LookupError("secret")

    monkeypatch.setattr("etl.cli.query.run", fails)
    monkeypatch.chdir(synced.folder)
    assert main(["query", "SELECT 1"]) == 1
    told = capsys.readouterr().err
    assert re.fullmatch(r"etl: a bug: LookupError in \S+:\d+; ETL_LOG_LEVEL=debug shows .*\n", told)
    assert "secret" not in told


def test_an_interruption_outside_of_a_run_is_one_line_too(
    synced: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("etl.cli.query.run", interrupted)
    monkeypatch.chdir(synced.folder)
    assert main(["query", "SELECT 1"]) == 6
    assert capsys.readouterr().err == "etl: interrupted\n"


def test_lateness_near_the_lookback_is_a_warning(synced: Shell, sandbox: Sandbox) -> None:
    sandbox.source.insert(entry(901, now() - timedelta(days=6, hours=20)))
    assert synced.run("sync").code == 0
    told = synced.run("status").out
    assert re.search(r"warning: entries came up to .* late, the lookback is .*; set ETL_LOOK", told)

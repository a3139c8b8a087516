"""`status`: how fresh and how complete, and an exit code by which a dead schedule is noticed."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from shell import Shell, entry, now, settings_of

from etl.cli.text import duration
from etl.run.job import Job
from etl.sandbox.entry import Entry
from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source
from etl.settings import load


def _synced_ago(shell: Shell, ago: timedelta) -> None:
    """A sync that ran some time ago."""
    given = {name.removeprefix("ETL_").lower(): value for name, value in shell.env.items()}
    settings = load(given | {"warehouse": str(shell.warehouse)})
    (result,) = asyncio.run(Job(settings, clock=lambda: now() - ago).run())
    assert result.status == "complete"


def test_max_age_exits_6_where_the_proof_is_older(prepared: Shell) -> None:
    _synced_ago(prepared, timedelta(hours=30))
    for age in ("1799m", "29h", "1d"):
        assert prepared.run("status", "--max-age", age).code == 6, age
    for age in ("1810m", "31h", "2d", "1w"):
        assert prepared.run("status", "--max-age", age).code == 0, age
    assert prepared.run("status").code == 0


def test_max_age_exits_6_for_an_unproven_stream_however_fresh(prepared: Shell) -> None:
    assert prepared.run("sync", "--max-requests", "1").code == 6
    ran = prepared.run("status", "--max-age", "1w")
    assert ran.code == 6
    assert "NO" in ran.out
    assert "not proven: " in ran.out


def test_max_age_exits_6_for_an_organization_that_was_never_synced(synced: Shell) -> None:
    ran = synced.run("status", "--max-age", "1w", "--organization-id", "org_demo,org_other")
    assert ran.code == 6
    assert "org_other: never synced" in ran.out


def test_max_age_exits_6_where_history_was_asked_for_further_back_than_it_is_proven(
    prepared: Shell,
) -> None:
    begin = (now() - timedelta(days=3)).date().isoformat()
    assert prepared.run("sync", "--from-date", begin).code == 0
    assert prepared.run("status", "--max-age", "1d").code == 0
    assert prepared.run("sync", "--max-requests", "1").code == 6
    assert prepared.run("status", "--max-age", "1d").code == 6


def test_a_failed_sync_does_not_make_an_old_proof_look_fresh(
    prepared: Shell, sandbox: Sandbox
) -> None:
    _synced_ago(prepared, timedelta(hours=30))
    sandbox.service.token = "another"
    assert prepared.run("sync").code == 4
    assert prepared.run("status", "--max-age", "26h").code == 6


def test_json_prints_one_object_a_stream(prepared: Shell) -> None:
    _synced_ago(prepared, timedelta(hours=2))
    ran = prepared.run("status", "--json")
    assert (ran.code, ran.err) == (0, "")
    (told,) = [json.loads(line) for line in ran.out.splitlines()]
    assert told["organization_id"] == "org_demo"
    assert told["complete"] is True
    assert told["warehouse_total"] == 250
    assert told["unproven"] == []
    assert 7_190 < told["age_seconds"] < 7_300
    proven = datetime.fromisoformat(told["proven_at"])
    assert proven.utcoffset() == timedelta(0)
    assert datetime.fromisoformat(told["watermark"]) <= proven


def test_json_names_a_stream_that_was_never_synced_too(synced: Shell) -> None:
    ran = synced.run("status", "--json", "--organization-id", "org_other", "--max-age", "1d")
    assert ran.code == 6
    (told,) = [json.loads(line) for line in ran.out.splitlines()]
    assert (told["organization_id"], told["complete"], told["watermark"]) == (
        "org_other",
        False,
        None,
    )


def test_people_are_told_freshness_completeness_and_the_last_runs(synced: Shell) -> None:
    assert synced.run("sync").code == 0
    lines = synced.process("status").out.splitlines()
    assert lines[0] == "org_demo"
    facts = {line[2:24].strip(): line[24:] for line in lines if line.startswith("  ")}
    assert facts["proven complete"].startswith("yes, by ")
    assert facts["entries"] == "250"
    assert facts["watermark"].endswith(" UTC")
    runs = [line.split() for line in lines if line.startswith("20")]
    assert [(run[2], run[3], run[5]) for run in runs] == [
        ("sync", "complete", "0"),
        ("sync", "complete", "250"),
    ]


def test_only_the_organizations_asked_for_are_shown(tmp_path: Path) -> None:
    made = [
        entry(n, now() - timedelta(hours=n), org) for org in ("org_a", "org_b") for n in range(9)
    ]
    with running(Source(made)) as sandbox:
        shell = Shell(tmp_path, settings_of(sandbox.url, "org_a,org_b"))
        assert shell.run("sync").code == 0
        everything = shell.having(ETL_ORGANIZATION_ID=None).run("status", "--json")
        assert [json.loads(line)["organization_id"] for line in everything.out.splitlines()] == [
            "org_a",
            "org_b",
        ]
        one = shell.run("status", "--json", "--organization-id", "org_b")
        assert [json.loads(line)["organization_id"] for line in one.out.splitlines()] == ["org_b"]


def test_it_warns_where_entries_come_nearly_as_late_as_the_lookback(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.source.insert(entry(900, now() - timedelta(days=5)))
    assert synced.run("sync").code == 0
    ran = synced.run("status")
    assert "ETL_LOOKBACK_DAYS" in ran.out
    assert "ETL_LOOKBACK_DAYS" not in synced.run("status", "--lookback-days", "30").out


def test_it_tells_what_its_runs_have_noticed_over_time(synced: Shell, sandbox: Sandbox) -> None:
    sandbox.source.insert(entry(900, now() - timedelta(days=5)))
    sandbox.source.insert(msgspec.structs.replace(entry(901, now()), text=b'{"id":"no time"}'))
    assert synced.run("sync").code == 0
    sandbox.source.change("e00003", actor_name="Someone else")
    sandbox.source.vanish("e00004", "e00005")
    oldest = sorted(sandbox.source.entries(), key=lambda kept: kept.at)[:150]
    sandbox.source.expire(oldest[-1].occurred_at + timedelta(seconds=1))
    assert synced.run("verify", "--deep").code == 8
    lines = synced.run("status").out.splitlines()
    facts = {line[2:24].strip(): line[24:] for line in lines if line.startswith("  ")}
    assert facts["quarantined"] == "1"
    assert facts["changed at the source"] == "1"
    assert facts["vanished"] == "2"
    assert facts["expired"] == "150"
    assert facts["came late"] == "1, by up to 4 d 23 h"
    (told,) = [json.loads(line) for line in synced.run("status", "--json").out.splitlines()]
    names = ("quarantined", "changed", "vanished", "expired", "late")
    counts = {name: told[name] for name in names}
    assert counts == {"quarantined": 1, "changed": 1, "vanished": 2, "expired": 150, "late": 1}
    assert 4.9 * 86_400 < told["latest_by_seconds"] < 5 * 86_400
    (purge,) = told["purges"]
    assert f": 150 entries, {_lasting(oldest)} of history, gone within " in purge
    (warning,) = told["warnings"]
    assert warning == (
        "entries came up to 4 d 23 h late, the lookback is 7 d; set ETL_LOOKBACK_DAYS higher"
    )
    assert f"  warning: {warning}" in lines


def _lasting(entries: list[Entry]) -> str:
    return duration(entries[-1].occurred_at - entries[0].occurred_at)


def test_json_has_no_warning_where_there_is_nothing_to_warn_of(synced: Shell) -> None:
    (told,) = [json.loads(line) for line in synced.run("status", "--json").out.splitlines()]
    assert (told["warnings"], told["purges"]) == ([], [])


def test_it_needs_no_token_and_asks_nothing(synced: Shell, sandbox: Sandbox) -> None:
    sandbox.requests.clear()
    assert synced.having(ETL_API_TOKEN=None, ETL_ORGANIZATION_ID=None).run("status").code == 0
    assert not sandbox.requests


def test_the_newest_run_is_shown_first(prepared: Shell) -> None:
    _synced_ago(prepared, timedelta(days=2))
    assert prepared.run("sync").code == 0
    shown = [line for line in prepared.run("status").out.splitlines() if line.startswith("20")]
    days = [datetime.fromisoformat(line[:10]).date() for line in shown]
    assert len(days) == 2
    assert (days[0] - days[1]).days == 2

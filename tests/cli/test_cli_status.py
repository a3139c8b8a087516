"""`status`: freshness and completeness, with an exit code that reveals a schedule that has died."""

import re
from datetime import datetime, timedelta

import duckdb
import msgspec
import pytest
from shell import Shell, entry, now

from etl.cli.text import duration
from etl.sandbox.server import Sandbox


def _facts(out: str) -> dict[str, str]:
    lines = [line for line in out.splitlines() if line.startswith("  ")]
    return {line[2:24].strip(): line[24:] for line in lines}


def test_max_age_exits_6_if_the_proof_is_older(prepared: Shell, sandbox: Sandbox) -> None:
    prepared.synced_ago(timedelta(hours=30))
    for age in ("1799m", "29h", "1d"):
        assert prepared.run("status", "--max-age", age).code == 6, age
    for age in ("1860m", "31h", "2d", "1w"):
        assert prepared.run("status", "--max-age", age).code == 0, age
    assert prepared.run("status").code == 0
    sandbox.service.token = "another"
    assert prepared.run("sync").code == 4
    assert prepared.run("status", "--max-age", "29h").code == 6
    assert prepared.run("status", "--max-age", "31h").code == 0


@pytest.mark.parametrize("max_age", [[], ["--max-age", "1w"]], ids=" ".join)
def test_an_unproven_stream_exits_6_with_the_reason(prepared: Shell, max_age: list[str]) -> None:
    assert prepared.run("sync", "--max-requests", "3", "--concurrency", "1").code == 6
    ran = prepared.run("status", *max_age)
    assert ran.code == 6
    assert _facts(ran.out)["proven complete"] == "NO (never)"
    assert "  not proven: the beginning to now: interrupted: 100 of 250 entries read\n" in ran.out


@pytest.mark.parametrize("max_age", [[], ["--max-age", "1w"]], ids=" ".join)
def test_an_organization_that_was_never_synced_exits_6(synced: Shell, max_age: list[str]) -> None:
    other = ("status", "--organization-id", "org_demo,org_other", *max_age)
    ran = synced.run(*other)
    assert ran.code == 6
    assert "org_other: never synced\n" in ran.out
    demo, told = synced.objects(*other)
    assert [each["organization_id"] for each in (demo, told)] == ["org_demo", "org_other"]
    assert (told["complete"], told["watermark"]) == (False, None)
    assert len(synced.objects("status", "--organization-id", "org_demo")) == 1


def test_an_earlier_from_date_exits_6_until_the_added_days_are_proven(prepared: Shell) -> None:
    begin = (now() - timedelta(days=3)).date().isoformat()
    assert prepared.run("sync", "--from-date", begin).code == 0
    assert prepared.run("status").code == 0
    assert prepared.run("sync", "--max-requests", "1").code == 6
    assert prepared.run("status").code == 6
    assert prepared.run("sync").code == 0
    assert prepared.run("status").code == 0


def test_a_proof_from_the_future_has_no_age(synced: Shell) -> None:
    with duckdb.connect(str(synced.warehouse)) as connection:
        connection.execute("UPDATE proofs SET run_started_at = now() + INTERVAL '3' HOUR")
    assert synced.run("status").code == 0
    ran = synced.run("status", "--max-age", "1w")
    assert ran.code == 6
    assert re.search(r"yes \(2 h 5\d min in the future; the clock was wrong when ", ran.out)


def test_json_has_one_object_per_stream(prepared: Shell) -> None:
    prepared.synced_ago(timedelta(hours=2))
    before = now()
    (told,) = prepared.objects("status")
    proven, watermark = (datetime.fromisoformat(told.pop(n)) for n in ("proven_at", "watermark"))
    assert proven.utcoffset() == timedelta(0)
    assert watermark <= proven
    assert before - proven - timedelta(seconds=1) <= timedelta(seconds=told.pop("age_seconds"))
    assert told == {
        "organization_id": "org_demo", "complete": True, "warehouse_total": 250, "unproven": [],
        "quarantined": 0, "changed": 0, "vanished": 0, "expired": 0, "late": 0, "purges": [],
        "unmapped": [],
        "latest_by_seconds": 0, "warnings": [],
    }  # fmt: skip


def test_the_text_shows_the_state_and_the_latest_runs_newest_first(prepared: Shell) -> None:
    prepared.synced_ago(timedelta(days=2))
    prepared.synced_ago(timedelta(days=1))
    lines = prepared.process("status").out.splitlines()
    assert lines[0] == "org_demo"
    facts = _facts("\n".join(lines))
    assert re.fullmatch(r"yes \(1 d( \S+ \S+)? ago\)", facts["proven complete"])
    assert (facts["entries"], facts["watermark"][-4:]) == ("250", " UTC")
    runs = [line.split() for line in lines if line.startswith("20")]
    assert [run[2:4] + run[5:6] for run in runs] == [
        ["sync", "complete", new] for new in ("0", "250")
    ]
    assert runs[0][0] > runs[1][0]


def test_the_counts_of_all_runs_are_shown(synced: Shell, sandbox: Sandbox) -> None:
    sandbox.source.insert(entry(900, now() - timedelta(days=5)))
    sandbox.source.insert(msgspec.structs.replace(entry(901, now()), text=b'{"id":"no time"}'))
    assert synced.run("sync").code == 0
    sandbox.source.change("e00003", actor_name="Someone else")
    sandbox.source.vanish("e00004", "e00005")
    oldest = sorted(sandbox.source.entries(), key=lambda kept: kept.at)[:150]
    sandbox.source.expire(oldest[-1].occurred_at + timedelta(seconds=1))
    assert synced.run("verify", "--deep").code == 8
    ran = synced.run("status")
    facts = _facts(ran.out)
    shown = ("quarantined", "changed at the source", "vanished", "expired", "late")
    assert [facts[name] for name in shown] == ["1", "1", "2", "150", "1, by up to 4 d 23 h"]
    (told,) = synced.objects("status")
    names = ("quarantined", "changed", "vanished", "expired", "late")
    assert [told[name] for name in names] == [1, 1, 2, 150, 1]
    (purge,) = told["purges"]
    span = duration(oldest[-1].occurred_at - oldest[0].occurred_at)
    assert f": 150 entries, {span} of history, within " in purge
    assert f"  purge found {purge}\n" in ran.out
    (warning,) = told["warnings"]
    late = "entries are late by up to 4 d 23 h, and the lookback is 7 d; increase ETL_LOOKBACK_DAYS"
    assert warning == late
    assert f"  warning: {warning}\n" in ran.out
    assert "warning" not in synced.run("status", "--lookback-days", "30").out


def test_it_needs_no_token_and_makes_no_request(prepared: Shell) -> None:
    alone = prepared.having(ETL_API_TOKEN=None, ETL_ORGANIZATION_ID=None)
    ran = alone.run("status")
    assert (ran.code, ran.out, ran.err) == (6, "no organization: never synced\n", "")
    assert prepared.run("sync").code == 0
    prepared.requests.clear()
    assert alone.run("status").code == 0
    assert not prepared.requests


def test_a_file_of_an_older_schema_is_refused_until_a_sync_has_upgraded_it(synced: Shell) -> None:
    with duckdb.connect(str(synced.warehouse)) as older:
        ((newest,),) = older.execute("SELECT max(version) FROM schema_migrations").fetchall()
        older.execute("DELETE FROM schema_migrations WHERE version = $newest", {"newest": newest})
    for command in (["status"], ["sync", "--plan"]):
        ran = synced.run(*command)
        assert (ran.code, ran.complaint) == (
            7,
            f"warehouse.duckdb has schema version {newest - 1}, but this program needs version "
            f"{newest}; run `etl sync` to upgrade it",
        )
    assert synced.held == 250

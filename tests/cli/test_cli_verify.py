"""`verify` and `sync --plan`: looking without touching, and an exit code for a difference."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from shell import Shell, entry, now

from etl.sandbox.server import Sandbox


def _late(sandbox: Sandbox) -> date:
    """An entry arrives at a time that no lookback reaches; its day."""
    moment = now() - timedelta(days=9)
    sandbox.source.insert(entry(900, moment))
    return moment.date()


def test_an_equal_copy_is_verified_by_one_request(synced: Shell, sandbox: Sandbox) -> None:
    ran = synced.run("verify")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("org_demo: equal: 250 entries; 1 request, ")
    assert len(sandbox.requests) == 1


def test_a_difference_exits_8_with_its_day_and_the_next_sync_heals_it(
    synced: Shell, sandbox: Sandbox
) -> None:
    day = _late(sandbox)
    ran = synced.run("verify")
    assert ran.code == 8
    assert f"org_demo: {day} to " in ran.out
    assert synced.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n250\n"
    assert synced.run("status", "--max-age", "1d").code == 6
    assert synced.run("sync").code == 0
    assert synced.run("verify").code == 0
    assert synced.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n251\n"


def test_each_place_that_differs_is_printed_with_both_counts(
    synced: Shell, sandbox: Sandbox
) -> None:
    early, later = (now().date() - timedelta(days=ago) for ago in (8, 3))
    held = [sum(kept.occurred_at.date() == day for kept in sandbox.source.entries())
            for day in (early, later)]  # fmt: skip
    noon = [datetime.combine(day, time(12), UTC) for day in (early, later)]
    sandbox.source.insert(*(entry(900 + n, moment) for n, moment in enumerate([*noon, noon[1]])))
    lines = synced.run("verify").out.splitlines()
    assert lines[:-1] == [
        f"org_demo: {later} to {later}: {held[1] + 2} at the source, {held[1]} here",
        f"org_demo: {early} to {early}: {held[0] + 1} at the source, {held[0]} here",
    ]
    assert lines[-1].startswith("org_demo: 2 places differ; the next sync heals them; ")


def test_a_difference_is_in_the_json_object_with_both_counts(
    synced: Shell, sandbox: Sandbox
) -> None:
    day = _late(sandbox)
    ran = synced.run("verify", "--json")
    assert ran.code == 8
    (told,) = [json.loads(line) for line in ran.out.splitlines()]
    (difference,) = told["differences"]
    assert difference["from"] <= day.isoformat() <= difference["to"]
    assert difference["source"] == difference["warehouse"] + 1


def test_only_the_days_asked_for_are_compared(synced: Shell, sandbox: Sandbox) -> None:
    day = _late(sandbox)
    after = str(day + timedelta(days=2))
    assert synced.run("verify", "--from", after).code == 0
    ran = synced.run("verify", "--to", str(day))
    assert ran.code == 8
    assert "org_demo: 1 place differs; the next sync heals it; " in ran.out


def test_deep_reads_everything_again_and_applies_what_has_changed(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.source.change("e00200", actor_name="Renamed")
    assert synced.run("verify").code == 0
    ran = synced.run("verify", "--deep")
    assert ran.code == 8
    assert "1 changed" in ran.out
    name = synced.run("query", "SELECT actor_name AS n FROM audit_log WHERE id = 'e00200'")
    assert name.out == "n\nRenamed\n"
    assert synced.run("verify", "--deep").code == 0


def test_deep_reads_only_the_days_asked_for_and_applies_what_differs_there(
    synced: Shell, sandbox: Sandbox
) -> None:
    inside, outside = "e00150", "e00030"
    moments = {kept.id: kept.occurred_at for kept in sandbox.source.entries()}
    day = moments[inside].date()
    for name in (inside, outside):
        sandbox.source.change(name, actor_name="Renamed")
    days = ("--from", str(day - timedelta(days=1)), "--to", str(day + timedelta(days=1)))
    sandbox.requests.clear()
    ran = synced.run("verify", "--deep", *days)
    assert ran.code == 8
    assert "differed and was brought up to date: 0 new, 1 changed; " in ran.out
    pages = [asked.params for asked in sandbox.requests if asked.params["limit"] != "1"]
    assert pages
    assert {(page["from_date"], page["to_date"]) for page in pages} == {(days[1], days[3])}
    assert len(sandbox.requests) - len(pages) <= 2
    renamed = synced.run("query", "SELECT id FROM audit_log WHERE actor_name = 'Renamed'")
    assert renamed.out == f"id\n{inside}\n"
    assert synced.run("verify", "--deep", *days).code == 0
    assert synced.run("verify", "--deep").code == 8


@pytest.mark.parametrize(
    "arguments",
    [("--from", "2025-13-01"), ("--from", "2025-02-02", "--to", "2025-02-01"), ("--to", "today")],
    ids=" ".join,
)
def test_days_that_make_no_sense_are_a_usage_error(
    synced: Shell, sandbox: Sandbox, arguments: tuple[str, ...]
) -> None:
    ran = synced.run("verify", *arguments)
    assert ran.code == 2
    assert ran.complaint
    assert not sandbox.requests


def test_a_plan_asks_little_says_what_a_sync_would_take_and_writes_nothing(
    shell: Shell, sandbox: Sandbox
) -> None:
    ran = shell.run("sync", "--plan")
    assert (ran.code, ran.err) == (0, "")
    assert 1 <= len(sandbox.requests) <= 3
    assert "250" in ran.out
    assert list(shell.folder.iterdir()) == []


def test_a_plan_of_a_synced_copy_counts_what_is_new_and_leaves_the_file_alone(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.source.insert(*(entry(n, now()) for n in range(900, 1_050)))
    before = synced.warehouse.read_bytes()
    ran = synced.run("sync", "--plan", "--json")
    assert ran.code == 0
    (told,) = [json.loads(line) for line in ran.out.splitlines()]
    assert told["organization_id"] == "org_demo"
    assert told["missing"] == 150
    assert 2 <= told["requests"] <= 4
    assert 1 <= len(sandbox.requests) <= 3
    assert synced.warehouse.read_bytes() == before


def test_a_demo_leaves_a_file_of_its_name_alone_that_is_no_demos(synced: Shell) -> None:
    foreign = synced.folder / "demo.duckdb"
    foreign.write_bytes(b"mine" * 2_000)
    ran = synced.run("demo")
    assert ran.code == 7
    assert "demo.duckdb" in ran.complaint
    assert foreign.read_bytes() == b"mine" * 2_000


def test_what_is_older_than_etl_from_date_is_no_difference(synced: Shell, sandbox: Sandbox) -> None:
    """The next sync healed it as little as the one before."""
    begin = (now() - timedelta(days=3)).date()
    bounded = synced.having(ETL_FROM_DATE=str(begin), ETL_WAREHOUSE="bounded.duckdb")
    assert bounded.run("sync").code == 0
    assert bounded.run("verify", "--from", str(begin - timedelta(days=2))).code == 0
    ran = bounded.run("verify", "--to", str(begin - timedelta(days=1)))
    assert (ran.code, ran.complaint) == (
        2,
        "--to is before ETL_FROM_DATE: nothing of these days is copied",
    )

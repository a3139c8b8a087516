"""`verify`: compares the copy with the source, and exits 8 if they differ."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from shell import Shell, at_request, entry, now

from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer


@pytest.fixture
def opens(synced: Shell) -> date:
    """The first day of the open window; before it lies one closed window."""
    (day,) = synced.rows("SELECT from_day FROM windows WHERE to_day IS NULL")
    return date.fromisoformat(day)


def _insert(sandbox: Sandbox, number: int, day: date) -> None:
    sandbox.source.insert(entry(number, datetime.combine(day, time(12), UTC)))


@pytest.mark.parametrize("where", [(), ("--to",), ("--from",), ("--from", "--to")], ids=" ".join)
def test_an_equal_copy_has_no_difference(
    synced: Shell, opens: date, where: tuple[str, ...]
) -> None:
    days = [word for flag in where for word in (flag, str(opens - timedelta(days=1)))]
    ran = synced.run("verify", *days)
    assert (ran.code, ran.err) == (0, "")
    told = r"on the given days; \d requests?" if days else "250 entries; 1 request"
    assert re.fullmatch(rf"org_demo: equal:? {told}, \d+\.\d s\n", ran.out)


def test_each_difference_is_printed_and_fetched(
    synced: Shell, sandbox: Sandbox, opens: date
) -> None:
    closed = len([kept for kept in sandbox.source.entries() if kept.occurred_at.date() < opens])
    _insert(sandbox, 900, opens - timedelta(days=1))
    _insert(sandbox, 901, opens)
    _insert(sandbox, 902, opens)
    ran = synced.run("verify")
    assert (ran.code, ran.err) == (8, "")
    last = opens - timedelta(days=1)
    *places, summary = ran.out.splitlines()
    assert sorted(places) == [
        f"org_demo: {opens} to now: source {252 - closed}, local {250 - closed}",
        f"org_demo: the beginning to {last}: source {closed + 1}, local {closed}",
    ]
    assert summary.startswith("org_demo: 2 differences; run `etl sync` to fetch what differs; ")
    (told,) = synced.objects("verify")
    assert sorted(told["differences"], key=lambda place: place["source"]) == [
        {
            "from": "1970-01-01",
            "to": str(last),
            "source": closed + 1,
            "warehouse": closed,
        },
        {"from": str(opens), "to": None, "source": 252 - closed, "warehouse": 250 - closed},
    ]
    assert synced.held == 250
    assert synced.run("status").code == 6
    assert synced.run("sync").code == 0
    assert synced.run("verify").code == 0
    assert synced.held == 253


def test_only_the_given_days_are_compared(synced: Shell, sandbox: Sandbox, opens: date) -> None:
    _insert(sandbox, 900, opens - timedelta(days=2))
    assert synced.run("verify", "--from", str(opens)).code == 0
    ran = synced.run("verify", "--to", str(opens - timedelta(days=1)))
    assert ran.code == 8
    assert "org_demo: 1 difference; run `etl sync` to fetch what differs; " in ran.out


@pytest.mark.parametrize("days", [False, True])
def test_deep_applies_the_changes(synced: Shell, sandbox: Sandbox, opens: date, days: bool) -> None:
    names = ["e00130", "e00240"]
    for name in names:
        sandbox.source.change(name, actor_name="Renamed")
    assert synced.run("verify").code == 0
    within = ("--to", str(opens - timedelta(days=1))) if days else ()
    changed = names[1:] if days else names
    ran = synced.run("verify", "--deep", *within)
    assert ran.code == 8
    summary = f"org_demo: differed and was updated: 0 new, {len(changed)} changed; "
    assert ran.out.startswith(summary)
    assert synced.rows("SELECT id FROM audit_log WHERE actor_name = 'Renamed' ORDER BY 1") == (
        changed
    )
    assert synced.run("verify", "--deep", *within).code == 0


def test_an_interrupted_deep_verification_is_resumed(synced: Shell, sandbox: Sandbox) -> None:
    def closed_window_was_read() -> bool:
        pages = [asked.params for asked in sandbox.requests if asked.params["limit"] != "1"]
        return any(page["from_date"] == "1970-01-01" for page in pages)

    sandbox.service.faults = at_request(3, Answer(500))
    assert synced.run("verify", "--deep", "--concurrency", "1").code == 5
    assert closed_window_was_read()
    sandbox.requests.clear()
    assert synced.run("verify", "--deep").code == 0
    assert not closed_window_was_read()


@pytest.mark.parametrize("deep", [[], ["--deep"]], ids=" ".join)
def test_a_refused_verification_fails_with_the_reason(prepared: Shell, deep: list[str]) -> None:
    ran = prepared.having(ETL_API_TOKEN="another").run("verify", *deep)
    assert ran.code == 4
    assert "401" in ran.complaint
    assert "org_demo: not verified; 1 request, " in ran.out


def test_days_before_etl_from_date_are_not_compared(shell: Shell, sandbox: Sandbox) -> None:
    begin = (now() - timedelta(days=3)).date()
    bounded = shell.having(ETL_FROM_DATE=str(begin))
    assert bounded.run("sync").code == 0
    assert bounded.run("verify", "--from", str(begin - timedelta(days=2))).code == 0
    last = begin - timedelta(days=1)
    ran = bounded.run("verify", "--to", str(last))
    told = f"--to {last} is before ETL_FROM_DATE {begin}; entries of these days are not copied"
    assert (ran.code, ran.complaint) == (2, told)

"""The ledger: written where it differs, appended to, and read back as views and as state."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import NOW, ORGANIZATION, Run, entry, rolled_back, rows

from etl.engine.model import ALWAYS, Proof, Window
from etl.warehouse import ledger
from etl.warehouse.database import Database
from etl.warehouse.ledger import rows_of
from etl.warehouse.load import Claim

RUN: dict[str, object] = {
    "run_id": "run-1", "organization_id": ORGANIZATION, "run_started_at": NOW.isoformat(),
    "now": NOW.isoformat(),
}  # fmt: skip
HISTORY = "SELECT COLUMNS(*)::VARCHAR FROM proofs ORDER BY proofs.seq"
days = st.none() | st.integers(1, 28).map(lambda n: date(2025, 6, n))
numbers = st.none() | st.integers(0, 10**12)
few = st.integers(0, 9)
facts = st.tuples(
    numbers, numbers, few, st.none() | st.just('it\'s "odd"'), days, st.none() | st.just(NOW)
)  # fmt: skip
tilings = st.dictionaries(st.integers(1, 5), facts, max_size=5)


def _windows(facts: dict[int, tuple[Any, ...]]) -> list[Window]:
    edges = [ALWAYS, *(date(2025, 6, n) for n in sorted(facts)), None]
    known = [(), *(facts[n] for n in sorted(facts))]
    return [Window(edges[n] or ALWAYS, edges[n + 1], *known[n]) for n in range(len(known))]


@given(tilings, tilings)
@settings(max_examples=40)
def test_windows_are_read_as_they_were_written_and_written_only_where_they_differ(
    shared: Database, before: dict[int, tuple[Any, ...]], changes: dict[int, tuple[Any, ...]]
) -> None:
    now = rows_of(_windows(before | changes))
    former = rows_of(_windows(before))
    numbered = "SELECT rowid, from_day FROM windows WHERE organization_id = 'org'"
    with rolled_back(shared) as ask:
        for organization in ("org", "other"):
            ledger.write_windows(shared, RUN | {"organization_id": organization}, [], former)
        first = ask(numbered)
        ledger.write_windows(shared, RUN, former, now)
        assert rows_of(ledger.read_state(shared, ORGANIZATION, NOW).ledger.windows) == now
        assert len(set(first) & set(ask(numbered))) == len(set(former) & set(now))
        others = ask("SELECT count(*) FROM windows WHERE organization_id = 'other'")
        assert others == [(len(former),)]


@given(st.lists(st.lists(st.tuples(st.booleans(), st.booleans(), numbers), max_size=3), max_size=4))
@settings(max_examples=40)
def test_proofs_are_appended_and_the_watermark_is_of_the_last_complete_one_of_everything(
    shared: Database, runs: list[list[tuple[bool, bool, int | None]]]
) -> None:
    with rolled_back(shared) as ask:
        ask(
            "INSERT INTO streams (organization_id, api_base_url, filters, bound_at, ordered, "
            "undated, excluding) VALUES ('org', '', '{}', now(), TRUE, 0, FALSE)"
        )
        complete, newest, proven_at, stated_at = False, None, None, None
        for number, written in enumerate(runs):
            start = datetime(2025, 6, 1 + number, tzinfo=UTC)
            for minutes in (-1, 1):
                _hold(ask, "audit_log", f"{number}{minutes}", start + timedelta(minutes=minutes))
            before = ask(HISTORY)
            proofs = [
                Proof((None if whole else ALWAYS, None), stated, 1, "count",
                      "complete" if holds else "unproven")
                for whole, holds, stated in written
            ]  # fmt: skip
            ledger.write_proofs(shared, RUN | {"run_started_at": start.isoformat()}, proofs)
            after = ask(HISTORY)
            assert (after[: len(before)], len(after)) == (before, len(before) + len(written))
            for whole, holds, stated in written:
                if whole:
                    complete = holds
                    stated_at = start if stated is not None else stated_at
                    if holds:
                        newest, proven_at = start - timedelta(minutes=1), start
        moments = ("watermark", "proven_at", "stated_at")
        columns = ", ".join(f"epoch_us({name})" for name in moments)
        shown = ask(f"SELECT complete, known, {columns} FROM watermark")
    times = [when and int(when.timestamp()) * 10**6 for when in (newest, proven_at, stated_at)]
    assert shown == [(complete, 2 * len(runs), *times)]


def _hold(ask: Callable[..., object], table: str, id_: str, time: datetime = NOW) -> None:
    name, value = ("occurred_at", time) if table == "audit_log" else ("reason", "no_time")
    ask(
        f"INSERT INTO {table} (organization_id, id, {name}, raw, content_hash, first_synced_at, "
        "run_id) VALUES ('org', $id, $value, '', '', now(), 'run')",
        {"id": id_, "value": value},
    )


ids = st.sampled_from("abcd")
noted = st.tuples(st.sampled_from(["quarantine", "vanished", "expired", "returned"]), ids)


@given(st.sets(ids), st.lists(noted, max_size=9))
@settings(max_examples=40)
def test_held_is_what_is_stored_once_and_is_not_noted_as_gone(
    shared: Database, logged: set[str], recorded: list[tuple[str, str]]
) -> None:
    stored, reasons = set(logged), dict[str, str]()
    with rolled_back(shared) as ask:
        for id_ in logged:
            _hold(ask, "audit_log", id_)
        for number, (what, id_) in enumerate(recorded):
            if what == "quarantine":
                _hold(ask, "quarantine", id_)
                stored.add(id_)
                continue
            reasons[id_] = what
            ask(
                "INSERT INTO absences VALUES ('org', $id, $reason, $at, 'run')",
                {"id": id_, "reason": what, "at": NOW + timedelta(seconds=number)},
            )
        absent = {(id_, reason) for id_, reason in reasons.items() if reason != "returned"}
        held = sorted(stored - {id_ for id_, _ in absent})
        assert ask("SELECT id FROM held_entries ORDER BY id") == [(id_,) for id_ in held]
        assert set(ask("SELECT id, reason FROM absent_entries")) == absent
        assert ledger.read_held(shared, ORGANIZATION) == len(held)


@pytest.mark.parametrize(
    ("stated", "read_to", "why", "reason"),
    [
        (7, 0, None, None),
        (None, 0, None, "to be read"),
        (None, 1_200, None, "interrupted: 1,200 of 5,000 entries read"),
        (None, 0, "two are missing", "two are missing"),
    ],
)
def test_coverage_says_of_each_window_whether_it_is_held_and_why_not(
    shared: Database, stated: int | None, read_to: int, why: str | None, reason: str | None
) -> None:
    window = Window(ALWAYS, date(2025, 6, 1), stated, 5_000, read_to, reason=why)
    with rolled_back(shared) as ask:
        ledger.write_windows(shared, RUN, [], rows_of([window]))
        verdict = "unproven" if reason else "complete"
        assert ask("SELECT verdict, reason, stated FROM coverage") == [(verdict, reason, stated)]
        told = ledger.read_unproven(shared, ORGANIZATION)
    assert told == ([f"the beginning to 2025-05-31: {reason}"] if reason else [])


@pytest.mark.parametrize(
    ("stated", "claim", "proven"),
    [
        (2, Claim(2), True), (1, Claim(1), False), (2, Claim(3), False), (3, Claim(2), False),
        (3, Claim(3), False), (2, Claim(None), False), (2, Claim(None, True), True),
    ],
)  # fmt: skip
def test_a_proof_is_written_only_where_held_stated_and_everything_agree_in_the_transaction(
    database: Database, stated: int, claim: Claim, proven: bool
) -> None:
    run = Run(database).serve([entry("e1"), entry("e2", None)])
    assert run.prove(stated, claim) is proven
    written = rows(database, "SELECT stated, held, verdict FROM proofs")
    assert written == [(stated, stated, "complete")] * proven
    status = "complete" if proven else "incomplete"
    assert rows(database, "SELECT status FROM runs") == [(status,)]
    assert run.loader.watermark == (NOW.replace(day=1, hour=10) if proven else None)


def test_the_next_run_begins_with_what_the_last_has_learned(database: Database) -> None:
    run = Run(database)
    known = run.state.ledger
    assert (run.state.bound_to, known.windows, known.excluding) == (None, [], False)
    known.newest_first, known.ordered, known.to_day_included = False, False, True
    known.cap, known.undated, known.rereading_since = 10_000, 1, NOW
    assert run.serve([entry("e1"), entry("e2")]).prove(1, Claim(2))
    state = Run(database, 2).state
    assert rows_of(state.ledger.windows) == rows_of(known.windows)
    state.ledger.windows = known.windows
    assert state.ledger == known
    assert state.bound_to == ("https://api.example.com", "{}")
    assert (state.held, state.watermark) == (2, NOW.replace(day=1, hour=10))
    assert (state.oldest, state.deep_since) == (date(2025, 6, 1), None)


def test_what_was_not_proven_is_said_of_everything(database: Database) -> None:
    run = Run(database).load([entry("e1")])
    run.loader.disprove(run.state.ledger, 1, "source 2, local 1")
    with database.attached(read_only=True):
        assert ledger.read_unproven(database, ORGANIZATION) == ["source 2, local 1"]
    assert rows(database, "SELECT complete, known FROM watermark") == [(False, 1)]

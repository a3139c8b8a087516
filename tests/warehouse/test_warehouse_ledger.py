"""The ledger: written where it differs, appended to, and read back as views and as state."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import NOW, ORGANIZATION, RolledBack, Run, entry, rows

from etl.engine.model import ALWAYS, Ledger, Proof, Window
from etl.warehouse.database import Database
from etl.warehouse.ledger import (
    read_held,
    read_state,
    read_unproven,
    rows_of,
    write_proofs,
    write_windows,
)
from etl.warehouse.load import Claim

RUN: dict[str, object] = {
    "run_id": "run-1",
    "organization_id": ORGANIZATION,
    "run_started_at": NOW.isoformat(),
    "now": NOW.isoformat(),
}
OTHER = RUN | {"organization_id": "other"}
days = st.integers(1, 28).map(lambda n: date(2025, 6, n))
numbers = st.none() | st.integers(0, 10**12)


@st.composite
def tilings(draw: st.DrawFn) -> list[Window]:
    edges = [ALWAYS, *sorted(draw(st.sets(days, max_size=4)))]
    found = [Window(low, high) for low, high in zip(edges, [*edges[1:], None], strict=True)]
    for window in found:
        window.stated, window.total, window.distinct = (draw(numbers) for _ in range(3))
        window.read_to, window.failures = draw(st.integers(0, 9)), draw(st.integers(0, 9))
        window.failed_on, window.counted_on = draw(st.none() | days), draw(st.none() | days)
        window.reason = draw(st.none() | st.just("it's \"odd\""))
        window.deep_read_at = draw(st.none() | st.just(NOW))
    return found


def _state(database: Database) -> Ledger:
    return read_state(database, ORGANIZATION, NOW).ledger


@given(tilings(), tilings(), st.data())
@settings(max_examples=40)
def test_windows_are_read_as_they_were_written_and_written_only_where_they_differ(
    shared: Database, before: list[Window], now: list[Window], data: st.DataObject
) -> None:
    now += data.draw(st.sampled_from([[], [w for w in before if w.days not in map(_days, now)]]))
    numbered = "SELECT rowid, * FROM windows WHERE organization_id = 'org'"
    with RolledBack(shared) as ask:
        write_windows(shared, OTHER, [], rows_of(before))
        write_windows(shared, RUN, [], rows_of(before))
        first = ask(numbered)
        write_windows(shared, RUN, rows_of(before), rows_of(now))
        assert sorted(rows_of(_state(shared).windows)) == sorted(rows_of(now))
        kept = {row for row in ask(numbered) if row in first}
        assert len(kept) == len(set(rows_of(before)) & set(rows_of(now)))
        assert ask("SELECT count(*) FROM windows WHERE organization_id <> 'org'") == [(len(before),)]


def _days(window: Window) -> object:
    return window.days


verdicts = st.sampled_from(["complete", "unproven"])
proofs = st.builds(
    lambda whole, verdict, stated: Proof(
        (None, None) if whole else (ALWAYS, None), stated, stated, "count", verdict
    ),
    st.booleans(),
    verdicts,
    st.none() | st.integers(0, 9),
)


@given(st.lists(st.lists(proofs, max_size=3), min_size=1, max_size=4))
@settings(max_examples=40)
def test_proofs_are_appended_and_the_watermark_is_of_the_last_complete_one_of_everything(
    shared: Database, runs: list[list[Proof]]
) -> None:
    with RolledBack(shared) as ask:
        ask("INSERT INTO streams VALUES ('org', '', '{}', now(), NULL, TRUE, NULL, NULL, 0, 0)")
        held = list[tuple[Any, ...]]()
        expected: dict[str, Any] = defaultdict(lambda: None, complete=False)
        for number, written in enumerate(runs):
            start = datetime(2025, 6, 1 + number, tzinfo=UTC)
            _hold(ask, "audit_log", f"e{number}", start - timedelta(hours=1))
            _hold(ask, "audit_log", f"future{number}", start + timedelta(hours=1))
            before = held
            write_proofs(shared, RUN | {"run_started_at": start.isoformat()}, written)
            held = ask("SELECT COLUMNS(*)::VARCHAR FROM proofs ORDER BY seq")
            assert held[: len(before)] == before
            newest = start - timedelta(hours=1)
            if number:
                newest = max(newest, start - timedelta(hours=23))
            for proof in (proof for proof in written if proof.days == (None, None)):
                expected["complete"] = proof.verdict == "complete"
                if expected["complete"]:
                    expected |= {"watermark": newest, "proven_at": start}
                if proof.stated is not None:
                    expected["stated_at"] = start
        places = [int(row[0]) for row in held]
        assert places == list(range(1, sum(map(len, runs)) + 1))
        moments = ("watermark", "proven_at", "stated_at")
        columns = ", ".join(f"epoch_us({name})" for name in moments)
        shown = ask(f"SELECT complete, known, {columns} FROM watermark")
    assert shown == [(expected["complete"], 2 * len(runs), *(_us(expected[n]) for n in moments))]


def _us(moment: datetime | None) -> int | None:
    return moment and (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _hold(ask: Callable[..., object], table: str, id_: str, time: datetime = NOW) -> None:
    stored = {"occurred_at": time} if table == "audit_log" else {"reason": "no_time"}
    ask(
        f"INSERT INTO {table} (organization_id, id, {', '.join(stored)}, raw, content_hash, "
        "first_synced_at, run_id) VALUES ('org', $id, $value, '', '', now(), 'run')",
        {"id": id_, "value": next(iter(stored.values()))},
    )


ids = st.sampled_from("abcd")
facts = st.lists(
    st.tuples(st.sampled_from(["quarantine", "vanished", "expired", "returned"]), ids), max_size=9
)


@given(st.sets(ids), facts)
@settings(max_examples=60)
def test_held_is_what_is_stored_once_and_is_not_noted_as_gone(
    shared: Database, logged: set[str], recorded: list[tuple[str, str]]
) -> None:
    stored, gone = set(logged), dict[str, str]()
    with RolledBack(shared) as ask:
        for id_ in logged:
            _hold(ask, "audit_log", id_)
        for number, (what, id_) in enumerate(recorded):
            if what == "quarantine":
                _hold(ask, "quarantine", id_)
                stored.add(id_)
                continue
            at = NOW + timedelta(seconds=number)
            ask("INSERT INTO absences VALUES ('org', ?, ?, ?, 'run')".replace("?, ?, ?", "$id, $reason, $at"),
                {"id": id_, "reason": what, "at": at})
            gone[id_] = what
        absent = {(id_, reason) for id_, reason in gone.items() if reason != "returned"}
        held = stored - {id_ for id_, _ in absent}
        assert ask("SELECT id FROM held_entries ORDER BY id") == [(id_,) for id_ in sorted(held)]
        assert set(ask("SELECT id, reason FROM absent_entries")) == absent
        assert read_held(shared, ORGANIZATION) == len(held)


@pytest.mark.parametrize(
    ("stated", "read_to", "why", "verdict", "reason"),
    [
        (7, 0, None, "complete", None),
        (None, 0, None, "unproven", "not read yet"),
        (None, 1_200, None, "unproven", "interrupted: 1,200 of 5,000 entries read"),
        (None, 0, "two are missing", "unproven", "two are missing"),
    ],
)
def test_coverage_says_of_each_window_whether_it_is_held_and_why_not(
    shared: Database, stated: int | None, read_to: int, why: str | None, verdict: str, reason: str
) -> None:
    window = Window(ALWAYS, date(2025, 6, 1), stated, 5_000, read_to, reason=why)
    with RolledBack(shared) as ask:
        write_windows(shared, RUN, [], rows_of([window]))
        assert ask("SELECT verdict, reason, stated FROM coverage") == [(verdict, reason, stated)]
        told = read_unproven(shared, ORGANIZATION)
    assert told == ([f"the beginning to 2025-05-31: {reason}"] if reason else [])


@pytest.mark.parametrize(
    ("stated", "whole", "kept", "proven"),
    [
        (2, 2, 0, True), (1, 1, 0, False), (2, 3, 0, False), (3, 2, 0, False),
        (1, 1, 1, True), (2, 2, None, True), (3, 3, None, False), (1, 1, None, True),
    ],
)  # fmt: skip
def test_a_proof_is_written_only_where_held_stated_and_everything_agree_in_the_transaction(
    database: Database, stated: int, whole: int, kept: int | None, proven: bool
) -> None:
    run = Run(database).serve([entry("e1"), entry("e2", None)])
    run.state.ledger.kept = kept
    assert run.prove(stated, whole) is proven
    written = rows(database, "SELECT stated, held, verdict FROM proofs")
    assert written == [(stated, stated, "complete")] * proven
    status = "complete" if proven else "incomplete"
    assert rows(database, "SELECT status FROM runs") == [(status,)]
    assert run.loader.watermark == (NOW.replace(day=1, hour=10) if proven else None)
    assert Run(database, 2).state.held == 2


@pytest.mark.parametrize("counted", [True, False])
def test_where_everything_is_not_counted_each_window_must_be(
    database: Database, counted: bool
) -> None:
    run = Run(database).serve([entry("e1")])
    run.state.ledger.windows = [Window(ALWAYS, None, 1)]
    assert run.loader.commit(run.state.ledger, [], 1, Claim(None, counted)) is counted


def test_the_next_run_begins_with_what_the_last_has_learned(database: Database) -> None:
    state = Run(database).state
    assert (state.bound_to, state.ledger.windows, state.ledger.kept) == (None, [], 0)
    run = Run(database)
    ledger = run.state.ledger
    ledger.newest_first, ledger.ordered, ledger.to_day_included = False, False, True
    ledger.cap, ledger.undated, ledger.kept = 10_000, 1, 0
    assert run.serve([entry("e1"), entry("e2")]).prove(1, 2)
    state = Run(database, 2).state
    assert json.dumps(rows_of(state.ledger.windows)) == json.dumps(rows_of(ledger.windows))
    ledger.windows = state.ledger.windows
    assert state.ledger == ledger
    assert state.bound_to == ("https://api.example.com", "{}")
    assert (state.held, state.watermark) == (2, NOW.replace(day=1, hour=10))
    assert (state.oldest, state.deep_since.date()) == (date(2025, 6, 1), date(2025, 6, 12))


def test_what_was_not_proven_is_said_of_everything(database: Database) -> None:
    run = Run(database).load([entry("e1")])
    run.loader.source_total = 2
    run.loader.disprove(run.state.ledger, 1, "source 2, local 1")
    with database.attached(read_only=True):
        assert read_unproven(database, ORGANIZATION) == ["source 2, local 1"]
    assert rows(database, "SELECT complete, known FROM watermark") == [(False, 1)]

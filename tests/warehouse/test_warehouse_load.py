"""From pages to rows: nothing rewritten that did not change, nothing lost that did."""

import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import HELD, NOW, Run, entry, rows

from etl.engine.model import Days
from etl.errors import WarehouseError
from etl.warehouse.canonical import content
from etl.warehouse.database import Database
from etl.warehouse.staging import Served

Emptied = Callable[[], Database]


def test_an_unchanged_row_is_not_touched(database: Database) -> None:
    page = [entry(f"e{n}", actor_name=f"Person {n}") for n in range(5)]
    Run(database).load(page)
    before = rows(database, "SELECT rowid, COLUMNS(*)::VARCHAR FROM audit_log")
    reordered = [json.dumps(dict(reversed(json.loads(text).items())), indent=1) for text in page]
    Run(database, 2).load(reordered)
    assert rows(database, "SELECT rowid, COLUMNS(*)::VARCHAR FROM audit_log") == before
    assert rows(database, "FROM audit_log_versions") == []


def test_a_changed_row_is_replaced_and_its_former_version_kept(database: Database) -> None:
    null = '{"metadata": null, "new_value": null, '
    former = {name: null + entry("e1", actor_name=name)[1:] for name in "AB"}
    for number, name in enumerate("ABA", start=1):
        Run(database, number).load([former[name], entry("e2")])
    stored = "SELECT id, actor_name, run_id, hour(first_synced_at) FROM audit_log ORDER BY id"
    assert rows(database, stored) == [("e1", "A", "run-3", 13), ("e2", None, "run-1", 13)]
    versions = "SELECT raw, run_id, noticed_run_id FROM audit_log_versions ORDER BY noticed_at"
    assert rows(database, versions) == [
        (former["A"], "run-1", "run-2"),
        (former["B"], "run-2", "run-3"),
    ]
    for table in ("audit_log", "audit_log_versions"):
        values = f"SELECT count(new_value), count(metadata) FROM {table}"
        assert rows(database, values) == [(0, 0)]


def test_a_content_that_another_turn_replaced_before_it_was_stored_is_a_version(
    database: Database,
) -> None:
    first, last = entry("e1", actor_name="first"), entry("e1", actor_name="last")
    Run(database).serve([first]).load([last], turn=1)
    assert rows(database, HELD) == [("row", "e1", last), ("version", "e1", first)]


TWINS = [entry("e1", actor_name=name) for name in "ABCD"]
pages = st.lists(st.lists(st.sampled_from([*TWINS, entry("e2")]), min_size=1, max_size=4))


@given(st.lists(st.lists(pages, min_size=1, max_size=3), min_size=1, max_size=2))
@settings(max_examples=30)
def test_of_the_contents_of_one_id_the_greatest_is_the_row_whatever_batch_or_order_they_came_in(
    emptied: Emptied, runs: list[list[list[list[str]]]]
) -> None:
    database = emptied()
    everything = {text for batches in runs for batch in batches for page in batch for text in page}
    for number in range(len(runs) + 1):
        run = Run(database, number)
        for batch in [*([] if number == len(runs) else runs[number]), [sorted(everything)]]:
            run.load(*batch)
        twins = sorted(everything & {*TWINS}, key=lambda text: content(text)[0])
        expected = [("duplicate_id", f"e1~{content(text)[0][:16]}", text) for text in twins[:-1]]
        expected += [("row", json.loads(text)["id"], text) for text in twins[-1:]]
        expected += [("row", "e2", entry("e2"))] * (entry("e2") in everything)
        assert rows(database, HELD) == sorted(expected)
        assert run.loader.held == run.loader.staging.seen(run.walk).distinct == len(expected)
    assert rows(database, "SELECT count(*) FROM audit_log WHERE run_id <> 'run-0'") == [(0,)]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_a_content_without_a_time_and_one_with_a_time_under_one_id_are_two_entries(
    database: Database, apart: bool, turned: bool
) -> None:
    texts = sorted([entry("e1", "nonsense"), entry("e1")], reverse=turned)
    run = Run(database)
    for batch in [texts[:1], texts[1:]] if apart else [texts]:
        run.load(batch)
    assert run.loader.held == run.loader.staging.seen(run.walk).distinct == 2
    assert sorted(raw for _, _, raw in rows(database, HELD)) == sorted(texts)


def test_without_an_id_the_content_tells_entries_apart_and_else_they_are_said_to_be_identical(
    database: Database,
) -> None:
    same, other = entry(None, actor_name="x"), entry(None, actor_name="y")
    run = Run(database).load([same, other], [other])
    assert not run.loader.staging.seen(run.walk).identical
    run.load([same, other, same])
    assert run.loader.staging.seen(run.walk).identical
    ids = sorted(f"content:{content(text)[0][:32]}" for text in (same, other))
    assert rows(database, "SELECT id FROM audit_log ORDER BY id") == [(id_,) for id_ in ids]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (entry("bad", None), "no_time"),
        (entry("bad", "the day before yesterday"), "unreadable_time"),
        (entry("bad", "99999-01-01T00:00:00Z"), "unreadable_time"),
        ('{"id": "bad", "name": "\\ud800"}', "not_json"),
        ("null", "not_an_object"),
    ],
)
def test_what_cannot_be_a_row_is_quarantined_once_with_its_text_and_the_reason(
    database: Database, text: str, reason: str
) -> None:
    for number, quarantined in ((1, 1), (2, 0)):
        run = Run(database, number).load([entry("e1"), text, entry("e2")])
        assert (run.loader.held, run.loader.tally.quarantined) == (3, quarantined)
    assert rows(database, "SELECT raw, reason, run_id FROM quarantine") == [(text, reason, "run-1")]


odd = st.builds(
    '{{{2}"id":{2}"{0}", "created_at": 17e8, "actor_name": {1}, "n": 1.10{2}}}'.format,
    st.integers(0, 30),
    st.text(max_size=8).map(json.dumps),
    st.sampled_from(["", " ", "\n  ", "\t"]),
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


@given(st.lists(odd, min_size=1, max_size=20))
@settings(max_examples=15)
def test_every_content_served_is_held_byte_for_byte(emptied: Emptied, page: list[str]) -> None:
    database = emptied()
    Run(database).load(page)
    kept = {raw for _, _, raw in rows(database, HELD)}
    assert kept <= set(page)
    # Of texts that differ in white space or the order of keys alone, one is held.
    assert {content(text)[0] for text in kept} == {content(text)[0] for text in page}


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-06-01T10:00:00.123456Z", "2025-06-01 10:00:00.123456+00"),
        ("2025-06-01T12:30:00+02:30", "2025-06-01 10:00:00+00"),
        ("2025-06-01T10:00:00", "2025-06-01 10:00:00+00"),
        ("2025-06-01", "2025-06-01 00:00:00+00"),
        ("1748772000", "2025-06-01 10:00:00+00"),
        (1748772000.25, "2025-06-01 10:00:00.25+00"),
        (1748772000123, "2025-06-01 10:00:00.123+00"),
        (1748772000123456, "2025-06-01 10:00:00.123456+00"),
        (-86400, "1969-12-31 00:00:00+00"),
    ],
)
def test_every_way_to_write_a_time_is_read_as_the_same_instant(
    database: Database, monkeypatch: pytest.MonkeyPatch, written: object, instant: str
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    Run(database).load([entry("e1", written)])
    assert rows(database, "SELECT occurred_at::VARCHAR FROM audit_log") == [(instant,)]


PAGE = [entry(f"e{n}", f"2025-06-0{n}T10:00:00Z") for n in range(1, 5)] + [entry("odd", "?")]


def _absences(database: Database) -> list[tuple[str, ...]]:
    return rows(database, "SELECT id, reason, run_id FROM absences ORDER BY noticed_at, id")


def test_what_has_gone_is_noted_and_kept_and_noted_again_when_it_returns(
    database: Database,
) -> None:
    Run(database).load(PAGE)
    run = Run(database, 2).reread().load([PAGE[0], *PAGE[2:4]])
    assert run.loader.note_gone(None, 2)
    assert (run.loader.held, run.loader.tally.vanished) == (3, 2)
    assert Run(database, 3).load(PAGE).loader.tally.returned == 2
    noted = (("vanished", "run-2"), ("returned", "run-3"))
    assert _absences(database) == [(id_, *note) for note in noted for id_ in ("e2", "odd")]
    run = Run(database, 4).reread().load(PAGE[2:])
    assert (run.loader.held, len(rows(database, HELD))) == (5, 5)
    assert run.loader.note_gone(None, 2)
    assert [row[1] for row in _absences(database)[-2:]] == ["expired", "expired"]


JUNE: list[Days] = [(date(2025, 6, 2), date(2025, 6, 4))]


@pytest.mark.parametrize(
    ("spans", "lacking", "noted"),
    [(None, 4, True), (None, 3, False), (None, 5, False), (JUNE, 2, True), (JUNE, 4, False)],
)
def test_nothing_is_noted_as_gone_unless_it_is_exactly_what_is_lacking(
    database: Database, spans: list[Days] | None, lacking: int, noted: bool
) -> None:
    Run(database).load(PAGE)
    run = Run(database, 2).reread().load(PAGE[:1])
    assert run.loader.note_gone(spans, lacking) is noted
    assert len(_absences(database)) == 5 - run.loader.held == noted * lacking


@pytest.mark.parametrize(("most", "noted"), [(3, 2), (2, 2), (1, 0)])
def test_no_more_is_noted_as_expired_than_the_source_lacks(
    database: Database, most: int, noted: int
) -> None:
    assert Run(database).load(PAGE).loader.note_expired(NOW.replace(day=3, hour=0), most) == noted
    assert _absences(database) == [(f"e{n}", "expired", "run-1") for n in (1, 2)][:noted]


def test_a_walk_that_compares_knows_what_was_held_when_it_came(database: Database) -> None:
    Run(database).load(PAGE)
    run = Run(database, 2).reread().load(PAGE[1:])
    run.loader.note_gone(None, 1)
    run = Run(database, 3).serve([entry("new"), PAGE[0]], [entry("new")])
    seen = run.loader.staging.seen(run.walk)
    assert (seen.new, seen.contact, seen.tail_held, seen.distinct) == (2, False, False, 2)
    seen = run.serve([PAGE[4], PAGE[1]]).loader.staging.seen(run.walk)
    assert (seen.new, seen.contact, seen.tail_held, seen.distinct) == (2, True, True, 4)


@given(st.lists(st.lists(st.none() | st.integers(1, 3), min_size=1, max_size=4), max_size=3))
@settings(max_examples=40)
def test_the_order_of_time_is_learned_from_the_pages(
    emptied: Emptied, pages: list[list[int | None]]
) -> None:
    run, ordered, direction = Run(emptied()), True, None
    for number, days in enumerate(pages):
        times = [day and f"2025-06-0{day}T10:00:00Z" for day in days]
        run.serve([entry(f"e{number}-{n}", time) for n, time in enumerate(times)])
        steps = {a > b for a, b in pairwise(days) if a and b and a != b}
        ordered &= None not in days and len(steps) < 2
        direction = steps.pop() if len(steps) == 1 else direction
        assert run.loader.staging.ordered is ordered
        assert not ordered or run.loader.staging.newest_first is direction


def test_late_is_what_is_new_and_older_than_the_last_proof(database: Database) -> None:
    known = entry("known", "2025-06-14T12:00:00Z")
    assert Run(database).serve([known]).prove(1)
    run = Run(database, 2).load([entry("new", "2025-06-15T00:00:00Z"), known])
    assert run.loader.tally.late == 0
    run.load([entry("late", "2025-06-12T12:00:00Z")])
    late = rows(database, "SELECT late, latest_by_seconds FROM runs ORDER BY run_id")
    assert late == [(0, 0), (1, 2 * 86_400)]


def test_a_commit_that_fails_leaves_nothing_behind_and_can_be_made_again(
    database: Database,
) -> None:
    def renamed(before: str, after: str) -> None:
        with database.attached():
            database.execute(f"ALTER TABLE runs RENAME COLUMN {before} TO {after}")

    run = Run(database)
    renamed("version", "other")
    with pytest.raises(WarehouseError, match=r"warehouse\.duckdb"):
        run.load([entry("e1")])
    assert (run.loader.held, run.loader.tally.inserted) == (0, 0)
    for table in ("audit_log", "windows", "runs", "streams"):
        assert rows(database, f"FROM {table}") == []
    renamed("other", "version")
    assert run.prove(1)


@pytest.mark.parametrize(("entries", "length"), [(250, 200_000), (30, 2_000_000)])
def test_entries_of_any_size_find_room(database: Database, entries: int, length: int) -> None:
    # More than the memory that DuckDB is given at first, in the statement or in the commit.
    page = [entry(f"e{n:03}", metadata={"n": n, "note": "z" * length}) for n in range(entries)]
    Run(database).load(page)
    stored = f"SELECT count(*), sum(strlen(raw)), min(strlen(metadata)) > {length} FROM audit_log"
    assert rows(database, stored) == [(entries, sum(map(len, page)), True)]
    assert not list(database.path.parent.glob("*.wal"))


def test_a_batch_weighs_what_its_text_does() -> None:
    assert Served(1, 0, ("{}",) * 100).weight == 100
    assert Served(1, 0, ("x" * 2_000_000,) * 3).weight == 3 * 2_000_000 // 1_600

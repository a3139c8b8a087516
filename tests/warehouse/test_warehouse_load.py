"""From pages to rows: nothing rewritten that did not change, nothing lost that did."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import HELD, NOW, ORGANIZATION, Run, entry, rows

from etl.engine.model import Days
from etl.errors import WarehouseError
from etl.warehouse.canonical import content
from etl.warehouse.database import Database
from etl.warehouse.staging import Served

Emptied = Callable[[], Database]
STORED = "SELECT id, actor_name, run_id, first_synced_at::VARCHAR FROM audit_log ORDER BY id"


@st.composite
def batches(draw: st.DrawFn, texts: list[str]) -> list[list[list[str]]]:
    """These texts in the same order, cut into pages, and the pages into batches."""

    def cut(items: list[list[str]] | list[str]) -> list[list]:  # type: ignore[type-arg]
        places = draw(st.sets(st.integers(1, max(len(items) - 1, 1)), max_size=3))
        edges = [0, *sorted(place for place in places if place < len(items)), len(items)]
        return [items[low:high] for low, high in pairwise(edges)]

    return cut(cut(texts))


def test_an_unchanged_row_is_not_touched(database: Database) -> None:
    page = [entry(f"e{n}", actor_name=f"Person {n}") for n in range(5)]
    Run(database).load(page)
    before = rows(database, "SELECT rowid, * FROM audit_log")
    reordered = [json.dumps(dict(reversed(json.loads(text).items())), indent=1) for text in page]
    Run(database, 2).load(reordered)
    assert rows(database, "SELECT rowid, * FROM audit_log") == before
    assert rows(database, "FROM audit_log_versions") == []


def test_a_changed_row_is_replaced_and_its_former_version_kept(database: Database) -> None:
    for number, name in enumerate(["A", "B", "A"], start=1):
        Run(database, number).load([entry("e1", actor_name=name), entry("e2", actor_name="Same")])
    first = (NOW + timedelta(hours=1, seconds=1)).strftime("%Y-%m-%d %H:%M:%S+00")
    assert rows(database, STORED) == [
        ("e1", "A", "run-3", first),
        ("e2", "Same", "run-1", first),
    ]
    versions = "SELECT id, raw, run_id, noticed_run_id FROM audit_log_versions ORDER BY noticed_at"
    assert rows(database, versions) == [
        ("e1", entry("e1", actor_name="A"), "run-1", "run-2"),
        ("e1", entry("e1", actor_name="B"), "run-2", "run-3"),
    ]


def test_a_content_that_another_turn_replaced_before_it_was_stored_is_a_version(
    database: Database,
) -> None:
    run = Run(database).serve([entry("e1", actor_name="first")])
    run.load([entry("e1", actor_name="last")], turn=1)
    assert [(kind, json.loads(raw)["actor_name"]) for kind, _, raw in rows(database, HELD)] == [
        ("row", "last"),
        ("version", "first"),
    ]


def test_a_value_that_is_null_is_no_value_in_rows_and_versions(database: Database) -> None:
    nothing = {"previous_value": None, "new_value": None, "metadata": None}
    for number in (1, 2):
        text = json.dumps({"id": "e1", "created_at": "2025-06-01", "n": number, **nothing})
        Run(database, number).load([text])
    empty = "previous_value IS NULL AND new_value IS NULL AND metadata IS NULL"
    for table in ("audit_log", "audit_log_versions"):
        assert rows(database, f"SELECT count(*), bool_and({empty}) FROM {table}") == [(1, True)]


TWINS = [entry("e1", actor_name=name) for name in "ABCD"]


@given(st.lists(st.sampled_from([*TWINS, entry("e2")]), min_size=1, max_size=8), st.data())
@settings(max_examples=40)
def test_of_the_contents_of_one_id_the_greatest_is_the_row_whatever_batch_or_order_they_came_in(
    emptied: Emptied, texts: list[str], data: st.DataObject
) -> None:
    database = emptied()
    twins = sorted({text for text in texts if text in TWINS}, key=lambda text: content(text)[0])
    expected = [("duplicate_id", f"e1~{content(text)[0][:16]}", text) for text in twins[:-1]]
    expected += [("row", "e1", text) for text in twins[-1:]]
    expected += [("row", "e2", entry("e2"))] * (entry("e2") in texts)
    for number in (1, 2):
        run = Run(database, number)
        for batch in data.draw(batches(texts)):
            run.load(*batch)
        assert rows(database, HELD) == sorted(expected)
        assert run.loader.held == run.loader.staging.seen(run.walk).distinct == len(expected)
        texts = data.draw(st.permutations(texts))
    assert rows(database, "SELECT max(run_id) FROM audit_log") == [("run-1",)]


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


def test_entries_without_an_id_are_told_apart_by_content_and_else_said_to_be_identical(
    database: Database,
) -> None:
    same, other = entry(None, actor_name="x"), entry(None, actor_name="y")
    run = Run(database).load([same, other], [other])
    assert not run.loader.staging.seen(run.walk).identical
    run.load([same, other, same])
    assert run.loader.staging.seen(run.walk).identical
    ids = [f"content:{content(text)[0][:32]}" for text in (same, other)]
    assert rows(database, "SELECT id FROM audit_log ORDER BY id") == [(i,) for i in sorted(ids)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (entry("bad", None), "no_time"),
        (entry("bad", "the day before yesterday"), "unreadable_time"),
        (entry("bad", "99999-01-01T00:00:00Z"), "unreadable_time"),
        ('{"id": "bad", "name": "\\ud800"}', "not_json"),
        ('["bad"]', "not_an_object"),
        ("null", "not_an_object"),
        ('{"id": "bad", ', "not_json"),
    ],
)
def test_what_cannot_be_a_row_is_quarantined_once_with_its_text_and_the_reason(
    database: Database, text: str, reason: str
) -> None:
    for number in (1, 2):
        run = Run(database, number).load([entry("e1"), text, entry("e2")])
        assert run.loader.held == 3
    assert rows(database, "SELECT raw, reason, run_id FROM quarantine") == [(text, reason, "run-1")]
    assert run.loader.tally.quarantined == 0


raws = st.lists(
    st.builds(
        lambda id_, name, gap: (
            f'{{{gap}"id":{gap}"{id_}", "created_at": "2025-06-01", '
            f'"actor_name": {json.dumps(name)}, "n": 1.10, "z":"\\u00e9"{gap}}}'
        ),
        st.integers(0, 30),
        st.text(max_size=8),
        st.sampled_from(["", " ", "\n  ", "\t"]),
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    min_size=1,
    max_size=20,
)


@given(raws)
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
        (1748772000, "2025-06-01 10:00:00+00"),
        ("1748772000", "2025-06-01 10:00:00+00"),
        (1748772000.25, "2025-06-01 10:00:00.25+00"),
        (1748772000123, "2025-06-01 10:00:00.123+00"),
        (1748772000123456, "2025-06-01 10:00:00.123456+00"),
        (0, "1970-01-01 00:00:00+00"),
        (-86400, "1969-12-31 00:00:00+00"),
    ],
)
def test_every_way_to_write_a_time_is_read_as_the_same_instant(
    database: Database, monkeypatch: pytest.MonkeyPatch, written: object, instant: str
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    Run(database).load([entry("e1", written)])
    assert rows(database, "SELECT occurred_at::VARCHAR FROM audit_log") == [(instant,)]


ABSENCES = "SELECT id, reason, run_id FROM absences ORDER BY noticed_at, id"
PAGE = [entry(f"e{n}", f"2025-06-0{n}T10:00:00Z") for n in range(1, 5)] + [entry("odd", "?")]


def _gone(run: Run, lacking: int, spans: list[Days] | None = None) -> bool:
    return run.loader.note_gone(run.walk, spans, lacking)


def test_what_has_gone_is_noted_and_kept_and_noted_again_when_it_returns(
    database: Database,
) -> None:
    Run(database).load(PAGE)
    run = Run(database, 2).load([PAGE[0], *PAGE[2:4]])
    assert _gone(run, 2)
    assert run.loader.held == 3
    Run(database, 3).load(PAGE)
    gone = [("e2", "vanished", "run-2"), ("odd", "vanished", "run-2")]
    back = [("e2", "returned", "run-3"), ("odd", "returned", "run-3")]
    assert rows(database, ABSENCES) == gone + back
    assert Run(database, 4).loader.held == len(rows(database, HELD)) == 5
    assert _gone(Run(database, 4).load(PAGE[2:]), 2)
    assert [row[1] for row in rows(database, ABSENCES)[-2:]] == ["expired", "expired"]


@pytest.mark.parametrize("lacking", [0, 1, 3])
def test_nothing_is_noted_as_gone_unless_it_is_exactly_what_is_lacking(
    database: Database, lacking: int
) -> None:
    run = Run(database).load(PAGE)
    again = Run(database, 2).load(PAGE[:3])
    assert not _gone(again, lacking)
    assert again.loader.held == run.loader.held == 5
    assert rows(database, "FROM absences") == []


def test_of_some_days_only_their_entries_can_be_gone(database: Database) -> None:
    Run(database).load(PAGE)
    run = Run(database, 2).load(PAGE[:1])
    second, fourth = (NOW.date().replace(day=n) for n in (2, 4))
    assert _gone(run, 2, [(second, fourth)])
    assert [row[0] for row in rows(database, ABSENCES)] == ["e2", "e3"]


@pytest.mark.parametrize(("most", "noted"), [(3, 2), (2, 2), (1, 0)])
def test_no_more_is_noted_as_expired_than_the_source_lacks(
    database: Database, most: int, noted: int
) -> None:
    run = Run(database).load(PAGE)
    before = NOW.replace(day=3, hour=0)
    assert run.loader.note_expired(before, most) == noted
    assert rows(database, ABSENCES) == [(f"e{n}", "expired", "run-1") for n in (1, 2)][:noted]


def test_a_walk_that_compares_knows_what_was_held_when_it_came(database: Database) -> None:
    Run(database).load(PAGE)
    _gone(Run(database, 2).load(PAGE[1:]), 1)
    run = Run(database, 3).serve([entry("new"), PAGE[0]], [entry("new")])
    seen = run.loader.staging.seen(run.walk)
    assert (seen.new, seen.contact, seen.tail_held, seen.distinct) == (2, False, False, 2)
    run.serve([PAGE[4], PAGE[1]])
    seen = run.loader.staging.seen(run.walk)
    assert (seen.new, seen.contact, seen.tail_held, seen.distinct) == (2, True, True, 4)


@given(st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=8), st.data())
@settings(max_examples=40)
def test_the_order_of_time_is_learned_from_the_pages(
    emptied: Emptied, days: list[int | None], data: st.DataObject
) -> None:
    texts = [entry(f"e{n}", d and f"2025-06-0{d}T10:00:00Z") for n, d in enumerate(days)]
    days = [day or None for day in days]
    run = Run(emptied())
    place, ordered, directions = 0, True, set()
    for page in data.draw(batches(texts))[0]:
        run.serve(page)
        times, place = days[place : place + len(page)], place + len(page)
        known = [time for time in times if time is not None]
        steps = {(b > a) - (b < a) for a, b in pairwise(times) if a and b} - {0}
        ordered &= len(known) == len(times) and len(steps) < 2
        directions |= steps if len(steps) == 1 else set()
    staging = run.loader.staging
    assert staging.ordered is ordered
    if ordered and len(directions) < 2:
        assert staging.newest_first is ({-1} == directions if directions else None)


def test_the_time_of_an_entry_is_read_without_storing_it(database: Database) -> None:
    staging = Run(database).loader.staging
    assert staging.time_of(PAGE[0]) == NOW.replace(day=1, hour=10)
    assert staging.time_of(PAGE[4]) is None
    assert database.execute("SELECT count(*) FROM served") == [(0,)]


def test_late_is_what_is_new_and_older_than_the_last_proof(database: Database) -> None:
    known = entry("known", "2025-06-14T12:00:00Z")
    assert Run(database).serve([known]).prove(1)
    run = Run(database, 2).load([entry("new", "2025-06-15T00:00:00Z"), known])
    assert run.loader.tally.late == 0
    run.load([entry("late", "2025-06-12T12:00:00Z")])
    assert rows(database, "SELECT run_id, late, latest_by FROM runs ORDER BY run_id") == [
        ("run-1", 0, timedelta()),
        ("run-2", 1, timedelta(days=2)),
    ]


def test_a_commit_that_fails_leaves_nothing_behind_and_can_be_made_again(
    database: Database,
) -> None:
    run = Run(database)
    with database.attached():
        database.execute("ALTER TABLE runs RENAME COLUMN version TO other")
    with pytest.raises(WarehouseError, match=r"warehouse\.duckdb"):
        run.load([entry("e1")])
    assert (run.loader.held, run.loader.tally.inserted) == (0, 0)
    for table in ("audit_log", "windows", "runs", "streams", "quarantine"):
        assert rows(database, f"SELECT count(*) FROM {table}") == [(0,)]
    with database.attached():
        database.execute("ALTER TABLE runs RENAME COLUMN other TO version")
    assert run.prove(1)
    assert rows(database, "SELECT organization_id FROM audit_log") == [(ORGANIZATION,)]


@pytest.mark.parametrize(("entries", "length"), [(250, 200_000), (30, 2_000_000)])
def test_entries_of_any_size_find_room(database: Database, entries: int, length: int) -> None:
    # More than the memory that DuckDB is given at first, in the statement or in the commit.
    page = [entry(f"e{n:03}", metadata={"n": n, "note": "z" * length}) for n in range(entries)]
    Run(database).load(page)
    stored = "SELECT count(*), sum(strlen(raw)), min(strlen(metadata)) > $length FROM audit_log"
    with database.attached(read_only=True):
        found = database.execute(stored, {"length": length})
    assert found == [(entries, sum(map(len, page)), True)]
    assert not list(database.path.parent.glob("*.wal"))


def test_a_batch_weighs_what_its_text_does() -> None:
    assert Served(1, 0, ("{}",) * 100).load == 100
    assert Served(1, 0, ("x" * 2_000_000,) * 3).load == 3 * 2_000_000 // 1_600

"""From pages to rows: nothing rewritten that did not change, nothing lost that did."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import NOW, Load, day, entry, rows

from etl.plan.ranges import Proof, Range, Verdict
from etl.warehouse.database import Database
from etl.warehouse.staging import Served

STORED = "SELECT id, actor_name, run_id, first_synced_at::VARCHAR FROM audit_log ORDER BY id"


def _later(load: Load, number: int = 2) -> Load:
    later = load.now + timedelta(hours=number)
    return Load(load.database, f"run-{number}", later, load.newest_known)


def test_an_unchanged_row_is_not_touched(load: Load, database: Database) -> None:
    page = [entry(f"e{n}", actor_name=f"Person {n}") for n in range(5)]
    load.pages(page)
    before = rows(database, STORED)
    reordered = [json.dumps(dict(reversed(json.loads(text).items())), indent=1) for text in page]
    _later(load).pages(reordered)
    assert rows(database, STORED) == before
    assert rows(database, "SELECT DISTINCT raw LIKE '%\n%' FROM audit_log") == [(False,)]
    assert rows(database, "FROM audit_log_versions") == []


def test_a_changed_row_is_replaced_and_its_former_version_kept(
    load: Load, database: Database
) -> None:
    former = entry("e1", actor_name="Before", new_value={"a": 1})
    load.pages([former, entry("e2", actor_name="Same")])
    _later(load).pages([entry("e1", actor_name="After"), entry("e2", actor_name="Same")])
    first = NOW.strftime("%Y-%m-%d %H:%M:%S+00")
    assert rows(database, STORED) == [
        ("e1", "After", "run-2", first),
        ("e2", "Same", "run-1", first),
    ]
    versions = "SELECT id, actor_name, raw, run_id, noticed_run_id FROM audit_log_versions"
    assert rows(database, versions) == [("e1", "Before", former, "run-1", "run-2")]


def test_a_value_that_is_null_is_no_value_in_rows_and_versions(
    load: Load, database: Database
) -> None:
    nothing = {"previous_value": None, "new_value": None, "metadata": None}
    pages = [json.dumps({"id": "e1", "created_at": "2025-06-01", "n": n, **nothing}) for n in "ab"]
    empty = "previous_value IS NULL AND new_value IS NULL AND metadata IS NULL"
    for number, text in enumerate(pages, start=1):
        _later(load, number).pages([text])
    for table in ("audit_log", "audit_log_versions"):
        assert rows(database, f"SELECT count(*), bool_and({empty}) FROM {table}") == [(1, True)]


def test_a_content_that_comes_back_is_a_version_again(load: Load, database: Database) -> None:
    for number, name in enumerate(["A", "B", "A"], start=1):
        _later(load, number).pages([entry("e1", actor_name=name)])
    assert rows(database, "SELECT actor_name FROM audit_log") == [("A",)]
    assert rows(database, "SELECT actor_name FROM audit_log_versions ORDER BY noticed_at") == [
        ("A",),
        ("B",),
    ]


def test_the_same_entry_on_two_pages_is_one_row(load: Load, database: Database) -> None:
    page = [entry("e1"), entry("e2")]
    done = load.pages(page, page)
    assert done.known == 2
    assert rows(database, "SELECT count(*) FROM audit_log") == [(2,)]
    assert rows(database, "FROM quarantine") == []


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_of_two_contents_under_one_id_in_a_page_the_same_one_is_the_row_each_time(
    load: Load, database: Database, order: tuple[str, str]
) -> None:
    page = [entry("e1", actor_name=name) for name in order]
    load.pages(page)
    ((row, greater),) = rows(database, "SELECT raw, content_hash FROM audit_log")
    ((aside, lesser, reason),) = rows(database, "SELECT raw, content_hash, reason FROM quarantine")
    assert {row, aside} == set(page)
    assert greater > lesser
    assert reason == "duplicate_id"
    _later(load).pages(page[::-1])
    assert rows(database, "SELECT raw, run_id FROM audit_log") == [(row, "run-1")]
    assert rows(database, "SELECT raw, run_id FROM quarantine") == [(aside, "run-1")]
    assert rows(database, "FROM audit_log_versions") == []


def test_entries_without_an_id_are_told_apart_by_content_and_by_number(
    load: Load, database: Database
) -> None:
    same, other = entry(None, actor_name="x"), entry(None, actor_name="y")
    done = load.pages([same, same, other])
    assert done.known == 3
    _later(load).pages([other, same, same])
    assert rows(database, "SELECT count(*), count(DISTINCT id), max(run_id) FROM audit_log") == [
        (3, 3, "run-1")
    ]


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
def test_what_cannot_be_a_row_is_set_aside_whole_at_its_neighbours_time(
    load: Load, database: Database, text: str, reason: str
) -> None:
    neighbour = "2025-06-03T10:00:00Z"
    done = load.pages([entry("e1", neighbour), text, entry("e2", "2025-06-01T10:00:00Z")])
    assert done.known == 3
    sql = "SELECT raw, reason, strftime(position_at, '%Y-%m-%dT%H:%M:%SZ') FROM quarantine"
    assert rows(database, sql) == [(text, reason, neighbour)]
    _later(load).pages([entry("e1", neighbour), text, entry("e2", "2025-06-01T10:00:00Z")])
    assert rows(database, "SELECT count(*) FROM quarantine") == [(1,)]


raws = st.lists(
    st.one_of(
        st.builds(
            lambda id_, name, gap: (
                f'{{{gap}"id":{gap}"{id_}", "created_at": "2025-06-01", '
                f'"actor_name": {json.dumps(name)}, "n": 1.10, "z":"\\u00e9"{gap}}}'
            ),
            st.integers(0, 30),
            st.text(max_size=8),
            st.sampled_from(["", " ", "\n  ", "\t"]),
        ),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    ),
    min_size=1,
    max_size=20,
)


class Emptied:
    """One warehouse for many examples: empty whenever it is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self) -> Database:
        with self._database.attached(), self._database.transaction():
            for table in ("audit_log", "audit_log_versions", "quarantine", "placements",
                          "absences", "windows", "runs"):  # fmt: skip
                self._database.execute(f"DELETE FROM {table}")
        return self._database


@pytest.fixture(scope="module")
def emptied(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emptied]:
    path = tmp_path_factory.mktemp("emptied") / "warehouse.duckdb"
    shutil.copy(template, path)
    database = Database(path)
    yield Emptied(database)
    database.close()


@given(raws)
@settings(max_examples=15)
def test_every_text_served_is_held_byte_for_byte(emptied: Emptied, page: list[str]) -> None:
    database = emptied()
    Load(database).pages(page)
    held = rows(
        database,
        "SELECT raw FROM audit_log UNION SELECT raw FROM quarantine "
        "UNION SELECT raw FROM audit_log_versions",
    )
    kept = {text for (text,) in held}
    assert kept <= set(page)
    # Of texts that differ in white space or the order of keys alone, one is held.
    assert all(any(_same(text, other) for other in kept) for text in set(page) - kept)


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-06-01T10:00:00Z", "2025-06-01 10:00:00+00"),
        ("2025-06-01T10:00:00.123456Z", "2025-06-01 10:00:00.123456+00"),
        ("2025-06-01T12:30:00+02:30", "2025-06-01 10:00:00+00"),
        ("2025-06-01T10:00:00", "2025-06-01 10:00:00+00"),
        ("2025-06-01 10:00:00", "2025-06-01 10:00:00+00"),
        ("2025-06-01", "2025-06-01 00:00:00+00"),
        (1748772000, "2025-06-01 10:00:00+00"),
        (1748772000.25, "2025-06-01 10:00:00.25+00"),
        (1748772000123, "2025-06-01 10:00:00.123+00"),
        ("1748772000", "2025-06-01 10:00:00+00"),
        (1748772000123456, "2025-06-01 10:00:00.123456+00"),
        (0, "1970-01-01 00:00:00+00"),
        (-86400, "1969-12-31 00:00:00+00"),
    ],
)
def test_every_way_to_write_a_time_is_read_as_the_same_instant(
    load: Load, database: Database, written: object, instant: str
) -> None:
    load.pages([entry("e1", written)])
    assert rows(database, "SELECT occurred_at::VARCHAR FROM audit_log") == [(instant,)]


PLACED = "SELECT id, position_at::DATE::VARCHAR FROM placements"
FIRST, SECOND = entry("e1", "2025-06-01T10:00:00Z"), entry("e2", "2025-06-02T10:00:00Z")
STRAY = entry("stray", "2019-01-01T00:00:00Z")
WALKED: dict[str, Any] = {
    "range_": Range(day(1), day(3)),
    "verdict": Verdict.COMPLETE,
    "proof": Proof.WALK,
    "total": 3,
}


def test_an_entry_from_outside_the_window_that_served_it_counts_where_it_was_served(
    load: Load, database: Database
) -> None:
    done = load.pages([SECOND, FIRST, STRAY], **WALKED)
    assert (done.verdict, done.known) == (Verdict.COMPLETE, 3)
    assert rows(database, "SELECT year(occurred_at) FROM audit_log WHERE id = 'stray'") == [(2019,)]
    assert rows(database, PLACED) == [("stray", "2025-06-01")]
    _later(load).pages([SECOND, FIRST, STRAY], **WALKED)
    assert rows(database, PLACED) == [("stray", "2025-06-01")]


def test_a_stray_between_two_neighbours_goes_to_the_one_before_it(
    load: Load, database: Database
) -> None:
    load.pages([SECOND, STRAY, FIRST], **WALKED)
    assert rows(database, PLACED) == [("stray", "2025-06-02")]


def test_a_proof_that_does_not_hold_inside_the_transaction_is_recorded_as_unproven(
    load: Load, database: Database
) -> None:
    done = load.pages(
        [entry("e1"), entry("e2")], verdict=Verdict.COMPLETE, proof=Proof.COUNT, total=3
    )
    assert done.verdict is Verdict.UNPROVEN
    ledger = "SELECT verdict, proof, total, distinct_entries, reason FROM windows"
    assert rows(database, ledger) == [
        ("unproven", None, 3, 2, "2 entries here, 3 stated by the source")
    ]
    assert rows(database, "SELECT count(*) FROM audit_log") == [(2,)]


def test_what_a_whole_walk_no_longer_serves_is_recorded_and_kept(
    load: Load, database: Database
) -> None:
    page = [entry(f"e{n}", f"2025-06-0{n}T10:00:00Z") for n in range(1, 5)]
    whole: dict[str, Any] = {"verdict": Verdict.COMPLETE, "proof": Proof.WALK}
    load.pages(page, **whole, total=4)
    done = _later(load, 2).pages([page[0], page[1], page[3]], **whole, total=3)
    assert (done.verdict, done.vanished) == (Verdict.COMPLETE, 1)
    _later(load, 3).pages(page, **whole, total=4)
    assert rows(database, "SELECT id, reason, run_id FROM absences ORDER BY noticed_at") == [
        ("e3", "vanished", "run-2"),
        ("e3", "returned", "run-3"),
    ]
    assert rows(database, "SELECT count(*), max(run_id) FROM audit_log") == [(4, "run-1")]
    later = _later(load, 4)
    later.pages(page[2:], **whole, total=2)
    gone = "SELECT id, reason FROM absences WHERE run_id = 'run-4' ORDER BY id"
    assert rows(database, gone) == [("e1", "expired"), ("e2", "expired")]


def test_what_comes_later_than_what_was_known_of_days_that_were_proven_is_counted_as_late(
    load: Load, database: Database
) -> None:
    known = (NOW - timedelta(days=1)).isoformat()
    load.pages([entry("known", known)], verdict=Verdict.COMPLETE, proof=Proof.WALK, total=1)
    later = _later(load, 2)
    later.newest_known = NOW - timedelta(days=1)
    late = (NOW - timedelta(days=3)).isoformat()
    later.pages([entry("new", NOW.isoformat()), entry("late", late)])
    late_by = "SELECT late, latest_by FROM runs ORDER BY run_id"
    assert rows(database, late_by) == [(0, timedelta()), (1, timedelta(days=2))]


def test_a_commit_that_fails_leaves_nothing_behind(load: Load, database: Database) -> None:
    with database.attached():
        database.execute("ALTER TABLE runs DROP COLUMN version")
    with pytest.raises(Exception, match=r"warehouse\.duckdb"):
        load.pages([entry("e1")])
    for table in ("audit_log", "windows", "runs", "streams", "quarantine"):
        assert rows(database, f"SELECT count(*) FROM {table}") == [(0,)]


@given(st.integers(0, 2**32))
@settings(max_examples=5)
def test_loading_the_same_entries_in_any_pages_gives_the_same_rows(
    emptied: Emptied, seed: int
) -> None:
    random = Random(seed)
    texts = [entry(f"e{n}", f"2025-06-{n % 28 + 1:02}T10:00:00Z", n=n) for n in range(40)]
    database = emptied()
    for run in range(1, 4):
        random.shuffle(texts)
        size = random.randrange(1, 41)
        pages = [texts[n : n + size] for n in range(0, len(texts), size)]
        whole: dict[str, Any] = {"verdict": Verdict.COMPLETE, "proof": Proof.WALK, "total": 40}
        assert Load(database, f"run-{run}").pages(*pages, **whole).verdict is Verdict.COMPLETE
    assert rows(database, "SELECT raw, run_id FROM audit_log ORDER BY id") == [
        (text, "run-1") for text in sorted(texts, key=lambda text: str(json.loads(text)["id"]))
    ]


@pytest.mark.parametrize(("entries", "length"), [(250, 200_000), (30, 2_000_000)])
def test_entries_of_any_size_find_room(
    load: Load, database: Database, entries: int, length: int
) -> None:
    # More than the memory that DuckDB is given at first, in the statement or in the commit.
    page = [entry(f"e{n:03}", metadata={"n": n, "note": "z" * length}) for n in range(entries)]
    load.pages(page)
    stored = "SELECT count(*), sum(strlen(raw)), min(strlen(metadata)) FROM audit_log"
    ((count, texts, shortest),) = rows(database, stored)
    assert (count, texts) == (entries, sum(map(len, page)))
    assert shortest > length
    assert not list(database.path.parent.glob("*.wal"))


def test_a_batch_weighs_what_its_text_does() -> None:
    assert Served(1, ("{}",) * 100).load == 100
    assert Served(1, ("x" * 2_000_000,) * 3).load == 3 * 2_000_000 // 1_600

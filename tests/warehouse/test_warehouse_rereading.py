"""Columns taken from the stored texts again, by another mapping; and rows that do not follow."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import NOW, Run, rows

from etl.warehouse.database import Database
from etl.warehouse.derive import altered, read_again
from etl.warehouse.mapping import Mapping, read

MakeDatabase = Callable[[], Database]

CONTENT = """
SELECT COLUMNS(*)::VARCHAR FROM (
SELECT 'audit_log' AS held, * EXCLUDE (first_synced_at, run_id), NULL AS reason FROM audit_log
UNION ALL BY NAME
SELECT 'quarantine' AS held, * EXCLUDE (first_synced_at, run_id) FROM quarantine
) ORDER BY ALL
"""

names = st.sampled_from(["id", "uid", "created_at", "when", "actor", "who", "new_value", "x"])
values = (
    st.none()
    | st.sampled_from(["a", "b", "2025-06-01T10:00:00Z", "2025-06-02T10:00:00,5Z", "{}", 7, 1.10])
    | st.dictionaries(st.sampled_from(["name", "n"]), st.sampled_from(["a", 1.5, None]), max_size=2)
)
entries = st.dictionaries(names, values, max_size=6)


def mapping(database: Database, **more: str) -> Mapping:
    shipped = read(database, None)
    columns = (
        replace(c, places=(more[c.name], *c.places)) if c.name in more else c
        for c in shipped.columns
    )
    return replace(shipped, columns=tuple(columns))


OTHER = {"id": "$.uid", "occurred_at": "$.when", "actor_name": "entry->>'$.who.name'",
         "new_value": "$.x"}  # fmt: skip


def loaded(database: Database, texts: list[str], by: Mapping) -> Database:
    """A warehouse with these entries, of one walk, and the mapping that they were read by."""
    assert read_again(database, by, "0", lambda: NOW) == 0
    Run(database, 1, by).load(texts)
    return database


@pytest.fixture(scope="module")
def make(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeDatabase]:
    """Empty warehouses, each in a file of its own."""
    folder, numbers = tmp_path_factory.mktemp("many"), count()
    made: list[Database] = []

    def one() -> Database:
        made.append(Database(Path(shutil.copy(template, folder / f"{next(numbers)}.duckdb"))))
        return made[-1]

    yield one
    for database in made:
        database.close()


@given(st.lists(entries.map(json.dumps), min_size=1, max_size=6, unique=True))
@settings(max_examples=12, deadline=None)
def test_another_mapping_gives_the_rows_that_a_new_copy_would_have(
    make: MakeDatabase, texts: list[str]
) -> None:
    one, new = make(), make()
    other = mapping(one, **OTHER)
    loaded(one, texts, mapping(one))
    loaded(new, texts, other)
    read_again(one, other, "0", lambda: NOW)
    assert rows(one, CONTENT) == rows(new, CONTENT)
    with one.attached(read_only=True):
        assert list(altered(one, other)) == []
    assert read_again(one, other, "0", lambda: NOW) == 0

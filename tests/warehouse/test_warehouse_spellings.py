"""From the list of spellings to the columns: the first path that holds a value wins."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.warehouse.database import Database
from etl.warehouse.spellings import FIELDS, VALUES, Spelling, expressions, occurring, read

STATEMENT = """
SELECT {fields} FROM (
    SELECT json_extract_string(entry, {texts}) AS texts, json_extract(entry, {values}) AS vals
    FROM (SELECT unnest($entries::JSON[]) AS entry)
)
"""


def _columns(database: Database, spellings: list[Spelling], entries: list[Any]) -> list[list[Any]]:
    made = expressions(spellings)
    sql = STATEMENT.format(fields=made.fields, texts=made.texts, values=made.values)
    rows = database.execute(sql, {"entries": [json.dumps(entry) for entry in entries]})
    return [list(row) for row in rows]


def _at(entry: Any, path: str) -> Any:
    for name in path.removeprefix("$.").split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def _expected(spellings: list[Spelling], entry: Any) -> list[Any]:
    found = []
    for field in (*FIELDS, *VALUES):
        values = [_at(entry, path) for name, path in spellings if name == field]
        present = [value for value in values if value is not None]
        found.append(present[0] if present else None)
    return found


@pytest.fixture(scope="module")
def shipped(shared: Database) -> list[Spelling]:
    return read(shared, None)


def test_the_shipped_list_spells_every_column_and_only_columns(shipped: list[Spelling]) -> None:
    assert {field for field, _ in shipped} == {*FIELDS, *VALUES}
    assert len(set(shipped)) == len(shipped)


names = ["id", "name", "email", "type", "actor", "actorId", "actor_id", "action", "action_type",
         "entity", "entity_id", "target", "department", "createdAt", "created_at", "timestamp",
         "occurred_at", "_id", "uuid", "previous_value", "newValue", "metadata"]  # fmt: skip
texts = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5
)
objects = st.dictionaries(
    st.sampled_from(names),
    texts | st.dictionaries(st.sampled_from(["id", "name", "email", "type"]), texts, max_size=3),
    max_size=10,
)


@given(st.data())
@settings(max_examples=40)
def test_the_first_path_that_holds_a_value_wins(
    shared: Database, shipped: list[Spelling], data: st.DataObject
) -> None:
    entries = data.draw(st.lists(objects, min_size=1, max_size=25))
    spellings = data.draw(st.permutations(shipped))
    shown = _columns(shared, spellings, entries)
    for entry, row in zip(entries, shown, strict=True):
        plain = [
            json.loads(value) if field in VALUES and value is not None else value
            for field, value in zip((*FIELDS, *VALUES), row, strict=True)
        ]
        expected = _expected(spellings, entry)
        for field, got, wanted in zip((*FIELDS, *VALUES), plain, expected, strict=True):
            if isinstance(wanted, dict) and field in FIELDS:
                got = json.loads(got)
            assert got == wanted, field


def test_numbers_and_objects_come_as_the_text_they_were_written_with(shared: Database) -> None:
    spellings = [("id", "$.id"), ("actor_name", "$.who"), ("metadata", "$.more")]
    ((id_, who, more),) = [
        (row[0], row[7], row[-1])
        for row in _columns(shared, spellings, [{"id": 7, "who": True, "more": {"a": [1, "x"]}}])
    ]
    assert (id_, who) == ("7", "true")
    assert json.loads(more) == {"a": [1, "x"]}


def test_a_column_that_nobody_spells_is_empty(shared: Database) -> None:
    ((*found,),) = _columns(shared, [("id", "$.id")], [{"id": "x", "actor_id": "y"}])
    assert found == ["x"] + [None] * (len(FIELDS) + len(VALUES) - 1)


@pytest.mark.parametrize("path", ["$.it's", '$."a.b"', "$.list[0]", "/slashed/path"])
def test_every_kind_of_json_path_can_be_spelled(shared: Database, path: str) -> None:
    assert _columns(shared, [("actor_name", path), ("actor_name", "$.z")], [{"z": "last"}])


def test_a_field_that_is_no_column_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such field: colour, taste"):
        expressions([("taste", "$.x"), ("id", "$.id"), ("colour", "$.y")])


def test_only_the_paths_that_can_find_something_are_searched_for() -> None:
    spellings = [
        ("id", "$.id"), ("id", "$._id"), ("actor_id", "$.actor.id"), ("actor_id", "$.actorId"),
        ("actor_name", '$."actor".name'), ("actor_name", "$.*.name"), ("target_id", "$[0]"),
        ("target_id", "$.targets[0]"), ("target_id", "/target"), ("entity_id", "$.id-2"),
    ]  # fmt: skip
    kept = occurring(spellings, {"id", "actor"})
    dropped = [("id", "$._id"), ("actor_id", "$.actorId"), ("target_id", "$.targets[0]")]
    assert kept == [spelling for spelling in spellings if spelling not in dropped]


@given(st.lists(objects, min_size=1, max_size=4))
def test_leaving_out_what_does_not_occur_changes_no_column(
    shared: Database, shipped: list[Spelling], entries: list[Any]
) -> None:
    occurring_names = {name for entry in entries for name in entry}
    kept = occurring(shipped, occurring_names)
    assert _columns(shared, kept, entries) == _columns(shared, shipped, entries)

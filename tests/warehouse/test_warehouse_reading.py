"""What is read of an entry's text: its content hash, its identity, and its fields."""

import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.warehouse.canonical import content
from etl.warehouse.database import Database
from etl.warehouse.identities import Identities
from etl.warehouse.spellings import FIELDS, VALUES, Spelling, expressions, occurring, read

scalars = (
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(max_size=6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "null", "2025-06-01T10:00:00Z", "\x1e", "a\x1eb", "\x00", "\ud800"])
)  # fmt: skip
sound = scalars.filter(lambda value: value != "\ud800")
nested = st.recursive(
    sound, lambda of: st.lists(of) | st.dictionaries(st.text(max_size=4), of), max_leaves=12
)


def _shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        return {k: _shuffled(value[k], random) for k in random.sample(list(value), len(value))}
    return [_shuffled(inner, random) for inner in value] if isinstance(value, list) else value


@given(nested, st.integers(0, 2**32), st.booleans(), st.sampled_from([None, 1]))
def test_order_of_keys_white_space_and_escapes_are_no_change(
    value: Any, seed: int, ascii_only: bool, indent: int | None
) -> None:
    other = json.dumps(_shuffled(value, Random(seed)), ensure_ascii=ascii_only, indent=indent)
    assert content(other)[0] == content(json.dumps(value))[0]


def _typed(value: Any) -> object:
    """A value such that two are equal only where they are written alike."""
    if isinstance(value, dict):
        return "object", sorted((name, _typed(inner)) for name, inner in value.items())
    return [_typed(each) for each in value] if isinstance(value, list) else repr(value)


@given(nested, nested)
def test_other_content_has_another_hash(one: Any, other: Any) -> None:
    same = _typed(one) == _typed(other)
    assert (content(json.dumps(one))[0] == content(json.dumps(other))[0]) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 0.1}', '{"a": 0.10}'), ('{"a": 0.1}', '{"a": 0.10000000000000001}'),
        ('{"a": 1}', '{"a": 1.0}'), ('{"a": 1e2}', '{"a": 100}'), ('{"a": 1e400}', '{"a": 1e401}'),
        ('{"a": 18446744073709551617}', '{"a": 18446744073709551616}'),
        ('{"a": 1.5}', '{"a": "1.5"}'), ('{"a": null}', "{}"), ('{"a": "x"}', '{"A": "x"}'),
        ('{"a": 1, "a": 2}', '{"a": 2, "a": 1}'), ('{"a": 1, "a": 9}', '{"a": 2, "a": 9}'),
        ("nonsense", "nonsense "), ('{"a": 1,}', '{"a": 1}'), ('"\\ud800"', '"\\ud801"'),
        ('"\\u00e9"', '"e\\u0301"'), ("", " "), ("NaN", "NaN "), ("[" * 5_000, "[" * 5_001),
    ],
)  # fmt: skip
def test_every_other_difference_is_a_change(one: str, other: str) -> None:
    assert content(one)[0] != content(other)[0]
    assert re.fullmatch("[0-9a-f]{64}", content(one)[0])


PLAIN: list[Spelling] = [
    ("id", "$.id"), ("id", "$.entry.id"), ("occurred_at", "$.at"), ("occurred_at", "$.entry.at"),
]  # fmt: skip
BY_DUCKDB = [*PLAIN, ("id", '$."not there"'), ("occurred_at", '$."not there"')]
"""The same, and paths that find nothing; but as they are not plain, all is left to DuckDB."""

values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=3), scalars)
pair: dict[str, st.SearchStrategy[Any]] = {"id": values, "at": values}
entries = values | st.fixed_dictionaries(
    {}, optional=pair | {"entry": values | st.fixed_dictionaries({}, optional=pair), "x": values}
)
texts = entries.map(json.dumps) | st.sampled_from(
    ["", "nonsense", '{"id": NaN}', '{"id":"a","id":"b"}', '{"id":1e999,"at":-0}', '{"id":"x",}',
     '{"id":007}', '{"a\\u0000":1,"id":"x"}', '{"id":"\\u0041","at":1718000000.25}', "\x1e"]
)  # fmt: skip


@given(st.lists(texts, min_size=1, max_size=8))
@example(
    ['{"id":true,"at":false}', '{"id":-0,"at":-7}', '{"id":1e2,"at":1.50}', '{"id":[],"at":{}}']
)
@example(['{"id":0,"at":0}', '{"id":"","at":""}', '{"id":null,"at":null}'])
def test_it_makes_no_difference_who_reads_an_identity_and_no_member_goes_unnoticed(
    shared: Database, served: list[str]
) -> None:
    identities, names = Identities(shared, PLAIN).of(served)
    assert (identities, names) == Identities(shared, BY_DUCKDB).of(served)
    decoded = [value for text in served if isinstance(value := content(text)[1], dict)]
    assert names is None or names == {name for value in decoded for name in value}


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ('{"_id": "a1", "timestamp": 1718000000}', ("a1", "1718000000", "")),
        ('{"id": null, "uuid": "u1", "created_at": ""}', ("u1", "", "")),
        ('{"id": 7, "createdAt": 1718000000.5}', ("7", "1718000000.5", "")),
        ('{"id": "", "uuid": "u1", "created_at": "t"}', ("", "t", "")),
        ('{"id": "a1", "created_at": null}', ("a1", "", "no_time")),
        ('["a1"]', ("", "", "not_an_object")),
        ("null", ("", "", "not_an_object")),
        ('{"id": "a1"', ("", "", "not_json")),
    ],
)
def test_the_first_spelling_that_holds_a_value_says_who_and_when(
    shared: Database, text: str, identity: tuple[str, str, str]
) -> None:
    (found, other), _ = Identities(shared, read(shared, None)).of([text, '{"id":"b","at":"t"}'])
    assert found[1:] == identity
    assert other[1] == "b"


names = ["id", "name", "email", "type", "actor", "actorId", "actor_id", "action", "action_type",
         "entity", "entity_id", "target", "department", "createdAt", "created_at", "timestamp",
         "occurred_at", "_id", "uuid", "previous_value", "newValue", "metadata"]  # fmt: skip
written = st.none() | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5
)
objects = st.dictionaries(
    st.sampled_from(names),
    written | st.dictionaries(st.sampled_from(["id", "name", "email", "type"]), written),
)
COLUMNS = (*FIELDS, *VALUES)


def _columns(database: Database, spellings: list[Spelling], found: list[Any]) -> list[list[Any]]:
    statement = expressions(spellings).within(
        "SELECT {fields} FROM (SELECT json_extract_string(entry, {texts}) AS texts, "
        "json_extract(entry, {values}) AS vals FROM (SELECT unnest($entries::JSON[]) AS entry))"
    )
    rows = database.execute(statement, {"entries": [json.dumps(entry) for entry in found]})
    return [
        [json.loads(v) if v and (name in VALUES or v[0] == "{") else v
         for name, v in zip(COLUMNS, row, strict=True)]
        for row in rows
    ]  # fmt: skip


def _at(entry: Any, path: str) -> Any:
    for name in path.removeprefix("$.").split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


@given(st.data())
@settings(max_examples=40)
def test_the_first_path_that_holds_a_value_wins_and_only_those_that_can_are_searched_for(
    shared: Database, data: st.DataObject
) -> None:
    shipped = read(shared, None)
    assert {field for field, _ in shipped} == set(COLUMNS)
    found = data.draw(st.lists(objects, min_size=1, max_size=25))
    spellings = data.draw(st.permutations(shipped))
    shown = _columns(shared, spellings, found)
    for entry, row in zip(found, shown, strict=True):
        for field, got in zip(COLUMNS, row, strict=True):
            values = [_at(entry, path) for name, path in spellings if name == field]
            assert got == next((v for v in values if v is not None), None), field
    with pytest.raises(ValueError, match="unknown field: colour"):
        expressions([*spellings, ("colour", "$.y")])
    kept = occurring(spellings, {name for entry in found for name in entry})
    assert _columns(shared, kept, found) == shown


@pytest.mark.parametrize(
    ("path", "firsts"), [("$.it's", {}), ('$."a.b"', {}), ("$.list[0]", {"list"}), ("/a/b", {})]
)
def test_every_kind_of_json_path_can_be_spelled_and_is_left_out_only_where_it_finds_nothing(
    shared: Database, path: str, firsts: set[str]
) -> None:
    spellings = [("actor_name", path), ("actor_name", "$.z"), ("id", "$._id")]
    ((*found,),) = _columns(shared, spellings, [{"z": "last"}])
    assert (found[COLUMNS.index("actor_name")], found.count(None)) == ("last", len(COLUMNS) - 1)
    assert occurring(spellings, {"z", *firsts}) == spellings[:2]
    assert len(occurring(spellings, {"z"})) == (1 if firsts else 2)

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
from etl.warehouse.joined import joined
from etl.warehouse.mapping import Column, Mapping, read
from etl.warehouse.sqlfiles import text as statement_of

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


def _mapping(ids: list[str], times: list[str], **others: list[str]) -> Mapping:
    columns = [
        Column("id", "VARCHAR", tuple(ids)),
        Column("occurred_at", "TIMESTAMPTZ", tuple(times)),
    ]
    return Mapping((*columns, *(Column(n, "VARCHAR", tuple(p)) for n, p in others.items())))


PLAIN = _mapping(["$.id", "$.entry.id"], ["$.at", "$.entry.at"])
BY_DUCKDB = _mapping(
    ['$."not there"', "$.id", "$.entry.id"], ['$."not there"', "$.at", "$.entry.at"]
)
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
    plain, by_duckdb = (Identities(shared, each).of(served) for each in (PLAIN, BY_DUCKDB))
    names = plain.names
    assert (plain.identities, names) == (by_duckdb.identities, by_duckdb.names)
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
    read_all = Identities(shared, read(shared, None)).of([text, '{"id":"b","at":"t"}'])
    found, other = read_all.identities
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


def _columns(database: Database, mapping: Mapping, found: list[Any]) -> list[dict[str, Any]]:
    """The columns of entries, read as they are stored."""
    texts = [json.dumps(entry) for entry in found]
    numbers = [str(n) for n in range(len(texts))]
    statement = mapping.within(statement_of("load/fields.sql")).replace("raw, number,", "", 1)
    rows = database.execute(
        statement, joined(texts=texts, numbers=numbers, exact=[""] * len(texts))
    )
    names = [column.name for column in mapping.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _at(entry: Any, path: str) -> Any:
    for name in path.removeprefix("$.").replace('"', "").split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


@given(st.data())
@settings(max_examples=40)
def test_the_first_path_that_holds_a_text_wins_and_only_those_that_can_are_searched_for(
    shared: Database, data: st.DataObject
) -> None:
    """No object is a text. The time alone is taken in any form, so that it is said to be odd."""
    shipped = read(shared, None)
    found = data.draw(st.lists(objects, min_size=1, max_size=25))
    mixed = Mapping(
        tuple(
            Column(c.name, c.type, tuple(data.draw(st.permutations(c.places))))
            for c in shipped.columns
        )
    )
    shown = _columns(shared, mixed, found)
    for entry, row in zip(found, shown, strict=True):
        for column in mixed.columns:
            values = [_at(entry, path) for path in column.places]
            right = [v for v in values if v is not None]
            if column.type == "JSON":
                got = json.loads(row[column.name] or "null")
            else:
                got, plain = row[column.name], [v for v in right if not isinstance(v, dict)]
                right = plain or (right if column.name == "occurred_at" else [])
                got = json.loads(got) if right and isinstance(right[0], dict) else got
            assert got == next(iter(right), None), column.name
    kept = mixed.occurring({name for entry in found for name in entry})
    assert _columns(shared, kept, found) == shown


@pytest.mark.parametrize(
    ("path", "firsts"), [("$.it's", {}), ('$."a.b"', {}), ("$.list[0]", {"list"}), ("/a/b", {})]
)
def test_every_kind_of_json_path_can_be_spelled_and_is_left_out_only_where_it_finds_nothing(
    shared: Database, path: str, firsts: set[str]
) -> None:
    mapping = _mapping(["$._id"], [], actor_name=[path, "$.z"])
    (found,) = _columns(shared, mapping, [{"z": "last"}])
    assert found == {"id": None, "occurred_at": None, "actor_name": "last"}
    assert mapping.occurring({"z", *firsts}).columns[2] == mapping.columns[2]
    assert len(mapping.occurring({"z"}).columns[2].places) == (1 if firsts else 2)


def test_an_expression_reads_what_no_path_can(shared: Database) -> None:
    mapping = _mapping(
        ["$.id"], [], actor_name=["upper(entry->>'$.who[0]')", "$.actor"],
        entity_name=["regexp_extract(raw, 'on (\\w+)', 1)"],
    )  # fmt: skip
    entries = [{"id": "a", "who": ["ada"], "text": "on fire"}, {"id": "b", "actor": "bob"}]
    one, other = _columns(shared, mapping, entries)
    assert (one["actor_name"], one["entity_name"]) == ("ADA", "fire")
    assert (other["actor_name"], other["entity_name"]) == ("bob", "")


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("Sun, 01 Jun 2025 12:00:00 +0200", "2025-06-01 10:00:00+00"),
        ("1 Jun 2025 10:00:00 GMT (UTC)", "2025-06-01 10:00:00+00"),
        ("2025-06-01T10:00:00,25Z", "2025-06-01 10:00:00.25+00"),
        ("2025-06-01 12:00:00 +02:00", "2025-06-01 10:00:00+00"),
        ("2025-06-30T23:59:60Z", "2025-07-01 00:00:00+00"),
        ("20250601T100000Z", "2025-06-01 10:00:00+00"),
        ("20250601T120060+0200", "2025-06-01 10:01:00+00"),
        ("2025-06-01T10:61:60Z", None), ("June", None), ("", None), ("infinity", None),
    ],
)  # fmt: skip
def test_times_are_read_in_all_usual_forms(
    shared: Database, written: str, instant: str | None
) -> None:
    given = {"written": written}
    assert shared.execute("SELECT usable_time($written)::VARCHAR", given) == [(instant,)]


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        ({"id": {"no": 1}, "uuid": "u"}, {"id": "u"}),
        ({"_id": {"$oid": "0a"}}, {"id": "0a"}),
        ({"id": "ABCDEF00-0000-4000-8000-00000000000F"},
         {"id": "abcdef00-0000-4000-8000-00000000000f"}),
        ({"createdAt": {"$date": "2025-06-01T10:00Z"}}, {"occurred_at": "2025-06-01T10:00Z"}),
        ({"created_at": {"$date": {"$numberLong": "1748772000000"}}},
         {"occurred_at": "1748772000000"}),
        ({"actor": "ada"}, {"actor_name": "ada", "actor_id": None}),
        ({"actor": {"id": "u1"}}, {"actor_name": None, "actor_id": "u1"}),
        ({"entity_name": "[Legal] {x}"}, {"entity_name": "[Legal] {x}"}),
        ({"entity_name": {"en": "x"}, "entity": "y"}, {"entity_name": "y"}),
        ({"actor_name": True, "target_id": 7}, {"actor_name": "true", "target_id": "7"}),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_than_usual_is_read_rightly(
    shared: Database, entry: dict[str, Any], right: dict[str, str | None]
) -> None:
    shipped = read(shared, None)
    (found,) = _columns(shared, shipped, [entry])
    assert {name: found[name] for name in right} == right
    ((_, id_, time, _),) = Identities(shared, shipped).of([json.dumps(entry)]).identities
    assert id_ == (found["id"] or "")
    assert time == (found["occurred_at"] or "")

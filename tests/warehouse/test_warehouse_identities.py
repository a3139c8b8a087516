"""Who and when an entry is: read where its hash is taken, and just as DuckDB would read it."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.warehouse.database import Database
from etl.warehouse.identities import Identities
from etl.warehouse.spellings import Spelling, read

PLAIN: list[Spelling] = [
    ("id", "$.id"), ("id", "$.entry.id"), ("occurred_at", "$.at"), ("occurred_at", "$.entry.at"),
]  # fmt: skip
BY_DUCKDB = [*PLAIN, ("id", '$."not there"'), ("occurred_at", '$."not there"')]
"""The same, and paths that find nothing; but as they are not plain, all is left to DuckDB."""

scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "null", "2025-06-01T10:00:00Z", "\x1e", "a\x1eb", "\x00", "\ud800"])
)  # fmt: skip
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=3), scalars)
entries = values | st.fixed_dictionaries(
    {},
    optional={
        "id": values,
        "at": values,
        "entry": values | st.fixed_dictionaries({}, optional={"id": values, "at": values}),
        "more": values,
    },
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
def test_it_makes_no_difference_who_reads_an_entry(shared: Database, served: list[str]) -> None:
    assert Identities(shared, PLAIN).of(served) == Identities(shared, BY_DUCKDB).of(served)


@given(st.lists(entries.map(json.dumps), min_size=1, max_size=8))
def test_no_name_of_a_member_goes_unnoticed(shared: Database, served: list[str]) -> None:
    _, names = Identities(shared, PLAIN).of(served)
    members: set[str] = set()
    for text in served:
        value = json.loads(text)
        members.update(value if isinstance(value, dict) else ())
    assert names is None or names == members


@pytest.mark.parametrize(
    ("entry", "id_", "time", "flaw"),
    [
        ({"id": "a1", "created_at": "2025-06-01"}, "a1", "2025-06-01", ""),
        ({"_id": "a1", "timestamp": 1718000000}, "a1", "1718000000", ""),
        ({"id": None, "uuid": "u1", "created_at": ""}, "u1", "", ""),
        ({"id": 7, "createdAt": 1718000000.5}, "7", "1718000000.5", ""),
        ({"id": "", "uuid": "u1", "created_at": "t"}, "", "t", ""),
        ({"created_at": "t"}, "", "t", ""),
        ({"id": "a1", "created_at": None}, "a1", "", "no_time"),
        (["a1"], "", "", "not_an_object"),
        (None, "", "", "not_an_object"),
    ],
)
def test_the_first_spelling_that_holds_a_value_says_who_and_when(
    shared: Database, entry: Any, id_: str, time: str, flaw: str
) -> None:
    identities, _ = Identities(shared, read(shared, None)).of([json.dumps(entry)])
    assert [identity[1:] for identity in identities] == [(id_, time, flaw)]


def test_what_is_no_json_says_nothing_of_itself(shared: Database) -> None:
    identities, names = Identities(shared, PLAIN).of(['{"id":"a"', '{"id":"b","at":"t"}'])
    assert [identity[1:] for identity in identities] == [("", "", "not_json"), ("b", "t", "")]
    assert names is None

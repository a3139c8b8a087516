"""What is asked, and what is made of the body that comes back."""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.client.faults import NotAnEnvelope
from etl.client.loose import elements, members
from etl.client.page import Page, read_page
from etl.client.query import Query

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def _read(body: bytes, query: Query | None = None) -> Page:
    return read_page(body, query or Query(), None, None)


def _page_of(item: bytes) -> Page:
    """A page whose second of three entries is `item`."""
    return _read(b'{"items": [{"id": 1}, ' + item + b' ,{"id":3}], "total": 3, "has_more": false}')


def test_every_parameter_of_the_documentation_can_be_sent_in_its_documented_form() -> None:
    query = Query(
        from_date=date(2025, 1, 1),
        to_date=date(2025, 12, 31),
        skip=200,
        limit=50,
        entity_type="role",
        action_type="assigned",
        actor_id="u 1",
        target_id="t/1",
        department_id="d&1",
        search_term="Zoë + co",
    )
    params = {
        "from_date": "2025-01-01",
        "to_date": "2025-12-31",
        "skip": "200",
        "limit": "50",
        "entity_type": "role",
        "action_type": "assigned",
        "actor_id": "u 1",
        "target_id": "t/1",
        "department_id": "d&1",
        "search_term": "Zoë + co",
    }
    assert query.params() == params
    assert dict(parse_qsl(query.encoded())) == params


def test_what_is_not_asked_for_is_not_sent() -> None:
    assert Query().params() == {"skip": "0", "limit": "100"}


@pytest.mark.parametrize(("skip", "limit"), [(-1, 100), (0, 0), (0, 101)])
def test_a_page_that_the_endpoint_does_not_know_cannot_be_asked_for(skip: int, limit: int) -> None:
    with pytest.raises(ValueError, match=f"skip={skip}, limit={limit}"):
        Query(skip=skip, limit=limit)


@settings(deadline=None)
@given(st.lists(JSON, max_size=5), st.integers(0, 2**63 - 1))
@example([], 0)
def test_entries_come_out_exactly_as_they_were_served(entries: list[object], total: int) -> None:
    texts = [json.dumps(entry, ensure_ascii=True, indent=1) for entry in entries]
    body = f'{{"total": {total}, "items": [ {" , ".join(texts)} ], "more": {{"items": [1]}}}}'
    page = _read(body.encode())
    assert page.items == tuple(texts)
    assert page.total == total


def test_what_the_envelope_says_is_kept() -> None:
    served_at = datetime(2025, 6, 1, tzinfo=UTC)
    body = b'{"items": [], "total": 7, "skip": 50, "limit": 25, "has_more": true, "extra": {}}'
    query = Query(skip=50, limit=50)
    assert read_page(body, query, served_at, "req-1") == Page(
        query=query,
        items=(),
        total=7,
        limit=25,
        has_more=True,
        served_at=served_at,
        request_id="req-1",
    )


@pytest.mark.parametrize("value", [b"null", b'"yes"', b"1", b"[]"])
def test_has_more_and_limit_count_only_where_they_are_what_they_should_be(value: bytes) -> None:
    page = _read(b'{"items":[],"total":0,"has_more":' + value + b',"limit":"many"}')
    assert page.has_more is None
    assert page.limit == 100


@pytest.mark.parametrize(
    "item",
    [
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b'{"name": "\x00\x1b[31m\n"}',
        b'{"name": "\\x41"}',
        b'{"score": NaN, "low": -Infinity, "high": Infinity}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b'{"n": 1e999, "m": 007}',
        b"[" * 60 + b"]" * 60,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'"a string, with ] and } and \\" in it"',
        b"null",
        b"[1, 2]",
        b'{"big": "' + b"x" * 3_000_000 + b'"}',
        '{"name": "Zoë 🎉"}'.encode(),
    ],
)
def test_an_odd_entry_costs_neither_its_own_text_nor_its_neighbours(item: bytes) -> None:
    page = _page_of(item)
    assert page.items == ('{"id": 1}', item.decode(), '{"id":3}')
    assert (page.total, page.has_more) == (3, False)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (b'{"name": "Zo\xeb"}', '{"name": "Zo\\xeb"}'),
        (b'{"name": "\xed\xa0\x80"}', '{"name": "\\xed\\xa0\\x80"}'),
        (b'{"name": "\xff", "x": NaN}', '{"name": "\\xff", "x": NaN}'),
    ],
)
def test_bytes_that_are_not_utf8_are_written_out_so_that_nothing_is_lost_or_altered(
    item: bytes, text: str
) -> None:
    page = _page_of(item)
    assert page.items == ('{"id": 1}', text, '{"id":3}')
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "answered 200 with nothing"),
        (b" \n", "answered 200 with nothing"),
        (b"<!doctype html><title>Sign in</title>", "answered 200 with HTML"),
        (b"upstream error", "not JSON"),
        (b'{"items": [{"id": 1}', "cut short"),
        (b'{"items": [{"id": "1', "cut short"),
        (b'{"items": [{"id": NaN}], "total"', "cut short"),
        (b'{"items": [{"id": NaN}], "total": 1} {}', "not JSON"),
        (b'{"items": [garbage], "total": 1}', "not JSON"),
        (b'{"items": [NaN,], "total": 1}', "not JSON"),
        (b'{"items": [{"a": [}], "total": 1}', "not JSON"),
        (b'{"x": NaN, "items": {"a": 1}, "total": 1}', "not JSON"),
        (b'["items", NaN]', "another envelope"),
        (b'{"items": [NaN], "total": 1} [', "not JSON"),
        (b'{"total": NaN, "items": []}', "not JSON"),
        (b'{"total": 1, "more": NaN}', "not JSON"),
        (b"NaN", "not JSON"),
        (b"[]", "another envelope"),
        (b'{"error": "try later"}', "another envelope"),
        (b'{"items": null, "total": 1}', "another envelope"),
        (b'{"items": {}, "total": 1}', "another envelope"),
        (b'{"items": []}', "another envelope"),
        (b'{"items": [], "total": null}', "another envelope"),
        (b'{"items": [], "total": "12"}', "another envelope"),
        (b'{"items": [], "total": 1.5}', "another envelope"),
        (b'{"items": [], "total": true}', "another envelope"),
        (b'{"items": [], "total": -1}', "another envelope"),
        (b'{"items": [], "total": 99999999999999999999}', "another envelope"),
        (b'{"items": [], "total": 1, "skip": 100}', "another page"),
        (b'{"items": [], "total": 1, "skip": "0"}', "another page"),
    ],
)
def test_anything_but_the_documented_envelope_is_refused_with_its_reason(
    body: bytes, reason: str
) -> None:
    with pytest.raises(NotAnEnvelope, match=reason):
        _read(body)


def test_html_asks_whether_the_address_is_right() -> None:
    with pytest.raises(NotAnEnvelope) as caught:
        _read(b"<html>")
    assert caught.value.hint == "is ETL_API_BASE_URL right?"


@settings(deadline=None)
@given(st.lists(JSON, max_size=4))
def test_splitting_loosely_gives_what_a_parser_gives(values: list[object]) -> None:
    parts = elements(json.dumps(values, indent=2).encode())
    assert [json.loads(part) for part in parts] == values


@settings(deadline=None)
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_splitting_an_object_loosely_gives_its_members(values: dict[str, object]) -> None:
    parts = members(json.dumps(values).encode())
    assert [json.loads(b"{" + part + b"}") for part in parts] == [
        {name: value} for name, value in values.items()
    ]


@pytest.mark.parametrize(
    "text", [b"[1][2]", b"[1]]", b"[1", b"[1,]", b"[,1]", b"{}", b"1", b"", b"[}"]
)
def test_what_is_no_array_is_not_split(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are for nobody
        elements(text)


@settings(deadline=None)
@given(st.binary(max_size=60))
@example(b"[]]")
@example(b'["\\')
def test_no_bytes_whatever_are_more_than_refused(body: bytes) -> None:
    def refused(read: bytes) -> bool:
        try:
            _read(read)
        except NotAnEnvelope:
            return True
        return False

    assert refused(body)
    assert refused(b'{"items":[1],"total":1}' + body) == bool(body.strip(b" \t\r\n"))

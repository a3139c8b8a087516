"""What a query sends, and what becomes of a response body."""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.client.attempt_errors import InvalidBodyError
from etl.client.page import Page, read_page
from etl.client.query import Query

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def _read(body: bytes) -> Page:
    return read_page(body, Query(), None, None)


def test_every_documented_parameter_is_sent_in_its_documented_form() -> None:
    params = {"from_date": "2025-01-01", "to_date": "2025-12-31", "skip": "200", "limit": "50"}
    texts = {"entity_type": "role", "action_type": "assigned", "actor_id": "u 1"}
    texts |= {"target_id": "t/1", "department_id": "d&1", "search_term": "Zoë + co"}
    query = Query(date(2025, 1, 1), date(2025, 12, 31), skip=200, limit=50, **texts)
    assert query.params() == params | texts
    assert dict(parse_qsl(query.encoded())) == params | texts


@pytest.mark.parametrize(("skip", "limit"), [(-1, 100), (0, 0), (0, 101)])
def test_a_skip_or_limit_out_of_range_is_an_error(skip: int, limit: int) -> None:
    with pytest.raises(ValueError, match=f"out of range: skip={skip}, limit={limit}"):
        Query(skip=skip, limit=limit)


@given(st.lists(JSON, max_size=5), st.integers(0, 2**63 - 1), st.booleans())
def test_entries_are_returned_exactly_as_served(
    entries: list[object], total: int, invalid: bool
) -> None:
    """Also if one of them is invalid JSON, so that the page is split instead of parsed."""
    texts = [json.dumps(entry, indent=1) for entry in entries] + ["NaN"] * invalid
    body = f'{{"total": {total}, "items": [ {" , ".join(texts)} ], "more": {{"items": [1]}}}}'
    page = _read(body.encode())
    assert page.items == tuple(texts)
    assert page.total == total


def test_the_page_has_what_the_envelope_states() -> None:
    at, query = datetime(2025, 6, 1, tzinfo=UTC), Query(skip=50, limit=50)
    body = b'{"items": [], "total": 7, "skip": 50, "limit": 25, "has_more": true, "extra": {}}'
    assert read_page(body, query, at, "req-1") == Page(query, (), 7, 25, True, at, "req-1")


@pytest.mark.parametrize("value", [b"null", b'"yes"', b"1", b"[]"])
def test_has_more_and_limit_are_ignored_if_they_have_another_type(value: bytes) -> None:
    page = _read(b'{"items":[],"total":0,"has_more":' + value + b',"limit":"many"}')
    assert (page.has_more, page.limit) == (None, 100)


@pytest.mark.parametrize(
    "item",
    [
        b'{"name": "\\ud800"}',
        b'{"name": "\x00\x1b[31m\n"}',
        b'{"name": "\\x41"}',
        b'{"score": NaN, "low": -Infinity, "high": Infinity}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b'{"n": 1e999, "m": 007}',
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'"a string, with ] and } and \\" in it"',
        b'{"big": "' + b"x" * 3_000_000 + b'"}',
        '{"name": "Zoë 🎉"}'.encode(),
        b'{"name": "\xed\xa0\x80", "x": NaN}',
    ],
)
def test_an_unusual_entry_changes_neither_its_own_text_nor_its_neighbours(item: bytes) -> None:
    page = _read(b'{"items": [{"id": 1}, ' + item + b' ,{"id":3}], "total": 3, "has_more": false}')
    text = item.decode("utf-8", "backslashreplace")
    assert page.items == ('{"id": 1}', text, '{"id":3}')
    assert (page.total, page.has_more) == (3, False)


def test_bytes_that_are_not_utf8_are_escaped_so_that_no_json_parser_accepts_them() -> None:
    (text,) = _read(b'{"items": [{"name": "Zo\xeb"}], "total": 1}').items
    assert text == '{"name": "Zo\\xeb"}'
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b" \n", "an empty body"), (b"<!doctype html><title>Sign in</title>", "HTML")]
    + [
        (body, "invalid or truncated JSON")
        for body in (
            b"upstream error",
            b'{"items": [{"id": "1',
            b'{"items": [{"id": NaN}], "total"',
            b'{"items": [{"id": NaN}], "total": 1} {}',
            b'{"items": [garbage], "total": 1}',
            b'{"items": [NaN,], "total": 1}',
            b'{"items": [,NaN], "total": 1}',
            b'{"items": [NaN, {"a": [1}]], "total": 1}',
            b'{"x": NaN, "items": {"a": 1}, "total": 1}',
            b'{"total": NaN, "items": []}',
            b'{"total": 1, "more": NaN}',
        )
    ]
    + [(b'{"items": null, "total": 1}', "an invalid envelope"), (b"[NaN]", "an invalid envelope")]
    + [
        (b'{"items": [], "total": %s}' % total, "an invalid envelope")
        for total in (b"null", b'"12"', b"-1", b"1.5", b"99999999999999999999")
    ]
    + [
        (b'{"items": [], "total": 1, "skip": %s}' % skip, "another page") for skip in (b"9", b'"0"')
    ],
)
def test_anything_but_the_documented_envelope_is_an_error_with_its_reason(
    body: bytes, reason: str
) -> None:
    with pytest.raises(InvalidBodyError, match=reason):
        _read(body)


@given(st.binary(max_size=60))
@example(b"[]]")
@example(b'["\\')
def test_random_bytes_are_an_invalid_body_and_nothing_else(junk: bytes) -> None:
    with pytest.raises(InvalidBodyError):
        _read(junk)
    if junk.strip(b" \t\r\n"):
        with pytest.raises(InvalidBodyError):
            _read(b'{"items":[1],"total":1}' + junk)

"""Turns a response body into a page: the envelope is parsed, the entries stay raw text."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from etl.client.attempt_errors import InvalidBodyError
from etl.client.lenient import elements, members
from etl.client.query import Query


@dataclass(frozen=True, slots=True)
class Page:
    """One response of the endpoint.

    `items` are the texts of the entries, exactly as served. A byte that is not valid UTF-8 is
    written as `\\xNN`. No JSON parser accepts that, so the entry is quarantined with its full text.
    `total` is the API's count for the query without skip and limit; `limit` is the page size that
    the API says it used; `served_at` is the server's time in UTC, from the Date header.
    """

    query: Query
    items: tuple[str, ...]
    total: int
    limit: int
    has_more: bool | None
    served_at: datetime | None
    request_id: str | None


class _Envelope(msgspec.Struct):
    items: list[msgspec.Raw]
    total: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    skip: object = None
    limit: object = None
    has_more: object = None


_decode = msgspec.json.Decoder(_Envelope).decode
_ITEMS = re.compile(rb'"items"[ \t\r\n]*:[ \t\r\n]*(?P<items>.*)', re.DOTALL)


def read_page(
    body: bytes, query: Query, served_at: datetime | None, request_id: str | None
) -> Page:
    """Read the response to `query`. Raises InvalidBodyError, which names the problem."""
    try:
        envelope = _decode(body)
    except msgspec.ValidationError as error:
        raise InvalidBodyError(f"returned 200 with an invalid envelope ({error})") from None
    except (msgspec.DecodeError, RecursionError):
        # One entry that is invalid JSON must not cost the other 99.
        envelope = _read_leniently(body)
    if envelope.skip not in (None, query.skip):
        raise InvalidBodyError(f"returned 200 with another page (its skip is not {query.skip})")
    limit, more = envelope.limit, envelope.has_more
    return Page(
        query=query,
        items=tuple([str(item, "utf-8", "backslashreplace") for item in envelope.items]),
        total=envelope.total,
        limit=limit if type(limit) is int and limit > 0 else query.limit,
        has_more=more if isinstance(more, bool) else None,
        served_at=served_at,
        request_id=request_id,
    )


def _read_leniently(body: bytes) -> _Envelope:
    try:
        parts = members(body)
        items = [match["items"] for part in parts if (match := _ITEMS.fullmatch(part))]
        others = [part for part in parts if not _ITEMS.fullmatch(part)]
        envelope = _decode(b"{" + b",".join([*others, b'"items":[]']) + b"}")
        envelope.items = [msgspec.Raw(item) for item in elements(items[-1])]
    except (ValueError, IndexError, RecursionError, msgspec.MsgspecError):
        raise InvalidBodyError(*_problem(body)) from None
    return envelope


def _problem(body: bytes) -> tuple[str, str]:
    if not body.strip():
        return "returned 200 with an empty body", ""
    if body.lstrip()[:1] == b"<":
        return "returned 200 with HTML instead of JSON", "check ETL_API_BASE_URL"
    return "returned 200 with invalid or truncated JSON", ""

"""From the body of an answer to a page: the envelope is read, the entries are left as they are."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from etl.client.faults import NotAnEnvelope
from etl.client.loose import elements, members
from etl.client.query import Query


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the endpoint.

    `items` are the entries' texts exactly as served. A byte that is not UTF-8 is written `\\xNN`:
    no JSON parser takes that, so such an entry is quarantined, with nothing of it lost or altered.
    `total` is what the API states for the query without skip and limit, `limit` the page size it
    says it used, `served_at` its own time (UTC, from the Date header).
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
    """Read the answer to `query`; raises NotAnEnvelope, which says what is wrong with it."""
    try:
        envelope = _decode(body)
    except msgspec.ValidationError as error:
        raise NotAnEnvelope(f"answered 200 with another envelope ({error})") from None
    except (msgspec.DecodeError, RecursionError):
        # One entry that is not quite JSON must not lose the other 99.
        envelope = _read_loosely(body)
    if envelope.skip not in (None, query.skip):
        raise NotAnEnvelope("answered 200 with another page than was asked for")
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


def _read_loosely(body: bytes) -> _Envelope:
    try:
        parts = members(body)
        items = [match["items"] for part in parts if (match := _ITEMS.fullmatch(part))]
        others = [part for part in parts if not _ITEMS.fullmatch(part)]
        envelope = _decode(b"{" + b",".join([*others, b'"items":[]']) + b"}")
        envelope.items = [msgspec.Raw(item) for item in elements(items[-1])]
    except (ValueError, IndexError, RecursionError, msgspec.MsgspecError):
        raise NotAnEnvelope(*_what_instead(body)) from None
    return envelope


def _what_instead(body: bytes) -> tuple[str, str]:
    if not body.strip():
        return "answered 200 with nothing", ""
    if body.lstrip()[:1] == b"<":
        return (
            "answered 200 with HTML, not the documented envelope",
            "is ETL_API_BASE_URL right?",
        )
    return "answered 200 with what is not JSON, or cut short", ""

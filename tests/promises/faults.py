"""Everything that can go wrong with one answer, as values for a `Script`."""

from typing import Any

import httpx
from hypothesis import strategies as st

from promises.adversary import Alter, Fault, total

_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_CUT = b'{"items":[{"id":"e1","created_at":"2025-06-0'


def broken() -> list[Fault]:
    """Answers that are none: each may be tried again."""
    return [
        httpx.ConnectError("All connection attempts failed"),
        httpx.ReadError("connection reset by peer"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.ReadTimeout("timed out"),
        httpx.Response(500),
        httpx.Response(503, headers={"retry-after": "7"}, content=b'{"detail":"busy"}'),
        httpx.Response(502, content=_HTML),
        httpx.Response(429, headers={"retry-after": "3"}),
        httpx.Response(429),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=_HTML),
        httpx.Response(200, content=b"{}"),
        httpx.Response(200, content=b'{"items":null,"total":3}'),
        httpx.Response(200, content=b'{"items":[],"total":-1}'),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, content=_CUT),
    ]


def refusals() -> list[Fault]:
    """Answers that end a run."""
    return [httpx.Response(401), httpx.Response(403), httpx.Response(404), httpx.Response(422)]


def total_is(number: int) -> Alter:
    def alter(envelope: dict[str, Any]) -> None:
        envelope["total"] = number

    return alter


def more(said: object) -> Alter:
    """`has_more` says what it likes."""

    def alter(envelope: dict[str, Any]) -> None:
        envelope["has_more"] = said

    return alter


def nothing(envelope: dict[str, Any]) -> None:
    """A page without entries."""
    envelope["items"] = []


def half(envelope: dict[str, Any]) -> None:
    """A page that lacks its last entries."""
    envelope["items"] = envelope["items"][: len(envelope["items"]) // 2]


def twice(envelope: dict[str, Any]) -> None:
    """A page whose first half is served a second time in place of the other."""
    items = envelope["items"]
    first = items[: (len(items) + 1) // 2]
    envelope["items"] = (first + first)[: len(items)]


def lies() -> list[Fault]:
    """Answers that look right and are not."""
    return [
        *(total(by) for by in (-40, -3, -1, 1, 3, 40, 1_500)),
        *(more(said) for said in (True, False, None)),
        nothing,
        half,
        twice,
    ]


def some(
    *kinds: list[Fault], most: int = 6, within: int = 30
) -> st.SearchStrategy[dict[int, Fault]]:
    """At most so many faults among the first requests of a run."""
    every = [fault for kind in kinds for fault in kind]
    return st.dictionaries(st.integers(1, within), st.sampled_from(every), max_size=most)

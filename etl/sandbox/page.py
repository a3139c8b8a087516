"""One page of a log: what the endpoint answers to a well-formed request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import msgspec

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry
from etl.sandbox.render import renderer
from etl.sandbox.source import Filters, Log

_encode = msgspec.json.Encoder().encode

_HAS_MORE: dict[str, Callable[[bool], bool]] = {
    "honest": lambda truth: truth,
    "always": lambda _: True,
    "never": lambda _: False,
}


@dataclass(frozen=True, slots=True)
class Query:
    """A request's parameters as the dialect reads them: `since <= at < until` in microseconds."""

    filters: Filters
    since: int | None
    until: int | None
    skip: int
    limit: int


def page(log: Log, counted: Log, query: Query, dialect: Dialect, nonce: int) -> bytes:
    """The documented envelope as JSON. Costs as much as the page is long, not as the log is.

    `total` is counted in `counted`, a former state of `log` where the dialect's total lags behind.
    Ties that the dialect shuffles are in another order for each `nonce`.
    """
    log = log.filtered(query.filters)
    low, high = log.span(query.since, query.until)
    first = min(low + query.skip, high)
    last = min(first + query.limit, high)
    if dialect.order == "newest":
        first, last = low + high - last, low + high - first
    if dialect.ties == "shuffled":
        entries = _shuffled(log.entries, first, last, low, high, Random(nonce))  # noqa: S311
    else:
        entries = log.entries[first:last]
    if dialect.order == "newest":
        entries.reverse()
    write = renderer(dialect)
    return _encode(
        {
            "items": [write(entry) for entry in entries],
            "total": _total(counted, query, dialect),
            "skip": query.skip,
            "limit": query.limit,
            "has_more": _HAS_MORE[dialect.has_more](query.skip + query.limit < high - low),
        }
    )


def _total(counted: Log, query: Query, dialect: Dialect) -> int:
    low, high = counted.filtered(query.filters).span(query.since, query.until)
    return high - low if dialect.total_cap is None else min(high - low, dialect.total_cap)


def _shuffled(
    entries: list[Entry], first: int, last: int, low: int, high: int, random: Random
) -> list[Entry]:
    """`entries[first:last]` with the entries of each instant in an order of chance.

    An instant that reaches beyond the page, within the query's `[low, high)`, is mixed as a whole:
    so another request may see an entry of it on this page, on the next, on both or on neither.
    """
    if first >= last:
        return []
    start, stop = first, last
    while start > low and entries[start - 1].at == entries[first].at:
        start -= 1
    while stop < high and entries[stop].at == entries[last - 1].at:
        stop += 1
    mixed = sorted(entries[start:stop], key=lambda entry: (entry.at, random.random()))
    return mixed[first - start : last - start]

"""One page of a log: what the endpoint answers to a well-formed request."""

from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from random import Random
from typing import NamedTuple

import msgspec

from etl.sandbox.dialect import Dialect, zone
from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.render import renderer
from etl.sandbox.source import Days, Filters, Log, arranged, filtered

_encode = msgspec.json.Encoder().encode


class Query(NamedTuple):
    """A request's parameters."""

    filters: Filters
    days: Days
    skip: int
    limit: int


@lru_cache(maxsize=4096)
def midnight(day: date, zone_name: str) -> int:
    """When the day begins in this zone, in microseconds since 1970."""
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone(zone_name)))


def page(log: Log, counted: Log, query: Query, dialect: Dialect, nonce: int) -> bytes:
    """The documented envelope as JSON. `total` is counted in `counted`, a former state of `log`.

    Costs as much as the page is long, but for the first page in an order that is cached. Ties that
    the dialect shuffles are in another order for each `nonce`.
    """
    log, counted = filtered(log, query.filters), filtered(counted, query.filters)
    entries, low, high = arranged(log, query.days, dialect.order, dialect.untimed)
    begin, end = counted.span(query.days)
    total = end - begin if dialect.total_cap is None else min(end - begin, dialect.total_cap)
    used = min(query.limit, dialect.page_cap or query.limit)
    first = min(low + query.skip, high)
    last = min(first + used, high)
    if dialect.order == "newest":
        first, last = low + high - last, low + high - first
    if dialect.ties == "shuffled" and dialect.order in ("newest", "oldest"):
        chosen = _shuffled(entries, first, last, Random(nonce))  # noqa: S311
    else:
        chosen = entries[first:last]
    if dialect.order == "newest":
        chosen.reverse()
    write = renderer(dialect)
    more = query.skip + used < high - low
    envelope = {
        "items": [write(entry) for entry in chosen],
        "total": total,
        "skip": query.skip,
        "limit": query.limit if dialect.says_limit == "asked" else used,
        "has_more": {"honest": more, "always": True, "never": False}[dialect.has_more],
    }
    if dialect.says_limit == "none":
        del envelope["limit"]
    return _encode(envelope)


def _shuffled(entries: list[Entry], first: int, last: int, random: Random) -> list[Entry]:
    """`entries[first:last]` with the entries of each instant in random order.

    Of an instant that reaches beyond the page, all entries are shuffled: another request may see
    one of them on this page, on the next, on both or on neither.
    """
    if first >= last:
        return []
    start, stop = first, last
    while start > 0 and entries[start - 1].at == entries[first].at:
        start -= 1
    while stop < len(entries) and entries[stop].at == entries[last - 1].at:
        stop += 1
    mixed: list[Entry] = []
    for _, group in groupby(entries[start:stop], key=lambda entry: entry.at):
        tied = list(group)
        mixed += random.sample(tied, len(tied))
    return mixed[first - start : last - start]

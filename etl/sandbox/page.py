"""One page of a log: what the endpoint answers to a well-formed request."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from random import Random

import msgspec

from etl.sandbox.dialect import Dialect, zone
from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.render import renderer
from etl.sandbox.source import Days, Filters, Log

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Query:
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

    Its cost depends on the length of the page, not of the log. Ties that the dialect shuffles are
    in another order for each `nonce`.
    """
    log = log.filtered(query.filters)
    entries, low, high = log.arranged(query.days, dialect.order, dialect.untimed)
    used = min(query.limit, dialect.page_cap or query.limit)
    first = min(low + query.skip, high)
    last = min(first + used, high)
    if dialect.order == "newest":
        first, last = low + high - last, low + high - first
    if dialect.ties == "shuffled" and dialect.order in ("newest", "oldest"):
        chosen = _shuffled(entries, first, last, low, high, Random(nonce))  # noqa: S311
    else:
        chosen = entries[first:last]
    if dialect.order == "newest":
        chosen.reverse()
    write = renderer(dialect)
    envelope = {
        "items": [write(entry) for entry in chosen],
        "total": _total(counted, query, dialect),
        "skip": query.skip,
        "limit": query.limit if dialect.says_limit == "asked" else used,
        "has_more": _has_more(query.skip + used < high - low, dialect),
    }
    if dialect.says_limit == "none":
        del envelope["limit"]
    return _encode(envelope)


def _has_more(truth: bool, dialect: Dialect) -> bool:
    return truth if dialect.has_more == "honest" else dialect.has_more == "always"


def _total(counted: Log, query: Query, dialect: Dialect) -> int:
    low, high = counted.filtered(query.filters).span(query.days)
    return high - low if dialect.total_cap is None else min(high - low, dialect.total_cap)


def _shuffled(
    entries: list[Entry], first: int, last: int, low: int, high: int, random: Random
) -> list[Entry]:
    """`entries[first:last]` with the entries of each instant in random order.

    The entries of an instant that reaches beyond the page, within `[low, high)`, are all shuffled:
    another request may see one of them on this page, on the next, on both or on neither.
    """
    if first >= last:
        return []
    start, stop = first, last
    while start > low and entries[start - 1].at == entries[first].at:
        start -= 1
    while stop < high and entries[stop].at == entries[last - 1].at:
        stop += 1
    mixed: list[Entry] = []
    for _, group in groupby(entries[start:stop], key=lambda entry: entry.at):
        tied = list(group)
        mixed += random.sample(tied, len(tied))
    return mixed[first - start : last - start]

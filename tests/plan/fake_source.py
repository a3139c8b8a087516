"""A source in memory, that serves pages the way the API may turn out to."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from etl.plan.ranges import PAGE, Range

TODAY = date(2025, 6, 15)


class Item(NamedTuple):
    at: datetime
    id: str
    entity_type: str = "role"
    action_type: str = "assigned"


def at(day: date, second: int = 0) -> datetime:
    """An instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC) + timedelta(seconds=second)


def items_of(days: Iterable[date], prefix: str = "e") -> list[Item]:
    """One item for each day given, days may repeat: all of a day at different seconds."""
    seconds: dict[date, int] = {}
    made = []
    for number, day in enumerate(days):
        seconds[day] = seconds.get(day, 0) + 1
        made.append(Item(at(day, seconds[day]), f"{prefix}{number}"))
    return made


def within(items: list[Item], range_: Range) -> list[Item]:
    """The items of a range, from a list sorted by time."""
    low = bisect_left(items, at(range_.from_day), key=_time) if range_.from_day else 0
    high = bisect_left(items, at(range_.to_day), key=_time) if range_.to_day else len(items)
    found = items[low:high]
    if range_.entity_type is not None:
        found = [item for item in found if item.entity_type == range_.entity_type]
    if range_.action_type is not None:
        found = [item for item in found if item.action_type == range_.action_type]
    return found


def _time(item: Item) -> datetime:
    return item.at


class Served(NamedTuple):
    items: list[Item]
    total: int
    limit: int
    has_more: bool


@dataclass(slots=True)
class FakeSource:
    """Serves pages. `on_request` is called with the source before each answer and may change it."""

    items: list[Item] = field(repr=False)
    newest_first: bool = True
    includes_to_date: bool = True
    cap: int | None = None  # `total` is never stated above it
    deepest: int | None = None  # a larger skip is refused
    page_size: int = PAGE
    has_more_lies: bool = False
    ties: Random | None = None  # the order of entries of one instant, another for each request
    on_request: Callable[["FakeSource"], None] = lambda _: None
    requests: int = 0

    def __post_init__(self) -> None:
        self.items = sorted(self.items)

    def insert(self, items: Iterable[Item]) -> None:
        self.items = sorted([*self.items, *items])

    def remove(self, ids: set[str]) -> None:
        self.items = [item for item in self.items if item.id not in ids]

    def page(self, range_: Range, to_date: date | None, skip: int, limit: int) -> Served | None:
        """None where the skip is refused. `to_date` is what was sent for the range's end."""
        self.requests += 1
        self.on_request(self)
        if self.deepest is not None and skip > self.deepest:
            return None
        end = to_date and (to_date + timedelta(days=1) if self.includes_to_date else to_date)
        days = Range(range_.from_day, end, range_.entity_type, range_.action_type)
        found = within(self.items, days)
        if self.ties is not None:
            ties = self.ties
            found = sorted(found, key=lambda item: (item.at, ties.random()))
        size = min(limit, self.page_size)
        low, high = skip, min(skip + size, len(found))
        if self.newest_first:
            low, high = len(found) - high, len(found) - skip
        served = found[max(low, 0) : max(high, 0)]
        total = len(found) if self.cap is None else min(len(found), self.cap)
        more = self.has_more_lies or skip + size < len(found)
        return Served(served[::-1] if self.newest_first else served, total, size, more)

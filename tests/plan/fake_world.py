"""A source and a warehouse in memory, and a driver that answers a plan's asks from them.

It does what `etl.run` does over HTTP and DuckDB, in a hundredth of the time, so that the plans can
be driven by the thousand. Days are UTC days, and nobody doubts that.
"""

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple, TypeVar

from etl.plan.model import (
    DEEPEST_SKIP,
    PAGE,
    Ask,
    Commit,
    Committed,
    Count,
    Counted,
    Doubtful,
    Expire,
    Fetch,
    Fetched,
    Known,
    Learned,
    Oldest,
    Proof,
    Range,
    Spread,
    StreamState,
    Sweep,
    Swept,
    Unfinished,
    Verdict,
    Watermark,
    closing_day,
)
from etl.plan.sync import sync_plan

T = TypeVar("T")

TODAY = date(2025, 6, 15)
BATCH = 10_000
_BEGINNING, _OPEN = date.min, date.max


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


@dataclass(slots=True)
class Walk:
    ids: set[str] = field(default_factory=set)
    total: int | None = None
    size: int = PAGE
    whole: bool = False
    fell: bool = False
    moved: bool = False
    capped: bool = False
    hollow: bool = False
    pages_done: set[int] = field(default_factory=set)

    def note(self, skip: int, page: Served) -> None:
        if self.total is not None and page.total != self.total:
            self.moved = True
            self.fell |= page.total < self.total
        self.total = page.total
        self.size = min(self.size, page.limit)
        self.ids.update(item.id for item in page.items)
        if page.items and page.has_more and skip + len(page.items) >= page.total:
            self.capped = True
        if not page.items and skip < page.total:
            self.hollow = True
        if page.items and skip % self.size == 0:
            self.pages_done.add(skip // self.size)

    @property
    def missing_skips(self) -> list[int]:
        pages = -(-(self.total or 0) // self.size)
        return [n * self.size for n in range(pages) if n not in self.pages_done]


class Row(NamedTuple):
    """One row of the ledger."""

    range: Range
    verdict: Verdict
    total: int | None
    pages_done: frozenset[int]
    whole: bool
    day: date
    history_from: date | None


class Claimed(NamedTuple):
    """A claim of completeness, with what was held and what was there when it was made."""

    commit: Commit
    accepted: bool
    lacking: int


class World:
    """A fake source beside a fake warehouse; `sync()` runs the plan of a sync once."""

    def __init__(
        self,
        source: FakeSource,
        *,
        today: date = TODAY,
        history_from: date | None = None,
        lookback_days: int = 7,
    ) -> None:
        self.source = source
        self.today = today
        self.history_from = history_from
        self.lookback_days = lookback_days
        self.ledger: list[Row] = []
        self.claims: list[Claimed] = []
        self.reasons: list[str] = []
        self.asks = 0
        self.learned = Learned.of(self.state())
        self._held: dict[str, Item] = {}
        self._absent: set[str] = set()
        self._known: list[Item] | None = []
        self._pending: list[Item] = []
        self._walks: dict[Range, Walk] = {}

    # What is held, and what the ledger says of it

    @property
    def known(self) -> list[Item]:
        """The known entries, sorted by time."""
        if self._known is None:
            self._known = sorted(i for i in self._held.values() if i.id not in self._absent)
        return self._known

    def hold(self, items: Iterable[Item]) -> None:
        """Puts items into the warehouse as a former run would have."""
        for item in items:
            self._held[item.id] = item
            self._absent.discard(item.id)
        self._known = None

    def _drop(self, ids: set[str]) -> int:
        self._absent |= ids
        self._known = None
        return len(ids)

    def _knows(self, id_: str) -> bool:
        return id_ in self._held and id_ not in self._absent

    def stretches(self) -> list[tuple[date, date, Row | None]]:
        """The ledger day by day: each stretch of days with the row that covers it last."""
        rows = [row for row in self.ledger if not row.range.narrowed]
        bounds = [(r.range.from_day or _BEGINNING, r.range.to_day or _OPEN) for r in rows]
        edges = sorted({day for pair in bounds for day in pair})
        found = []
        for low, high in pairwise(edges):
            over = [r for r, (a, b) in zip(rows, bounds, strict=True) if a <= low and high <= b]
            found.append((low, high, over[-1] if over else None))
        return found

    def unproven(self) -> list[Unfinished]:
        """Stretches since the history begins that are not proven, newest first."""
        begin = self.history_from or _BEGINNING
        stretches = [(max(a, begin), b, row) for a, b, row in self.stretches() if b > begin]
        found = []
        if stretches and stretches[0][0] > begin:
            found.append(_unfinished(begin, stretches[0][0], None))
        for low, high, row in stretches:
            if row is None or row.verdict is not Verdict.COMPLETE:
                found.append(_unfinished(low, high, row))
        return found[::-1]

    @property
    def complete(self) -> bool:
        return bool(self.ledger) and not self.unproven()

    def state(self) -> StreamState:
        """What a run begins with."""
        if not self.ledger:
            return StreamState(self.today, self.history_from, None, self.lookback_days)
        history = Range(self.history_from, None)
        proven = [row for row in self.ledger if row.verdict is Verdict.COMPLETE]
        whole = [row.day for row in proven if row.range == history]
        return StreamState(
            today=self.today,
            history_from=self.history_from,
            watermark=self.watermark(),
            lookback_days=self.lookback_days,
            newest_first=self.learned.newest_first,
            to_day_included=self.learned.to_day_included,
            total_cap=self.learned.total_cap,
            check_due=max(whole, default=_BEGINNING) < self.today,
            unfinished=tuple(self.unproven()),
            walked_before=bool(proven),
            history_proven=bool(whole),
            history_unmoved=len({row.history_from for row in self.ledger}) <= 1,
        )

    def watermark(self) -> datetime | None:
        """The newest known entry up to which every day is proven."""
        left = self.unproven()
        proven_to = left[-1].range.from_day or _BEGINNING if left else _OPEN
        proven = [item.at for item in self.known if item.at.date() < proven_to]
        return max(proven, default=None) if self.ledger else None

    # Running plans

    def sync(self) -> int:
        """Runs `sync_plan` to its end; how many requests it cost."""
        self.learned = Learned.of(self.state())
        before = self.source.requests
        self.follow(sync_plan(self.learned))
        return self.source.requests - before

    def follow(self, plan: Generator[Ask, Any, T]) -> T:
        """Answers a plan's asks to its end, and returns what it returns."""
        answer: Any = None
        try:
            while True:
                ask = plan.send(answer)
                self.asks += 1
                answer = self._answer(ask)
        except StopIteration as end:
            self._store()
            self._walks.clear()
            result: T = end.value
            return result

    def _answer(self, ask: Ask) -> object:
        match ask:
            case Fetch():
                return self._fetch(ask)
            case Sweep():
                return tuple(self._sweep(task) for task in ask.tasks)
            case Count():
                return self._count(ask)
            case Commit():
                return self._commit(ask)
            case Known(range_):
                return len(within(self.known, range_))
            case Doubtful():
                return 0
            case Watermark():
                return self.watermark()
            case Oldest():
                return self.known[0].at.date() if self.known else None
            case Spread(range_, most):
                return self._spread(range_, most)
            case Expire(range_, before):
                return self._drop({i.id for i in within(self.known, range_) if i.at < before})

    def _page(self, range_: Range, skip: int, limit: int = PAGE) -> Served | None:
        end = range_.to_day and closing_day(range_.to_day, self.learned.to_day_included)
        return self.source.page(range_, end, skip, limit)

    def _fetch(self, ask: Fetch) -> Fetched:
        walk = self._walks.get(ask.range)
        if walk is None or ask.fresh:
            walk = self._walks[ask.range] = Walk(pages_done=set(ask.done))
        walk.whole |= ask.whole
        served: list[Item] = []
        rejected = False
        for skip in ask.skips:
            page = self._page(ask.range, skip)
            if page is None:
                rejected = True
                break
            walk.note(skip, page)
            served += page.items
            self._pending += page.items
            if walk.hollow:
                break
            if len(self._pending) >= BATCH:
                self._commit(_partial(ask.range, walk))
        times = [item.at for item in served]
        drift = sum((b > a) - (b < a) for a, b in pairwise(times))
        known = sum(map(self._knows, walk.ids))
        return Fetched(
            total=walk.total or 0,
            fell=walk.fell,
            size=walk.size,
            served=len(served),
            capped=walk.capped,
            newest_first=drift < 0 if drift else None,
            walked=len(walk.ids),
            held=len(within(self.known, ask.range)),
            added=len(walk.ids) - known,
            contact=known > 0,
            seam=bool(served) and self._knows(served[0].id),
            busiest_day=times[0].date() if times else None,
            rejected=rejected,
        )

    def _count(self, ask: Count) -> Counted:
        page = self._page(ask.range, ask.skip, limit=1)
        if page is None:
            return Counted(0, rejected=True)
        if not page.items:
            return Counted(page.total)
        item = page.items[0]
        return Counted(page.total, item.at, self._knows(item.id), served=True)

    def _spread(self, range_: Range, most: int) -> tuple[date, ...]:
        days = [item.at.date() for item in within(self.known, range_)]
        parts: dict[int, date] = {}
        for number, day in enumerate(days):
            if number + 1 == len(days) or days[number + 1] != day:
                parts.setdefault(number // most, day)
        return tuple(day for part, day in sorted(parts.items()) if part)

    def _store(self) -> None:
        pending, self._pending = self._pending, []
        self.hold(pending)

    def _commit(self, ask: Commit, walk: Walk | None = None) -> Committed:
        self._store()
        walk = walk or self._walks.get(ask.range)
        claims = ask.verdict is Verdict.COMPLETE
        walks = claims and ask.proof is Proof.WALK
        if walks:
            assert walk is not None, "a proof by a walk that never began"
        vanished = 0
        if walks and walk and not ask.range.narrowed:
            vanished = self._drop({i.id for i in within(self.known, ask.range)} - walk.ids)
        here = {item.id for item in within(self.known, ask.range)}
        served_all = walk is not None and walks and len(walk.ids) == ask.total
        verdict = ask.verdict
        if claims:
            holds = served_all if walks else len(here) == ask.total
            lacking = {i.id for i in within(self.source.items, ask.range)} - here
            self.claims.append(Claimed(ask, holds, len(lacking)))
            verdict = Verdict.COMPLETE if holds else Verdict.UNPROVEN
        if ask.reason is not None:
            self.reasons.append(ask.reason)
        self.ledger.append(
            Row(
                ask.range,
                verdict,
                ask.total,
                ask.pages_done,
                ask.proof is Proof.WALK and verdict is not Verdict.UNPROVEN,
                self.today,
                self.history_from,
            )
        )
        if verdict is not Verdict.PARTIAL and self._walks.get(ask.range) is walk:
            self._walks.pop(ask.range, None)
        return Committed(verdict, len(here), vanished, served_all)

    def _sweep(self, task: Unfinished) -> Swept:
        last = self._walks.get(task.range)
        goes_on = last is not None and not (last.moved or last.capped)
        walk = Walk(last.ids) if last is not None and goes_on else Walk()
        self._walks[task.range] = walk
        resumed = bool(task.pages_done)
        walk.pages_done |= task.pages_done
        walk.total = task.total if resumed else None
        rejected = not self._take(task.range, walk, (walk.missing_skips or [0])[0])
        if resumed and walk.moved:
            walk = self._walks[task.range] = Walk()
            resumed, rejected = False, not self._take(task.range, walk, 0)
        total = walk.total or 0
        too_large = total > DEEPEST_SKIP + walk.size and not task.range.single_day
        for skip in walk.missing_skips:
            bounded = walk.capped and not self.learned.has_more_lies
            if too_large or rejected or bounded or walk.hollow:
                break
            rejected = not self._take(task.range, walk, skip)
        capped = walk.capped and not self.learned.has_more_lies
        claim = self._claim(task.range, walk, resumed, too_large or rejected or capped)
        done = self._commit(claim, walk)
        if done.verdict is not Verdict.COMPLETE and not (too_large or rejected or capped):
            self._walks[task.range] = walk
        return Swept(
            task.range,
            done.verdict,
            walk.total or 0,
            done.known,
            too_large,
            capped,
            rejected,
            done.served_all,
        )

    def _take(self, range_: Range, walk: Walk, skip: int) -> bool:
        page = self._page(range_, skip)
        if page is None:
            return False
        walk.note(skip, page)
        self._pending += page.items
        return True

    @staticmethod
    def _claim(range_: Range, walk: Walk, resumed: bool, given_up: bool) -> Commit:
        if given_up or walk.moved or walk.missing_skips:
            return Commit(range_, Verdict.UNPROVEN, walk.total, reason="not all came in")
        proof = Proof.COUNT if resumed else Proof.WALK
        pages = frozenset(walk.pages_done)
        return Commit(range_, Verdict.COMPLETE, walk.total, proof, pages_done=pages)


def _partial(range_: Range, walk: Walk) -> Commit:
    pages = frozenset(walk.pages_done)
    proof = Proof.WALK if walk.whole else None
    return Commit(range_, Verdict.PARTIAL, walk.total, proof, "interrupted", pages)


def _unfinished(low: date, high: date, row: Row | None) -> Unfinished:
    days = Range(None if low == _BEGINNING else low, None if high == _OPEN else high)
    if row is None:
        return Unfinished(days, Verdict.PLANNED, recorded=False)
    if row.range != days:
        return Unfinished(days, row.verdict)
    return Unfinished(days, row.verdict, row.total, row.pages_done, row.whole)

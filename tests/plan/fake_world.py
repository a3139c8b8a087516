"""A fake source beside a fake warehouse, and a driver that answers a plan's asks from them.

It does what `etl.run` does over HTTP and DuckDB, in a hundredth of the time, so that the plans can
be driven by the thousand. Days are UTC days, and nobody doubts that.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from fake_source import TODAY, FakeSource, Item, Served, at, within
from fake_warehouse import Row, Warehouse

from etl.plan.learned import Learned
from etl.plan.model import (
    Ask,
    Checked,
    Commit,
    CommitAll,
    Committed,
    Count,
    Counted,
    Doubtful,
    Ends,
    Expire,
    Fetch,
    Fetched,
    Known,
    Oldest,
    OldestOf,
    Passed,
    Spread,
    Sweep,
    Swept,
    Watermark,
)
from etl.plan.ranges import DEEPEST_SKIP, PAGE, Proof, Range, Unfinished, Verdict, closing_day
from etl.plan.sync import sync_plan

T = TypeVar("T")

BATCH = 10_000


@dataclass(slots=True)
class Walk:
    """What the pages of one walk have stated and served."""

    ids: set[str] = field(default_factory=set)
    newest: datetime | None = None
    total: int | None = None
    size: int = PAGE
    whole: bool = False
    fell: bool = False
    moved: bool = False
    capped: bool = False
    exceeded: bool = False
    hollow: bool = False
    pages_done: set[int] = field(default_factory=set)

    def note(self, skip: int, page: Served) -> None:
        if self.total is not None and page.total != self.total:
            self.moved = True
            self.fell |= page.total < self.total
        self.total = page.total
        self.size = min(self.size, page.limit)
        self.ids.update(item.id for item in page.items)
        self.newest = max([item.at for item in page.items] + [self.newest or at(date.min)])
        self.exceeded |= skip + len(page.items) > page.total
        self.capped |= bool(page.items) and page.has_more and skip + len(page.items) >= page.total
        if not page.items and skip < page.total:
            self.hollow = True
        if page.items and skip % self.size == 0:
            self.pages_done.add(skip // self.size)

    @property
    def missing_skips(self) -> list[int]:
        pages = -(-(self.total or 0) // self.size)
        return [n * self.size for n in range(pages) if n not in self.pages_done]


class Claimed(NamedTuple):
    """A claim of completeness, and how many entries of its range lacked when it was made."""

    commit: Commit
    accepted: bool
    lacking: int


class World:
    """`sync()` runs the plan of a sync once; `follow()` runs any plan."""

    def __init__(
        self,
        source: FakeSource,
        *,
        today: date = TODAY,
        history_from: date | None = None,
        lookback_days: int = 7,
    ) -> None:
        self.source = source
        self.warehouse = Warehouse()
        self.today = today
        self.history_from = history_from
        self.lookback_days = lookback_days
        self.claims: list[Claimed] = []
        self.reasons: list[str] = []
        self.learned = self._learn(None)
        self._pending: list[Item] = []
        self._walks: dict[Range, Walk] = {}

    @property
    def known(self) -> list[Item]:
        """The known entries, sorted by time."""
        return self.warehouse.known

    @property
    def complete(self) -> bool:
        return bool(self.warehouse.ledger) and not self.unproven()

    def unproven(self) -> list[Unfinished]:
        """Stretches since the history begins that are not proven, newest first."""
        return self.warehouse.unproven(self.history_from)

    def sync(self) -> int:
        """Runs `sync_plan` to its end; how many requests it cost."""
        self.learned = self._learn(self.learned)
        before = self.source.requests
        self.follow(sync_plan(self.learned))
        return self.source.requests - before

    def _learn(self, before: Learned | None) -> Learned:
        state = self.warehouse.state(self.today, self.history_from, self.lookback_days, before)
        return Learned.of(state)

    def follow(self, plan: Generator[Ask, Any, T]) -> T:
        """Answers a plan's asks to its end, and returns what it returns."""
        answer: Any = None
        try:
            while True:
                answer = self._answer(plan.send(answer))
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
                return self._commit(ask, self._walks.get(ask.range))
            case CommitAll(commits):
                for commit in commits:
                    self._commit(commit, None)
                return None
            case Known(range_):
                return len(within(self.known, range_))
            case Doubtful():
                return 0
            case OldestOf():
                return None
            case Ends(range_):
                times = [item.at for item in within(self.known, range_)]
                return (min(times), max(times)) if times else (None, None)
            case Passed(range_):
                walk = self._walks[range_]
                passed = [item for item in within(self.known, range_) if item.id not in walk.ids]
                return sum(walk.newest is not None and item.at < walk.newest for item in passed)
            case Watermark():
                return self.warehouse.watermark(self.history_from)
            case Oldest():
                return self.known[0].at.date() if self.known else None
            case Spread(range_, most):
                return self.warehouse.spread(range_, most)
            case Expire(range_, before, most):
                gone = {i.id for i in within(self.known, range_) if i.at < before}
                return self.warehouse.drop(gone) if len(gone) <= most else 0
            case Checked():
                return self.warehouse.check(self.today)

    def _page(self, range_: Range, skip: int, limit: int = PAGE) -> Served | None:
        end = range_.to_day and closing_day(range_.to_day, self.learned.to_day_included)
        page = self.source.page(range_, end, skip, limit)
        if page is not None:
            self.learned.hear_total(page.total)
        return page

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
                self._commit(_partial(ask.range, walk), walk)
        times = [item.at for item in served]
        drift = sum((b > a) - (b < a) for a, b in pairwise(times))
        known = sum(map(self.warehouse.knows, walk.ids))
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
            seam=bool(served) and self.warehouse.knows(served[0].id),
            busiest_day=times[0].date() if times else None,
            rejected=rejected,
            exceeded=walk.exceeded,
        )

    def _count(self, ask: Count) -> Counted:
        page = self._page(ask.range, ask.skip, limit=1)
        if page is None:
            return Counted(0, rejected=True)
        if not page.items:
            return Counted(page.total)
        item = page.items[0]
        known = self.warehouse.knows(item.id)
        at_end = page.has_more and ask.skip + 1 >= page.total
        beyond = ask.skip + 1 > page.total
        return Counted(page.total, item.at, known, True, capped=at_end, exceeded=beyond)

    def _store(self) -> None:
        pending, self._pending = self._pending, []
        self.warehouse.hold(pending)

    def _commit(self, ask: Commit, walk: Walk | None) -> Committed:
        self._store()
        range_, verdict = ask.range, ask.verdict
        walks = verdict is Verdict.COMPLETE and ask.proof is Proof.WALK
        served_all = walks and walk is not None and len(walk.ids) == ask.total
        vanished = 0
        if served_all and walk is not None and not range_.narrowed:
            gone = {item.id for item in within(self.known, range_)} - walk.ids
            vanished = self.warehouse.drop(gone)
        if walk and walk.newest and range_.to_day and walk.newest >= at(range_.to_day):
            self.learned.to_day_included = True
        here = {item.id for item in within(self.known, range_)}
        if verdict is Verdict.COMPLETE:
            holds = len(here) == ask.total and (served_all or not walks)
            lacking = {item.id for item in within(self.source.items, range_)} - here
            self.claims.append(Claimed(ask, holds, len(lacking)))
            verdict = Verdict.COMPLETE if holds else Verdict.UNPROVEN
        if ask.reason is not None:
            self.reasons.append(ask.reason)
        self.warehouse.ledger.append(
            Row(
                range_,
                verdict,
                ask.total,
                ask.pages_done,
                ask.proof is Proof.WALK and verdict is not Verdict.UNPROVEN,
                self.today,
                self.history_from,
                ask.left_until,
                ask.proof,
            )
        )
        if verdict is not Verdict.PARTIAL and self._walks.get(range_) is walk:
            self._walks.pop(range_, None)
        return Committed(verdict, len(here), vanished, served_all)

    def _sweep(self, task: Unfinished) -> Swept:
        last = self._walks.get(task.range)
        goes_on = last is not None and not (last.moved or last.capped or last.exceeded)
        walk = Walk(last.ids, last.newest) if last is not None and goes_on else Walk()
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
            bounded = self.learned.bounds(task.range, walk)
            if too_large or rejected or bounded or walk.hollow:
                break
            rejected = not self._take(task.range, walk, skip)
        bounded = self.learned.bounds(task.range, walk)
        given_up = too_large or rejected or bounded
        done = self._commit(_claim(task.range, walk, resumed, given_up), walk)
        if done.verdict is not Verdict.COMPLETE and not given_up:
            self._walks[task.range] = walk
        return Swept(
            task.range,
            done.verdict,
            walk.total or 0,
            done.known,
            too_large,
            walk.capped,
            rejected,
            done.served_all,
            walk.exceeded,
        )

    def _take(self, range_: Range, walk: Walk, skip: int) -> bool:
        page = self._page(range_, skip)
        if page is None:
            return False
        walk.note(skip, page)
        self._pending += page.items
        return True


def _claim(range_: Range, walk: Walk, resumed: bool, given_up: bool) -> Commit:
    if given_up or walk.moved or walk.missing_skips:
        return Commit(range_, Verdict.UNPROVEN, walk.total, reason="not all came in")
    proof = Proof.COUNT if resumed else Proof.WALK
    pages = frozenset(walk.pages_done)
    return Commit(range_, Verdict.COMPLETE, walk.total, proof, pages_done=pages)


def _partial(range_: Range, walk: Walk) -> Commit:
    proof = Proof.WALK if walk.whole else None
    pages = frozenset(walk.pages_done)
    return Commit(range_, Verdict.PARTIAL, walk.total, proof, "interrupted", pages)

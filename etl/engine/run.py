"""One page, one count, and what every answer teaches."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from etl.client.page import Page
from etl.engine.model import ALWAYS, ONE_DAY, PAGE, Copy, Days, Ledger, Proof, Source, Window
from etl.errors import RejectedError

T = TypeVar("T")


async def together(*asks: Awaitable[T]) -> list[T]:
    """The answers to several asks at once. Where some fail, the others are waited for, so that
    what was asked for is kept; then the first error is raised."""
    answers = await asyncio.gather(*asks, return_exceptions=True)
    found: list[T] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        found.append(answer)
    return found


@dataclass(frozen=True, slots=True)
class Gap:
    """What the source states of everything, less what is held; None where it counts no further."""

    entries: int | None


@dataclass(slots=True)
class Run:
    """One run of one stream: what it asks, what it keeps, and what it knows."""

    source: Source
    copy: Copy
    ledger: Ledger
    started_at: datetime
    """Its start; `today` is that day in UTC. See `hear_clock`."""
    from_date: date | None = None
    """Where history begins; None: always."""
    lookback_days: int = 7
    watermark: datetime | None = None
    """As of the last proof; of a first sync, the newest time seen."""
    oldest: date | None = None
    """The day of the oldest entry, where that is known: a hint where to cut, no more."""
    deep_since: datetime | None = None
    """When an interrupted `verify --deep` began: what was read since is not read again."""
    in_vain: Gap | None = None
    """Two runs of this day have ended with this gap, and could not explain it."""
    stored: int = 0
    """Rows of the open window that interrupted runs have stored since it was proven."""
    whole: int | None = None
    """What the source stated of everything last."""
    asked: int = 0
    """Pages asked for."""
    sample: str | None = None
    """An entry that was served in this run."""
    proofs: list[Proof] = field(default_factory=list)
    """What is to be appended to the history of the ledger."""
    failed: list[Window] = field(default_factory=list)
    """Windows that were read in vain."""
    began_at: datetime = field(init=False)
    """Its start by the local clock: what is read from then on has that mark."""
    _believes_more: bool = True
    """False once `has_more` was true and nothing more came: it is not looked at any more."""

    def __post_init__(self) -> None:
        self.began_at = self.started_at

    @property
    def today(self) -> date:
        return self.started_at.date()

    def hear_clock(self, served_at: datetime) -> None:
        """The run's start is the earlier of the local clock and the source's."""
        self.started_at = min(self.started_at, served_at)

    @property
    def gap(self) -> Gap:
        """What is lacking now, or (negative) too many."""
        return Gap(None if self.whole is None else self.whole - self.copy.held)

    @property
    def first_day(self) -> date:
        return self.from_date or ALWAYS

    def middle(self, window: Window) -> date | None:
        """The day that cuts a window in two halves; None where it is of one day, or it is not known
        how the source reads `to_date`."""
        low, high = window.from_day, window.to_day or self.today
        if self.ledger.to_day_included is None or (high - low).days <= 1:
            return None
        if self.oldest is not None and low < self.oldest < high - ONE_DAY:
            low = self.oldest  # nothing lies before
        return low + max((high - low) // 2, ONE_DAY)

    async def page(
        self, days: Days, skip: int, limit: int = PAGE, *, walk: int | None = None, turn: int = 0
    ) -> Page:
        """One page of a range of days; its entries are kept where it belongs to a walk."""
        self.asked += 1
        page = await self._ask(days, skip, limit)
        if walk is not None:
            await self.copy.add(walk, turn, page)
            self.sample = page.items[0] if page.items else self.sample
        end = skip + len(page.items)
        if self.ledger.cap is not None and page.total > self.ledger.cap:
            self.ledger.cap = None  # it counts further now
        if page.items and end > page.total > 0:
            self.ledger.cap = page.total  # more came than it states: that is only a bound
        elif page.items and end == page.total and page.has_more and self._believes_more:
            await self._look_beyond(days, end)
        return page

    async def count(self, days: Days) -> int | None:
        """What the source states of a range of days; None where it counts no further."""
        total = (await self.page(days, 0, 1)).total
        return None if total == self.ledger.cap else total

    async def everything(self) -> int | None:
        """What the source states of the whole history. Unless ETL_FROM_DATE is set no date is sent,
        so that entries are counted, too, that the source has on no day."""
        self.whole = await self.count((self.from_date, None))
        return self.whole

    async def learn_to_day(self, *moments: datetime) -> None:
        """Learns whether the source includes the day `to_date` in a range, unless that is known.

        It takes a day D on which an entry is known. If the range D to D holds entries, `to_date` is
        included. If it is empty, D to D + 1 is asked for: where that holds entries, `to_date` is
        included exactly if D + 1 to D + 1 holds some. In the source's time zone the entry may be on
        the day before or after, so these are tried too.
        """
        if self.ledger.to_day_included is not None:
            return
        served = self.sample and await self.copy.time_of(self.sample)
        known = [time for time in (served, *moments, self.watermark) if time]
        days = dict.fromkeys(time.date() for time in known if time.date() <= self.today)
        try:
            for day in days:
                if self.ledger.to_day_included is None:
                    self.ledger.to_day_included = await self._to_day_included(day)
        except RejectedError:  # a range that ends on the day it begins is empty there
            self.ledger.to_day_included = False

    async def _to_day_included(self, near: date) -> bool | None:
        for day in (near, near - ONE_DAY, near + ONE_DAY):
            if (await self.source.page(day, day, 0, 1)).total:
                return True
            following = day + ONE_DAY
            if (await self.source.page(day, following, 0, 1)).total:
                return bool((await self.source.page(following, following, 0, 1)).total)
        return None

    def note_proven(self, window: Window, stated: int, how: str) -> None:
        """All of a window is held: in the ledger, and in its history."""
        if stated != window.stated or how == "walk":  # else everything's proof says it
            self.proofs.append(Proof(window.days, stated, stated, how, "complete"))
        window.prove(stated, self.today)

    def note_unproven(self, window: Window, total: int, distinct: int, reason: str) -> None:
        """A window was read in vain."""
        window.fail(total, reason)
        self.failed.append(window)
        self.proofs.append(Proof(window.days, total, distinct, "walk", "unproven", reason))

    async def _ask(self, days: Days, skip: int, limit: int) -> Page:
        from_day, to_day = days
        if to_day is not None and self.ledger.to_day_included:
            to_day -= ONE_DAY
        return await self.source.page(from_day, to_day, skip, limit)

    async def _look_beyond(self, days: Days, end: int) -> None:
        """There is said to be more after the stated end: if there is, the total is a bound."""
        try:
            beyond = await self._ask(days, end, 1)
        except RejectedError:
            self.ledger.cap = end
            return
        if not beyond.items:
            self._believes_more = False
        elif end + len(beyond.items) > beyond.total:
            self.ledger.cap = beyond.total

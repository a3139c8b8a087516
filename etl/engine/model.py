"""The words of the engine: windows, the ledger, and what it asks of the outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from etl.client.page import Page

PAGE = 100
"""Entries of one page: the endpoint's documented maximum."""

WINDOW = 5_000
"""Entries that a closed window should hold, roughly."""

TOO_LARGE = 2 * WINDOW
"""Entries from which on a window of several days is cut before it is read."""

ALWAYS = date(1970, 1, 1)
"""Where a history begins that has no first day: before this no audit log was kept."""

ONE_DAY = timedelta(days=1)

Days = tuple[date | None, date | None]
"""From a day (inclusive) to a day (exclusive); None is without a bound."""

ALL: Days = (None, None)
"""Everything, also what the source has on no day."""


@dataclass(slots=True, eq=False)
class Window:
    """A range of days `[from_day, to_day)`, and what is known of it.

    `stated`: how many of its entries were held when that number last agreed with the source: with
    a total that it stated, or with what it served, or by subtracting one total from another. None:
    not proven, or not any more. Only without `stated` the next three count. `read_to`: the first so
    many entries were read without a gap. `total`: what the source stated meanwhile; before the
    first page, an estimate. `reason`: why reading all of it did not prove it.

    `counted_on`: the day on which its total was last compared. `read_at`: the start of the run in
    which its last reading began.
    """

    from_day: date
    to_day: date | None
    stated: int | None = None
    total: int | None = None
    read_to: int = 0
    reason: str | None = None
    counted_on: date | None = None
    read_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.to_day is None

    @property
    def days(self) -> Days:
        return self.from_day, self.to_day

    def prove(self, stated: int, today: date) -> None:
        """All of the window is held, and the source states so many entries of it."""
        self.stated, self.total, self.read_to, self.reason = stated, None, 0, None
        self.counted_on = today

    def fail(self, total: int, reason: str) -> None:
        """The window was read in vain."""
        self.stated, self.total, self.read_to, self.reason = None, total, 0, reason

    def reopen(self) -> None:
        """The window is to be read again."""
        if self.stated is not None:
            self.stated, self.total = None, self.stated
        self.read_to, self.reason = 0, None


def added_up(windows: Iterable[Window]) -> int | None:
    """The sum of what windows have `stated`; None where one of them is not proven."""
    total = 0
    for window in windows:
        if window.stated is None:
            return None
        total += window.stated
    return total


@dataclass(frozen=True, slots=True)
class Proof:
    """One row of the ledger's history. `how`: `walk` (all entries were served) or `count`."""

    days: Days
    stated: int | None
    held: int | None
    how: str
    verdict: str  # complete | unproven
    reason: str | None = None


@dataclass(slots=True)
class Ledger:
    """The windows of a stream, oldest first, and what its source has shown of itself.

    `undated` entries are stated of everything and of no range of days. `ordered` is False once a
    page was not in the order of time, or an entry had no readable time. `cap` is a total that
    turned out to be only a lower bound. `excluding`: ETL_FROM_DATE has moved later, and rows from
    before it are still to be told from the others. `rereading_since`: from the run that began then
    until the next proof, the copy remembers which entries are served; see `etl.engine.heal`.
    """

    windows: list[Window] = field(default_factory=list)
    undated: int = 0
    excluding: bool = False
    rereading_since: datetime | None = None
    newest_first: bool | None = None
    ordered: bool = True
    to_day_included: bool | None = None
    cap: int | None = None

    @property
    def sum_stated(self) -> int | None:
        """What the windows and `undated` add up to; None where a window is not proven."""
        dated = added_up(self.windows)
        return None if dated is None else dated + self.undated

    def replace(self, window: Window, parts: Sequence[Window]) -> None:
        """Puts parts in the place of a window."""
        place = self.windows.index(window)
        self.windows[place : place + 1] = parts


@dataclass(frozen=True, slots=True)
class Seen:
    """What a walk has come to: distinct entries served, and whether one page served the same
    content twice. Of a walk that compares: how many were not held when they came, whether any was,
    and whether the last page began or ended with one that was."""

    distinct: int
    identical: bool
    new: int = 0
    contact: bool = False
    head_held: bool = False
    tail_held: bool = False


class Source(Protocol):
    """The API, for one stream."""

    async def page(
        self, from_date: date | None, to_date: date | None, skip: int, limit: int
    ) -> Page:
        """One page of what these two dates select; None is not sent. Raises RejectedError where
        the source refuses the request, as it may for a large `skip`."""
        ...


class Copy(Protocol):
    """The warehouse, for one stream. Pages that were added are kept in memory until a commit."""

    @property
    def held(self) -> int:
        """Entries held: stored as rows or in quarantine, and not recorded as gone. As of the last
        commit or note."""
        ...

    def begin_walk(self, *, compare: bool = False) -> int:
        """A number for a new walk. `compare`: with what is held, see `Seen`."""
        ...

    def end_walk(self, walk: int) -> None:
        """A walk is over: `seen` is not asked any more."""
        ...

    async def add(self, walk: int, turn: int, page: Page) -> None:
        """Takes a page in. Two contents under one id are two entries if both came in one `turn` (a
        pass of the walk); if they came in different ones, they are one entry that has changed."""
        ...

    async def seen(self, walk: int) -> Seen:
        """What a walk has come to, with all pages that were added."""
        ...

    async def time_of(self, entry: str) -> datetime | None:
        """The time of one entry; None where it has none that can be read."""
        ...

    async def commit(self) -> None:
        """Stores all that was added, and the ledger, in one transaction."""
        ...

    async def prove(self, whole: int | None) -> bool:
        """Commits, and returns whether the copy is proven: what is held is what the windows add up
        to, and `whole`, what the source stated of everything just now. Where it counts no further
        than a bound (None), each window must have been counted today."""
        ...

    async def begin_rereading(self) -> None:
        """Commits, and forgets which entries were served before: see `Ledger.rereading_since`."""
        ...

    async def note_gone(
        self, spans: Sequence[Days] | None, lacking: int, *, excluded_before: date | None = None
    ) -> bool:
        """Records as gone the held entries of these days (None: of all) that were not served since
        `begin_rereading`, in this run or in those before: only if they are exactly `lacking` many.
        Those older than `excluded_before` are recorded as excluded by ETL_FROM_DATE. True if any
        was recorded."""
        ...

    async def note_expired(self, before: datetime, most: int) -> int:
        """Records held entries from before an instant as expired, and returns how many: none
        where they are more than `most`."""
        ...

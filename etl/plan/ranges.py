"""Days of a stream, and what the ledger says of them. All frozen."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

PAGE = 100
"""Entries of one page; the endpoint's documented maximum."""

DEEPEST_SKIP = 10_000
"""No page of a window that can still be split asks for more: APIs refuse or cap deep paging."""

WINDOW = 5_000
"""Entries a window of a backfill should hold, roughly."""

ONE_DAY = timedelta(days=1)

EASTMOST, WESTMOST = timedelta(hours=14), timedelta(hours=12)
"""UTC+14 and UTC-12: how early and how late, seen from UTC, a zone's day can begin."""

FOREVER = date.max
"""Until when days are left alone that no request can reach all of."""


class Verdict(StrEnum):
    """What the ledger says of a range. Only `COMPLETE` is a proof."""

    COMPLETE = "complete"
    PLANNED = "planned"  # cut out by a backfill, nothing fetched yet
    PARTIAL = "partial"  # begun, and to be gone on with
    COUNTED = "counted"  # no verdict: what an interrupted verification need not count again
    UNPROVEN = "unproven"  # the source contradicts itself or this copy


class Proof(StrEnum):
    """How a range was proven."""

    WALK = "walk"  # each of the total entries was served in this walk
    COUNT = "count"  # what was known plus the pages fetched add up to the total


@dataclass(frozen=True, slots=True, order=False)
class Range:
    """Days of a stream, as the source counts days: `from_day` inclusive, `to_day` exclusive.

    None is open: from the beginning of history, up to whatever is still to come. The two filters
    are set only where a single day is too large for the API's paging.
    """

    from_day: date | None
    to_day: date | None
    entity_type: str | None = None
    action_type: str | None = None

    @property
    def open(self) -> bool:
        return self.to_day is None

    @property
    def single_day(self) -> bool:
        """True where there is no day to cut at. Of an open range a part by type is: only today is
        split so."""
        if self.from_day is None or self.to_day is None:
            return self.open and self.narrowed
        return self.to_day - self.from_day <= ONE_DAY

    @property
    def narrowed(self) -> bool:
        """True where a type filter makes this a part of its days only."""
        return self.entity_type is not None or self.action_type is not None

    def covers(self, other: "Range") -> bool:
        """True where all days of the other are days of this one."""
        begins = self.from_day is None or (
            other.from_day is not None and self.from_day <= other.from_day
        )
        ends = self.to_day is None or (other.to_day is not None and other.to_day <= self.to_day)
        return begins and ends

    def __str__(self) -> str:
        days = f"{self.from_day or 'the beginning'} to "
        days += str(self.to_day - ONE_DAY) if self.to_day else "now"
        types = "/".join(t for t in (self.entity_type, self.action_type) if t)
        return f"{days} ({types})" if types else days


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A range that the ledger does not call complete, and how far its walk came."""

    range: Range
    verdict: Verdict
    total: int | None = None
    pages_done: frozenset[int] = frozenset()
    depth: int = 0  # entries stored from the first of its walk on, without a gap
    whole: bool = False  # its walk was to take every page
    recorded: bool = True  # False for days that the ledger does not know at all
    left: bool = False  # all was tried: not again today, as long as its total stays
    shifted: bool = False  # its pages are to begin half a page further on


@dataclass(frozen=True, slots=True)
class Difference:
    """A range of days whose count here is not the count at the source."""

    range: Range
    source: int
    known: int


def closing_day(day: date, included: bool | None) -> date:
    """The `to_date` to send so that a range reaches up to `day`, whatever is not known of it."""
    return day - ONE_DAY if included else day


def halves(whole: Range, today: date, oldest: date | None) -> tuple[Range, Range] | None:
    """Cuts a range of more than one day in two, older part first; None where it cannot be cut."""
    begin = whole.from_day or oldest
    end = whole.to_day or today + ONE_DAY
    if begin is None or (end - begin).days < 2:
        return None
    cut = begin + (end - begin) // 2
    return replace(whole, to_day=cut), replace(whole, from_day=cut)

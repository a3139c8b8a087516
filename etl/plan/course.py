"""Which pages of an open window come next, by what those before have told."""

from collections.abc import Sequence
from math import ceil

from etl.plan.model import Fetched

ROUNDS = 8
"""How often a walk goes on because the total moved before it is begun again."""


class Course:
    """Which pages of an open window come next.

    `start` is the skip of the walk's first page, `got` what came of it.
    """

    def __init__(self, start: int, got: Fetched, *, oldest_first: bool) -> None:
        # An interrupted walk has stored what is above.
        self.resumed = start > 0 and not oldest_first
        self._start, self._oldest_first = start, oldest_first
        self._first_total = self._top_total = got.total
        self._deep = start + got.served
        self._onward = False
        self._bottom = False  # newest first the far end does not move: once reached, it stays so
        self._before = False  # oldest first, the page before the last known entry has been fetched

    @property
    def from_oldest(self) -> bool:
        """Whether the first page was the window's oldest."""
        return self._oldest_first and not self._start

    def next(self, got: Fetched, turn: int) -> Sequence[int] | None:
        """The skips of the pages to fetch now; None where no page would tell any more."""
        oldest_first, start = self._oldest_first, self._start
        if oldest_first and start and got.served >= got.size and not got.added:
            return None  # all that was served is known: what lacks lies before it
        doubted = got.doubtful and got.contact and turn
        if turn == ROUNDS or (doubted and (self._deep >= got.total or not oldest_first)):
            return None
        self._bottom |= self._deep >= got.total and not oldest_first
        self._onward = (self._deep < got.total and not self._bottom) and bool(
            oldest_first or turn == 0 or not (got.contact or self.resumed)
        )
        if self._onward:
            # Beyond the first known entry what lacks came late: a page more, then counts tell.
            lacking = 1 if got.contact and not (oldest_first or start) else got.missing + 1
            return skips(self._deep, lacking, got)
        if not oldest_first and (got.total > self._top_total or self.resumed):
            arrived = max(got.missing, got.total - self._first_total)
            self._top_total, self.resumed = got.total, False
            return skips(0, arrived + 1, got)
        if start and oldest_first and not self._before and 0 < got.missing <= got.size:
            # What lacks came late, most likely not by much: a page before, then counts tell.
            self._before, self._start = True, max(start - got.size, 0)
            return (self._start,)
        return None

    def take(self, got: Fetched) -> None:
        """Takes in what came of the pages that were to be next."""
        if self._onward:
            self._deep += got.served or got.size


def skips(start: int, entries: int, got: Fetched) -> range:
    """Skips of the pages from `start` that hold `entries` entries, within the stated total."""
    pages = max(ceil(entries / got.size), 1)
    end = min(start + pages * got.size, max(got.total, start + 1))
    return range(start, end, got.size)

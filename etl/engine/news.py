"""The newest entries of the open window.

They are read from the newest end until as many unknown entries have come as the source states more
than before, and a known one was met. Which end is the newest is learned from the pages. Entries
that came late within the window are found by the same rule: reading goes on until they have come.
"""

from dataclasses import dataclass

from etl.client.page import Page
from etl.engine.model import Seen, Window
from etl.engine.run import Run, together
from etl.errors import RejectedError

PAGES_OF_NEWEST = 20

TURNS = 5
"""So often the newest end is read again in one run, where entries come while it is read."""


@dataclass(slots=True)
class Course:
    """Where to read next, from the newest end on.

    `base` entries of the window are held. The newest `beyond` of them were stored by an
    interrupted run: newest first, that run's pages are passed over, but for the last entry. If
    another one stands there, some of them have gone.
    """

    newest_first: bool
    base: int
    beyond: int
    passed: int | None = None  # newest first: where reading goes on
    low: int | None = None  # oldest first: where the last page backwards began

    @property
    def begin(self) -> int:
        return 0 if self.newest_first else max(self.base - 1, 0)

    def after(self, page: Page, seen: Seen) -> int | None:
        """The `skip` after this page; None where all has been read."""
        skip, size = page.query.skip, len(page.items)
        following = skip + size
        if self.newest_first and seen.tail_held and self.beyond:
            target, self.beyond = seen.new + self.beyond - 1, 0
            if target > following:
                following = self.passed = target
        if (self.newest_first or self.low is None) and size and following < page.total:
            return following
        if self.newest_first:
            return None
        low = self.begin if self.low is None else self.low
        self.low = max(low - max(size, 1), 0)
        return self.low if low > 0 else None


async def look(run: Run) -> int | None:
    """Reads the news and asks for the total of everything, which is returned, at once."""
    _, whole = await together(follow(run), run.everything())
    return whole


async def follow(run: Run) -> None:
    """The news of the open window; where they do not add up, it is not proven any more."""
    window = run.ledger.windows[-1]
    if window.stated is None:
        await _read_newest(run, window)
    elif not await read_news(run, window):
        window.stated = None


async def _read_newest(run: Run, window: Window) -> None:
    """Of an open window that cannot be proven now: reads page after page from the newest end, until
    one holds a known entry, so that new entries are stored. It proves nothing."""
    if run.ledger.newest_first is False or (window not in run.failed and run.in_vain is None):
        return
    number, skip = run.copy.begin_walk(compare=True), 0
    for _ in range(PAGES_OF_NEWEST):
        page = await run.page(window.days, skip, walk=number)
        skip += len(page.items)
        if not page.items or (await run.copy.seen(number)).contact:
            break
    run.copy.end_walk(number)


async def read_news(run: Run, window: Window) -> bool:
    """True where the window is proven: all entries that the source states more were served.

    False where they were not found, or fewer are stated than before: then it must be walked.
    """
    number = run.copy.begin_walk(compare=True)
    try:
        return await _read_news(run, window, number)
    finally:
        run.copy.end_walk(number)


async def _read_news(run: Run, window: Window, number: int) -> bool:
    beyond, run.stored = run.stored, 0
    base = (window.stated or 0) + beyond
    for turn in range(TURNS):
        course = Course(run.ledger.newest_first is not False, base, beyond)
        skip: int | None = course.begin
        totals = set[int]()
        while skip is not None:
            try:
                page = await run.page(window.days, skip, walk=number, turn=turn)
            except RejectedError:
                if skip == 0:
                    raise
                return False
            totals.add(page.total)
            seen = await run.copy.seen(number)
            if skip == course.passed and not seen.head_held:
                return False
            missing = page.total - base - seen.new
            if missing == 0 and (seen.contact or base == 0):
                if page.total == run.ledger.cap:
                    return False  # a bound, not a total
                run.note_proven(window, page.total, "count" if base else "walk")
                return True
            if missing < 0:
                return False
            turned = course.newest_first != (run.ledger.newest_first is not False)
            if turned or (seen.contact and len(totals) > 1):
                break  # the newest end is the other one, or entries came meanwhile: begin again
            skip = course.after(page, seen)
        if skip is None:
            return False
    return False


def find_stored(run: Run) -> None:
    """Counts the rows of the open window that interrupted runs have stored since it was proven."""
    known = run.ledger.sum_stated
    if known is not None and run.ledger.rereading_since is None:  # else some may have gone
        run.stored = max(run.copy.held - known, 0)

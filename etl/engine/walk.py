"""All pages of a window, until every entry that the source states of it was served.

Entries of the same time may change places between two requests, and then one can hide at the edge
of a page. So in every other pass the pages after the first begin half a page earlier. Entries count
as served whichever pass they came in.
"""

from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

from etl.client.page import Page
from etl.engine.model import PAGE, TOO_LARGE, Days, Window
from etl.engine.run import Run, together
from etl.errors import RejectedError

PASSES = 6
"""So often a window is read at most, in one run, before it is called unproven."""

PAGES_AT_ONCE = 64
"""Pages that are asked for together, before it is looked what has come."""


class Walked(Enum):
    PROVEN = "proven"
    UNPROVEN = "unproven"
    CUT = "it must be cut into smaller ones before it can be read"


@dataclass(slots=True)
class Pass:
    """One reading of all pages: which places `[begin, end)` were served, and the totals stated."""

    places: list[tuple[int, int]] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    size: int = PAGE

    def note(self, page: Page) -> None:
        if page.items:
            self.places.append((page.query.skip, page.query.skip + len(page.items)))
        self.totals.append(page.total)

    @property
    def read_to(self) -> int:
        """How many entries were read from the first on, without a gap."""
        end = 0
        for low, high in sorted(self.places):
            if low > end:
                break
            end = max(end, high)
        return end

    def missing(self) -> list[int]:
        """Where the next pages begin that are still to be read, up to the largest total stated: a
        few, since a source may state any total."""
        skips, end = list[int](), 0
        for low, high in [*sorted(self.places), (max(self.totals), 0)]:  # the last one is the end
            skips += islice(range(end, low, self.size), PAGES_AT_ONCE - len(skips))
            end = max(end, high)
        return skips


async def walk(run: Run, window: Window) -> Walked:
    """Reads a window, and records in it whether each of its entries was served.

    What was read is kept, whatever the outcome. Raises RejectedError where the source refuses the
    first page already.
    """
    numbers = [run.copy.begin_walk()]
    try:
        return await _walk(run, window, numbers)
    finally:
        for number in numbers:
            run.copy.end_walk(number)


async def _walk(run: Run, window: Window, numbers: list[int]) -> Walked:
    """The passes of a walk. Its last number counts; a new one begins where entries have gone."""
    done = await _resume(run, window, numbers[0])
    if window.stated is None and not done.places:
        window.read_at = run.began_at
    came = [0]
    for turn in range(PASSES):
        resumed = bool(done.places)
        number = numbers[-1]
        if not await _read(run, window.days, done, number, turn, window):
            return await _too_large(run, window, done)
        seen, total = await run.copy.seen(number), max(done.totals)
        if total == run.ledger.cap:
            return await _too_large(run, window, done)
        # Of a resumed window this run saw only a part: `Copy.prove` counts what is held in all.
        if min(done.totals) == total and (resumed or seen.distinct == total):
            run.note_proven(window, total, "count" if resumed else "walk")
            return Walked.PROVEN
        fell = min(done.totals) < done.totals[0]
        if window.open and not fell and done.totals[0] <= seen.distinct <= total:
            run.note_proven(window, seen.distinct, "walk")  # what came meanwhile is news
            return Walked.PROVEN
        came.append(seen.distinct)
        if seen.identical or came[-3:] == [seen.distinct] * 3:
            break  # another pass would not do better
        if fell:  # what was served before may have gone
            numbers.append(run.copy.begin_walk())
        window.read_to, done = 0, Pass()
    reason = f"source {total:,}, served {seen.distinct:,} distinct entries"
    if seen.identical:
        reason += "; identical entries without an id cannot be told apart"
    run.note_unproven(window, total, seen.distinct, reason)
    return Walked.UNPROVEN


async def read(run: Run, days: Days) -> bool:
    """Reads all pages of some days that are not a window, until each entry was served; False where
    that did not succeed."""
    number = run.copy.begin_walk()
    served = False
    for turn in range(PASSES):
        done = Pass()
        await _read(run, days, done, number, turn)
        served = (await run.copy.seen(number)).distinct >= max(done.totals)
        if served:
            break
    run.copy.end_walk(number)
    return served


async def _resume(run: Run, window: Window, number: int) -> Pass:
    """Resumes where an interrupted run ended, if the source still states the same total. Of the
    open window it may state more: newest first, what is new stands before what was read."""
    done, expected = Pass(), window.total or 0
    if window.stated is not None or not 0 < window.read_to < expected:
        return done
    try:
        page = await run.page(window.days, window.read_to, walk=number)
    except RejectedError:
        window.read_to = 0
        return done
    come = page.total - expected
    if come == 0 or (window.open and come > 0):
        begin = come if run.ledger.newest_first else 0
        done.places.append((begin, begin + window.read_to))
        done.note(page)
    else:
        window.read_to = 0
    return done


async def _read(
    run: Run, days: Days, done: Pass, number: int, turn: int, window: Window | None = None
) -> bool:
    """One pass; False where the window must be cut first, or a page is refused. The next `skip`
    follows from how many entries came, not from how many were asked for."""

    async def ask(skip: int) -> Page:
        page = await run.page(days, skip, walk=number, turn=turn)
        done.note(page)
        if turn == 0 and window is not None and window.stated is None:
            window.total = done.totals[0]
            # What came meanwhile may have moved the places.
            window.read_to = max(done.read_to - (max(done.totals) - window.total), 0)
        return page

    if not done.totals:
        first = await ask(0)
        done.size = len(first.items) or PAGE
        if turn % 2 and first.total > done.size:
            # As if only half of the first page had come: then all others begin half a page earlier.
            done.places[:] = [(0, done.size // 2 or 1)]
    if window is not None and max(done.totals) > TOO_LARGE and run.middle(window):
        return False
    before = -1  # ends, too, where no page of a round brought an entry
    while (skips := done.missing()) and len(done.places) > before:
        before = len(done.places)
        try:
            await together(*map(ask, skips))
        except RejectedError:
            return False
    return True


async def _too_large(run: Run, window: Window, done: Pass) -> Walked:
    await run.learn_to_day()
    if run.middle(window):
        return Walked.CUT
    reason = "one day holds more entries than the source counts or serves"
    run.note_unproven(window, max(done.totals), done.read_to, reason)
    return Walked.UNPROVEN

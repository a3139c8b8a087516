"""A history that was never read, in windows of about 5,000 entries.

The windows are in the ledger before they are read, so that an interrupted run is resumed by reading
those that are not proven. A window that turns out too large is cut in two by its days.
"""

from datetime import date, datetime
from itertools import pairwise

from etl.engine.model import ALWAYS, ONE_DAY, PAGE, WINDOW, Window
from etl.engine.run import Run, together
from etl.engine.walk import Walked, walk
from etl.errors import RejectedError

WINDOWS_AT_ONCE = 3
"""Windows that are read at once: the pages of one keep the requests busy, but for its first."""

SMALL = 10 * PAGE
"""Up to so many entries a history is read as one open window."""


async def divide(run: Run) -> None:
    """Looks at both ends of a history that was never read, and cuts it into windows."""
    page = await run.page((run.first_day, None), 0, walk=run.copy.begin_walk())
    run.whole = page.total
    ends = [await run.copy.time_of(text) for text in {*page.items[:1], *page.items[-1:]}]
    far = await _far_end(run, page.total) if page.total > len(page.items) else None
    known = [moment for moment in (*ends, far) if moment is not None]
    run.watermark = max((m for m in known if m <= run.started_at), default=None)
    if page.total <= SMALL and page.total != run.ledger.cap:
        run.ledger.windows = [Window(run.first_day, None)]
        return
    await run.learn_to_day(*known)
    if far is not None:
        run.oldest = max(min(known).date() - ONE_DAY, run.first_day)
    run.ledger.windows = _cut(run, run.oldest or run.first_day, page.total)


async def _far_end(run: Run, total: int) -> datetime | None:
    """The time of the last entry of everything: the oldest, or the newest. Two are asked for, so
    that a total which is only a bound shows itself."""
    try:
        page = await run.page((run.first_day, None), total - 1, 2)
    except RejectedError:
        return None
    if total == run.ledger.cap or not page.items:
        return None
    return await run.copy.time_of(page.items[0])


def _cut(run: Run, oldest: date, total: int) -> list[Window]:
    """Closed windows up to the lookback, and the open one."""
    head = run.today - run.lookback_days * ONE_DAY
    if oldest >= head:
        head = run.today - ONE_DAY  # young: all but the last day is closed
    parts = max(1, min(total // WINDOW, (head - oldest).days))
    if oldest == ALWAYS:
        parts = 1
    step = max(1, (head - oldest).days // parts)
    cuts = [oldest + n * step * ONE_DAY for n in range(1, parts)]
    edges = [run.first_day, *(cut for cut in cuts if run.first_day < cut < head), head]
    edges = [run.first_day] if head <= run.first_day else edges
    share = total // max(len(edges), 1)  # what each is expected to hold
    closed = [Window(low, high, total=share) for low, high in pairwise(edges)]
    return [*closed, Window(edges[-1], None, total=share)]


async def finish(run: Run) -> None:
    """Reads the windows that are not proven: closed ones side by side, then the open one."""
    *closed, newest = run.ledger.windows
    waiting = [w for w in reversed(closed) if w.stated is None and w not in run.failed]
    if waiting:
        await run.learn_to_day()

    async def worker() -> None:
        while waiting:
            waiting.extend(reversed(await read_or_cut(run, waiting.pop())))

    await together(*(worker() for _ in range(WINDOWS_AT_ONCE)))
    if newest.stated is None and newest not in run.failed and await read_or_cut(run, newest):
        await finish(run)


async def read_or_cut(run: Run, window: Window) -> list[Window]:
    """Reads a window; where it must be cut, its parts stand in its place and are returned."""
    if await walk(run, window) is not Walked.CUT:
        return []
    middle = run.middle(window)
    if middle is None:
        return []
    parts = [Window(window.from_day, middle), Window(middle, window.to_day)]
    run.ledger.replace(window, parts)
    return parts

"""What differs from the source is read again, and what has gone is recorded; a few attempts.

The windows that differ are found with few counts: the source is asked for the total of the left
half, and the right half is what remains. They are read again. Where entries may have gone, the days
before and after are read too: `gone.sql` selects held entries by UTC days, and the source's days
may begin in another time zone.

A re-reading may take several runs, where each may ask but little: windows that are still to be read
are not proven in the ledger, and the copy remembers what was served since it began.
"""

from collections.abc import Sequence

from etl.client.page import Page
from etl.engine.first import finish
from etl.engine.model import ALL, ALWAYS, ONE_DAY, PAGE, Days, Window, added_up
from etl.engine.news import look
from etl.engine.run import Run, together
from etl.engine.walk import read
from etl.errors import RejectedError

ATTEMPTS = 4
"""So often differences are looked for in one run; from the third on everything is read."""


async def heal(run: Run, whole: int | None) -> bool:
    """Looks for differences, given what the source states of everything (None: more than it
    counts). True where the copy is proven at the end."""
    await run.learn_to_day()
    for attempt in range(ATTEMPTS):
        if whole and (whole < run.copy.held or run.ledger.undated):
            page = await _last_page(run, whole)
            if whole == run.ledger.cap:
                whole = None  # only a bound
            elif whole < run.copy.held and page is not None:
                await _expire(run, whole, page)
        if attempt == 0 and run.ledger.rereading_since is not None:
            whole = await note_gone(run)  # an interrupted run has begun it
        if whole is not None and await run.copy.prove(whole):
            return True
        dated = await _dated(run, whole)
        if attempt == 1:
            run.ledger.to_day_included = None  # it may be read otherwise now
            await run.learn_to_day()
        differ = await differing(run, run.ledger.windows, dated)
        bad = [window for window in differ if window not in run.failed]  # not yet read in vain
        if not bad and whole is None and await run.copy.prove(None):
            return True
        if differ and not bad:
            return False  # to read these once more would not do better
        some_gone = whole is not None and whole < run.copy.held
        # Held entries are told to be of a window by their times: only where these can be trusted.
        by_days = run.ledger.ordered and not run.ledger.excluding
        everything = not bad or attempt >= 2 or (some_gone and not by_days)
        await begin_rereading(run, run.ledger.windows if everything else bad)
        await finish(run)
        whole = await note_gone(run)
        if await run.copy.prove(whole):
            return True
    return False


async def differing(run: Run, windows: Sequence[Window], stated: int | None) -> list[Window]:
    """The windows of which the source states something else than is held; `stated`: what it states
    of all of these together, None where it counts no further."""
    if stated is None:
        same = await together(*(_counted(run, window) for window in windows))
        return [window for window, equal in zip(windows, same, strict=True) if not equal]
    if added_up(windows) == stated:
        return []
    if len(windows) == 1:
        return list(windows)
    left, right = windows[: len(windows) // 2], windows[len(windows) // 2 :]
    of_left = await run.count((left[0].from_day, left[-1].to_day))
    of_right = None if of_left is None else stated - of_left
    return [*await differing(run, left, of_left), *await differing(run, right, of_right)]


async def _counted(run: Run, window: Window) -> bool:
    """Whether the source states of a window what is held; asked once a day."""
    if window.stated is not None and window.counted_on != run.today:
        if await run.count(window.days) != window.stated:
            return False
        window.counted_on = run.today
    return window.stated is not None


async def _dated(run: Run, whole: int | None) -> int | None:
    """What the source states of all days. What the whole holds besides is `undated`: entries that
    have no time in the source's database. A query without dates counts them; one that begins at
    ALWAYS does not."""
    if whole is None or run.from_date is not None:
        return whole
    dated = await run.count((ALWAYS, None))
    if dated is not None and (dated < whole or run.ledger.undated):
        undated = max(whole - dated, 0)
        # As many others may have gone: then as many are held as are stated.
        await _read_undated(run, whole, max(whole - run.copy.held, undated - run.ledger.undated))
        run.ledger.undated = undated
    return dated


async def _read_undated(run: Run, whole: int, missing: int) -> None:
    """Entries without a time stand at one end of everything, where the source sorts by time: a few
    are looked for there; else all is read."""
    number = run.copy.begin_walk(compare=True)
    if 0 < missing <= PAGE:
        for turn, skip in enumerate(dict.fromkeys((max(whole - PAGE, 0), 0))):
            try:
                await run.page(ALL, skip, walk=number, turn=turn)  # the two may overlap
            except RejectedError:
                continue
        missing -= (await run.copy.seen(number)).new
    run.copy.end_walk(number)
    if missing > 0:
        await read(run, ALL)


async def begin_rereading(run: Run, windows: Sequence[Window]) -> None:
    """From here on the copy remembers what is served, and these windows are to be read again."""
    ledger, since = run.ledger, run.began_at
    ledger.rereading_since = since
    if len(windows) == len(ledger.windows):
        ledger.ordered = True  # unless a page shows otherwise
    for window in ledger.windows:
        if window.read_at is not None and window.read_at >= since:
            window.read_at = None
    for window in windows:
        window.reopen()
    run.failed = [window for window in run.failed if window not in windows]
    await run.copy.begin_rereading()


async def note_gone(run: Run) -> int | None:
    """Reads the news, and returns what the source states of everything. Records as gone the held
    entries of the windows read again that were not served since that began: only if they are
    exactly as many as the source lacks."""
    await run.copy.commit()
    whole = await look(run)  # what came meanwhile is not lacking
    stated = run.ledger.sum_stated if whole is None else whole
    since = run.ledger.rereading_since
    if since is None or stated is None or stated >= run.copy.held:
        return whole
    windows = run.ledger.windows
    again = [w for w in windows if w.read_at is not None and w.read_at >= since]
    spans = [window.days for window in again] if len(again) < len(windows) else None
    if spans is not None:
        besides = list({edge: None for window in again for edge in _edges(run, window)})
    else:
        besides = [ALL] if run.ledger.undated else []
    served = [await read(run, days) for days in besides]
    await run.copy.commit()
    if not all(served) or any(window.stated is None for window in again):
        return whole  # what other entries of the same time have hidden has not gone
    before = run.first_day + ONE_DAY if run.ledger.excluding else None  # in whatever time zone
    await run.copy.note_gone(spans, run.copy.held - stated, excluded_before=before)
    return whole


def _edges(run: Run, window: Window) -> list[Days]:
    """The days before and after a window."""
    edges: list[Days] = []
    if window.from_day > run.first_day:
        edges.append((window.from_day - ONE_DAY, window.from_day))
    if window.to_day is not None:
        edges.append((window.to_day, window.to_day + ONE_DAY))
    return edges


async def _last_page(run: Run, whole: int) -> Page | None:
    """The last page of everything. It also shows whether `whole` is a bound (`Ledger.cap`)."""
    try:
        return await run.page((run.from_date, None), whole - 1, 2)  # two: see `first._far_end`
    except RejectedError:
        return None


async def _expire(run: Run, whole: int, page: Page) -> None:
    """Records what is older than the source's oldest entry as expired, and takes it off the oldest
    windows: the source no longer retains it. `page`: the last page of everything."""
    ledger = run.ledger
    if ledger.sum_stated is None or ledger.excluding:
        return
    if not ledger.ordered or ledger.newest_first is None:
        return
    if not ledger.newest_first:
        try:
            page = await run.page((run.from_date, None), 0, 2)
        except RejectedError:
            return
    oldest = await run.copy.time_of(page.items[0]) if page.items else None
    if oldest is None or page.total != whole:
        return
    gone = await run.copy.note_expired(oldest, run.copy.held - whole)
    for window in ledger.windows:
        taken = min(gone, window.stated or 0)
        window.stated = (window.stated or 0) - taken
        gone -= taken

"""A sync: the news and everything at once; what differs is healed."""

from math import ceil

from etl.engine.first import divide, finish
from etl.engine.heal import begin_rereading, heal
from etl.engine.model import ONE_DAY, PAGE, TOO_LARGE, WINDOW, Window, added_up
from etl.engine.news import find_stored, follow, look
from etl.engine.run import Run

ROUNDS = 5
"""So often the news are read in one run, where entries come between them and the total."""


async def sync(run: Run) -> None:
    """Brings a copy up to date. Whether it is proven is in the ledger afterwards."""
    await begin_history(run)
    if run.ledger.windows:
        find_stored(run)
    else:
        await divide(run)
    if run.in_vain is not None:
        whole = await look(run)
        if await run.copy.prove(whole) or run.gap == run.in_vain:
            return  # what is lacking was looked for twice today
    await finish(run)
    await run.copy.commit()  # so that news are told from what is held
    await prove_or_heal(run)


async def prove_or_heal(run: Run) -> bool:
    """Reads what is new and asks for the total of everything, until both agree with the copy."""
    whole: int | None = None
    for _ in range(ROUNDS):
        windows, held = list(run.ledger.windows), run.copy.held
        whole, run.ledger.windows = await _look(run)
        if await run.copy.prove(whole):
            return True
        if added_up(windows) is not None:
            run.ledger.windows = windows  # undo the cut: its count is trusted only with a proof
        if run.copy.held == held or run.ledger.windows[-1].stated is None:
            break  # nothing came meanwhile that another round could explain
    return await heal(run, whole)


async def begin_history(run: Run) -> None:
    """Where ETL_FROM_DATE is another than before, days are added in front, or no longer asked for.

    Rows of days that are not asked for any more are told from the others by reading all of these.
    """
    ledger, first = run.ledger, run.first_day
    if not ledger.windows or ledger.windows[0].from_day == first:
        return
    if first < ledger.windows[0].from_day:
        ledger.windows.insert(0, Window(first, ledger.windows[0].from_day))
        return
    while (to_day := ledger.windows[0].to_day) is not None and to_day <= first:
        ledger.windows.pop(0)
    ledger.windows[0] = Window(first, to_day)
    ledger.undated, ledger.excluding = 0, True
    await begin_rereading(run, ledger.windows)


async def _look(run: Run) -> tuple[int | None, list[Window]]:
    """What the source states of everything, and the windows with the cut that is due."""
    windows = run.ledger.windows
    due = _due_cut(run)
    if due is None:
        return await look(run), windows
    asked, before = run.asked, windows[-1].stated or 0
    await follow(run)
    stated = windows[-1].stated
    if stated is not None and run.asked - asked <= max(1, ceil((stated - before) / PAGE)):
        windows = await _cut(run, *due)  # the news took no extra page: one count more is allowed
    return await run.everything(), windows


def _due_cut(run: Run) -> tuple[Window, Window] | None:
    """The window that is to be cut now, and its later part, which is to be counted."""
    newest = run.ledger.windows[-1]
    if run.watermark is None or run.ledger.sum_stated is None:
        return None
    day = run.watermark.date() - run.lookback_days * ONE_DAY
    if day > newest.from_day:
        return newest, Window(day, None)
    large = (w for w in run.ledger.windows[:-1] if (w.stated or 0) > TOO_LARGE)
    for window in large:
        if (middle := run.middle(window)) is not None:
            return window, Window(middle, window.to_day)
    return None


async def _cut(run: Run, window: Window, later: Window) -> list[Window]:
    """The windows with one of them cut in two by a count: subtraction gives the other part. A
    small part joins the window before it."""
    windows = list(run.ledger.windows)
    of_later = await run.count(later.days)
    if of_later is None or window.stated is None or of_later > window.stated:
        return windows
    earlier = Window(window.from_day, later.from_day)
    for part, stated in ((earlier, window.stated - of_later), (later, of_later)):
        part.prove(stated, run.today)
    place = windows.index(window)
    before = windows[place - 1] if place else None
    if before is not None and (before.stated or 0) + (earlier.stated or 0) <= WINDOW:
        place -= 1
        earlier.stated = (earlier.stated or 0) + (before.stated or 0)
        earlier.from_day = before.from_day
        windows.pop(place)
    windows[place : place + 1] = [earlier, later]
    return windows

"""Comparing a copy with its source: by counts, or by reading everything again."""

from dataclasses import dataclass

from etl.engine.first import finish, read_or_cut
from etl.engine.heal import begin_rereading, differing, note_gone
from etl.engine.model import ALL, Days, Window
from etl.engine.news import find_stored
from etl.engine.run import Run
from etl.engine.sync import begin_history, prove_or_heal, sync
from etl.engine.walk import read


@dataclass(frozen=True, slots=True)
class Difference:
    """Days of which the source states another number of entries than is held. None: unknown."""

    days: Days
    source: int | None
    local: int | None


async def verify(run: Run, days: Days = ALL) -> list[Difference]:
    """Compares counts, and changes no row. Of days, the windows that hold them are compared."""
    windows = _of(run, days)
    whole = await run.everything() if days == ALL else None
    if whole is not None and await run.copy.prove(whole):
        return []
    if days != ALL and not windows:
        number = await run.count(days)
        return [Difference(days, number, 0)] if number else []
    await run.learn_to_day()
    for window in windows:
        window.counted_on = None  # what was counted earlier today does not count here
    stated = None if whole is None else whole - run.ledger.undated
    if days != ALL and windows:
        stated = await run.count((windows[0].from_day, windows[-1].to_day))
    bad = await differing(run, windows, stated) if windows else []
    found = [Difference(w.days, await run.count(w.days), w.stated) for w in bad]
    found = [place for place in found if place.source != place.local or place.local is None]
    if found or days != ALL or (whole is None and await run.copy.prove(None)):
        return found
    return [Difference(ALL, whole, run.copy.held)]


async def deep(run: Run, days: Days = ALL) -> None:
    """Reads every entry of some days again, applies what has changed, and proves the copy.

    An interrupted one is resumed: windows that were read since `Run.deep_since` are passed over.
    """
    await begin_history(run)
    await run.learn_to_day()
    if not run.ledger.windows:
        await sync(run)
        return
    find_stored(run)
    await finish(run)
    await run.copy.commit()
    windows = [window for window in _of(run, days) if not _read_since(run, window)]
    if run.ledger.rereading_since is None or run.deep_since is None:
        await begin_rereading(run, [])
    for window in windows:
        await read_or_cut(run, window)
        window.read_at = run.began_at
        await run.copy.commit()
    await finish(run)  # the parts of those that had to be cut
    if days == ALL and run.ledger.undated:
        await read(run, ALL)  # no window has these entries
    await note_gone(run)
    await prove_or_heal(run)


def _of(run: Run, days: Days) -> list[Window]:
    """The windows that hold any of these days."""
    low, high = days
    return [
        window
        for window in run.ledger.windows
        if (high is None or window.from_day < high)
        and (low is None or window.to_day is None or window.to_day > low)
    ]


def _read_since(run: Run, window: Window) -> bool:
    since, read_at = run.deep_since, window.read_at
    return since is not None and read_at is not None and read_at >= since

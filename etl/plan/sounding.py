"""Soundings: a count, right after the whole history is proven, shows where a day begins."""

from collections.abc import Generator
from datetime import datetime
from typing import Any

from etl.plan.check import check_history
from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, Count, Counted, Doubtful, Known, OldestOf, Watermark
from etl.plan.newest import newest_window
from etl.plan.ranges import Proof, Range, Verdict


def sound_ahead(learned: Learned, *, unsettled: bool) -> Generator[Ask, Any, None]:
    """Asks where the source's day begins on which the next sync will begin.

    Right after the whole history is proven one count tells; without it, the next sync could not
    be sure that its counts and the source's are over the same days. Where the newest window alone
    was left `unsettled` though nothing lacks, the source may have changed the zone of its days.

    An entry that came since the proof would pass for one of the day's other side. So the whole is
    counted once more, and where it is not what it was, that is looked into instead.
    """
    watermark: datetime | None = yield Watermark()
    window = newest_window(learned.state, watermark)
    if window == learned.state.history or not (unsettled or (yield Doubtful(window))):
        return
    counted: Counted = yield Count(window)
    whole: Counted = yield Count(learned.state.history)
    if whole.total != (yield Known(learned.state.history)):
        yield from check_history(learned)
        return
    yield sounding(window, counted.total)


def begins_elsewhere(window: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """True where nothing lacks of a window whose counts contradict each other: its first day begins
    elsewhere at the source than was believed.

    Then the window is the newest known entries, as many as the source states, its oldest entry is
    the oldest of these, and the whole history is here. Where as many have come and gone on either
    side of its beginning, its oldest entry is another one.
    """
    if learned.stated is None or learned.stated[0] != window:
        return False
    total = learned.stated[1]
    expected: datetime | None = yield OldestOf(window, total)
    if expected is None:
        return False
    last: Counted = yield Count(window, learned.oldest_skip(total))
    if last.total != total or last.position != expected or not last.known:
        return False
    if (yield from check_history(learned)) and learned.at_first_count:
        yield sounding(window, total)
    return learned.proven_history


def sounding(window: Range, total: int) -> Commit:
    return Commit(window, Verdict.COMPLETE, total, Proof.COUNT, sounding=True)

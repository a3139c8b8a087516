"""Soundings: a count, right after the whole history is proven, shows where a day begins."""

from collections.abc import Generator
from datetime import datetime
from typing import Any

from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, Count, Counted, Doubtful, Watermark
from etl.plan.newest import newest_window
from etl.plan.ranges import Proof, Range, Verdict


def sound_ahead(learned: Learned, *, unsettled: bool) -> Generator[Ask, Any, None]:
    """Asks where the source's day begins on which the next sync will begin.

    Right after the whole history is proven one count tells; without it, the next sync could not
    be sure that its counts and the source's are over the same days. Where the newest window alone
    was left `unsettled` though nothing lacks, the source may have changed the zone of its days.
    """
    watermark: datetime | None = yield Watermark()
    window = newest_window(learned.state, watermark)
    if window == learned.state.history or not (unsettled or (yield Doubtful(window))):
        return
    counted: Counted = yield Count(window)
    yield sounding(window, counted.total)


def sounding(window: Range, total: int) -> Commit:
    return Commit(window, Verdict.COMPLETE, total, Proof.COUNT, sounding=True)

"""What a sync would take, from one to three counts."""

from collections.abc import Generator
from dataclasses import dataclass
from math import ceil
from typing import Any

from etl.plan.learned import Learned
from etl.plan.model import Ask, Count, Counted, Known
from etl.plan.newest import BULKY_ENTRIES, newest_window
from etl.plan.ranges import PAGE, WINDOW

PROBES = 5
"""Requests of a backfill that bring no page of their own: the first answer, where history begins,
how `to_date` is read, and the count at the end."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Entries stated and known, and what fetching the rest will take."""

    source_total: int
    known: int
    missing: int
    windows: int
    requests: int


def forecast_plan(learned: Learned) -> Generator[Ask, Any, Forecast]:
    """One count over the history; a second over the newest window where that has been walked."""
    state = learned.state
    whole: Counted = yield Count(state.history)
    known: int = yield Known(state.history)
    missing = max(whole.total - known, 0)
    if state.walked_before and not state.unfinished:
        window = newest_window(state, state.watermark)
        newest: Counted = yield Count(window)
        held: int = yield Known(window)
        missing = max(missing, newest.total - held)
    windows = 1 if missing <= BULKY_ENTRIES else ceil(missing / WINDOW)
    requests = ceil(missing / PAGE) + state.check_due
    if windows > 1 or missing > BULKY_ENTRIES:
        requests += PROBES + windows // 2
    return Forecast(whole.total, known, missing, windows, max(requests, 1))

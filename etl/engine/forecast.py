"""What a sync would take."""

from dataclasses import dataclass
from math import ceil

from etl.engine.first import SMALL
from etl.engine.model import PAGE, WINDOW

EXTRA = 7
"""Requests of a first sync that bring no page of their own: both ends, how `to_date` is read, the
totals at the end."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Entries at the source and here, and what fetching the rest will take."""

    source_total: int
    held: int
    missing: int
    windows: int
    requests: int


def forecast(source_total: int, held: int) -> Forecast:
    """From what the source states and what is held; the requests are an estimate."""
    missing = max(source_total - held, 0)
    windows = 1 if missing <= SMALL else max(2, ceil(missing / WINDOW) + 1)
    requests = 2 if not missing else ceil(missing / PAGE) + 1
    if not held:
        requests += EXTRA + (windows // 2 if windows > 1 else 0)
    return Forecast(source_total, held, missing, windows, requests)

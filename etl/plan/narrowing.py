"""Where two counts differ: narrowed down to days by counting."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from typing import Any

from etl.plan.learned import Learned
from etl.plan.model import Ask, Count, Counted, Known, Oldest
from etl.plan.ranges import ONE_DAY, Difference, Range


@dataclass(frozen=True, slots=True)
class _Segment:
    """Days `[low, high)` with the counts from either edge to now: source and here."""

    low: date | None
    high: date | None
    source: tuple[int, int]
    known: tuple[int, int]

    @property
    def counts(self) -> tuple[int, int]:
        return self.source[0] - self.source[1], self.known[0] - self.known[1]


def narrow(
    window: Range,
    source: tuple[int, int],
    known: tuple[int, int],
    learned: Learned,
    counts: int | None = None,
) -> Generator[Ask, Any, list[Difference] | None]:
    """The days of a window in which the counts differ, newest first.

    `source` and `known` are the entries from the window's first day to now, and from its end to
    now. Bisects with open-ended counts, so that nothing depends on how `to_date` is read. Days
    that one side has no entry of at all stay together. None where more than `counts` counts would
    be needed.
    """
    oldest: date | None = yield Oldest()
    found: list[Difference] = []
    stack = [_Segment(window.from_day, window.to_day, source, known)]
    while stack:
        segment = stack.pop()
        there, here = segment.counts
        if there == here:
            continue
        middle = _middle(segment, oldest, learned.last_cut) if there and here else None
        if middle is None:
            found.append(Difference(Range(segment.low, segment.high), there, here))
            continue
        if counts is not None:
            counts -= 1
            if counts < 0:
                return None
        counted: Counted = yield Count(Range(middle, None))
        held: int = yield Known(Range(middle, None))
        stack.append(
            _Segment(segment.low, middle, (segment.source[0], counted.total),
                     (segment.known[0], held))
        )  # fmt: skip
        stack.append(
            _Segment(middle, segment.high, (counted.total, segment.source[1]),
                     (held, segment.known[1]))
        )  # fmt: skip
    return found


def _middle(segment: _Segment, oldest: date | None, last: date) -> date | None:
    """Where to cut next; None for a single day, the last days, or what is older than all known."""
    low = segment.low
    if low is None:
        if oldest is None or (segment.high is not None and segment.high <= oldest):
            return None
        return min(oldest, last)
    high = segment.high
    if high is None:
        if low >= last:
            return None
        high = last + ONE_DAY
    return low + (high - low) // 2 if (high - low).days > 1 else None

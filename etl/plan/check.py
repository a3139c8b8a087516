"""Counts of the whole history against the source's, and where they differ: narrowed to days."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.model import (
    ONE_DAY,
    PAGE,
    WINDOW,
    Ask,
    Commit,
    Committed,
    Count,
    Counted,
    Expire,
    Known,
    Learned,
    Oldest,
    Proof,
    Range,
    Spread,
    Unfinished,
    Verdict,
)
from etl.plan.newest import Outcome, walk_open, walk_whole

FEW_COUNTS = 24
"""So many counts may be spent on narrowing, or a quarter of what a walk of the window would cost."""

FEW_ENTRIES = 3 * PAGE
"""A window of so few entries is walked rather than narrowed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A range of days whose count here is not the count at the source."""

    range: Range
    source: int
    known: int


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
    window: Range, total: int, known: int, learned: Learned, counts: int | None = None
) -> Generator[Ask, Any, list[Difference] | None]:
    """The days of an open window in which the counts differ, newest first.

    Bisects with open-ended counts, so that nothing depends on how `to_date` is read. None where
    more than `counts` counts would be needed.
    """
    oldest: date | None = yield Oldest()
    found: list[Difference] = []
    stack = [_Segment(window.from_day, window.to_day, (total, 0), (known, 0))]
    while stack:
        segment = stack.pop()
        source, here = segment.counts
        if source == here:
            continue
        middle = _middle(segment, oldest, learned.last_cut)
        if middle is None:
            found.append(Difference(Range(segment.low, segment.high), source, here))
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


def _patience(entries: int) -> int:
    return max(FEW_COUNTS, entries // PAGE // 4)


def reconcile(window: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Makes an open window whole whose counts contradict each other; True where it is proven.

    The differing days are located by counting and fetched again; where there are many of them, or
    where that does not settle it, the window is walked.
    """
    counted: Counted = yield Count(window)
    known: int = yield Known(window)
    if max(counted.total, known) > FEW_ENTRIES:
        places = yield from narrow(window, counted.total, known, learned, _patience(known))
        if places:
            yield from heal(places, learned)
            if (yield from walk_open(window, learned)) is Outcome.PROVEN:
                return True
    return (yield from rewalk(window, learned))


def rewalk(window: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches an open window again: what is closed in parallel, its last days in order."""
    cuts: tuple[date, ...] = yield Spread(window, WINDOW)
    edges = [window.from_day, *(cut for cut in cuts if cut < learned.last_cut)]
    if len(edges) == 1:
        return (yield from walk_whole(window, learned)) is Outcome.PROVEN
    edges.append(learned.last_cut)
    closed = tuple(
        Unfinished(Range(low, high), Verdict.UNPROVEN)
        for low, high in zip(edges, edges[1:], strict=False)
    )
    proven = yield from sweep_closed(closed[::-1], learned)
    head = yield from walk_whole(Range(learned.last_cut, None), learned)
    return proven and head is Outcome.PROVEN


def heal(places: list[Difference], learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches the differing ranges again."""
    proven = True
    closed = tuple(
        Unfinished(place.range, Verdict.UNPROVEN, place.source)
        for place in places
        if not place.range.open
    )
    if closed:
        proven &= yield from sweep_closed(closed, learned)
    for place in places:
        if place.range.open:
            proven &= (yield from walk_whole(place.range, learned)) is Outcome.PROVEN
    return proven


def check_history(learned: Learned) -> Generator[Ask, Any, bool]:
    """One count over the whole history; where it differs, the difference is found and healed."""
    history = learned.state.history
    for attempt in range(3):
        counted: Counted = yield Count(history)
        known: int = yield Known(history)
        if learned.total_cap is not None and counted.total >= learned.total_cap:
            return (yield from _check_by_parts(history, learned))
        if counted.total < known:
            known -= yield from expire(history, counted.total, learned)
        if counted.total == known and (counted.known or known == 0):
            committed: Committed = yield Commit(
                history, Verdict.COMPLETE, counted.total, Proof.COUNT
            )
            return committed.verdict is Verdict.COMPLETE
        if attempt == 2:
            break
        places = yield from narrow(history, counted.total, known, learned, _patience(known))
        if places is None:
            yield from rewalk(history, learned)
        else:
            yield from heal(places, learned)
    reason = f"{known} entries here, {counted.total} stated by the source"
    yield Commit(history, Verdict.UNPROVEN, counted.total, reason=reason)
    return False


def expire(history: Range, total: int, learned: Learned) -> Generator[Ask, Any, int]:
    """Records what is older than the source's oldest entry as expired; how many that were."""
    if total == 0:
        return 0
    skip = 0 if learned.newest_first is False else total - 1
    counted: Counted = yield Count(history, skip)
    if counted.rejected or counted.position is None or counted.total != total:
        return 0
    gone: int = yield Expire(history, counted.position)
    return gone


def _check_by_parts(history: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """The check where `total` is capped: closed ranges, each small enough to be counted."""
    assert learned.total_cap is not None
    cuts = yield Spread(history, max(learned.total_cap // 2, 1))
    edges = [history.from_day, *(cut for cut in cuts if cut < learned.last_cut), learned.last_cut]
    differing: list[Unfinished] = []
    for low, high in zip(edges, edges[1:], strict=False):
        part = Range(low, high)
        counted: Counted = yield Count(part)
        known: int = yield Known(part)
        if counted.total != known:
            differing.append(Unfinished(part, Verdict.UNPROVEN, counted.total))
        else:
            yield Commit(part, Verdict.COMPLETE, known, Proof.COUNT)
    return not differing or (yield from sweep_closed(tuple(differing), learned))

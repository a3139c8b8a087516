"""Where two counts differ: narrowed down to days by counting."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, CommitAll, Count, Counted, Known, Oldest
from etl.plan.ranges import ONE_DAY, Difference, Range, Verdict


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
    explained: Sequence[Difference] = (),
    *,
    record: bool = False,
    resume: bool = False,
) -> Generator[Ask, Any, list[Difference] | None]:
    """The days of a window in which the counts differ, newest first.

    `source` and `known` are the entries from the window's first day to now, and from its end to
    now. Bisects with open-ended counts, so that nothing depends on how `to_date` is read. Days
    that one side has no entry of at all stay together. None where more than `counts` counts would
    be needed. Differences that are `explained` are not looked for, unless there is more to them.
    Where `record` says so, what is found is written to the ledger at once, for this run may end;
    where `resume` does, it is noted, and so are counts: see `counted_since`.
    """
    oldest: date | None = yield Oldest()
    found: list[Difference] = []
    stack = [
        _Segment(window.from_day, window.to_day, source,
                 (known[0] + _lacking(explained, window.from_day),
                  known[1] + (_lacking(explained, window.to_day) if window.to_day else 0)))
    ]  # fmt: skip
    while stack:
        segment = stack.pop()
        there, here = segment.counts
        if there == here:
            continue
        middle = _middle(segment, oldest, learned.last_cut) if there and here else None
        if middle is None:
            range_ = Range(segment.low, segment.high)
            inside = [place for place in explained if overlap(place.range, range_)]
            found.append(Difference(range_, there, here - _lacking(inside, None)))
            if resume:
                learned.differences.append(found[-1])
            if record and range_ not in learned.given_up:
                yield unproven(found[-1])
            continue
        if counts is not None:
            counts -= 1
            if counts < 0:
                return None
        older = Range(window.from_day, middle)
        since = yield from counted_since(older, source[0], learned, resume=resume)
        held: int = yield Known(Range(middle, None))
        held += _lacking(explained, middle)
        stack.append(
            _Segment(segment.low, middle, (segment.source[0], since),
                     (segment.known[0], held))
        )  # fmt: skip
        stack.append(
            _Segment(middle, segment.high, (since, segment.source[1]),
                     (held, segment.known[1]))
        )  # fmt: skip
    return found


def counted_since(
    older: Range, total: int, learned: Learned, *, resume: bool
) -> Generator[Ask, Any, int]:
    """Entries at the source from the end of `older` days on, of `total` from their first day on.

    Where `resume` says so, an interrupted run's count of the older ones is taken as it was: what
    has come since came after them, or is found later. And this one is left for the next run.
    """
    if resume and older in learned.state.counted:
        return max(total - learned.state.counted[older], 0)
    counted: Counted = yield Count(Range(older.to_day, None))
    if resume:
        yield note_count(older, total - counted.total)
    return counted.total


def note_count(range_: Range, total: int) -> CommitAll:
    """The ledger row of a count, so that it need not be made again."""
    return CommitAll((Commit(range_, Verdict.COUNTED, total),))


def unproven(place: Difference) -> Commit:
    """The ledger row of a difference."""
    reason = f"{place.known} entries here, {place.source} stated by the source"
    if place.known == place.source:
        reason = f"as many entries here as at the source, {place.source}, but not the same"
    return Commit(place.range, Verdict.UNPROVEN, place.source, reason=reason)


def overlap(one: Range, other: Range) -> bool:
    """Whether two ranges have a day in common."""
    begins = max(one.from_day or date.min, other.from_day or date.min)
    return begins < min(one.to_day or date.max, other.to_day or date.max)


def _lacking(places: Sequence[Difference], since: date | None) -> int:
    """How many entries these places lack together, but for those that begin before a day."""
    return sum(
        place.source - place.known
        for place in places
        if since is None or (place.range.from_day or date.min) >= since
    )


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

"""Counts of parts: where `total` is capped, and beside days that lack entries for good."""

from collections.abc import Generator
from datetime import date
from itertools import pairwise
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, Committed, Count, Counted, Doubtful, Known, Spread
from etl.plan.narrowing import note_count
from etl.plan.ranges import WINDOW, Difference, Proof, Range, Unfinished, Verdict


def heal_parts(window: Range, until: date, learned: Learned) -> Generator[Ask, Any, bool]:
    """Counts the days of a window before `until`, and fetches what differs; True where all is well.

    What some days lack for good (`Learned.given_up`) is no difference.
    """
    differing = yield from differing_parts(window, until, learned)
    items = tuple(
        Unfinished(part.range, Verdict.UNPROVEN, part.source)
        for part in differing
        if learned.given_up.get(part.range) != part.source - part.known
    )
    return not items or (yield from sweep_closed(items, learned))


def differing_parts(
    window: Range, until: date | None, learned: Learned, *, record: bool = False
) -> Generator[Ask, Any, list[Difference]]:
    """The parts of a window, up to a day or to now, whose counts differ.

    Where it is in doubt on which day entries near an edge lie, what one part lacks its neighbour
    has too much: as many as have moved over that edge, and no more than are in doubt there. Over
    the edges of the whole nothing may have moved: it would hide what came or went. Where `record`
    says so, closed parts that an interrupted run has counted are not counted again.
    """
    cap = learned.total_cap or WINDOW
    edges = yield from closed_edges(window, until or learned.last_cut, max(cap // 2, 1))
    if until is None:
        edges.append(None)
    parts: list[Difference] = []
    doubts: list[int] = []
    moved, explained, empty = 0, True, edges[0] == learned.state.history_from
    for low, high in pairwise(edges):
        days = Range(low, high)
        total: int | None = learned.state.counted.get(days) if record and high else None
        if total is None:
            counted: Counted = yield Count(days)
            total = counted.total
            if record:
                yield note_count(days, total)
        empty &= total == 0
        if empty and high:
            learned.empty_until = high
        parts.append(Difference(days, total, (yield Known(days))))
        doubts.append((yield Doubtful(Range(low, None))))
        explained &= abs(moved) <= doubts[-1]
        moved += parts[-1].source - parts[-1].known
    doubts.append((yield Doubtful(Range(edges[-1], None))))
    explained &= moved == 0
    differing: list[Difference] = []
    for part, around in zip(parts, pairwise(doubts), strict=True):
        if part.source >= cap or not (explained or part.source == part.known):
            differing.append(part)
        elif not any(around):
            yield Commit(part.range, Verdict.COMPLETE, part.known, Proof.COUNT)
    return differing


def closed_edges(window: Range, end: date, most: int) -> Generator[Ask, Any, list[date | None]]:
    """Days that cut what a window holds before `end` into parts of at most `most` known entries.

    They begin with its first day and end with `end`; one alone where no day is before that.
    """
    cuts: tuple[date, ...] = yield Spread(window, most)
    begin = window.from_day
    edges = [begin, *(cut for cut in cuts if cut < end)]
    return [*edges, end] if begin is None or begin < end else edges


def prove_beside(total: int, known: int, learned: Learned) -> Generator[Ask, Any, None]:
    """Proves what lies between the days that lack for good, by counts from their edges to now.

    `total` and `known` are the whole history's.
    """
    end: date | None = None
    after = (0, 0)
    for lost in sorted(learned.given_up, key=lambda range_: range_.from_day or date.min)[::-1]:
        if lost.to_day is not None:
            above = yield from _from_day_on(lost.to_day)
            yield from _prove_stretch(Range(lost.to_day, end), above, after, learned)
        if lost.from_day is None:
            return
        end = lost.from_day
        after = yield from _from_day_on(end)
    begin = learned.state.history_from
    yield from _prove_stretch(Range(begin, end), (total, known), after, learned)


def _from_day_on(day: date) -> Generator[Ask, Any, tuple[int, int]]:
    """Entries from a day to now: at the source, and known here."""
    counted: Counted = yield Count(Range(day, None))
    return counted.total, (yield Known(Range(day, None)))


def _prove_stretch(
    stretch: Range, since: tuple[int, int], after: tuple[int, int], learned: Learned
) -> Generator[Ask, Any, None]:
    """Proves days by the counts, source and here, from their first day and from their end."""
    total, known = since[0] - after[0], since[1] - after[1]
    if total != known or stretch.from_day == stretch.to_day or (yield Doubtful(stretch)):
        return
    committed: Committed = yield Commit(stretch, Verdict.COMPLETE, total, Proof.COUNT)
    if stretch.open and committed.verdict is Verdict.COMPLETE:
        learned.prove_open(stretch)

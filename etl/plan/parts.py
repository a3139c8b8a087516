"""Counts of parts: where `total` is capped, and beside days that lack entries for good."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, Committed, Count, Counted, Doubtful, Ends, Known, Spread
from etl.plan.narrowing import note_count
from etl.plan.ranges import WINDOW, Difference, Proof, Range, Unfinished, Verdict


@dataclass(frozen=True, slots=True)
class _Part(Difference):
    """What the source states of some days, and what is known of them. `others`: as many, but the
    last of them is another than the last that is known."""

    others: bool = False

    @property
    def equal(self) -> bool:
        return self.source == self.known and not self.others


def heal_parts(window: Range, until: date, learned: Learned) -> Generator[Ask, Any, bool]:
    """Counts the days of a window before `until`, and fetches what differs; True where all is well.

    What some days lack for good (`Learned.given_up`) is no difference. What is fetched can show
    that days begin elsewhere: then the other parts are held against what was stated of them again.
    """
    parts = yield from _counted(window, until, learned)
    fetched = set[Range]()
    while True:
        differing, alike = yield from _judged(parts, learned)
        new = [part for part in differing if not _settled(part, fetched, learned)]
        if not new:
            yield from _prove([part for part in alike if part.range not in fetched])
            return True
        items = tuple(Unfinished(part.range, Verdict.UNPROVEN, part.source) for part in new)
        if not (yield from sweep_closed(items, learned)):
            return False
        fetched |= {part.range for part in new}
        parts = yield from _as_known(parts, fetched)


def differing_parts(
    window: Range, until: date | None, learned: Learned
) -> Generator[Ask, Any, list[_Part]]:
    """The parts of a window, up to a day or to now, whose counts differ; the others are proven.

    Closed parts that an interrupted run has counted are not counted again.
    """
    parts = yield from _counted(window, until, learned, resume=True)
    differing, alike = yield from _judged(parts, learned)
    yield from _prove(alike)
    return differing


def _counted(
    window: Range, until: date | None, learned: Learned, *, resume: bool = False
) -> Generator[Ask, Any, list[_Part]]:
    """The parts of a window, up to a day or to now, each with what the source states of it."""
    cap = learned.total_cap or WINDOW
    edges = yield from closed_edges(window, until or learned.last_cut, max(cap // 2, 1))
    if until is None:
        edges.append(None)
    parts: list[_Part] = []
    empty = edges[0] == learned.state.history_from
    for low, high in pairwise(edges):
        days = Range(low, high)
        known: int = yield Known(days)
        if resume and high and days in learned.state.counted:
            part = _Part(days, learned.state.counted[days], known)
        else:
            part = yield from _count(days, known, learned)
            if resume and not part.others:
                yield note_count(days, part.source)
        empty &= part.source == 0
        if empty and high:
            learned.empty_until = high
        parts.append(part)
    return parts


def _count(days: Range, known: int, learned: Learned) -> Generator[Ask, Any, _Part]:
    """Counts days by the entry that is their last if all of them are known: that must be it."""
    counted: Counted = yield Count(days, max(known - 1, 0))
    if counted.rejected:
        counted = yield Count(days)
    elif counted.total == known and counted.position and learned.newest_first is not None:
        oldest, newest = yield Ends(days)
        last = oldest if learned.newest_first else newest
        return _Part(days, known, known, others=counted.position != last)
    return _Part(days, counted.total, known)


def _judged(
    parts: list[_Part], learned: Learned
) -> Generator[Ask, Any, tuple[list[_Part], list[_Part]]]:
    """The parts that differ, and those that surely hold what is stated of them.

    Where it is in doubt on which day entries near an edge lie, what one part lacks its neighbour
    has too much: as many as have moved over that edge, and no more than are in doubt there. Over
    the edges of the whole nothing may have moved: it would hide what came or went.
    """
    if not parts:
        return [], []
    doubts: list[int] = []
    for edge in (*(part.range.from_day for part in parts), parts[-1].range.to_day):
        doubts.append((yield Doubtful(Range(edge, None))))
    moved, explained = 0, True
    for part, doubt in zip(parts, doubts, strict=False):
        explained &= abs(moved) <= doubt
        moved += part.source - part.known
    explained &= moved == 0
    cap = learned.total_cap or WINDOW
    differing: list[_Part] = []
    alike: list[_Part] = []
    for part, around in zip(parts, pairwise(doubts), strict=True):
        in_doubt = any(around)
        if part.source >= cap or not (part.equal or (explained and in_doubt)):
            differing.append(part)
        elif not in_doubt:
            alike.append(part)
    return differing, alike


def _settled(part: _Part, fetched: set[Range], learned: Learned) -> bool:
    """True where a part has been fetched already, or lacks just what was given up of it."""
    given_up = learned.given_up.get(part.range) == part.source - part.known
    return given_up or part.range in fetched


def _as_known(parts: list[_Part], proven: set[Range]) -> Generator[Ask, Any, list[_Part]]:
    """The parts with what is known of them now; of those that are proven that is what there is."""
    now: list[_Part] = []
    for part in parts:
        known: int = yield Known(part.range)
        if part.range in proven:
            now.append(_Part(part.range, known, known))
        else:
            now.append(replace(part, known=known))
    return now


def _prove(parts: list[_Part]) -> Generator[Ask, Any, None]:
    for part in parts:
        yield Commit(part.range, Verdict.COMPLETE, part.known, Proof.COUNT)


def closed_edges(window: Range, end: date, most: int) -> Generator[Ask, Any, list[date | None]]:
    """Days that cut what a window holds before `end` into parts of at most `most` known entries.

    They begin with its first day and end with `end`; one alone where no day is before that.
    """
    cuts: tuple[date, ...] = yield Spread(window, most)
    begin = window.from_day
    edges = [begin, *(cut for cut in cuts if (begin is None or begin < cut) and cut < end)]
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

"""Closed windows: a history cut by days into pieces that are fetched many pages at a time."""

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

from etl.plan.bounds import total_is_bound
from etl.plan.by_type import lacking_parts, types_of
from etl.plan.learned import Learned
from etl.plan.model import (
    Ask,
    Commit,
    CommitAll,
    Committed,
    Count,
    Counted,
    Known,
    Oldest,
    Sweep,
    Swept,
)
from etl.plan.ranges import (
    FOREVER,
    ONE_DAY,
    WINDOW,
    Proof,
    Range,
    Unfinished,
    Verdict,
    halves,
)

ATTEMPTS = 6
"""How often a closed window is fetched before it is called unproven."""

Steps = Generator[Ask, Any, bool]


@dataclass(slots=True)
class _Tries:
    """How often in a row a range has come to the same end: less served than stated, nothing new."""

    alike: Counter[Range] = field(default_factory=Counter)
    _ends: dict[Range, tuple[int, int]] = field(default_factory=dict)

    def in_vain(self, swept: Swept) -> bool:
        """Takes an attempt in; True where it came to the same end as the one before."""
        end = swept.total, swept.known
        lacking = swept.known < swept.total and not swept.served_all
        same = lacking and self._ends.get(swept.range) == end
        self._ends[swept.range] = end
        self.alike[swept.range] = self.alike[swept.range] + 1 if same else 0
        return same


def sweep_closed(items: tuple[Unfinished, ...], learned: Learned, *, widen: bool = True) -> Steps:
    """Fetches closed ranges until each is proven or given up; True where all are proven.

    What is too large is cut by days; a day that is still too large, by type. Only where `widen`
    says so may a walk reach over the edges of its range: what is cut out of a range that has been
    widened is not widened again, else there would be no end of it.
    """
    if learned.to_day_included is None:
        yield from _learn_closing_day(learned)
    proven, unread, widened = True, False, 0
    todo, tries = items, _Tries()
    originals = {item.range for item in items}
    for attempt in range(ATTEMPTS):
        learned.closed_walked = True
        results: tuple[Swept, ...] = yield Sweep(todo)
        again: list[Unfinished] = []
        for swept in results:
            proven_by_walk = swept.verdict is Verdict.COMPLETE and not swept.range.narrowed
            if proven_by_walk and swept.known > swept.total:
                learned.overfull[swept.range] = swept.total
            divided = yield from _divided(swept, learned, widen=widen and swept.range in originals)
            if divided is not None:
                proven &= divided
            elif swept.verdict is not Verdict.COMPLETE:
                if tries.in_vain(swept) and not _indivisible(swept):
                    # counts of its days will tell more than yet another walk
                    proven, learned.unread = False, True
                    continue
                last = learned.last_cut if widen else None
                again.append(_again(swept, last, shifted=attempt % 2 == 0))
        if not again:
            return proven
        widened += any(swept.served_all for swept in results)
        unread = not all(swept.served_all for swept in results)
        todo = tuple(again)
        if widened > 1:
            break
    learned.unread |= unread
    yield from _call_unproven(todo, tries, learned)
    return False


def _divided(swept: Swept, learned: Learned, *, widen: bool) -> Generator[Ask, Any, bool | None]:
    """Fetches a range that is too large in parts, and tells whether all of it is proven; None for
    one that is not."""
    capped = learned.bounds(swept.range, swept) and (
        yield from total_is_bound(swept.range, swept, learned)
    )
    if swept.too_large or ((capped or swept.rejected) and not swept.range.single_day):
        return (yield from _cut(swept, learned, widen=widen))
    if capped or swept.rejected:
        return (yield from _single_day(swept, learned))
    return None


def _call_unproven(
    items: Iterable[Unfinished], tries: _Tries, learned: Learned
) -> Generator[Ask, Any, None]:
    """Writes to the ledger what no walk has proven, and leaves alone what all of them came to."""
    for item in items:
        known = yield Known(item.range)
        total, left_until = item.total or 0, None
        # A part by type is no row of its own in what is proven: its day is given up, or is not.
        if tries.alike[item.range] == ATTEMPTS - 1 and not item.range.narrowed:
            left_until = learned.state.today + ONE_DAY
            learned.give_up(item.range, total - known)
        reason = f"{known} entries here, {total} stated by the source"
        yield Commit(item.range, Verdict.UNPROVEN, total, reason=reason, left_until=left_until)


def _indivisible(swept: Swept) -> bool:
    """True where counting days would not narrow down what lacks."""
    return swept.range.single_day or swept.range.narrowed or not swept.known


def _again(swept: Swept, last_cut: date | None, *, shifted: bool) -> Unfinished:
    """The same range once more; a day more on either side where every entry of it was served, but
    for days from `last_cut` on, and for none without it.

    Equal entries, and ties whose order differs from answer to answer, hide where two pages meet:
    each second attempt has its pages meet elsewhere. Where all was served, what is known too much
    may lie in the neighbouring day of the source's zone, or may have gone: only a walk that reaches
    over the edge tells.
    """
    range_ = swept.range
    if last_cut and swept.served_all and not range_.narrowed and range_.to_day:
        begin = range_.from_day and range_.from_day - ONE_DAY
        end = max(min(range_.to_day + ONE_DAY, last_cut), range_.to_day)
        range_ = replace(range_, from_day=begin, to_day=end)
    return Unfinished(range_, Verdict.UNPROVEN, swept.total, shifted=shifted)


def _cut(swept: Swept, learned: Learned, *, widen: bool) -> Steps:
    """Cuts a range by days into windows of roughly `WINDOW` entries, and fetches those."""
    range_ = swept.range
    begin = range_.from_day
    if begin is None:
        begin = yield from oldest_day(range_, swept.total, learned, refused=swept.rejected)
    if learned.bounds(range_, swept) or swept.rejected:
        pair = halves(range_, learned.state.today, begin)
        pieces = list(pair) if pair else []
    else:
        pieces = cut_evenly(range_, begin, ceil(swept.total / WINDOW))
    if len(pieces) < 2:
        reason = f"{swept.total} entries in {range_}, more than the API's paging reaches"
        if not swept.rejected and learned.bounds(range_, swept):
            reason = f"{range_} holds more entries than the total, {swept.total}, that is stated"
        yield Commit(range_, Verdict.UNPROVEN, swept.total, reason=reason, left_until=FOREVER)
        learned.give_up(range_, swept.total - swept.known)
        return False
    yield CommitAll(tuple(Commit(piece, Verdict.PLANNED, None) for piece in pieces))
    items = tuple(Unfinished(piece, Verdict.PLANNED) for piece in reversed(pieces))
    return (yield from sweep_closed(items, learned, widen=widen))


def cut_evenly(range_: Range, begin: date, parts: int) -> list[Range]:
    """At most `parts` ranges of whole days that make up `range_`, oldest first."""
    end = range_.to_day or begin
    days = (end - begin).days
    parts = max(1, min(parts, days))
    cuts = [begin + timedelta(days=days * n // parts) for n in range(1, parts)]
    edges = [range_.from_day, *cuts, range_.to_day]
    return [replace(range_, from_day=low, to_day=high) for low, high in pairwise(edges)]


def oldest_day(
    range_: Range, total: int, learned: Learned, *, refused: bool
) -> Generator[Ask, Any, date]:
    """A day at or before the range's oldest entry: by its last page, else by bisecting dates.

    `refused`: that page will be, as one before it was. Oldest first it is the page that came first.
    """
    if learned.newest_first is False:
        known: date | None = yield Oldest()
        if known is not None:
            return known - ONE_DAY
    skip = learned.oldest_skip(total)
    if not refused:
        counted: Counted = yield Count(range_, skip)
        if counted.position is not None and not counted.rejected:
            return counted.position.date() - ONE_DAY
        if counted.rejected:
            learned.deepest_skip = skip - 1
    end = range_.to_day or learned.state.today + ONE_DAY
    # The further back the search is, the longer its steps: it may have been begun by another run.
    span = max(32, (learned.state.today - end).days)
    while span < 40_000:
        yield _parted(range_, end - timedelta(days=span))
        at: Counted = yield Count(replace(range_, from_day=end - timedelta(days=span)))
        if at.total >= total:
            break
        span *= 4
    low, high = end - timedelta(days=span), end
    while (high - low).days > max(span // 16, 1):
        middle = low + (high - low) // 2
        at = yield Count(replace(range_, from_day=middle))
        low, high = (middle, high) if at.total >= total else (low, middle)
        yield _parted(range_, low)
    return low


def _parted(range_: Range, day: date) -> CommitAll:
    """A range in two parts, so that a run whose budget ends amid the search has come further."""
    parts = replace(range_, to_day=day), replace(range_, from_day=day)
    return CommitAll(tuple(Commit(part, Verdict.PLANNED, None) for part in parts))


def _single_day(swept: Swept, learned: Learned) -> Steps:
    """A single day that is too large for the API's paging, or whose total is only a lower bound.

    It is proven only if what is known of it equals the day's own total; the published lists of
    types are not complete, so the parts alone prove nothing.
    """
    day, reach = swept.range, "paging reaches"
    if swept.rejected and (yield from fetch_by_type(day, learned)):
        reach = "paging reaches even by type"
    if day.narrowed:
        learned.unread = True
        return False
    counted: Counted = yield Count(day)
    known = yield Known(day)
    capped = learned.bounds(day, swept)
    if counted.total == known and not capped:
        committed: Committed = yield Commit(day, Verdict.COMPLETE, known, Proof.COUNT)
        if committed.verdict is Verdict.COMPLETE:
            return True
    reason = f"{day.from_day} holds {counted.total} entries, more than the API's {reach}"
    if capped:
        reason = (
            f"{day.from_day} holds more entries than the total, {counted.total}, that is stated"
        )
    yield Commit(
        day,
        Verdict.UNPROVEN,
        counted.total,
        reason=f"{reason}; {known} are here",
        left_until=FOREVER,
    )
    learned.give_up(day, counted.total - known)
    return False


def fetch_by_type(day: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches what lacks of a day by the type filters, each of them by its own walk; False where
    there is no filter to split it by."""
    parts = types_of(day, learned)
    places = yield from lacking_parts(parts)
    if places:
        items = tuple(Unfinished(place.range, Verdict.PLANNED) for place in places)
        yield from sweep_closed(items, learned)
    return bool(parts)


def _learn_closing_day(learned: Learned) -> Generator[Ask, Any, None]:
    """Asks once whether `to_date` includes its day, of a day that has entries.

    A run that goes on where an earlier one stopped may have seen no page yet: then it is the day of
    the oldest entry that is here. One count, and no second to be sure of it, so that a run with a
    budget of two has one request left for a page, with which the ledger keeps what was learned. As
    long as `to_date` is taken to exclude its day, a page from after it tells better.
    """
    day: date | None = learned.busiest_day
    if day is None:
        mark = learned.state.watermark
        day = mark.date() if mark else (yield Oldest())
    if day is None:
        return
    alone: Counted = yield Count(Range(day, day))  # sent as it stands: nothing is known of it yet
    learned.to_day_included = alone.total > 0

"""Where the source's history begins: what is known from before has expired, it has not vanished."""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.bounds import count_to_the_end
from etl.plan.learned import Learned
from etl.plan.model import Ask, Count, Counted, Expire, Known
from etl.plan.ranges import ONE_DAY, Range, Unfinished, Verdict

_NEVER = datetime.max.replace(tzinfo=UTC)


def expire(
    history: Range, total: int, known: int, learned: Learned
) -> Generator[Ask, Any, tuple[int, bool]]:
    """Records what is older than the source's oldest entry as expired.

    Returns how many that were, and whether the source's oldest entry is known. Its time is
    believed only if the source agrees by a count that nothing is older. Such a count is of whole
    days: where more is known from before than the source lacks, its other end may be the oldest
    now. That nothing is left is not believed of a count: the walks that miss all of it record it.
    """
    learned.begins = None if total else _NEVER
    if total == 0 or learned.newest_first is None:
        return 0, total == 0
    oldest: Counted = yield Count(history, learned.oldest_skip(total))
    position, is_known = oldest.position, oldest.known
    if position is None or oldest.total != total or learned.bounds(history, oldest):
        return 0, False
    since: Counted = yield Count(Range(position.date() - ONE_DAY, None))
    if since.total != total:
        return 0, is_known
    gone: int | None = yield Expire(history, position, known - total)
    if gone is None and (older := (yield from _older_end(history, position, total, learned))):
        position, is_known = older
        gone = yield Expire(history, position, known - total)
    learned.begins = position
    return gone or 0, is_known


def _older_end(
    history: Range, served: datetime, total: int, learned: Learned
) -> Generator[Ask, Any, tuple[datetime, bool] | None]:
    """When the entry at the other end is, and whether it is known, if it is older than what was
    `served` as the oldest: then the source serves its entries the other way round now."""
    learned.newest_first = not learned.newest_first
    other: Counted = yield Count(history, learned.oldest_skip(total))
    if other.total == total and other.position and other.position < served:
        return other.position, other.known
    learned.newest_first = not learned.newest_first
    return None


def expire_within(window: Range, total: int, learned: Learned) -> Generator[Ask, Any, bool]:
    """The same where an open window, of which `total` is stated, reaches to the source's beginning,
    before a walk calls vanished what it misses there. True where something was recorded."""
    history = learned.state.history
    if window == history or (yield from older_than(window, total, learned)) != 0:
        return False
    gone, _ = yield from expire(history, total, (yield Known(history)), learned)
    return gone > 0


def expire_before(day: date, learned: Learned) -> Generator[Ask, Any, None]:
    """The same where all from a day on is to be walked, for these walks cannot tell whether the
    source holds older entries: one count does where nothing has gone, else four or five in all."""
    history = learned.state.history
    since = Range(max(day, history.from_day or day), None)
    known: int = yield Known(history)
    counted, bound = yield from count_to_the_end(history, known, learned)
    if bound or learned.reaches_cap(counted.total) or (counted.total == known and counted.known):
        return
    there: Counted = yield Count(since)
    if there.total != counted.total:
        return
    learned.empty_until = since.from_day
    last = Range(learned.last_cut, None)
    new: Counted = yield Count(last)  # what has come there makes up for what has gone
    known += max(new.total - (yield Known(last)), 0)
    yield from expire(history, counted.total, known, learned)


def older_than(window: Range, total: int, learned: Learned) -> Generator[Ask, Any, int | None]:
    """How many entries the source holds beside the `total` of an open window; None where no count
    can tell. Fewer than none where some of these have gone since.

    Where there are none, all that its walk misses from before the oldest entry served has expired.
    """
    history = learned.state.history
    if window.from_day is None:
        return 0
    counted, bound = yield from count_to_the_end(history, (yield Known(history)), learned)
    if bound or learned.reaches_cap(counted.total):
        return None
    if counted.total == total:
        learned.empty_until = window.from_day
    return counted.total - total


def sweep_again(items: tuple[Unfinished, ...], learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches closed ranges of which some may hold what the source no longer has; newest first.

    Those that begin the history come first and one after the other, until something is served: what
    is known from before that has expired. That costs no request, as all of them are to be fetched.
    """
    left = list(items)
    proven = True
    while left and (yield from _surplus(left, learned)):
        first = yield from _from_the_beginning(left.pop(), learned)
        proven &= yield from sweep_closed((first,), learned)
        if (learned.empty_until or date.min) < (first.range.to_day or date.max):
            break
    return (not left or (yield from sweep_closed(tuple(left), learned))) and proven


def _surplus(items: list[Unfinished], learned: Learned) -> Generator[Ask, Any, bool]:
    """Whether one of the ranges may hold more here than there."""
    for item in items:
        if item.verdict is Verdict.UNPROVEN and (yield Known(item.range)) > (item.total or 0):
            return True
    return False


def _from_the_beginning(item: Unfinished, learned: Learned) -> Generator[Ask, Any, Unfinished]:
    """The range from the history's beginning on, where nothing is known from before it."""
    begin = learned.state.history_from
    low = item.range.from_day
    if low is None or low == begin or item.pages_done or (yield Known(Range(begin, low))):
        return item
    return replace(item, range=replace(item.range, from_day=begin))

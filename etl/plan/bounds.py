"""Is `total` exact, or only a lower bound? What lies at the end that it states tells."""

from collections.abc import Generator
from typing import Any

from etl.plan.learned import Learned
from etl.plan.model import Ask, Count, Counted, Fetched, Oldest, Swept
from etl.plan.ranges import Range, halves


def count_to_the_end(
    window: Range, known: int, learned: Learned
) -> Generator[Ask, Any, tuple[Counted, bool]]:
    """Counts a range by the entry that is its last if all of them are known; and is it a bound?

    So the answer shows, at no cost, whether there is more after the end that `total` states, and
    its entry is the contact that a count proof needs.
    """
    last = max(known - 1, 0)
    refused = learned.deepest_skip is not None and last > learned.deepest_skip
    counted: Counted = yield Count(window, 0 if refused else last)
    if counted.rejected:
        learned.deepest_skip = last - 1
        counted = yield Count(window)
    bound = learned.bounds(window, counted) and (
        yield from total_is_bound(window, counted, learned)
    )
    return counted, bound


def total_is_bound(
    window: Range, got: Fetched | Swept | Counted, learned: Learned
) -> Generator[Ask, Any, bool]:
    """True unless it shows that `has_more` does not tell the truth, and nothing lies beyond.

    A capped total is min(cap, entries). For two halves that both hold something, the caps can add
    up to the whole's only where none of the three is capped; then the total is exact, and is
    remembered as such. A cap is learned only where the source serves, or refuses, an entry beyond
    it: a lie must not cost anything at later runs. A single day has no halves; what is less than
    an exact total of the history is exact.
    """
    if not got.exceeded:
        if (yield from _is_exact(window, got.total, learned)):
            return False
        if window.single_day and not learned.history_weighed:
            learned.history_weighed = True
            whole: Counted = yield Count(learned.state.history)
            yield from _is_exact(learned.state.history, whole.total, learned)
            if not learned.bounds(window, got):
                return False
    beyond: Counted = yield Count(window, skip=got.total)
    if beyond.served or beyond.rejected:
        learned.total_cap = min(got.total, learned.total_cap or got.total)
        return True
    return not got.exceeded


def _is_exact(window: Range, total: int, learned: Learned) -> Generator[Ask, Any, bool]:
    """True where the totals of two halves add up to that of the whole."""
    oldest = yield Oldest()
    pair = halves(window, learned.state.today, oldest)
    if pair is None:
        return False
    older: Counted = yield Count(pair[0])
    newer: Counted = yield Count(pair[1])
    exact = bool(older.total and newer.total and older.total + newer.total == total)
    if exact:
        learned.exact[window] = total
    return exact

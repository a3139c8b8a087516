"""Is `total` exact, or only a lower bound? `has_more` at its end raises the question."""

from collections.abc import Generator
from typing import Any

from etl.plan.model import Ask, Count, Counted, Learned, Oldest, Range, halves


def total_is_bound(window: Range, total: int, learned: Learned) -> Generator[Ask, Any, bool]:
    """True unless the counts of the window's halves show that `has_more` does not tell the truth.

    A capped total is min(cap, entries). For two halves that both hold something, the caps can add
    up to the whole's only where none of the three is capped. A cap is learned only where the
    source serves, or refuses, an entry beyond it: a lie must not cost anything at later runs.
    """
    if learned.has_more_lies:
        return False
    oldest = yield Oldest()
    pair = halves(window, learned.state.today, oldest)
    if pair is not None:
        older: Counted = yield Count(pair[0])
        newer: Counted = yield Count(pair[1])
        if older.total and newer.total and older.total + newer.total == total:
            learned.has_more_lies = True
            return False
    beyond: Counted = yield Count(window, skip=total)
    if beyond.served or beyond.rejected:
        learned.total_cap = min(total, learned.total_cap or total)
    return True

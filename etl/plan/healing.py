"""Days whose counts differ: fetched again, until here and there are equal or nothing helps."""

from collections.abc import Generator
from typing import Any

from etl.plan.beginning import sweep_again
from etl.plan.learned import Learned
from etl.plan.model import Ask, Known
from etl.plan.narrowing import unproven
from etl.plan.outcome import Outcome
from etl.plan.ranges import DEEPEST_SKIP, ONE_DAY, Difference, Range, Unfinished, Verdict
from etl.plan.whole import walk_whole


def heal(places: list[Difference], learned: Learned) -> Generator[Ask, Any, None]:
    """Fetches the differing ranges again, until here and there are equal or nothing helps.

    What may be wrong is the reading of `to_date`; and of entries that vanished near an edge only a
    walk beyond it can tell. What is given up after that is written to the ledger as unproven.
    """
    left = yield from _fetch_again(places, learned)
    left = [place for place in left if not learned.leaves(place)]
    if any(not place.range.open for place in left):
        learned.to_day_included = learned.to_day_included is False
        left = yield from _fetch_again(left, learned)
    if left:
        if (yield from walk_beyond(left, learned)):
            return
        left = yield from still_different(left)
    yield from give_up(left, learned)


def walk_beyond(places: list[Difference], learned: Learned) -> Generator[Ask, Any, bool]:
    """Walks all since two days before the first of the places; True where that is proven."""
    begin = min((place.range.from_day for place in places if place.range.from_day), default=None)
    wide = Range(begin and begin - 2 * ONE_DAY, None)
    held: int = yield Known(wide)
    return held <= DEEPEST_SKIP and (yield from walk_whole(wide, learned)) is Outcome.PROVEN


def _fetch_again(
    places: list[Difference], learned: Learned
) -> Generator[Ask, Any, list[Difference]]:
    """Fetches each place once more; those that still differ.

    What an open place stated before its walk is old news where the walk has proven it.
    """
    closed = tuple(
        Unfinished(place.range, Verdict.UNPROVEN, place.source)
        for place in places
        if not place.range.open
    )
    if closed:
        yield from sweep_again(closed, learned)
    proven = set[Range]()
    for place in places:
        if place.range.open and (yield from walk_whole(place.range, learned)) is Outcome.PROVEN:
            proven.add(place.range)
    return (yield from still_different([place for place in places if place.range not in proven]))


def still_different(places: list[Difference]) -> Generator[Ask, Any, list[Difference]]:
    """The places of which more or fewer entries are known than were stated of them."""
    left: list[Difference] = []
    for place in places:
        held: int = yield Known(place.range)
        if held != place.source:
            left.append(Difference(place.range, place.source, held))
    return left


def give_up(places: list[Difference], learned: Learned) -> Generator[Ask, Any, None]:
    for place in places:
        if not learned.leaves(place):
            learned.give_up(place.range, place.source - place.known)
            yield unproven(place)

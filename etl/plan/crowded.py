"""Today, where it holds more entries than the API's paging reaches: fetched by type."""

from collections.abc import Generator
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.by_type import lacking_parts, types_of
from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, Committed, Count, Counted, Doubtful, Fetch, Fetched, Known
from etl.plan.outcome import Outcome, Steps
from etl.plan.ranges import (
    DEEPEST_SKIP,
    ONE_DAY,
    PAGE,
    Difference,
    Proof,
    Range,
    Unfinished,
    Verdict,
)

TRIES = 3
"""How often the types are counted in one run, as long as entries arrive meanwhile."""


def out_of_reach(day: Range, entries: int) -> Generator[Ask, Any, bool]:
    """Whether paging through so many entries of a day is refused: asked, before it is tried."""
    if entries <= DEEPEST_SKIP + PAGE:
        return False
    deep: Counted = yield Count(day, DEEPEST_SKIP + PAGE)
    return deep.rejected


def prove_crowded(day: Range, total: int, learned: Learned) -> Steps:
    """Fetches what lacks of an open day, which states so many entries, by the type filters.

    The published lists of types are not complete, so the parts alone prove nothing, only the day's
    own count does. Where they do not make it up, all pages within reach are fetched as well. What
    is still left is written to the ledger, and left alone until tomorrow, but for what is new.
    """
    parts = types_of(day, learned)
    for _ in range(TRIES):
        places = yield from lacking_parts(parts)
        tails = yield from _fetch_tails(places, learned)
        yield from _fetch_whole([place.range for place in places if place not in tails], learned)
        outcome, stated = yield from _counted(day, learned)
        if outcome is not Outcome.CONTRADICTED:
            return outcome
        if stated == total and not tails:
            break
        total = stated
    yield from _fetch_within_reach(day)
    outcome, stated = yield from _counted(day, learned)
    if outcome is Outcome.CONTRADICTED:
        yield from _leave(day, stated, learned)
    return outcome


def _counted(day: Range, learned: Learned) -> Generator[Ask, Any, tuple[Outcome, int]]:
    """What the count of a day proves, whose one entry is the contact that it needs, and what it
    states."""
    counted: Counted = yield Count(day)
    known: int = yield Known(day)
    contact = counted.known or counted.position is None  # without a time none is known by itself
    if counted.total != known or not contact or learned.reaches_cap(known):
        return Outcome.CONTRADICTED, counted.total
    if (yield Doubtful(day)):
        reason = "it is in doubt which entries are of its first day"
        yield Commit(day, Verdict.UNPROVEN, known, reason=reason)
        return Outcome.UNSURE, known
    committed: Committed = yield Commit(day, Verdict.COMPLETE, known, Proof.COUNT)
    if committed.verdict is not Verdict.COMPLETE:
        return Outcome.CONTRADICTED, counted.total
    learned.prove_open(day)
    return Outcome.PROVEN, known


def _fetch_within_reach(day: Range) -> Generator[Ask, Any, None]:
    got: Fetched = yield Fetch(day, (0,), fresh=True)
    if got.missing:
        end = min(got.total, DEEPEST_SKIP + 1)
        got = yield Fetch(day, range(got.size, end, got.size))
    yield Commit(day, Verdict.UNPROVEN, got.total, reason="to be counted again")


def leave_crowded(day: Range, learned: Learned) -> Generator[Ask, Any, None]:
    """Fetches what is new of an open day that could not be proven today, and leaves it unproven."""
    places = yield from lacking_parts(types_of(day, learned))
    yield from _fetch_tails(places, learned)
    yield from _fetch_whole([place.range for place in places if not place.known], learned)
    counted: Counted = yield Count(day)
    yield from _leave(day, counted.total, learned)


def _leave(day: Range, total: int, learned: Learned) -> Generator[Ask, Any, None]:
    known: int = yield Known(day)
    reach = "paging reaches" + (" even by type" if types_of(day, learned) else "")
    reason = f"{day.from_day} holds {total} entries, more than the API's {reach}; {known} are here"
    until = learned.state.today + ONE_DAY
    yield Commit(day, Verdict.UNPROVEN, total, reason=reason, left_until=until)
    learned.give_up(day, total - known)


def _fetch_whole(parts: list[Range], learned: Learned) -> Generator[Ask, Any, None]:
    if parts:
        items = tuple(Unfinished(part, Verdict.PLANNED) for part in parts)
        yield from sweep_closed(items, learned)


def _fetch_tails(
    places: list[Difference], learned: Learned
) -> Generator[Ask, Any, list[Difference]]:
    """Fetches what follows the last known entry of some types, oldest first; those that have one
    within reach."""
    tails: list[Difference] = []
    for place in places:
        if learned.newest_first is not False or not 0 < place.known < place.source:
            continue
        start = place.known - 1
        got: Fetched = yield Fetch(place.range, (start,), fresh=True)
        if got.missing > 0 and got.served and not got.rejected:
            got = yield Fetch(place.range, range(start + got.served, got.total, got.size))
        proven = got.contact and not (got.missing or got.fell or got.rejected or got.doubtful)
        verdict, proof = (Verdict.COMPLETE, Proof.COUNT) if proven else (Verdict.UNPROVEN, None)
        yield Commit(place.range, verdict, got.total, proof, reason="to be counted again")
        if not got.rejected:
            tails.append(place)
    return tails

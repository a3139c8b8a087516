"""Counts of the whole history against the source's; where they differ, days are fetched again."""

from collections.abc import Generator
from itertools import pairwise
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.beginning import expire, expire_within, sweep_again
from etl.plan.bounds import count_to_the_end
from etl.plan.healing import give_up, heal, still_different, walk_beyond
from etl.plan.learned import Learned
from etl.plan.model import (
    Ask,
    Checked,
    Commit,
    CommitAll,
    Committed,
    Count,
    Counted,
    Known,
)
from etl.plan.narrowing import narrow
from etl.plan.newest import divisible, newest_window, walk_open
from etl.plan.outcome import Outcome
from etl.plan.parts import closed_edges, heal_parts, prove_beside
from etl.plan.ranges import (
    DEEPEST_SKIP,
    ONE_DAY,
    PAGE,
    WINDOW,
    Difference,
    Proof,
    Range,
    Unfinished,
    Verdict,
)
from etl.plan.whole import prove_by_days, walk_whole

FEW_COUNTS = 24
"""So many counts may be spent on narrowing, or a quarter of what a walk would cost."""

CHECKS = 3
"""How often the whole history is counted and healed in one run; and twice as often as long as days
differ: fetching one can show in which zone the source's days begin, and then the difference lies
elsewhere, or where it was before; that only a walk beyond it settles."""

FEW_ENTRIES = 3 * PAGE
"""A window of so few entries is walked rather than narrowed."""


def _patience(entries: int) -> int:
    return max(FEW_COUNTS, entries // PAGE // 4)


def reconcile(window: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Makes an open window whole whose counts contradict each other; True where it is proven.

    The differing days are located by counting and fetched again; where there are many of them, or
    where that does not settle it, the window is walked.
    """
    if window in learned.given_up:
        return False
    total = yield from _stated(window, learned)
    known: int = yield Known(window)
    if total < known and (yield from expire_within(window, total, learned)):
        if (yield from walk_open(window, learned)) is Outcome.PROVEN:
            return True
        total = yield from _stated(window, learned)
        known = yield Known(window)
    if max(total, known) > FEW_ENTRIES:
        places = yield from narrow(window, (total, 0), (known, 0), learned, _patience(known))
        if places:
            yield from heal(places, learned)
            if any(place.range.covers(days) for place in places for days in learned.given_up):
                return False  # no walk brings it: the check of the history proves what is beside it
            if (yield from walk_open(window, learned)) is Outcome.PROVEN:
                return True
    return (yield from rewalk(window, learned))


def _stated(window: Range, learned: Learned) -> Generator[Ask, Any, int]:
    """What the source states of a window; it is not asked again right after it has said so."""
    if learned.stated and learned.stated[0] == window:
        return learned.stated[1]
    counted: Counted = yield Count(window)
    return counted.total


def prove_head(learned: Learned) -> Generator[Ask, Any, bool]:
    """Proves the last days, in which entries can still arrive."""
    head = Range(learned.last_cut, None)
    outcome: Outcome = yield from walk_open(head, learned)
    if outcome in (Outcome.BULKY, Outcome.CAPPED):
        return (yield from prove_by_days(head, learned))
    return outcome is Outcome.PROVEN or (yield from reconcile(head, learned))


def rewalk(window: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches an open window again: what is closed in parallel, its last days in order.

    The parts are written to the ledger first, so that an interrupted run is gone on with.
    """
    if not divisible(window, learned):
        return (yield from walk_whole(window, learned)) is Outcome.PROVEN
    edges = yield from closed_edges(window, learned.last_cut, WINDOW)
    closed = [Unfinished(Range(low, high), Verdict.UNPROVEN) for low, high in pairwise(edges)]
    head = Range(learned.last_cut, None)
    parts = [*(item.range for item in closed), head]
    reason = "to be walked again"
    yield CommitAll(tuple(Commit(part, Verdict.UNPROVEN, None, reason=reason) for part in parts))
    learned.doubt_open()
    proven = yield from sweep_again(tuple(closed[::-1]), learned)
    return proven & ((yield from walk_whole(head, learned)) is Outcome.PROVEN)


def check_history(learned: Learned) -> Generator[Ask, Any, bool]:
    """One count over the whole history; where it differs, the difference is found and healed.

    What some days lack for good (`Learned.given_up`) explains a difference of as many entries.
    """
    history, healed = learned.state.history, set[Range]()
    for attempt in range(2 * CHECKS):
        known: int = yield Known(history)
        counted, bound = yield from count_to_the_end(history, known, learned)
        if bound or learned.reaches_cap(counted.total):
            return (yield from _check_by_parts(history, learned))
        contact = counted.known or known == 0
        if counted.total < known:
            gone, contact = yield from expire(history, counted.total, known, learned)
            known -= gone
        if counted.total == known and contact:
            learned.at_first_count = attempt == 0
            proven = yield from _prove_history(counted.total, learned)
            if proven or attempt or not (yield from _show_beginning(counted.total, learned)):
                return proven
            continue
        if learned.given_up and counted.total == known + sum(learned.given_up.values()):
            if learned.closed_walked or learned.open_left:
                yield from prove_beside(counted.total, known, learned)
            yield from note_checked(learned)
            return False
        places: list[Difference] | None = yield from narrow(
            history, (counted.total, 0), (known, 0), learned, _patience(known), record=True
        )
        days = {place.range for place in places or ()}
        late = attempt >= CHECKS - 1
        if attempt == 2 * CHECKS - 1 or (late and not days):
            break
        if not places:
            # Too many, or none at all: then what is known is not what is there, as many as it is.
            yield from rewalk(history, learned)
        elif days <= learned.given_up.keys():
            break
        elif late and days <= healed:
            if not (yield from walk_beyond(places, learned)):
                break
        else:
            healed |= days
            yield from heal([p for p in places if p.range not in learned.given_up], learned)
    if counted.total <= DEEPEST_SKIP and (yield from _walk_history(learned)):
        return True
    yield from give_up(places or [Difference(history, counted.total, known)], learned)
    return False


def _walk_history(learned: Learned) -> Generator[Ask, Any, bool]:
    """Walks the whole history as one window, the last resort: it has no edge to be misread."""
    if (yield from walk_whole(learned.state.history, learned)) is not Outcome.PROVEN:
        return False
    yield from note_checked(learned)
    return True


def _prove_history(total: int, learned: Learned) -> Generator[Ask, Any, bool]:
    history = learned.state.history
    committed: Committed = yield Commit(history, Verdict.COMPLETE, total, Proof.COUNT)
    learned.proven_history = committed.verdict is Verdict.COMPLETE
    if learned.proven_history:
        yield from note_checked(learned)
    return learned.proven_history


def _show_beginning(total: int, learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches the first days of a history that begins on a day, to see when that begins; True where
    they were proven.

    Entries known from around that instant count for nothing until then, though none lacks.
    """
    history = learned.state.history
    if history.from_day is None or not total:
        return False
    oldest: Counted = yield Count(history, learned.oldest_skip(total))
    if oldest.position is None:
        return False
    end = min(oldest.position.date() + 2 * ONE_DAY, learned.last_cut)
    if end <= history.from_day:
        return False
    days = Unfinished(Range(history.from_day, end), Verdict.UNPROVEN)
    return (yield from sweep_closed((days,), learned, widen=False))


def note_checked(learned: Learned) -> Generator[Ask, Any, None]:
    """Notes that the whole history was counted, and that nothing lacks that can be had."""
    learned.checked_history = True
    yield Checked()


def _check_by_parts(history: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """The check where `total` is capped: up to the newest window, if that has been proven.

    Then it is known where that window begins at the source, so that the counts are exact. What has
    come in the meantime no count of the whole shows, so the last days are looked at once more.
    """
    newest = newest_window(learned.state, learned.state.watermark)
    until = learned.last_cut
    if newest.from_day and learned.proves(newest):
        until = newest.from_day
    if not (yield from heal_parts(history, until, learned)):
        return False
    if learned.proven_open and not (yield from prove_head(learned)):
        return False
    if not (yield from _settle_edges(learned)):
        return False
    yield from note_checked(learned)
    return True


def _settle_edges(learned: Learned) -> Generator[Ask, Any, bool]:
    """True where no more is known of the ranges that this run has proven than is stated of them, or
    a walk that reaches over their edges is proven.

    What is too much may lie on the other side of an edge at the source, or have gone: where `total`
    is capped no count of the whole tells. Beside days that were given up it may be theirs.
    """
    if learned.given_up:
        return True
    stated = [Difference(range_, total, 0) for range_, total in learned.overfull.items()]
    places = yield from still_different(stated)
    if not places or (yield from walk_beyond(places, learned)):
        return True
    yield from give_up(places, learned)
    return False

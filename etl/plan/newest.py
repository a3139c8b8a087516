"""An open window: the newest days, in which entries can arrive while they are read."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from etl.plan.beginning import older_than
from etl.plan.bounds import count_to_the_end, total_is_bound
from etl.plan.course import ROUNDS, Course
from etl.plan.crowded import out_of_reach, prove_crowded
from etl.plan.learned import Learned, StreamState
from etl.plan.model import (
    Ask,
    Commit,
    Committed,
    Count,
    Counted,
    Doubtful,
    Fetch,
    Fetched,
    Known,
    Passed,
    Spread,
)
from etl.plan.outcome import Outcome, Steps
from etl.plan.ranges import DEEPEST_SKIP, PAGE, WESTMOST, WINDOW, Proof, Range, Verdict

BULKY_ENTRIES = 1_000
"""Where nothing is known yet, more entries than this are fetched in parallel, as windows. Where
much is known, in order is cheaper, up to `DEEPEST_SKIP`: it takes no page that is known."""

LOWER_BOUND = "has_more is true at the end that total states, so total is only a lower bound"


def newest_window(state: StreamState, watermark: datetime | None) -> Range:
    """From `lookback_days` before the watermark, and never from before the history begins.

    The watermark's day began up to 12 hours later at the source, if that counts days west of UTC.
    Where days before are unproven for good, what follows them goes on from its own newest entry.
    """
    reach, floor = watermark, state.history_from
    if state.frontier_from is not None:
        floor = max(floor, state.frontier_from) if floor else state.frontier_from
        reach = state.frontier
    if reach is None:
        return Range(floor, None)
    begin = (reach - WESTMOST).date() - timedelta(days=state.lookback_days)
    return Range(max(begin, floor) if floor else begin, None)


def walk_open(window: Range, learned: Learned, depth: int = 0) -> Steps:
    """Walks an open window from its newest end until it is proven, with as few pages as can be.

    `depth` is how many entries, counted from the newest, an interrupted walk has stored already.
    Newest first, the walk goes down from the top until known and fetched entries make up `total`;
    oldest first it begins at the last known entry, which is the contact that a count proof needs.
    """
    start = max(depth - 1, 0)
    if learned.newest_first is False:
        known: int = yield Known(window)
        if known > DEEPEST_SKIP and divisible(window, learned):
            return (yield from _in_parts(window, learned))
        start = yield from last_known(window, known)
    got: Fetched = yield Fetch(window, (start,), fresh=True, depth=depth)
    believed = learned.newest_first
    learned.hear(window, got)
    if learned.newest_first is False and believed is not False and got.total > got.size:
        # Only now is it known that the newest end is the far one.
        if got.held > DEEPEST_SKIP and divisible(window, learned):
            return (yield from _in_parts(window, learned))
        last = yield from last_known(window, got.held)
        if last != start:
            start = last
            got = yield Fetch(window, (start,))
    if got.rejected:
        if not has_days(window, learned):
            return (yield from prove_crowded(window, got.total, learned))
        if not got.held or not divisible(window, learned):
            return Outcome.BULKY
        learned.deepest_skip = start - 1
        return (yield from _in_parts(window, learned))
    if learned.reaches_cap(got.total):
        return Outcome.CAPPED
    if depth and learned.newest_first is not False and not got.seam:
        # Something above has gone since: the pages that are stored no longer end where they did.
        yield Commit(window, Verdict.UNPROVEN, got.total, reason=mismatch(got))
        return Outcome.CONTRADICTED
    return (yield from _until_proven(window, learned, start, got))


def last_known(window: Range, known: int) -> Generator[Ask, Any, int]:
    """The skip of the last known entry, oldest first. A window of a page is taken whole."""
    if known < PAGE:
        return 0
    doubtful: int = yield Doubtful(window)
    return max(known - doubtful - 1, 0)


def _until_proven(window: Range, learned: Learned, start: int, got: Fetched) -> Steps:
    """Fetches on from the first page: towards what is known, then what arrived in the meantime."""
    course = Course(start, got, oldest_first=learned.newest_first is False)
    for turn in range(ROUNDS + 1):
        if learned.bounds(window, got) and (yield from total_is_bound(window, got, learned)):
            yield Commit(window, Verdict.UNPROVEN, got.total, reason=LOWER_BOUND)
            return Outcome.CAPPED
        proof = yield from _proof(window, got, from_oldest=course.from_oldest)
        if proof:
            return (yield from commit_proven(window, learned, got, proof))
        if got.rejected and has_days(window, learned):
            # Oldest first, what is new lies beyond all that is known: too deep for a window that
            # holds much, but not for each of its days.
            yield Commit(window, Verdict.PLANNED, got.total)
            return Outcome.BULKY
        if got.rejected:
            return (yield from prove_crowded(window, got.total, learned))
        if got.fell or (got.missing < 0 and not got.doubtful):
            break
        limit = DEEPEST_SKIP if got.held or not divisible(window, learned) else BULKY_ENTRIES
        if got.missing > limit and has_days(window, learned) and not course.resumed:
            yield Commit(window, Verdict.PLANNED, got.total)
            return Outcome.BULKY
        if not turn and (yield from out_of_reach(window, got.missing)):
            return (yield from prove_crowded(window, got.total, learned))
        pages = course.next(got, turn)
        if pages is None:
            break
        got = yield Fetch(window, pages)
        course.take(got)
        learned.hear(window, got)
    yield Commit(window, Verdict.UNPROVEN, got.total, reason=mismatch(got))
    return Outcome.UNSURE if got.doubtful else Outcome.CONTRADICTED


def _in_parts(window: Range, learned: Learned) -> Steps:
    """Oldest first and too deep to page: the whole is counted, and only the newest part walked.

    The count's one entry is the contact: the last that is known.
    """
    if learned.deepest_skip is None:
        learned.deepest_skip = DEEPEST_SKIP  # to find out whether more is refused costs a request
    known: int = yield Known(window)
    counted, bound = yield from count_to_the_end(window, known, learned)
    if not bound and not (counted.known and counted.total == known):
        cuts = yield Spread(window, WINDOW)
        if not cuts:
            return Outcome.BULKY
        head = Range(min(cuts[-1], learned.last_cut), None)
        if head == window or (yield Known(head)) > learned.deepest_skip:
            head = Range(learned.last_cut, None)  # one day alone is too deep to page through
        outcome = yield from walk_open(head, learned)
        if outcome is not Outcome.PROVEN:
            return outcome
        known = yield Known(window)
        if not (counted.known and counted.total == known):
            counted, bound = yield from count_to_the_end(window, known, learned)
    if bound:
        return Outcome.CAPPED
    if not (counted.known and counted.total == known):
        return Outcome.BULKY if counted.total > known + BULKY_ENTRIES else Outcome.CONTRADICTED
    if (yield Doubtful(window)):
        learned.stated = window, known
        return Outcome.UNSURE
    committed = yield Commit(window, Verdict.COMPLETE, known, Proof.COUNT)
    if committed.verdict is not Verdict.COMPLETE:
        return Outcome.CONTRADICTED
    learned.prove_open(window)
    return Outcome.PROVEN


def commit_proven(window: Range, learned: Learned, got: Fetched, proof: Proof) -> Steps:
    # What may lie on the other side of the window's edge is not missed.
    missed = proof is Proof.WALK and got.missing + got.doubtful < 0
    if missed and (yield from _moved_since(window, learned, got)):
        return Outcome.CONTRADICTED
    committed: Committed = yield Commit(window, Verdict.COMPLETE, got.total, proof)
    if committed.verdict is not Verdict.COMPLETE:
        return Outcome.CONTRADICTED
    if committed.known > got.total:
        learned.overfull[window] = got.total
    learned.prove_open(window)
    learned.proven_history |= window == learned.state.history
    return Outcome.PROVEN


def _moved_since(window: Range, learned: Learned, got: Fetched) -> Generator[Ask, Any, bool]:
    """Counts what is older than a window that misses known entries, for these may have expired.

    True where that count shows that the source has changed since the walk.
    """
    older = yield from older_than(window, got.total, learned)
    known: int = yield Known(learned.state.history)
    if older in (None, 0, known - got.held):
        return False
    again: Counted = yield Count(window)
    if again.total == got.total:
        return False
    reason = f"{got.total} entries were served, {again.total} are stated since"
    yield Commit(window, Verdict.UNPROVEN, got.total, reason=reason)
    return True


def _proof(window: Range, got: Fetched, *, from_oldest: bool) -> Generator[Ask, Any, Proof | None]:
    """The proof that the pages fetched so far make, if any; `from_oldest` where the first of them
    is the window's oldest."""
    if got.fell:
        return None
    if got.walked == got.total:
        return Proof.WALK
    if got.missing or not got.contact or got.doubtful:
        return None
    # New entries were served: all that is known from before them should have been, too.
    if from_oldest and got.added and (yield Passed(window)):
        return None
    return Proof.COUNT


def divisible(window: Range, learned: Learned) -> bool:
    """True where a part of the window is over already, and can be fetched as closed ranges."""
    return window.from_day is None or window.from_day < learned.last_cut


def has_days(window: Range, learned: Learned) -> bool:
    """True where a window holds days before today, which may not be over in every zone."""
    return window.from_day is None or window.from_day < learned.state.today


def mismatch(got: Fetched) -> str:
    moved = ", and the total fell" if got.fell else ""
    return f"{got.held + got.added} entries here, {got.total} stated by the source{moved}"

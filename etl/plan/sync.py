"""The plan of one sync of one stream: what is unfinished, what is new, and once a day the whole."""

from collections.abc import Generator
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.beginning import sweep_again
from etl.plan.check import (
    check_history,
    note_checked,
    prove_head,
    reconcile,
    rewalk,
)
from etl.plan.learned import Learned
from etl.plan.model import (
    Ask,
    Commit,
    CommitAll,
    Count,
    Counted,
    Known,
)
from etl.plan.narrowing import overlap
from etl.plan.newest import divisible, newest_window, walk_open
from etl.plan.outcome import Outcome
from etl.plan.parts import heal_parts
from etl.plan.ranges import Range, Unfinished, Verdict
from etl.plan.sounding import begins_elsewhere, sound_ahead, sounding
from etl.plan.whole import prove_by_days, still_lacks, walk_whole

Steps = Generator[Ask, Any, None]


def sync_plan(learned: Learned) -> Steps:
    """Everything a sync asks for, in order. The ledger, not the plan, says whether it is proven."""
    state = learned.state
    new = [item.range for item in state.unfinished if not item.recorded]
    if new:
        yield CommitAll(tuple(Commit(range_, Verdict.PLANNED, None) for range_ in new))
    yield from _finish(state.unfinished, learned)
    if state.walked_before and not (state.history_checked or state.history_proven):
        # A backfill came to its end, in this run or the one before: one count proves it all.
        yield from check_history(learned)
    newest = newest_window(state, state.watermark)
    # Days that lack what is not served: the check of the whole tells of the others.
    left = any(overlap(range_, newest) for range_ in learned.given_up)
    if not (left or learned.proven_open or learned.proven_history):
        yield from _prove(newest, learned)
    # What the newest window alone cannot settle may lie beyond its edge.
    unsettled = not (learned.proven_open or learned.proven_history)
    # Where nothing is known up to which all is proven, no window is the newest: it takes the whole.
    blind = state.walked_before and state.watermark is None
    due = state.check_due or learned.closed_walked or unsettled or blind
    # What was left open may be but a part of the newest window.
    due |= learned.proven_open and not learned.proves(newest)
    if due and not (learned.proven_history or learned.checked_history):
        yield from check_history(learned)
    unsettled |= yield from _still_doubted(learned)
    if learned.proven_history and (unsettled or not state.history_proven):
        yield from sound_ahead(learned, unsettled=unsettled)
    if due and learned.proven_history and not learned.checked_history:
        yield from note_checked(learned)


def _still_doubted(learned: Learned) -> Generator[Ask, Any, bool]:
    """True where an open window does not hold what was stated of it, whatever was fetched since."""
    if learned.doubted is None:
        return False
    window, stated = learned.doubted
    known: int = yield Known(window)
    return known != stated


def _finish(items: tuple[Unfinished, ...], learned: Learned) -> Steps:
    """Goes on where earlier runs stopped: closed ranges first, for they never cost a page twice."""
    closed = []
    for item in items:
        if not item.range.open and not (yield from _still_left(item, learned)):
            closed.append(item)
    if closed:
        yield from sweep_again(tuple(closed), learned)
    for item in items:
        if not item.range.open or (yield from still_lacks(item, learned)):
            continue
        if item.verdict is Verdict.UNPROVEN or item.whole:
            yield from _walk_again(item, learned)
        else:
            yield from _prove(item.range, learned, item.depth)


def _still_left(item: Unfinished, learned: Learned) -> Generator[Ask, Any, bool]:
    """True for days in which all was tried in vain, as long as the source states as many."""
    if not item.left:
        return False
    counted: Counted = yield Count(item.range)
    if counted.total != item.total:
        return False
    learned.give_up(item.range, counted.total - (yield Known(item.range)))
    return True


def _walk_again(item: Unfinished, learned: Learned) -> Steps:
    """An open window that contradicted what is here: not counted once more, but walked."""
    if divisible(item.range, learned):
        yield from rewalk(item.range, learned)
    else:
        yield from walk_whole(item.range, learned, item)


def _prove(window: Range, learned: Learned, depth: int = 0) -> Steps:
    outcome = yield from walk_open(window, learned, depth)
    if outcome is Outcome.CONTRADICTED:
        learned.doubted = learned.stated
    if outcome is Outcome.CAPPED and learned.state.walked_before and divisible(window, learned):
        healed: bool = yield from heal_parts(window, learned.last_cut, learned)
        if (yield from prove_head(learned)) and healed:
            learned.prove_open(window)
    elif outcome in (Outcome.BULKY, Outcome.CAPPED) and divisible(window, learned):
        yield from _backfill(window, learned, whole=outcome is Outcome.CAPPED)
    elif outcome is Outcome.BULKY:
        yield from prove_by_days(window, learned)
    elif outcome is Outcome.UNSURE:
        stated = learned.stated
        if (yield from check_history(learned)) and learned.at_first_count and stated:
            yield sounding(*stated)
    elif outcome is not Outcome.PROVEN and not (yield from begins_elsewhere(window, learned)):
        yield from reconcile(window, learned)


def _backfill(window: Range, learned: Learned, *, whole: bool) -> Steps:
    """Cuts an open window in what is over, which is fetched in parallel, and its last days.

    Days before the watermark's are known already, but for late entries: they are only counted,
    unless the `whole` window has to be fetched because its total is no count.
    """
    cut, mark = learned.last_cut, learned.state.watermark
    begin = window.from_day
    if not whole and begin is not None and mark is not None and begin < mark.date():
        begin = min(mark.date(), cut)
    closed = Range(begin, cut) if begin != cut else None
    parts = [part for part in (closed, Range(cut, None)) if part]
    yield CommitAll(tuple(Commit(part, Verdict.PLANNED, None) for part in parts))
    yield from prove_head(learned)
    if closed:
        yield from sweep_closed((Unfinished(closed, Verdict.PLANNED),), learned)
    if begin != window.from_day and (yield from walk_open(window, learned)) is not Outcome.PROVEN:
        yield from reconcile(window, learned)

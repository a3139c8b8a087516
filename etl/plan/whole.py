"""An open window of which every page is walked: its counts contradict each other."""

from collections.abc import Generator
from typing import Any

from etl.plan.backfill import sweep_closed
from etl.plan.bounds import count_to_the_end, total_is_bound
from etl.plan.course import ROUNDS, skips
from etl.plan.crowded import leave_crowded, out_of_reach, prove_crowded
from etl.plan.learned import Learned
from etl.plan.model import (
    Ask,
    Commit,
    CommitAll,
    Committed,
    Doubtful,
    Fetch,
    Fetched,
    Known,
)
from etl.plan.newest import (
    LOWER_BOUND,
    commit_proven,
    has_days,
    last_known,
    mismatch,
    walk_open,
)
from etl.plan.outcome import Outcome, Steps
from etl.plan.ranges import ONE_DAY, PAGE, Proof, Range, Unfinished, Verdict

PASSES = 8
"""How often a window is walked from its beginning before it is called unproven."""

IN_VAIN = 4
"""Where the last passes, so many, came to the same end, less served than stated, it is left for the
day; of a single page, where ties hide nothing, after two."""


def walk_whole(window: Range, learned: Learned, begun: Unfinished | None = None) -> Steps:
    """Walks every page of an open window, again where that did not do, `PASSES` times at most.

    Ties whose order differs between two requests hide entries at the edges of pages. So each pass
    begins half a page further than the one before, and counts together with it, unless the total
    has fallen: then what was served before may have gone. `begun` is a walk that an earlier run
    began.
    """
    if begun and begun.pages_done and (yield from _rest_of_walk(begun, learned)):
        return Outcome.PROVEN
    outcome = yield from _passes(window, learned)
    if outcome is not Outcome.PROVEN:
        learned.doubt_open()
    return outcome


def prove_by_days(window: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Proves last days that hold more than one window should: today in order, those before apart.

    They may not be over in every zone: what still comes there is found as what comes late is.
    """
    today = learned.state.today
    before, open_ = Range(window.from_day, today), Range(today, None)
    proven = yield from _as_counted(before, learned)
    left = ([] if proven else [before]) + ([] if open_ in learned.given_up else [open_])
    yield CommitAll(tuple(Commit(part, Verdict.PLANNED, None) for part in left))
    if not proven:
        days = Unfinished(before, Verdict.PLANNED)
        proven = yield from sweep_closed((days,), learned, widen=False)
    if open_ in learned.given_up:
        return False
    outcome = yield from walk_open(open_, learned)
    if outcome not in (Outcome.PROVEN, Outcome.UNSURE) and open_ not in learned.given_up:
        outcome = yield from walk_whole(open_, learned)
    return proven and outcome is Outcome.PROVEN


def _as_counted(days: Range, learned: Learned) -> Generator[Ask, Any, bool]:
    """Proves days before today that are known already, by one count of them up to its end."""
    known: int = yield Known(days)
    if known <= PAGE or (yield Doubtful(days)):
        return False
    counted, bound = yield from count_to_the_end(days, known, learned)
    # Beyond what is served nothing shows whether the total is only a lower bound.
    beyond = learned.deepest_skip is not None and known > learned.deepest_skip + 1
    if bound or beyond or counted.total != known or not counted.known:
        return False
    committed: Committed = yield Commit(days, Verdict.COMPLETE, known, Proof.COUNT)
    return committed.verdict is Verdict.COMPLETE


def _passes(window: Range, learned: Learned) -> Steps:
    """The passes of `walk_whole`, until one proves the window or more would not."""
    got: Fetched = yield Fetch(window, (0,), fresh=True, whole=True)
    learned.hear(window, got)
    if (yield from out_of_reach(window, got.total)):
        return (yield from _part(window, got.total, learned))
    alike, end = 0, (0, 0)
    for turn in range(PASSES):
        if turn:
            got = yield Fetch(window, (0,), fresh=got.fell or got.walked > got.total, whole=True)
        shift = got.size // 2 if turn % 2 else got.size
        rest = range(shift, got.total, got.size)
        if rest and not got.rejected:
            got = yield Fetch(window, rest)
            learned.hear(window, got)
        got = yield from _catch_up(window, learned, got)
        if learned.bounds(window, got) and (yield from total_is_bound(window, got, learned)):
            yield Commit(window, Verdict.UNPROVEN, got.total, reason=LOWER_BOUND)
            learned.unread = True
            return Outcome.CAPPED
        if got.walked == got.total and not got.fell:
            return (yield from commit_proven(window, learned, got, Proof.WALK))
        if got.rejected:
            return (yield from _part(window, got.total, learned))
        alike = alike + 1 if (got.total, got.walked) == end and not got.fell else 1
        end = got.total, got.walked
        if alike == 2 and got.total <= got.size:
            break
    if got.walked < got.total and alike >= (2 if got.total <= got.size else IN_VAIN):
        yield from _leave(window, learned, got)
        learned.open_left = True
        return Outcome.CONTRADICTED
    yield Commit(window, Verdict.UNPROVEN, got.total, reason=mismatch(got))
    learned.unread = True
    return Outcome.CONTRADICTED


def _part(window: Range, total: int, learned: Learned) -> Steps:
    """Last days that are too deep to page through: day by day, and today by type."""
    if not has_days(window, learned):
        return (yield from prove_crowded(window, total, learned))
    proven = yield from prove_by_days(window, learned)
    return Outcome.PROVEN if proven else Outcome.CONTRADICTED


def _leave(window: Range, learned: Learned, got: Fetched) -> Generator[Ask, Any, None]:
    """Calls a window unproven, and leaves it for the day where it only lacks what is not served."""
    lacking = got.missing
    until = learned.state.today + ONE_DAY if lacking > 0 else None
    yield Commit(window, Verdict.UNPROVEN, got.total, reason=mismatch(got), left_until=until)
    learned.unread = True
    if until:
        learned.give_up(window, lacking)


def still_lacks(item: Unfinished, learned: Learned) -> Generator[Ask, Any, bool]:
    """True where a window that was left for the day lacks as many entries as then, and no more.

    What is new is fetched. The answer is as little a proof as before: the window stays unproven.
    """
    window = item.range
    known: int = yield Known(window)
    lacking = (item.total or 0) - known
    if not item.left or lacking <= 0:
        return False
    start, oldest_first = 0, learned.newest_first is False
    if oldest_first:
        start = yield from last_known(window, known)
    got: Fetched = yield Fetch(window, (start,), fresh=True)
    learned.hear(window, got)
    if (got.missing > lacking or not got.contact) and not got.rejected:
        rest = got.total if oldest_first else got.missing - lacking + 1
        got = yield Fetch(window, skips(start + got.served, rest, got))
        learned.hear(window, got)
    if got.rejected and not has_days(window, learned):
        yield from leave_crowded(window, learned)
        return True
    if got.missing != lacking or got.fell or got.rejected or not got.contact:
        return False
    yield from _leave(window, learned, got)
    return True


def _rest_of_walk(begun: Unfinished, learned: Learned) -> Generator[Ask, Any, bool]:
    """Fetches the pages that an interrupted walk lacks; True where the counts then agree.

    If the total has moved since, its pages no longer say what they hold.
    """
    window, done = begun.range, begun.pages_done
    first = next(page for page in range(len(done) + 1) if page not in done)
    got: Fetched = yield Fetch(window, (first * PAGE,), fresh=True, whole=True, done=done)
    if got.total != begun.total:
        return False
    pages = range(first + 1, -(-got.total // PAGE))
    rest = [page * PAGE for page in pages if page not in done]
    if rest:
        got = yield Fetch(window, rest)
    if got.total != begun.total or learned.bounds(window, got):
        return False
    committed: Committed = yield Commit(
        window, Verdict.COMPLETE, got.total, Proof.COUNT, pages_done=done | {first, *pages}
    )
    proven = committed.verdict is Verdict.COMPLETE
    if proven:
        learned.prove_open(window)
    return proven


def _catch_up(window: Range, learned: Learned, got: Fetched) -> Generator[Ask, Any, Fetched]:
    """Fetches the newest end again for what arrived during a pass, while that brings anything."""
    for _ in range(ROUNDS):
        lacking = got.total - got.walked
        if lacking <= 0 or got.fell or got.rejected:
            break
        start = 0 if learned.newest_first is not False else max(got.walked - 1, 0)
        again: Fetched = yield Fetch(window, skips(start, lacking + 1, got))
        gained, got = again.walked - got.walked, again
        if not gained:
            break
    return got

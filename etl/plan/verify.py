"""Is the copy still what the source holds? By counts, or by reading everything again."""

from collections.abc import Generator
from itertools import pairwise
from typing import Any

from etl.plan.beginning import expire_before, sweep_again
from etl.plan.bounds import count_to_the_end
from etl.plan.check import check_history, note_checked
from etl.plan.learned import Learned
from etl.plan.model import Ask, Commit, Counted, Doubtful, Known
from etl.plan.narrowing import counted_since, narrow, note_count, overlap, unproven
from etl.plan.outcome import Outcome
from etl.plan.parts import closed_edges, differing_parts
from etl.plan.ranges import WINDOW, Difference, Proof, Range, Unfinished, Verdict
from etl.plan.sounding import sound_ahead
from etl.plan.whole import walk_whole

Steps = Generator[Ask, Any, None]


def verify_plan(learned: Learned, window: Range) -> Steps:
    """Compares counts: one request where a whole history is equal, else narrowed down to days.

    Writes verdicts to the ledger and nothing else; the next sync heals what they call unproven.
    """
    known: int = yield Known(_from(window))
    source: Counted | None = None
    # Where an interrupted run has found that totals are capped, the whole is not counted again.
    if not (learned.state.counted and learned.reaches_cap(known)):
        source = yield from _whole(_from(window), known, learned)
    if source is None:
        learned.differences += yield from differing_parts(window, window.to_day, learned)
        for place in learned.differences:
            yield unproven(place)
    else:
        after, known_after = 0, 0
        if window.to_day is not None:
            after = yield from counted_since(window, source.total, learned, resume=True)
            known_after = yield Known(Range(window.to_day, None))
        total = source.total - after
        if total == known - known_after:
            # The entry that is the last if all are known must be: else as many others are there.
            if known and source.served and source.position is not None and not source.known:
                learned.differences.append(Difference(window, total, total))
                yield unproven(learned.differences[-1])
            elif not (yield Doubtful(window)):
                yield Commit(window, Verdict.COMPLETE, total, Proof.COUNT)
                if window == learned.state.history and (source.known or not known):
                    yield from note_checked(learned)  # so today's first sync need not count it too
            return
        before = yield from _recorded(window, learned)
        here = known, known_after
        found = yield from narrow(
            window,
            (source.total, after),
            here,
            learned,
            explained=before,
            record=True,
            resume=True,
        )
        learned.differences += [
            place
            for place in before
            if not any(overlap(place.range, new.range) for new in found or ())
        ]


def _whole(since: Range, known: int, learned: Learned) -> Generator[Ask, Any, Counted | None]:
    """The count of all from a first day on; None where it is only a lower bound."""
    counted, bound = yield from count_to_the_end(since, known, learned)
    if bound or learned.reaches_cap(counted.total):
        yield note_count(since, counted.total)  # so that the next run knows it, if this one ends
        return None
    return counted


def _recorded(window: Range, learned: Learned) -> Generator[Ask, Any, list[Difference]]:
    """Differences within a window that an earlier run has found: an interrupted one goes on."""
    places: list[Difference] = []
    for item in learned.state.unfinished:
        if (
            item.verdict is Verdict.UNPROVEN
            and item.total is not None
            and window.covers(item.range)
        ):
            places.append(Difference(item.range, item.total, (yield Known(item.range))))
    return [place for place in places if place.source != place.known]


def deep_plan(learned: Learned, window: Range) -> Steps:
    """Reads every page of a window again, and applies what it finds as a sync would.

    What an interrupted run of this has read already (`StreamState.reread`) is not read again.
    """
    state = learned.state
    learned.to_day_included = None  # to be learned anew: nothing that was learned is believed
    if window.from_day is not None and not (window == state.history and state.history_unmoved):
        yield from expire_before(window.from_day, learned)
    edges = yield from closed_edges(window, window.to_day or learned.last_cut, WINDOW)
    begun = {item.range: item for item in state.unfinished if item.pages_done}
    closed = [Range(low, high) for low, high in pairwise(edges)]
    items = tuple(
        begun.get(piece, Unfinished(piece, Verdict.UNPROVEN))
        for piece in reversed(closed)
        if not any(done.covers(piece) for done in state.reread)
    )
    proven = yield from sweep_again(items, learned)
    if window.open:
        head = yield from walk_whole(Range(edges[-1], None), learned)
        proven &= head is Outcome.PROVEN
    # A count must not hide that something could not be read again.
    if learned.unread or window != state.history:
        return
    if (yield from check_history(learned)):
        yield from sound_ahead(learned, unsettled=not proven)


def _from(window: Range) -> Range:
    return Range(window.from_day, None)

"""No behaviour of a source or a warehouse, however senseless, keeps a plan from ending."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from fake_source import TODAY, at
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.plan.backfill import sweep_closed
from etl.plan.learned import Learned, StreamState
from etl.plan.model import (
    Ask,
    Checked,
    Commit,
    CommitAll,
    Committed,
    Count,
    Counted,
    Doubtful,
    Ends,
    Expire,
    Fetch,
    Fetched,
    Known,
    Oldest,
    OldestOf,
    Passed,
    Spread,
    Sweep,
    Swept,
    Watermark,
)
from etl.plan.ranges import Range, Unfinished, Verdict
from etl.plan.sync import sync_plan
from etl.plan.verify import deep_plan, verify_plan

AT_MOST = 40_000
"""Asks that a few days may cost where nothing is ever right: their types and actions, often."""


@dataclass(frozen=True, slots=True)
class Temper:
    """How often an adversary does what, in percent; and what it likes to say of numbers."""

    rejects: int
    caps: int
    falls: int
    too_large: int
    complete: int
    agrees: int
    totals: tuple[int, ...]
    random: Random

    def often(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def total(self) -> int:
        return self.random.choice(self.totals)

    def day(self) -> date:
        return TODAY - timedelta(days=self.random.randrange(-3, 40))


percent = st.sampled_from([0, 10, 50, 90, 100])
tempers = st.builds(
    Temper,
    rejects=percent,
    caps=percent,
    falls=percent,
    too_large=percent,
    complete=percent,
    agrees=percent,
    totals=st.lists(
        st.sampled_from([0, 1, 7, 99, 100, 101, 900, 4_000, 12_000, 60_000]), min_size=1
    ).map(tuple),
    random=st.integers(0, 2**32).map(Random),
)


def _answer(ask: Ask, temper: Temper) -> object:
    random = temper.random
    match ask:
        case Fetch(_, skips):
            total = temper.total()
            held = total if temper.often(temper.agrees) else temper.total()
            return Fetched(
                total=total,
                fell=temper.often(temper.falls),
                size=random.choice([1, 50, 100]),
                served=random.randrange(100 * len(skips) + 1),
                capped=temper.often(temper.caps),
                newest_first=random.choice([None, True, False]),
                walked=total if temper.often(temper.complete) else temper.total(),
                held=held,
                added=random.choice([0, 0, 1, 100, max(total - held, 0)]),
                contact=temper.often(50),
                seam=temper.often(50),
                doubtful=random.choice([0, 0, 1, 300]),
                busiest_day=random.choice([None, temper.day()]),
                rejected=temper.often(temper.rejects),
            )
        case Sweep(tasks):
            return tuple(_swept(task, temper) for task in tasks)
        case Count():
            position = at(temper.day())
            rejected = temper.often(temper.rejects) and ask.skip > 0
            return Counted(temper.total(), position, temper.often(50), temper.often(90), rejected)
        case Doubtful() | Passed():
            return random.choice([0, 0, 1, 300])
        case Watermark() | OldestOf():
            return random.choice([None, at(temper.day())])
        case Ends():
            return random.choice([(None, None), (at(temper.day()), at(temper.day()))])
        case Known():
            return temper.total()
        case Expire():
            return random.choice([None, temper.total()])
        case Oldest():
            return random.choice([None, temper.day()])
        case Spread():
            return tuple(sorted({temper.day() for _ in range(random.randrange(4))}))
        case CommitAll() | Checked():
            return None
        case Commit(_, verdict):
            kept = verdict is not Verdict.COMPLETE or temper.often(temper.complete)
            return Committed(
                verdict if kept else Verdict.UNPROVEN,
                temper.total(),
                temper.random.choice([0, 0, 5]),
                temper.often(50),
            )


def _swept(task: Unfinished, temper: Temper) -> Swept:
    return Swept(
        task.range,
        Verdict.COMPLETE if temper.often(temper.complete) else Verdict.UNPROVEN,
        temper.total(),
        temper.total(),
        too_large=temper.often(temper.too_large),
        capped=temper.often(temper.caps),
        rejected=temper.often(temper.rejects),
        served_all=temper.often(50),
    )


def _asks(
    plan: Generator[Ask, Any, object], source: Temper | Callable[[Ask], object], most: int
) -> int:
    """How many asks a plan takes to end; fails where there are more than `most`."""
    answer_to = partial(_answer, temper=source) if isinstance(source, Temper) else source
    answer: Any = None
    asked = 0
    try:
        while True:
            ask = plan.send(answer)
            asked += 1
            assert asked <= most, f"still asking: {ask}"
            answer = answer_to(ask)
    except StopIteration:
        return asked


@st.composite
def states(draw: st.DrawFn) -> tuple[StreamState, int]:
    """A state that a run may begin with, and how many days of history it has."""
    span = draw(st.integers(0, 4))
    begin = TODAY - timedelta(days=span)
    days = st.integers(0, span).map(lambda n: begin + timedelta(days=n))
    ranges = st.one_of(
        st.builds(Range, st.just(begin), st.none()),
        st.builds(lambda day: Range(day, day + timedelta(days=1)), days),
        st.builds(lambda day: Range(begin, day + timedelta(days=1)), days),
    )
    unfinished = st.builds(
        Unfinished,
        ranges,
        st.sampled_from([Verdict.PLANNED, Verdict.PARTIAL, Verdict.UNPROVEN]),
        st.none() | st.integers(0, 9_000),
        st.frozensets(st.integers(0, 20), max_size=4),
        st.booleans(),
        st.booleans(),
    )
    maybe = st.none() | st.booleans()
    state = StreamState(
        today=TODAY,
        history_from=begin,
        watermark=draw(st.none() | days.map(at)),
        lookback_days=draw(st.integers(0, 30)),
        newest_first=draw(maybe),
        to_day_included=draw(maybe),
        total_cap=draw(st.none() | st.sampled_from([1, 100, 10_000])),
        check_due=draw(st.booleans()),
        unfinished=tuple(draw(st.lists(unfinished, max_size=3))),
        walked_before=draw(st.booleans()),
        history_proven=draw(st.booleans()),
        history_unmoved=draw(st.booleans()),
    )
    return state, span


@given(states(), tempers)
@settings(max_examples=100)
def test_a_sync_of_a_known_history_ends_after_a_bounded_number_of_asks(
    made: tuple[StreamState, int], temper: Temper
) -> None:
    state, span = made
    _asks(sync_plan(Learned.of(state)), temper, AT_MOST * (span + 1))


@pytest.mark.parametrize(("plan", "most"), [(verify_plan, 1_000), (deep_plan, AT_MOST)])
@given(states(), tempers, st.none() | st.integers(0, 4))
@settings(max_examples=60)
def test_a_verification_of_all_days_or_of_some_ends_after_a_bounded_number_of_asks(
    plan: Callable[[Learned, Range], Generator[Ask, Any, object]],
    most: int,
    made: tuple[StreamState, int],
    temper: Temper,
    ago: int | None,
) -> None:
    state, span = made
    window = state.history if ago is None else _days(TODAY - timedelta(days=ago))
    _asks(plan(Learned.of(state), window), temper, most * (span + 1))


@given(tempers)
@settings(max_examples=20)
def test_a_first_sync_of_a_history_of_unknown_length_ends_too(temper: Temper) -> None:
    state = StreamState(TODAY, None, None, 7)
    splitting = replace(temper, too_large=min(temper.too_large, 50), rejects=0)
    _asks(sync_plan(Learned.of(state)), splitting, AT_MOST * 10)


@pytest.mark.parametrize("total", [10**9, 2**62])
@pytest.mark.parametrize("begin", [None, TODAY], ids=["a long history", "today only"])
def test_a_total_that_makes_no_sense_is_not_spelled_out_page_by_page(
    total: int, begin: date | None
) -> None:
    plan = sync_plan(Learned.of(StreamState(TODAY, begin, None, 7)))
    sane = Temper(0, 0, 0, 0, 0, 0, (total,), Random(1))
    _asks(plan, sane, AT_MOST)


def test_a_day_beside_which_every_longer_range_is_capped_is_not_widened_and_cut_without_end() -> (
    None
):
    """A walk over the day's edges would tell what is known too much, if its total were exact."""
    day = TODAY - timedelta(days=9)
    learned = Learned.of(StreamState(TODAY, None, at(TODAY), 7))
    plan = sweep_closed((Unfinished(_days(day), Verdict.UNPROVEN),), learned)
    _asks(plan, lambda ask: _capped_but_for_a_day(ask, day), 60)


def _days(first: date, count: int = 1) -> Range:
    return Range(first, first + timedelta(days=count))


def _capped_but_for_a_day(ask: Ask, day: date) -> Any:
    """A day of 115 entries, of which 118 are known, and not one entry on the days beside it."""

    def stated(range_: Range) -> int:
        low, high = range_.from_day or date.min, range_.to_day or date.max
        return 115 if low <= day < high else 0

    match ask:
        case Sweep(tasks):
            return tuple(
                Swept(
                    task.range,
                    Verdict.UNPROVEN if stated(task.range) else Verdict.COMPLETE,
                    stated(task.range),
                    118,
                    capped=bool(stated(task.range)) and not task.range.single_day,
                    served_all=True,
                )
                for task in tasks
            )
        case Count(range_, skip):
            return Counted(stated(range_), at(day), True, stated(range_) > skip)
        case Known(range_):
            return 118 if stated(range_) else 0
        case Commit(_, verdict):
            return Committed(verdict, 118)
        case Oldest():
            return day
    return None

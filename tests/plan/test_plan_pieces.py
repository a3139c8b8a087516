"""The small rules of the plans: cutting ranges, and finding the days whose counts differ."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, log2

from fake_source import TODAY, FakeSource, items_of, within
from fake_world import World
from hypothesis import given
from hypothesis import strategies as st

from etl.plan.backfill import cut_evenly
from etl.plan.check import narrow
from etl.plan.ranges import ONE_DAY, Difference, Range, closing_day, halves

days = st.integers(0, 400).map(lambda ago: TODAY - timedelta(days=ago))
types = st.sampled_from([None, "role"])


@given(days, st.integers(1, 500), st.integers(-3, 500), st.integers(1, 60), types)
def test_a_range_cut_evenly_is_covered_by_whole_days_without_gap_or_overlap(
    end: date, span: int, late: int, parts: int, entity_type: str | None
) -> None:
    begin = end - timedelta(days=span)
    whole = Range(begin - timedelta(days=max(late, 0)), end, entity_type)
    pieces = cut_evenly(whole, begin, parts)
    cuts = [piece.to_day for piece in pieces if piece.to_day]
    assert [piece.from_day for piece in pieces] == [whole.from_day, *cuts[:-1]]
    assert cuts[-1] == end
    assert len(pieces) == len(cuts) == min(parts, span)
    lengths = [(b - a).days for a, b in pairwise([begin, *cuts])]
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1
    assert all(piece.entity_type == entity_type for piece in pieces)


@given(days, st.integers(1, 30), st.integers(-400, 0))
def test_a_range_whose_oldest_day_is_not_before_its_end_stays_whole(
    end: date, parts: int, before: int
) -> None:
    whole = Range(None, end)
    assert cut_evenly(whole, end - timedelta(days=before), parts) == [whole]


@given(st.none() | days, st.none() | days, st.none() | days, types)
def test_halves_make_up_their_whole_and_each_has_a_day(
    low: date | None, high: date | None, oldest: date | None, entity_type: str | None
) -> None:
    whole = Range(low, high, entity_type)
    begin, end = low or oldest, high or TODAY + ONE_DAY
    pair = halves(whole, TODAY, oldest)
    if begin is None or (end - begin).days < 2:
        assert pair is None
        return
    assert pair is not None
    older, newer = pair
    assert older.to_day == newer.from_day
    assert older == replace(whole, to_day=older.to_day)
    assert newer == replace(whole, from_day=newer.from_day)
    assert begin < (older.to_day or begin) < end


@given(days)
def test_a_range_is_asked_for_up_to_its_end_until_the_source_is_known_to_go_further(
    day: date,
) -> None:
    assert closing_day(day, True) == day - ONE_DAY
    assert closing_day(day, False) == closing_day(day, None) == day


@st.composite
def differing_worlds(draw: st.DrawFn) -> tuple[World, Counter[date], int]:
    """A world that lacks entries on some days, how many on which, and how many days it spans."""
    span = draw(st.integers(2, 600))
    oldest = TODAY - timedelta(days=span)
    some = st.integers(1, span).map(lambda n: oldest + timedelta(days=n))
    held = items_of([oldest, *draw(st.lists(some, max_size=40))])
    lacking = items_of(draw(st.lists(some, min_size=1, max_size=6)), prefix="lacking")
    world = World(FakeSource([*held, *lacking], newest_first=draw(st.booleans())))
    world.warehouse.hold(held)
    return world, Counter(item.at.date() for item in lacking), span


def _narrow(world: World, counts: int | None = None) -> list[Difference] | None:
    source, known = (len(world.source.items), 0), (len(world.known), 0)
    window = world.learned.state.history
    return world.follow(narrow(window, source, known, world.learned, counts))


@given(differing_worlds())
def test_narrowing_finds_exactly_the_differing_days_with_logarithmically_many_counts(
    made: tuple[World, Counter[date], int],
) -> None:
    world, lacking, span = made
    found = _narrow(world)
    assert found is not None
    last = world.learned.last_cut
    for difference in found:
        here = within(world.known, difference.range)
        there = within(world.source.items, difference.range)
        assert (difference.source, difference.known) == (len(there), len(here))
        one_side_is_empty = not here or not there
        assert difference.range.single_day or one_side_is_empty or difference.range.from_day == last
    assert sum(d.source - d.known for d in found) == lacking.total()
    begins = [d.range.from_day for d in found]
    assert begins == sorted(begins, key=lambda day: day or date.min, reverse=True)
    assert world.source.requests <= len(lacking) * (ceil(log2(span + 1)) + 1) + 1


@given(differing_worlds(), st.integers(0, 12))
def test_narrowing_spends_no_more_counts_than_it_is_allowed(
    made: tuple[World, Counter[date], int], allowed: int
) -> None:
    world, lacking, _ = made
    found = _narrow(world, allowed)
    assert world.source.requests <= allowed
    if found is not None:
        assert sum(d.source - d.known for d in found) == lacking.total()


@given(differing_worlds())
def test_entries_older_than_all_that_is_known_are_found_in_one_range_before_it(
    made: tuple[World, Counter[date], int],
) -> None:
    world, _, span = made
    oldest = TODAY - timedelta(days=span)
    world.warehouse.hold(world.source.items)
    world.source.insert(items_of([oldest - timedelta(days=900)], prefix="older"))
    assert _narrow(world) == [Difference(Range(None, oldest), 1, 0)]
    assert world.source.requests == 1

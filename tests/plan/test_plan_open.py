"""What a walk of the newest window costs, and that it ends with everything."""

from datetime import timedelta
from math import ceil
from random import Random

import pytest
from fake_source import TODAY, FakeSource, Item, at, items_of
from fake_world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.plan.newest import Outcome, walk_open
from etl.plan.ranges import Range
from etl.plan.whole import walk_whole

orders = pytest.mark.parametrize("newest_first", [True, False], ids=["newest", "oldest"])
ages = st.lists(st.integers(1, 60), max_size=40).map(sorted)


def _synced(source: FakeSource, lookback_days: int = 7) -> World:
    world = World(source, lookback_days=lookback_days)
    world.sync()
    assert world.complete
    assert world.known == source.items
    return world


def _source(ages: list[int], newest_first: bool, page_size: int, each: int = 1) -> FakeSource:
    days = [TODAY - timedelta(days=age) for age in ages for _ in range(each)]
    return FakeSource(items_of(days), newest_first=newest_first, page_size=page_size)


def _arrive(world: World, number: int, wave: int) -> None:
    """So many entries arrive now, one a second."""
    seconds = range(wave * 3_000, wave * 3_000 + number)
    world.source.insert(Item(at(TODAY, second), f"wave{wave}-{second}") for second in seconds)


@orders
@given(ages, st.integers(1, 40), st.integers(0, 30))
def test_a_quiet_sync_costs_one_request(
    newest_first: bool, ages: list[int], each: int, lookback_days: int
) -> None:
    world = _synced(_source(ages, newest_first, 100, each), lookback_days)
    assert world.sync() == 1
    assert world.sync() == 1


@orders
@given(ages, st.integers(1, 40))
def test_a_quiet_sync_costs_one_request_more_on_a_new_day(
    newest_first: bool, ages: list[int], each: int
) -> None:
    world = _synced(_source(ages, newest_first, 100, each))
    world.today += timedelta(days=1)
    assert world.sync() <= 2
    assert world.sync() == 1


@orders
@given(
    ages.filter(bool),
    st.integers(1, 40),
    st.integers(0, 30),
    st.lists(st.integers(1, 1_000), min_size=1, max_size=4),
)
@settings(max_examples=60)
def test_n_new_entries_cost_their_pages_or_one_request_more(
    newest_first: bool, ages: list[int], each: int, lookback_days: int, waves: list[int]
) -> None:
    world = _synced(_source(ages, newest_first, 100, each), lookback_days)
    for wave, number in enumerate(waves):
        _arrive(world, number, wave)
        cost = world.sync()
        assert world.known == world.source.items
        assert world.complete
        assert cost <= ceil(number / 100) + 1
    assert world.sync() == 1


@orders
@pytest.mark.parametrize("number", [100, 999, 1_001, 2_500])
@pytest.mark.parametrize("held_in_lookback", [50, 4_000])
def test_n_new_entries_cost_as_little_where_the_lookback_holds_many(
    newest_first: bool, held_in_lookback: int, number: int
) -> None:
    source = _source([3] * held_in_lookback, newest_first, 100)
    world = _synced(source)
    _arrive(world, number, 0)
    assert world.sync() <= ceil(number / 100) + 1
    assert world.known == source.items
    assert world.complete


@orders
@pytest.mark.parametrize("held_in_lookback", [50, 4_000, 12_000])
def test_entries_that_come_a_little_late_cost_their_page_or_one_request_more(
    newest_first: bool, held_in_lookback: int
) -> None:
    """Oldest first such an entry lies before all that is new: a whole window was walked for it. And
    where one day held more than can be paged through, the days after it were cut off for ever."""
    source = _source([3] * held_in_lookback, newest_first, 100)
    world = _synced(source)
    _arrive(world, 50, 0)
    world.sync()
    source.insert(Item(at(TODAY, 40), f"late{n}") for n in range(10))
    assert world.sync() <= 2 + (held_in_lookback > 10_000)
    assert world.complete
    assert world.known == source.items


@orders
@pytest.mark.parametrize("new", [2_000, 9_000])
def test_more_new_entries_than_can_be_paged_to_behind_all_that_is_known_are_proven_by_days(
    newest_first: bool, new: int
) -> None:
    """Oldest first a refusal on the way was taken for a contradiction, and was one at each sync."""
    source = _source([age for age in range(1, 6) for _ in range(1_800)], newest_first, 100)
    source.deepest = 10_000
    world = _synced(source)
    _arrive(world, new, 0)
    assert world.sync() <= 1.3 * ceil(new / 100)
    assert world.known == source.items
    assert world.complete
    assert world.sync() == 1


@orders
@given(ages, st.integers(1, 100), st.integers(1, 5), st.data())
def test_entries_that_arrive_while_a_walk_reads_are_brought_by_the_same_walk(
    newest_first: bool, ages: list[int], page_size: int, each: int, data: st.DataObject
) -> None:
    source = _source([0, *ages], newest_first, page_size, each)
    arriving = data.draw(st.dictionaries(st.integers(1, 12), st.integers(1, 20), max_size=5))

    def arrive(source: FakeSource) -> None:
        number = arriving.pop(source.requests, 0)
        second = 40_000 + source.requests * 30
        source.insert(Item(at(TODAY, second + n), f"new{second + n}") for n in range(number))

    source.on_request = arrive
    world = World(source)
    assert world.follow(walk_open(Range(None, None), world.learned)) is Outcome.PROVEN
    assert world.known == source.items
    assert all(claim.lacking == 0 for claim in world.claims if claim.accepted)


@orders
@given(ages, st.integers(1, 100), st.integers(1, 5), st.data())
def test_a_whole_walk_notices_what_has_gone_and_brings_what_came(
    newest_first: bool, ages: list[int], page_size: int, each: int, data: st.DataObject
) -> None:
    source = _source([0, *ages], newest_first, page_size, each)
    world = World(source)
    world.warehouse.hold(source.items)
    ids = [item.id for item in source.items]
    source.remove(set(data.draw(st.lists(st.sampled_from(ids), unique=True))))
    source.insert(items_of([TODAY - timedelta(days=9)] * data.draw(st.integers(0, 5)), "late"))
    assert world.follow(walk_whole(Range(None, None), world.learned)) is Outcome.PROVEN
    assert world.known == source.items
    assert source.requests == max(ceil(len(source.items) / page_size), 1)


@orders
@given(st.integers(2, 300), st.integers(2, 100), st.integers(0, 10**6))
def test_ties_in_shifting_order_do_not_hide_an_entry(
    newest_first: bool, entries: int, page_size: int, seed: int
) -> None:
    instants = [at(TODAY - timedelta(days=1), n // 4) for n in range(entries)]
    items = [Item(instant, f"e{n}") for n, instant in enumerate(instants)]
    source = FakeSource(items, newest_first=newest_first, page_size=page_size, ties=Random(seed))
    world = World(source)
    world.sync()
    assert world.known == source.items
    assert world.complete


@orders
def test_days_left_unproven_are_not_taken_for_proven_because_a_wider_walk_had_proven_them_before(
    newest_first: bool,
) -> None:
    """Found by the state machine (hunt 22011): the sync ended there, and counted the whole no more,
    though one count would have proven it."""
    world = _synced(_source([0, 0, 1, 2, 3], newest_first, 10, 9))
    head, learned = Range(TODAY, None), world.learned
    assert world.follow(walk_whole(Range(TODAY - timedelta(days=2), None), learned)) is (
        Outcome.PROVEN
    )
    assert learned.proves(head)
    # At each request an entry has gone: the pages of no walk are of one and the same window.
    world.source.on_request = lambda source: source.remove({source.items[-1].id})
    assert world.follow(walk_whole(head, learned)) is not Outcome.PROVEN
    assert not learned.proven_open

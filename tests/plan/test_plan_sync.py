"""Whole syncs against sources of every kind: nothing is called complete that is not here."""

from collections import Counter
from datetime import date, timedelta
from math import ceil
from random import Random

import pytest
from fake_source import TODAY, FakeSource, Item, at, items_of, within
from fake_world import World
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.plan.ranges import Proof, Range, Verdict


def _ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@st.composite
def sources(draw: st.DrawFn) -> FakeSource:
    """A small source of any kind; with pages so small that it has many of them."""
    ages = draw(st.lists(st.integers(0, 90), max_size=80))
    return FakeSource(
        items_of(map(_ago, sorted(ages))),
        newest_first=draw(st.booleans()),
        includes_to_date=draw(st.booleans()),
        cap=draw(st.none() | st.integers(1, 100)),
        deepest=draw(st.none() | st.integers(0, 100)),
        page_size=draw(st.integers(1, 30)),
        has_more_lies=draw(st.booleans()),
    )


def _check_claims(world: World) -> None:
    """No open range was ever called complete while something of it lacked.

    A closed range may have been, for the time that it took to learn how `to_date` is read.
    """
    for claim in world.claims:
        early = claim.accepted and claim.lacking and claim.commit.range.open
        assert not early, f"{claim} was called complete"


def _check_ledger(world: World) -> None:
    """What the ledger calls complete once a run has ended is held."""
    for low, high, row in world.warehouse.stretches():
        if row is not None and row.verdict is Verdict.COMPLETE:
            days = Range(None if low == date.min else low, None if high == date.max else high)
            assert set(within(world.source.items, days)) <= set(world.known), f"{days}: {row}"


def _most_on_a_day(source: FakeSource) -> int:
    days = Counter(item.at.date() for item in source.items)
    return max(days.values(), default=0)


@given(sources(), st.none() | st.integers(0, 100))
@settings(max_examples=1_000)
def test_nothing_is_called_complete_that_is_not_held(source: FakeSource, ago: int | None) -> None:
    world = World(source, history_from=None if ago is None else _ago(ago))
    for _ in range(3):
        world.sync()
        _check_claims(world)
        _check_ledger(world)
        begin = at(_ago(ago)) if ago is not None else at(date.min)
        if world.complete:
            assert world.known == [item for item in source.items if item.at >= begin]
        world.today += timedelta(days=1)


@given(
    ages=st.lists(st.integers(0, 90), min_size=3, max_size=9),
    busy=st.integers(0, 90),
    cap=st.integers(1, 4),
    newest_first=st.booleans(),
    inclusive=st.booleans(),
    page_size=st.integers(1, 2),
)
@settings(max_examples=300)
def test_a_cap_is_never_taken_for_a_number_of_entries_though_has_more_is_always_true(
    ages: list[int], busy: int, cap: int, newest_first: bool, inclusive: bool, page_size: int
) -> None:
    """Two days of one entry show that 2 can be exact; a day that states 2 may yet hold 3."""
    items = items_of(map(_ago, [*ages, busy, busy, busy]))
    source = FakeSource(
        items, newest_first, inclusive, cap=cap, page_size=page_size, has_more_lies=True
    )
    world = World(source)
    for _ in range(3):
        world.sync()
        _check_claims(world)
        _check_ledger(world)
        world.today += timedelta(days=1)


@given(sources())
@settings(max_examples=1_000)
def test_a_source_that_pages_and_counts_well_enough_is_proven_by_one_sync(
    source: FakeSource,
) -> None:
    most = _most_on_a_day(source)
    source.cap, source.has_more_lies = None, False
    if source.deepest is not None:
        source.deepest = max(source.deepest, 2 * most)
    world = World(source)
    world.sync()
    assert world.complete
    assert world.known == source.items


@given(sources(), st.dictionaries(st.integers(1, 40), st.integers(0, 60), max_size=8))
@settings(max_examples=1_000)
def test_a_source_that_grows_anywhere_while_it_is_read_is_never_called_complete_too_early(
    source: FakeSource, arrivals: dict[int, int]
) -> None:
    source.cap, source.has_more_lies = None, False

    def grow(source: FakeSource) -> None:
        age = arrivals.get(source.requests)
        if age is not None:
            source.insert([Item(at(_ago(age), 80_000), f"late{source.requests}")])

    source.on_request = grow
    world = World(source)
    for _ in range(2):
        world.sync()
        _check_claims(world)
    source.on_request = lambda _: None
    world.today += timedelta(days=1)
    world.sync()
    _check_ledger(world)


@given(
    number=st.integers(0, 40_000),
    span=st.integers(1, 1_500),
    bursts=st.booleans(),
    seed=st.integers(0, 10**6),
    newest_first=st.booleans(),
    inclusive=st.booleans(),
    shallow=st.booleans(),
)
@settings(max_examples=40)
def test_a_backfill_costs_hardly_more_than_its_pages(
    number: int,
    span: int,
    bursts: bool,
    seed: int,
    newest_first: bool,
    inclusive: bool,
    shallow: bool,
) -> None:
    random = Random(seed)
    weights = [random.lognormvariate(0, bursts) for _ in range(span)]
    ages = random.choices(range(span), weights, k=number)
    source = FakeSource(
        items_of(sorted(map(_ago, ages))), newest_first=newest_first, includes_to_date=inclusive
    )
    # Where a large skip is refused, the oldest day has to be searched for.
    refuses = shallow and _most_on_a_day(source) < 10_000
    source.deepest = 10_000 if refuses else None
    world = World(source)
    cost = world.sync()
    assert world.complete
    assert world.known == source.items
    assert cost <= 1.03 * ceil(number / 100) + (14 if refuses else 10)
    assert world.sync() == 1


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("newest_first", [True, False])
def test_last_days_that_together_hold_more_than_the_paging_reaches_are_proven_apart(
    newest_first: bool, inclusive: bool
) -> None:
    ages = [age for age in (0, 1) for _ in range(6_000)]
    items = items_of(sorted(map(_ago, ages)))
    source = FakeSource(items, newest_first=newest_first, includes_to_date=inclusive)
    source.deepest = 10_000
    world = World(source)
    assert world.sync() <= 1.03 * 120 + 14
    assert world.complete
    assert world.known == source.items
    assert world.sync() == 1


def _day_of(numbers: dict[tuple[str, str], int]) -> list[Item]:
    """Entries of one day, so many of each entity type and action type."""
    return [
        Item(at(_ago(20), n % 86_400), f"{entity}-{action}-{n}", entity, action)
        for (entity, action), number in numbers.items()
        for n in range(number)
    ]


@pytest.mark.parametrize("newest_first", [True, False], ids=["newest", "oldest"])
def test_a_day_beyond_the_reach_of_paging_is_fetched_by_its_types(newest_first: bool) -> None:
    day = _day_of({("user", "created"): 900, ("role", "assigned"): 600, ("role", "updated"): 700})
    source = FakeSource(
        [*items_of([_ago(30)] * 30), *day, *items_of([_ago(1)] * 30, "head")],
        newest_first=newest_first,
        deepest=1_000,
    )
    world = World(source)
    world.sync()
    assert world.complete
    assert world.known == source.items
    _check_claims(world)


@pytest.mark.parametrize("newest_first", [True, False], ids=["newest", "oldest"])
def test_what_no_type_reaches_is_unproven_with_its_day_and_numbers_and_the_rest_is_kept(
    newest_first: bool,
) -> None:
    day = _day_of({("user", "created"): 1_500, ("role", "assigned"): 300, ("new_kind", "x"): 40})
    source = FakeSource(
        [*items_of([_ago(30)] * 30), *day], newest_first=newest_first, deepest=1_000
    )
    world = World(source)
    world.sync()
    (left,) = world.unproven()
    assert left.range == Range(_ago(20), _ago(19))
    assert left.verdict is Verdict.UNPROVEN
    held = len([item for item in world.known if item.at.date() == _ago(20)])
    assert f"{_ago(20)} holds 1840 entries" in world.reasons[-1]
    assert f"{held} are here" in world.reasons[-1]
    assert held >= 1_100 + 300
    assert world.sync() <= 5
    assert not world.complete


def test_an_oldest_day_is_found_though_no_large_skip_is_served() -> None:
    source = FakeSource(items_of([_ago(n // 4) for n in range(4 * 400)]), deepest=0, page_size=50)
    world = World(source)
    world.sync()
    assert world.complete
    assert world.known == source.items


@given(st.integers(1, 50), st.booleans())
@example(1, True)
def test_what_the_source_has_let_expire_costs_a_few_requests_once(
    gone: int, newest_first: bool
) -> None:
    items = items_of([_ago(60 - n // 20) for n in range(600)])
    source = FakeSource(items, newest_first=newest_first)
    world = World(source)
    world.sync()
    source.remove({item.id for item in items[:gone]})
    assert world.sync() == 1
    world.today += timedelta(days=1)
    assert world.sync() <= 4
    assert world.complete
    assert world.known == source.items
    assert world.sync() == 1


@given(st.lists(st.integers(10, 300), min_size=1, max_size=5, unique=True), st.booleans())
@settings(max_examples=40)
def test_entries_later_than_the_lookback_are_brought_the_next_day_at_little_cost(
    late: list[int], newest_first: bool
) -> None:
    source = FakeSource(items_of([_ago(n % 301) for n in range(6_000)]), newest_first=newest_first)
    world = World(source)
    world.sync()
    source.insert(items_of(map(_ago, late), "late"))
    assert world.sync() == 1
    world.today += timedelta(days=1)
    located = 4 + 11 * len(late)
    walked = 24 + 6_000 // 100 + 10
    assert world.sync() <= (located if len(late) <= 2 else walked)
    assert world.complete
    assert world.known == source.items
    assert world.sync() == 1


def test_each_window_of_a_backfill_is_proven_by_its_own_walk() -> None:
    source = FakeSource(items_of([_ago(n // 60) for n in range(60 * 300)]))
    world = World(source)
    world.sync()
    walked = [claim.commit for claim in world.claims if claim.commit.proof is Proof.WALK]
    assert len(walked) >= 4
    assert world.claims[-1].commit.range == Range(None, None)
    assert all(claim.accepted for claim in world.claims)

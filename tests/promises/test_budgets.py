"""Many runs that may ask but little: together they do what one run does, at the same cost."""

from datetime import timedelta

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import World


def backfill(world: World, count: int) -> World:
    world.source.insert(*spread(count, world.clock.now(), 60))
    return world


def in_small_runs(world: World, budget: int, most: int) -> int:
    """Requests of so many runs as it takes, fewer than `most`, until all is proven."""
    requests = 0
    for _ in range(most):
        seen = world.sync(max_requests=str(budget))
        assert seen.requests <= budget
        requests += seen.requests
        if seen.complete:
            assert world.stored() == world.texts()
            return requests
    raise AssertionError(f"not complete after {most} runs and {requests} requests")


@pytest.mark.parametrize(
    ("order", "to_date", "count", "budget"),
    [
        ("newest", "inclusive", 1_200, 2),
        ("oldest", "inclusive", 1_200, 2),
        ("newest", "exclusive", 1_200, 2),
        ("oldest", "exclusive", 1_200, 3),
        ("newest", "inclusive", 900, 3),
        ("oldest", "inclusive", 1_000, 2),
        ("newest", "inclusive", 1_200, 5),
        ("oldest", "exclusive", 11_000, 60),
    ],
)
def test_many_small_runs_together_cost_at_most_a_tenth_more_than_one(
    make: MakeWorld, order: str, to_date: str, count: int, budget: int
) -> None:
    """With two requests a run, how `to_date` is read was learned in none of them, and what was
    fetched under the wrong reading was fetched again for ever."""
    dialect = Dialect(order=order, to_date=to_date)  # type: ignore[arg-type]
    one = backfill(make(dialect=dialect), count).sync()
    assert one.complete
    most = int(1.1 * one.requests) + 1
    assert in_small_runs(backfill(make(dialect=dialect), count), budget, most // budget + 2) <= most


@pytest.mark.parametrize(
    ("order", "max_skip", "budget", "most"),
    [("newest", 300, 2, 45), ("oldest", 1_000, 3, 45)],
)
def test_a_small_budget_comes_to_its_end_where_large_skips_are_refused(
    make: MakeWorld, order: str, max_skip: int, budget: int, most: int
) -> None:
    """The search for the oldest day took more requests than a run had, and began anew each time;
    so did the run that found out for two ranges that they are too deep."""
    dialect = Dialect(order=order, max_skip=max_skip)  # type: ignore[arg-type]
    in_small_runs(backfill(make(dialect=dialect), 2_000), budget, most)


def test_what_a_walk_shows_of_to_date_is_kept_though_it_was_interrupted(make: MakeWorld) -> None:
    """Its first page came from after its last day: the next run asks for one day less."""
    world = backfill(make(dialect=Dialect(order="newest", to_date="exclusive")), 1_500)
    assert not world.sync(max_requests="5").complete
    learned = "SELECT arg_max(to_day_included, seq) FROM windows"
    assert world.ask(learned) == [(False,)]
    world.service.dialect = Dialect(order="newest")
    assert not world.sync(max_requests="2").complete
    assert world.ask(learned) == [(True,)]


@pytest.mark.parametrize("budget", [2, 3, 4])
def test_a_log_of_a_few_pages_is_copied_by_runs_that_may_ask_but_little(
    make: MakeWorld, budget: int
) -> None:
    """It was walked in order, and pages that began anywhere else than the first walk's were not
    remembered: each run fetched the same again. One entry a run is fetched twice, for contact."""
    one = backfill(make(), 1_000).sync()
    assert one.complete
    small = in_small_runs(backfill(make(), 1_000), budget, 12)
    assert small <= one.requests + 4


def test_late_entries_are_all_found_by_runs_that_may_ask_but_little(make: MakeWorld) -> None:
    """Nothing was fetched before all of them had been located, which each run began anew: with 24
    requests a run entries of three days a thousand days back were never found."""
    world = make()
    world.source.insert(*spread(3_000, world.clock.now(), 1_000))
    assert world.sync().complete
    assert world.sync().complete
    world.clock.advance(days=1)
    now = world.clock.now()
    world.source.insert(
        *(entry(f"late{days}", now - timedelta(days=days)) for days in (15, 40, 90))
    )
    seen = [world.sync(max_requests="20") for _ in range(2)]
    assert [run.complete for run in seen] == [False, True]
    assert world.stored() == world.texts()
    assert world.sync().requests == 1

"""Runs that may ask but little: each makes progress, and together they do what one run does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import World

Happens = Callable[[World], dict[str, object]]
"""Something happens to a source; the settings of the runs that follow."""


def in_small_runs(world: World, budget: int, most: int, **settings: object) -> int:
    """Requests of so many runs as it takes, at most `most`, until all is proven."""
    requests = 0
    for _ in range(most):
        seen = world.sync(max_requests=str(budget), **settings)
        assert seen.requests <= budget
        requests += seen.requests
        if seen.complete:
            assert settings or world.stored() == world.texts()
            return requests
    raise AssertionError(f"not complete after {most} runs and {requests} requests")


@pytest.mark.parametrize(
    ("order", "to_date", "count", "budget"),
    [
        ("newest", "inclusive", 1_200, 10),
        ("oldest", "exclusive", 6_000, 10),
        ("oldest", "inclusive", 11_000, 60),
    ],
)
def test_a_first_sync_in_small_runs_costs_little_more_than_one(
    make: MakeWorld, order: str, to_date: str, count: int, budget: int
) -> None:
    worlds = [make(dialect=Dialect(order=order, to_date=to_date)) for _ in range(2)]  # type: ignore[arg-type]
    for world in worlds:
        world.source.insert(*spread(count, world.clock.now(), 60))
    one = worlds[0].sync().requests
    assert in_small_runs(worlds[1], budget, one // budget + 8) <= 1.2 * one + 10


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_new_entries_are_all_fetched_by_runs_that_may_ask_for_less(
    make: MakeWorld, order: str
) -> None:
    """What one run has stored is passed over by the next."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(300, world.clock.now(), 30))
    assert world.sync().complete
    world.clock.advance(hours=6)
    world.source.insert(*spread(1_500, world.clock.now(), 0.2, "new"))
    assert in_small_runs(world, 6, 6) <= 30


def test_a_small_budget_copies_a_log_where_large_skips_are_refused(make: MakeWorld) -> None:
    world = make(dialect=Dialect(max_skip=300))
    world.source.insert(*spread(2_000, world.clock.now(), 60))
    in_small_runs(world, 10, 20)


def late(world: World) -> dict[str, object]:
    world.source.insert(entry("late", world.clock.now() - timedelta(days=45)))
    return {}


def gone_from_the_history(world: World) -> dict[str, object]:
    world.source.vanish("e4000", "e4001")
    return {}


def gone_from_the_open_window(world: World) -> dict[str, object]:
    world.source.vanish("e5900")
    return {}


def gone_and_late(world: World) -> dict[str, object]:
    return late(world) | gone_from_the_history(world) | gone_from_the_open_window(world)


def from_date_moved_later(world: World) -> dict[str, object]:
    return {"from_date": (world.clock.now() - timedelta(days=40)).date().isoformat()}


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize(
    ("happens", "days", "untimed"),
    [
        (late, 60, False),
        (gone_from_the_history, 60, False),
        (gone_from_the_open_window, 8, False),
        (gone_and_late, 60, False),
        (gone_from_the_history, 60, True),
        (from_date_moved_later, 60, False),
    ],
)
def test_healing_in_small_runs_costs_little_more_than_in_one(
    make: MakeWorld, order: str, happens: Happens, days: int, untimed: bool
) -> None:
    worlds = [make(dialect=Dialect(order=order)) for _ in range(2)]  # type: ignore[arg-type]
    for world in worlds:
        world.source.insert(*spread(6_000, world.clock.now(), days))
        if untimed:
            world.source.insert(entry("untimed", None))
        assert world.sync().complete
        world.clock.advance(hours=1)
    one = worlds[0].sync(**happens(worlds[0]))
    assert one.complete
    settings = happens(worlds[1])
    few = in_small_runs(worlds[1], 12, one.requests // 12 + 20, **settings)
    assert few <= 1.5 * one.requests + 40
    assert worlds[1].stored() == worlds[0].stored()
    for world in worlds:
        world.clock.advance(hours=1)
        assert world.sync(**settings).requests <= 3

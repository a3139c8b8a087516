"""Answers that overtake each other while entries arrive: nothing is lost, or proven too early."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from etl.sandbox.dialect import Dialect
from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import spread
from promises.world import Seen, World

AT_ONCE = 5


def delayed(make: MakeWorld, order: str, seed: int, count: int) -> World:
    world = make(dialect=Dialect(order=order), concurrency=str(AT_ONCE))  # type: ignore[arg-type]
    world.source.insert(*spread(count, world.clock.now(), 60))
    world.api.delays = Random(seed)
    return world


def arriving(world: World, days_ago: float, wave: int) -> Callable[[], None]:
    end = world.clock.now() - timedelta(days=days_ago)
    return lambda: world.source.insert(*spread(7, end, 0.01, f"wave{wave}-"))


def proven(world: World, seen: Seen) -> None:
    assert seen.complete, seen.result.message
    assert world.stored() == world.texts()
    assert world.ask("SELECT id FROM quarantine UNION ALL SELECT id FROM absences") == []


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("seed", range(2))
def test_pages_that_come_out_of_order_make_a_whole_copy_as_many_at_a_time_as_allowed(
    make: MakeWorld, order: str, seed: int
) -> None:
    world = delayed(make, order, seed, 2_000)
    proven(world, world.sync())
    assert world.api.most_closed == AT_ONCE
    assert world.sync().requests == 2


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("days_ago", [0, 20])
def test_entries_that_arrive_while_a_history_is_read_are_all_here_once_it_is_proven(
    make: MakeWorld, order: str, days_ago: float
) -> None:
    """Those of twenty days ago move the pages of a window that is being read."""
    world = delayed(make, order, 7, 2_000)
    waves = {number: arriving(world, days_ago, number) for number in (2, 6, 11, 17)}
    seen = world.sync(Script(before=waves))
    proven(world, seen if seen.complete else world.sync())


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_entries_that_arrive_while_the_news_are_read_are_all_here_once_it_is_proven(
    make: MakeWorld, order: str
) -> None:
    world = delayed(make, order, 0, 600)
    proven(world, world.sync())
    world.source.insert(*spread(450, world.clock.now(), 0.3, "new"))
    proven(world, world.sync(Script(before={n: arriving(world, 0, n) for n in (2, 4)})))
    assert world.api.requests <= 16

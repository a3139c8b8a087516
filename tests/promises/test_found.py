"""Cases that the state machine has found, each in as few steps as it takes."""

from dataclasses import replace

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import spread
from promises.world import Seen, World


def proven(world: World, seen: Seen) -> Seen:
    """The copy is what the source holds, no more and no less, and said to be."""
    assert seen.complete, seen.result.message
    assert world.stored() == world.texts()
    return seen


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UTC", "America/Los_Angeles"),
        ("Europe/Zurich", "UTC"),
        ("America/Los_Angeles", "Asia/Tokyo"),
        ("Asia/Tokyo", "America/Los_Angeles"),
    ],
)
def test_a_source_that_counts_its_days_in_another_zone_is_proven_and_quiet_again(
    make: MakeWorld, before: str, after: str, order: str
) -> None:
    """What walks showed of the zone before must not be held against it for ever."""
    world = make(dialect=Dialect(zone=before, order=order), lookback_days="1")  # type: ignore[arg-type]
    world.source.insert(*spread(420, world.clock.now(), 4))
    proven(world, world.sync())
    assert proven(world, world.sync()).requests == 1
    world.service.dialect = replace(world.dialect, zone=after)
    assert proven(world, world.sync()).requests <= 9
    assert proven(world, world.sync()).requests == 1
    world.clock.advance(days=1)
    assert proven(world, world.sync()).requests <= 3
    assert proven(world, world.sync()).requests == 1

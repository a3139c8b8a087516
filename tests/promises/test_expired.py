"""What is older than all that the source still holds has expired, whichever run notices it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from etl.sandbox.dialect import Dialect
from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import Seen, World


def synced(world: World) -> Seen:
    return world.sync()


def verified_and_synced(world: World) -> Seen:
    assert world.verify().result.exit_code == 8
    return world.sync()


def read_again(world: World) -> Seen:
    return world.deep()


@pytest.mark.parametrize(
    ("order", "kept", "notice"),
    [
        ("newest", 4, synced),
        ("oldest", 4, verified_and_synced),
        ("newest", 1, read_again),
        ("oldest", 0, synced),
    ],
)
def test_what_is_older_than_the_sources_oldest_has_expired_also_within_the_lookback(
    make: MakeWorld, order: str, kept: int, notice: Callable[[World], Seen]
) -> None:
    """It was called vanished there, and so a purge was told too small; also where nothing is left,
    and where entries come late meanwhile."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(240, world.clock.now(), 10))
    assert world.sync().complete
    world.source.expire(world.clock.now() - timedelta(days=kept))
    if kept:
        world.source.insert(entry("late", world.clock.now() - timedelta(hours=12)))
    seen = notice(world)
    assert seen.complete
    assert world.stored() == world.texts()
    gone = 24 * (10 - kept)
    assert world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL") == [("expired", gone)]
    assert seen.result.purge is not None
    assert seen.result.purge.entries == gone
    assert world.sync().requests == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_is_missing_where_a_window_begins_has_vanished_if_the_source_holds_older_ones(
    make: MakeWorld, order: str
) -> None:
    world = make(dialect=Dialect(order=order), lookback_days="2")  # type: ignore[arg-type]
    world.source.insert(*spread(240, world.clock.now(), 10))
    assert world.sync().complete
    world.source.vanish(*(f"e{n}" for n in range(150, 225)))
    assert world.sync().complete
    assert world.deep().complete
    assert world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL") == [("vanished", 75)]


def test_what_comes_and_goes_between_a_walk_and_the_count_of_what_is_older_is_noticed(
    make: MakeWorld,
) -> None:
    """Found by the state machine (hunt 20011): the walk was called complete."""
    world = make()
    world.source.insert(*spread(3, world.clock.now() - timedelta(days=54), 1, "old"))
    world.source.insert(*spread(60, world.clock.now(), 3))
    assert world.sync().complete
    world.source.vanish("e0", "e1")
    more = [f"e{n}" for n in range(2, 10)]
    assert world.sync(Script(before={2: lambda: world.source.vanish(*more)})).complete
    gone = world.ask("SELECT id FROM absences WHERE reason = 'vanished' ORDER BY id")
    assert gone == [(f"e{n}",) for n in range(10)]
    world.source.vanish("e10")
    new = spread(4, world.clock.now(), 0.01, "new")
    assert world.sync(Script(before={2: lambda: world.source.insert(*new)})).complete
    assert world.ask("SELECT count(*) FROM audit_log WHERE id LIKE 'new%'") == [(4,)]


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize(
    ("read_from", "kept", "history"),
    [(40, 30, None), (40, 30, 50), (40, 30, 35), (40, 30, 40), (5, 3, None)],
)
def test_what_is_older_than_the_sources_oldest_has_expired_also_where_a_part_is_read_again(
    make: MakeWorld, order: str, read_from: int, kept: int, history: int | None
) -> None:
    """A walk from amid the history on cannot tell whether the source holds older entries, nor one
    of a history that once began earlier: all that it missed was called vanished."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(300, world.clock.now(), 60))
    assert world.sync().complete
    if history:
        world.settings["from_date"] = str(days_ago(world, history))
    world.source.expire(world.clock.now() - timedelta(days=kept))
    world.source.insert(*spread(200, world.clock.now(), 0.1, "new"))
    seen = world.deep(begin=days_ago(world, read_from))
    assert seen.result.exit_code == 8
    assert world.sync().complete
    assert world.ask("SELECT DISTINCT reason FROM absences") == [("expired",)]
    if not history:
        assert world.stored() == world.texts()


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_part_that_is_read_again_and_equal_is_called_so_though_older_entries_have_expired(
    make: MakeWorld, order: str
) -> None:
    """And what is missing of it has vanished, if the source holds older ones."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(300, world.clock.now(), 60))
    assert world.sync().complete
    world.source.expire(world.clock.now() - timedelta(days=30))
    assert world.deep(begin=days_ago(world, 20)).result.exit_code == 0
    world.source.vanish(*(f"e{n}" for n in range(199, 210)))
    assert world.deep(begin=days_ago(world, 20)).result.exit_code == 8
    assert world.ask("SELECT DISTINCT reason FROM absences") == [("vanished",)]


def days_ago(world: World, days: int) -> date:
    return (world.clock.now() - timedelta(days=days)).date()


def test_no_entry_is_said_to_have_expired_because_the_order_is_another_now(
    make: MakeWorld,
) -> None:
    """The newest entry was taken for the oldest: a count of whole days did not tell them apart."""
    world = make(dialect=Dialect(order="oldest"), lookback_days="0")
    world.source.insert(*spread(183, world.clock.now(), 0.05))
    assert world.sync().complete
    assert world.sync().complete
    world.service.dialect = Dialect(order="newest")
    world.source.vanish("e90")
    assert world.sync().complete
    assert world.stored() == world.texts()
    assert world.ask("SELECT id, reason FROM absences") == [("e90", "vanished")]
    assert world.sync().requests == 1

"""What is older than all that the source holds has expired; all else that is gone vanished."""

from collections.abc import Callable
from datetime import timedelta

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
    ("order", "kept", "late", "notice"),
    [
        ("newest", 4, False, synced),
        ("oldest", 4, True, verified_and_synced),
        ("newest", 1, True, read_again),
        ("oldest", 0, False, synced),
    ],
)
def test_what_is_older_than_the_sources_oldest_has_expired(
    make: MakeWorld, order: str, kept: int, late: bool, notice: Callable[[World], Seen]
) -> None:
    """Also where nothing is left, and where entries come late meanwhile."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(240, world.clock.now(), 10))
    assert world.sync().complete
    world.source.expire(world.clock.now() - timedelta(days=kept))
    if late:
        world.source.insert(entry("late", world.clock.now() - timedelta(hours=12)))
    seen = notice(world)
    assert seen.complete
    assert world.stored() == world.texts()
    gone = 24 * (10 - kept)
    assert world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL") == [("expired", gone)]
    assert seen.result.purge is not None
    assert seen.result.purge.entries == gone
    assert world.sync().requests <= 3


def test_a_log_that_loses_its_oldest_day_each_day_costs_a_few_requests(make: MakeWorld) -> None:
    world = make()
    world.source.insert(*spread(3_000, world.clock.now(), 60))
    assert world.sync().complete
    for _ in range(3):
        world.clock.advance(days=1)
        world.source.expire(world.clock.now() - timedelta(days=60))
        seen = world.sync()
        assert seen.complete
        assert seen.requests <= 6
    assert world.stored() == world.texts()
    assert world.ask("SELECT DISTINCT reason FROM absences") == [("expired",)]


def test_what_is_missing_amid_the_history_has_vanished(make: MakeWorld) -> None:
    world = make(lookback_days="2")
    world.source.insert(*spread(240, world.clock.now(), 10))
    assert world.sync().complete
    world.source.vanish(*(f"e{n}" for n in range(150, 225)))
    assert world.sync().complete
    assert world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL") == [("vanished", 75)]


def test_no_entry_has_expired_because_the_order_is_another_now(make: MakeWorld) -> None:
    """The newest entry must not be taken for the oldest."""
    world = make(dialect=Dialect(order="oldest"), lookback_days="0")
    world.source.insert(*spread(183, world.clock.now(), 0.05))
    assert world.sync().complete
    world.service.dialect = Dialect(order="newest")
    world.source.vanish("e90")
    assert world.sync().complete
    assert world.stored() == world.texts()
    assert world.ask("SELECT id, reason FROM absences") == [("e90", "vanished")]


def test_what_goes_while_its_window_is_read_is_noticed(make: MakeWorld) -> None:
    world = make()
    world.source.insert(*spread(60, world.clock.now(), 3))
    assert world.sync().complete
    world.source.vanish("e0", "e1")
    more = [f"e{n}" for n in range(2, 10)]
    world.sync(Script(before={2: lambda: world.source.vanish(*more)}))
    assert world.sync().complete
    gone = world.ask("SELECT id FROM absences ORDER BY id")
    assert gone == [(f"e{n}",) for n in range(10)]


def test_rows_from_before_a_later_from_date_are_excluded_and_not_gone(make: MakeWorld) -> None:
    """Also where some are deleted here; and they return where it moves back."""
    world = make()
    world.source.insert(*spread(600, world.clock.now(), 60))
    assert world.sync().complete
    begin = (world.clock.now() - timedelta(days=30)).date()
    world.change("DELETE FROM audit_log WHERE occurred_at < $1", begin - timedelta(days=9))
    world.source.vanish("e500")
    seen = world.sync(from_date=begin.isoformat())
    assert (seen.complete, seen.result.vanished) == (True, 1)
    reasons = world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL ORDER BY ALL")
    assert reasons == [("excluded", 90), ("vanished", 1)]
    seen = world.sync(from_date=begin.isoformat())
    assert (seen.complete, seen.result.inserted) == (True, 0)
    assert seen.requests <= 3
    assert world.sync().complete  # and moves back: what was deleted is fetched again
    assert world.stored() == world.texts()

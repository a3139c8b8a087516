"""A stream with filters of its own: nothing that they keep out is ever asked for or stored."""

from datetime import timedelta

import pytest

from promises.conftest import MakeWorld
from promises.entries import entry, spread


@pytest.mark.parametrize("name", ["entity_type", "action_type", "actor_id"])
def test_every_request_bears_the_filters_of_the_stream(make: MakeWorld, name: str) -> None:
    """Also those that look for what came late and what has gone."""
    world = make(**{name: "mine"})
    world.service.record = True
    world.source.insert(
        *spread(300, world.clock.now(), 60, "a", **{name: "mine"}),
        *spread(300, world.clock.now(), 60, "b", **{name: "other"}),
    )
    assert world.sync().complete
    moment = world.clock.now() - timedelta(days=40)
    world.source.insert(entry("late", moment, **{name: "mine"}))
    world.source.insert(entry("foreign", moment, **{name: "other"}))
    world.source.vanish("a7", "b7")
    assert world.sync().complete
    assert world.deep().complete
    assert world.ask("SELECT count(*) FROM audit_log") == [(301,)]
    assert world.ask("SELECT id FROM absences") == [("a7",)]
    assert all(asked.params.get(name) == "mine" for asked in world.service.requests)


def test_a_first_sync_that_holds_nothing_binds_the_file_to_no_filter(make: MakeWorld) -> None:
    world = make()
    world.source.insert(*spread(30, world.clock.now(), 3, entity_type="user"))
    assert world.sync(entity_type="usr").result.source_total == 0
    seen = world.sync(entity_type="user")
    assert (seen.complete, seen.result.inserted) == (True, 30)

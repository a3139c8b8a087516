"""A stream with filters of its own: nothing that they keep out is ever stored."""

from datetime import timedelta

import pytest

from etl.plan.model import Count, Counted, Plan
from etl.plan.ranges import Range
from etl.run.result import SYNC
from etl.sandbox.dialect import Dialect
from promises.adversary import QUIET
from promises.conftest import MakeWorld
from promises.entries import spread
from promises.world import World

FOREIGN = {"entity_type": "role", "action_type": "updated"}
DAYS = 12
"""How long ago the day is that holds more than can be paged to."""


def filtered(make: MakeWorld, **filters: str) -> World:
    """A source that refuses skips beyond 100, with a day of 450 entries of the filters' types, half
    of them created and half invited where the action is not filtered; and 80 of another type."""
    world = make(dialect=Dialect(max_skip=100), **filters)
    noon = world.clock.now() - timedelta(days=DAYS)
    mine = {"entity_type": "user", "action_type": "created"} | filters
    world.source.insert(*spread(60, world.clock.now(), 30, "few", **mine))
    world.source.insert(*spread(225, noon, 0.1, "busy", **mine))
    other = {"action_type": "invited"} if "action_type" not in filters else {}
    other |= {"entity_type": "department"} if "entity_type" not in filters else {}
    world.source.insert(*spread(225, noon, 0.1, "more", **(mine | other)))
    world.source.insert(*spread(80, noon, 0.1, "foreign", **FOREIGN))
    return world


def foreign(world: World) -> int:
    ((held,),) = world.ask(
        "SELECT count(*) FROM audit_log WHERE entity_type = 'role' OR action_type = 'updated'"
    )
    return int(str(held))


@pytest.mark.parametrize("name", ["entity_type", "action_type"])
def test_a_day_too_large_for_the_paging_is_split_only_by_what_the_stream_does_not_filter(
    make: MakeWorld, name: str
) -> None:
    """It was split by the filtered type as well, and all of the others were stored."""
    world = filtered(make, **{name: "user" if name == "entity_type" else "created"})
    for _ in range(3):
        assert not world.sync().complete  # 225 of one type are still more than can be paged to
        assert foreign(world) == 0
        assert world.ask("SELECT count(*) FROM quarantine") == [(0,)]
        world.clock.advance(days=1)


@pytest.mark.parametrize("name", ["entity_type", "action_type"])
def test_a_filtered_day_is_complete_where_the_other_type_splits_it_small_enough(
    make: MakeWorld, name: str
) -> None:
    world = filtered(make, **{name: "user" if name == "entity_type" else "created"})
    world.service.dialect = Dialect(max_skip=200)
    seen = world.sync()
    assert seen.complete, seen.result.message
    assert world.ask("SELECT count(*) FROM audit_log") == [(510,)]
    assert world.sync().requests == 1


def test_a_day_of_which_both_types_are_filtered_is_unproven_if_it_is_too_large(
    make: MakeWorld,
) -> None:
    world = filtered(make, entity_type="user", action_type="created")
    for _ in range(3):
        seen = world.sync()
        assert seen.result.exit_code == 6
        assert "more than the API's paging reaches;" in str(seen.result.message)
        assert foreign(world) == 0
        world.clock.advance(days=1)


@pytest.mark.parametrize("name", ["entity_type", "action_type"])
def test_no_plan_can_ask_for_what_the_filters_keep_out(make: MakeWorld, name: str) -> None:
    world = filtered(make, **{name: "user" if name == "entity_type" else "created"})
    answers: list[Counted] = []

    def plan(_: object) -> Plan:
        day = (world.clock.now() - timedelta(days=DAYS)).date()
        types = {name: FOREIGN[name]}
        answers.append((yield Count(Range(day, None, **types))))

    world._run(SYNC, plan, QUIET, 1, {})
    assert answers[0].total >= 450

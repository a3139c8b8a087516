"""One day holds more entries than the API's paging reaches, and it is today."""

from datetime import timedelta

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import World

TYPES = ("user", "role", "department", "knowledge_slice")


def crowded(make: MakeWorld, order: str, *, within: int, kinds: tuple[str, ...]) -> World:
    """Today holds three times as many entries as paging reaches, or a tenth more where that is far;
    of these kinds, in turn."""
    world = make(dialect=Dialect(order=order, max_skip=within))  # type: ignore[arg-type]
    world.clock.advance(hours=8)
    now, entries = world.clock.now(), min(3 * within, within + 1_000)
    world.source.insert(*spread(150, now - timedelta(days=1), 20))
    world.source.insert(
        *(
            entry(
                f"today{n}",
                now - timedelta(hours=15) * n / entries,
                entity_type=kinds[n % len(kinds)],
            )
            for n in range(entries)
        )
    )
    return world


def arrive(world: World, count: int, kind: str) -> None:
    world.clock.advance(minutes=10)
    now = world.clock.now()
    world.source.insert(
        *(
            entry(f"{now:%H%M}-{n}", now - timedelta(seconds=n), entity_type=kind)
            for n in range(count)
        )
    )


@pytest.mark.parametrize(
    ("order", "within"), [("newest", 300), ("oldest", 300), ("oldest", 10_000)]
)
def test_today_is_fetched_by_type_where_it_holds_more_than_paging_reaches(
    make: MakeWorld, order: str, within: int
) -> None:
    """It was walked again at each sync, as far as that goes, and what was new was not copied."""
    world = crowded(make, order, within=within, kinds=TYPES)
    assert world.sync().complete
    assert world.stored() == world.texts()
    assert world.sync().requests <= 2  # a refusal, where so few entries are too many
    for new, kind in ((1, "role"), (100, "permission"), (250, "vector_store")):
        arrive(world, new, kind)
        seen = world.sync()
        assert seen.complete
        # Oldest first no page but those of the types reaches what is new.
        assert seen.requests <= new // 100 + (2 if order == "newest" else 22)
        assert world.stored() == world.texts()
    assert world.sync().requests <= 2


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_no_type_of_today_reaches_is_told_and_neither_walked_again_nor_in_the_way_of_the_rest(
    make: MakeWorld, order: str
) -> None:
    world = crowded(make, order, within=300, kinds=("user", "no published type"))
    seen = world.sync()
    assert not seen.complete
    assert "more than the API's paging reaches even by type" in str(seen.result.message)
    stored, held = world.stored(), len(world.texts())
    assert len(stored) > 2 * 300  # what paging and the types reach, together
    for new, kind in ((0, "role"), (1, "role"), (100, "permission"), (250, "vector_store")):
        arrive(world, new, kind)
        held += new
        seen = world.sync()
        assert not seen.complete
        assert seen.requests <= new // 100 + (4 if order == "newest" else 22)
        assert len(world.stored()) == len(stored) + held - len(world.texts()) + new
        stored = world.stored()


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_day_that_was_too_crowded_costs_a_request_more_once_it_is_over_and_hides_nothing_new(
    make: MakeWorld, order: str
) -> None:
    world = crowded(make, order, within=300, kinds=("no published type",))
    assert not world.sync().complete
    world.clock.advance(days=1)
    world.sync()
    arrive(world, 30, "role")
    seen = world.sync()
    assert "more than the API's paging reaches" in str(seen.result.message)
    assert seen.requests <= 3
    assert world.ask("SELECT count(*) FROM audit_log WHERE entity_type = 'role'") == [(30,)]

"""One test for each question that the API's published page leaves open (`api/NOTES.md`).

Most live through the same days in every answer that the API may turn out to give: a first sync, a
quiet one, new entries, a late one, and the next day. After each the copy must be the source, entry
for entry, and proven; and where nothing is new a sync costs two requests.
"""

from datetime import timedelta

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import ORGANIZATION, Seen, World

DAYS = 30

COLUMNS = (
    "id", "action_type", "entity_type", "entity_id", "entity_name", "actor_id", "actor_name",
    "actor_email", "target_type", "target_id", "target_name", "department_id", "department_name",
)  # fmt: skip


def live(world: World, count: int = 400) -> None:
    """The days that most tests here live through."""
    world.source.insert(*spread(count, world.clock.now(), DAYS))
    proven(world, world.sync())
    quiet(world)
    world.clock.advance(hours=2)
    world.source.insert(*spread(3, world.clock.now(), 0.05, "new"))
    assert proven(world, world.sync()).requests <= 3
    world.source.insert(entry("late", world.clock.now() - timedelta(days=DAYS / 2)))
    world.clock.advance(days=1)
    assert proven(world, world.sync()).result.inserted == 1
    quiet(world)


def proven(world: World, seen: Seen) -> Seen:
    """The copy is what the source holds, no more and no less, and said to be."""
    assert seen.complete, seen.result.message
    assert seen.result.exit_code == 0
    assert world.stored() == world.texts()
    return seen


def quiet(world: World) -> None:
    """Nothing is new: two requests, a third once a day, and no row is touched."""
    before = world.held()
    assert proven(world, world.sync()).requests <= 3
    assert proven(world, world.sync()).requests == 2
    assert world.held() == before


@pytest.mark.parametrize(
    ("names", "time_field", "action_field"),
    [
        ("flat", "created_at", "action_type"), ("flat", "timestamp", "action"),
        ("nested", "occurred_at", "action"), ("nested", "created_at", "action_type"),
        ("camel", "timestamp", "action_type"), ("camel", "occurred_at", "action"),
    ],
)  # fmt: skip
def test_the_field_names_of_an_entry(
    make: MakeWorld, names: str, time_field: str, action_field: str
) -> None:
    """Each fact is found in its column, however the entry spells it."""
    spelled = {"names": names, "time_field": time_field, "action_field": action_field}
    world = make(dialect=Dialect(**spelled))  # type: ignore[arg-type]
    facts = {"entity_id": "role_9", "target_name": "Bob", "department_id": "dep_1",
             "department_name": "Audit"}  # fmt: skip
    world.source.insert(*spread(9, world.clock.now(), 2, **facts))
    proven(world, world.sync())
    held = world.ask(f"SELECT {', '.join(COLUMNS)} FROM audit_log ORDER BY occurred_at")
    entries = world.source.entries(ORGANIZATION)
    assert held == [tuple(getattr(item, name) for name in COLUMNS) for item in entries]
    times = world.ask("SELECT epoch_us(occurred_at) FROM audit_log ORDER BY occurred_at")
    assert [at for (at,) in times] == [item.at for item in entries]
    quiet(world)


@pytest.mark.parametrize(
    ("style", "unit"),
    [("iso-z", 1), ("iso-offset", 1), ("naive", 1), ("epoch-s", 10**6), ("epoch-ms", 10**3)],
)
def test_how_the_time_is_written(make: MakeWorld, style: str, unit: int) -> None:
    """Each entry's time is the instant that was meant, as exactly as it was written."""
    world = make(dialect=Dialect(time_style=style))  # type: ignore[arg-type]
    live(world)
    times = dict(world.ask("SELECT id, epoch_us(occurred_at) FROM audit_log"))  # type: ignore[arg-type]
    assert times == {item.id: item.at // unit * unit for item in world.source.entries(ORGANIZATION)}


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("ties", ["stable", "shuffled"])
def test_the_order_of_the_items(make: MakeWorld, order: str, ties: str) -> None:
    """Newest or oldest first; of the same instant in any order, another one at each request."""
    world = make(dialect=Dialect(order=order, ties=ties))  # type: ignore[arg-type]
    moment = world.clock.now() - timedelta(days=3)
    for page in range(4):  # so that several borders of pages fall between them
        instant = moment - timedelta(days=5 * page)
        world.source.insert(*(entry(f"tie{page}-{n}", instant) for n in range(20)))
    live(world)


@pytest.mark.parametrize("to_date", ["inclusive", "exclusive"])
@pytest.mark.parametrize(
    ("zone", "order"),
    [("UTC", "newest"), ("UTC", "oldest"), ("America/Los_Angeles", "newest"),
     ("Asia/Kolkata", "oldest"), ("Pacific/Kiritimati", "newest")],
)  # fmt: skip
def test_in_which_zone_days_begin_and_whether_the_to_date_day_is_included(
    make: MakeWorld, zone: str, order: str, to_date: str
) -> None:
    dialect = Dialect(zone=zone, order=order, to_date=to_date)  # type: ignore[arg-type]
    live(make(dialect=dialect), count=1_150)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_total_that_lags(make: MakeWorld, order: str) -> None:
    """`total` is a minute old: nothing is lost by it, and all is proven once it has caught up."""
    world = make(dialect=Dialect(total_lag=60, order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(400, world.clock.now(), 5))
    for step in range(2):
        lagging = world.sync(most=100)
        assert not lagging.complete or world.stored() == world.texts()
        world.clock.advance(minutes=2)
        proven(world, world.sync())
        quiet(world)
        world.clock.advance(hours=1)
        world.source.insert(*spread(150 * step + 1, world.clock.now(), 0.01, f"new{step}-"))
    assert not world.ask("FROM absences")


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_entries_that_change(make: MakeWorld, order: str) -> None:
    """Served again, an entry replaces its row, and what it was before goes to the versions."""
    world = make(spread(200, make().clock.now(), DAYS), Dialect(order=order))  # type: ignore[arg-type]
    proven(world, world.sync())
    before = set(world.texts())
    for name, notices in (("e199", world.sync), ("e3", world.deep)):
        world.source.change(name, entity_name="renamed")
        assert notices().result.changed == 1
        assert world.stored() == world.texts()
    versions = world.ask("SELECT raw FROM audit_log_versions")
    assert {str(raw) for (raw,) in versions} == before - set(world.texts())
    assert world.deep().result.exit_code == 0
    quiet(world)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_entries_that_vanish(make: MakeWorld, order: str) -> None:
    """They are kept, written down as gone, and no longer counted; where they return, so is that."""
    world = make(spread(900, make().clock.now(), DAYS), Dialect(order=order))  # type: ignore[arg-type]
    proven(world, world.sync())
    gone = [item for item in world.source.entries(ORGANIZATION) if item.id in ("e890", "e400")]
    world.source.vanish("e890", "e400")
    assert proven(world, world.sync()).result.vanished == 2
    quiet(world)
    assert world.ask("SELECT count(*) FROM audit_log") == [(900,)]
    world.source.insert(*gone)
    assert proven(world, world.sync()).result.returned == 2
    quiet(world)
    told = world.ask("SELECT id, reason FROM absences ORDER BY ALL")
    assert told == [(name, what) for name in ("e400", "e890") for what in ("returned", "vanished")]


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [{"total_cap": 350}, {"max_skip": 350}], ids=str)
def test_a_total_that_is_capped_and_a_large_skip_that_is_refused(
    make: MakeWorld, limit: dict[str, int], order: str
) -> None:
    """What is beyond the limit is cut by days until it is within."""
    live(make(dialect=Dialect(order=order, **limit)), count=1_150)  # type: ignore[arg-type]


def test_entries_without_a_time_are_kept_where_the_source_counts_no_further_any_more(
    make: MakeWorld,
) -> None:
    """A bound that is stated of everything and of all days does not say that none is left."""
    world = make()
    world.source.insert(
        *spread(450, world.clock.now(), 20), *(entry(f"u{n}", None) for n in range(3))
    )
    assert world.sync().complete
    world.service.dialect = Dialect(total_cap=200)
    world.source.vanish("e440")
    world.source.insert(entry("late", world.clock.now() - timedelta(days=15)))
    world.clock.advance(days=1)
    world.sync()
    assert world.ask("SELECT undated FROM streams") == [(3,)]
    assert world.ask("SELECT id FROM absences WHERE id LIKE 'u%'") == []

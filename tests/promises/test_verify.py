"""What `verify` and `verify --deep` say, write down and leave alone."""

from datetime import timedelta

import pytest

from etl.engine.verify import ALL
from etl.sandbox.dialect import Dialect
from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.kill import die, killed
from promises.world import World


def late_entries(world: World) -> None:
    """Five entries come late, 55 days apart."""
    oldest = world.clock.now() - timedelta(days=280)
    moments = [oldest + timedelta(days=55 * n, hours=1) for n in range(5)]
    world.source.insert(*(entry(f"late{n}", moment) for n, moment in enumerate(moments)))


@pytest.mark.parametrize(
    "dialect", [Dialect(), Dialect(order="oldest", total_cap=500)], ids=["exact", "capped"]
)
def test_a_verification_names_the_days_that_differ_and_by_how_many(
    make: MakeWorld, dialect: Dialect
) -> None:
    world = make(dialect=dialect)
    world.source.insert(*spread(2_000, world.clock.now(), 300))
    assert world.sync().complete
    late_entries(world)
    for _ in range(2):  # also on the day on which all windows were counted
        result = world.verify().result
        assert (result.status, result.exit_code) == ("incomplete", 8)
        lacking = [(place.source or 0) - (place.local or 0) for place in result.differences]
        assert (sum(lacking), min(lacking) > 0) == (5, True)
        assert all(place.days != ALL for place in result.differences)
    world.clock.advance(days=1)
    assert world.sync().result.inserted == 5
    assert world.verify().result.exit_code == 0


def test_a_deep_verification_is_not_equal_where_something_cannot_be_read(make: MakeWorld) -> None:
    """A day states one entry more than it serves: incomplete, exit 6, and it is said where."""
    world = make()
    world.source.insert(*spread(300, world.clock.now(), 30))
    assert world.sync().complete
    world.api.phantom = (world.clock.now() - timedelta(days=12)).date()
    result = world.deep().result
    assert (result.status, result.exit_code) == ("incomplete", 6)
    assert "source 301, local 300" in str(result.message)


def test_a_deep_verification_that_finds_a_quarantined_or_returned_entry_found_a_difference(
    make: MakeWorld,
) -> None:
    world = make()
    entries = spread(300, world.clock.now(), 30)
    world.source.insert(*entries)
    assert world.sync().complete
    world.source.insert(entry("timeless", entries[50].occurred_at, text=b'{"id":"timeless"}'))
    result = world.deep().result
    assert (result.exit_code, result.quarantined) == (8, 1)
    world.source.vanish("e60")
    assert world.deep().result.vanished == 1
    world.source.insert(entries[60])
    result = world.deep().result
    assert (result.exit_code, result.returned) == (8, 1)
    assert world.deep().result.exit_code == 0


def test_entries_that_verify_has_found_still_count_as_late_when_a_sync_fetches_them(
    make: MakeWorld,
) -> None:
    world = make()
    world.source.insert(*spread(600, world.clock.now(), 300))
    assert world.sync().complete
    late_entries(world)
    assert world.verify().result.exit_code == 8
    result = world.sync().result
    assert result.late == 5
    assert timedelta(days=279) < result.latest_by < timedelta(days=281)


def test_entries_of_days_that_were_never_asked_for_are_not_late(make: MakeWorld) -> None:
    """ETL_FROM_DATE moves earlier, and a backfill that was ended goes on."""
    world = make()
    world.source.insert(*spread(2_000, world.clock.now(), 300))
    begin = (world.clock.now() - timedelta(days=100)).date().isoformat()
    assert world.sync(from_date=begin).complete
    result = world.sync(max_requests="9").result
    assert (result.inserted > 0, result.late) == (True, 0)
    seen = world.sync()
    assert (seen.complete, seen.result.inserted > 0, seen.result.late) == (True, True, 0)


def test_what_is_not_proven_is_told_beside_what_ended_the_run(make: MakeWorld) -> None:
    world = make()
    world.source.insert(*spread(2_000, world.clock.now(), 300))
    result = world.sync(max_requests="6").result
    assert result.exit_code == 6
    spent, _, days = str(result.message).partition("; not proven: ")
    assert "budget" in spent
    assert "the beginning to " in days


def test_a_deep_verification_that_is_killed_is_gone_on_with_like_one_that_is_interrupted(
    make: MakeWorld,
) -> None:
    world = make()
    world.source.insert(*spread(20_000, world.clock.now(), 200))
    assert world.sync().complete
    whole = world.deep().requests
    world.clock.advance(hours=1)
    assert killed(lambda: world.deep(Script(before={160: die})))
    world.clock.advance(hours=1)
    assert not world.deep(max_requests="40").complete
    world.clock.advance(hours=1)
    seen = world.deep()
    assert seen.result.exit_code == 0
    assert seen.requests < 0.7 * whole


def test_a_deep_verification_that_was_interrupted_days_ago_is_begun_anew(make: MakeWorld) -> None:
    """What it read then was not read again, however long ago that was."""
    world = make()
    world.source.insert(*spread(20_000, world.clock.now(), 200))
    assert world.sync().complete
    assert not world.deep(max_requests="160").complete
    world.source.change("e100", new_value={"changed": True})
    world.clock.advance(days=4)
    assert not world.deep(max_requests="2").complete  # which makes what was read before no younger
    world.clock.advance(hours=1)
    assert world.deep().result.exit_code == 8
    assert world.stored() == world.texts()


def test_a_verification_of_the_last_days_alone_makes_the_copy_no_fresher(make: MakeWorld) -> None:
    """`etl status --max-age` was content with it, though nobody had looked at the days before."""
    world = make()
    world.source.insert(*spread(500, world.clock.now(), 30))
    assert world.sync().complete
    (proven_at,) = world.ask("SELECT proven_at FROM watermark")
    world.clock.advance(days=3)
    world.source.insert(*spread(300, world.clock.now() - timedelta(days=15), 1.5, "unseen"))
    assert world.verify(begin=world.clock.now().date()).result.exit_code == 0
    assert world.ask("SELECT proven_at FROM watermark") == [proven_at]
    assert world.sync().complete
    assert world.ask("SELECT proven_at FROM watermark") > [proven_at]


def test_a_deep_verification_reads_entries_again_that_no_date_reaches(make: MakeWorld) -> None:
    world = make()
    world.source.insert(*(entry(f"u{n}", None) for n in range(3)))
    assert world.sync().complete
    world.service.dialect = Dialect(action_field="action")
    assert world.deep().complete
    assert {*world.texts()} < {raw for (raw,) in world.ask("SELECT raw FROM quarantine")}

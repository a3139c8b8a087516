"""Sources as bug reports of sibling products show them, and what each costs.

Each ended in a wrong `complete`, in entries falsely gone and back, or in pages fetched for nothing.
"""

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import httpx
import pytest

from etl.sandbox.dialect import Dialect
from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import ORGANIZATION, World


def equal(world: World) -> None:
    """Nothing is missing, and nothing is said to be gone."""
    assert world.stored() == world.texts()
    assert not world.ask("FROM absences")


@pytest.mark.parametrize("untimed", ["oldest", "newest"])
@pytest.mark.parametrize("count", [3, 3_000])
def test_old_entries_without_a_time_beside_recent_ones_with_one(
    make: MakeWorld, untimed: str, count: int
) -> None:
    """No request with a date serves them: three were gone at the second sync; of 3,000 each run
    fetched 137 pages, and had them gone and back."""
    world = make(dialect=Dialect(untimed=untimed))  # type: ignore[arg-type]
    world.source.insert(*(entry(f"old{n}", None) for n in range(count)))
    world.source.insert(*spread(5, world.clock.now(), 3))
    assert world.sync().complete
    equal(world)
    for _ in range(3):
        world.clock.advance(days=1)
        world.source.insert(entry(f"new{world.clock.now()}", world.clock.now()))
        seen = world.sync()
        assert (seen.complete, seen.result.source_total) == (True, len(world.texts()))
        assert seen.requests <= 3
    world.source.insert(entry("another", None))
    assert world.sync().complete
    equal(world)


@pytest.mark.parametrize("order", ["random", "stored"])
def test_pages_that_are_not_in_the_order_of_time(make: MakeWorld, order: str) -> None:
    """Sorted by a random id, or by when they were stored: 8 of 404 were called gone; of 4 new
    entries each run fetched 118 pages."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(400, world.clock.now(), 60))
    assert world.sync().complete
    for day in range(4):
        world.clock.advance(days=1)
        world.source.insert(*spread(4, world.clock.now(), 0.5, f"day{day}-"))
        world.source.insert(entry(f"late{day}", world.clock.now() - timedelta(days=30)))
        seen = world.sync()
        assert (seen.complete, seen.result.inserted) == (True, 5)
        equal(world)
    world.source.vanish("e200", "day1-2")
    assert world.sync().complete
    assert world.ask("SELECT id FROM absences ORDER BY id") == [("day1-2",), ("e200",)]


@pytest.mark.parametrize("says_limit", ["asked", "used", "none"])
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_that_hold_fewer_entries_than_were_asked_for(
    make: MakeWorld, says_limit: str, order: str
) -> None:
    """Twenty where a hundred were asked for: 1,433 of 2,000 were copied, and the next sync gained
    nothing. A page's length is how many entries it has, whatever `limit` it names."""
    dialect = Dialect(page_cap=20, says_limit=says_limit, order=order)  # type: ignore[arg-type]
    world = make(dialect=dialect)
    world.source.insert(*spread(2_000, world.clock.now(), 60))
    assert world.sync().complete
    equal(world)
    world.source.insert(*spread(50, world.clock.now(), 0.1, "new"))
    seen = world.sync()
    assert (seen.complete, seen.result.inserted) == (True, 50)
    assert seen.requests <= 6


def test_an_entry_that_came_26_days_late_is_found_by_the_next_sync(make: MakeWorld) -> None:
    """400 here, 401 there: it was called complete until the next UTC day."""
    world = make()
    world.source.insert(*spread(400, world.clock.now(), 90))
    assert world.sync().complete
    world.source.insert(entry("late", world.clock.now() - timedelta(days=26)))
    seen = world.sync()
    assert (seen.complete, seen.result.inserted, seen.result.source_total) == (True, 1, 401)
    assert (seen.result.late, seen.result.latest_by.days) == (1, 25)


def test_a_source_that_moves_its_time_zone_costs_one_reading_of_its_last_days(
    make: MakeWorld,
) -> None:
    world = make(dialect=Dialect(zone="Asia/Tokyo"))
    world.source.insert(*spread(2_000, world.clock.now(), 100))
    assert world.sync().complete
    assert world.sync().requests == 2
    world.service.dialect = Dialect(zone="America/Los_Angeles")
    assert world.sync().complete
    assert world.sync().requests == 2
    equal(world)


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("new", [0, 1, 99, 100, 101, 250])
def test_new_entries_cost_their_pages_and_two_requests(
    make: MakeWorld, order: str, new: int
) -> None:
    """Also on a day on which the open window is to be cut."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(1_500, world.clock.now(), 60))
    assert world.sync().complete
    for prefix in "ab":
        world.source.insert(*spread(new, world.clock.now(), 0.01, prefix))
        seen = world.sync()
        assert (seen.complete, seen.result.inserted) == (True, new)
        assert seen.requests <= (2 if new == 0 and prefix == "a" else -(-new // 100) + 2)
        world.clock.advance(hours=1)
    equal(world)


def test_the_two_requests_of_a_quiet_sync_are_under_way_at_once(make: MakeWorld) -> None:
    world = make(concurrency="2")
    world.api.delays = Random(0)
    world.source.insert(*spread(300, world.clock.now(), 30))
    assert world.sync().complete
    assert world.sync().requests == 2
    assert world.api.most_open == 2


@pytest.mark.parametrize(
    ("count", "days", "late", "days_ago", "most"),
    [(4_000, 60, 5, 3, 8), (40_000, 400, 3, 40, 70)],
    ids=["within the lookback", "long before it"],
)
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_late_entries_are_found_by_the_next_sync_for_few_requests(
    make: MakeWorld, order: str, count: int, days: int, late: int, days_ago: int, most: int
) -> None:
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(count, world.clock.now(), days))
    first = world.sync()
    assert first.complete
    assert first.requests <= 1.03 * (count // 100) + 12
    moment = world.clock.now() - timedelta(days=days_ago)
    world.source.insert(*spread(late, moment, 0.2, "late"))
    seen = world.sync()
    assert (seen.complete, seen.result.inserted, seen.result.late) == (True, late, late)
    assert seen.requests <= most
    assert world.sync().requests == 2


def test_nothing_is_claimed_of_a_source_that_stated_nothing_in_this_run(make: MakeWorld) -> None:
    """A 401 after a proven sync: nothing of the old total is told as if it were of now."""
    world = make()
    world.source.insert(*spread(50, world.clock.now(), 5))
    assert world.sync().complete
    world.service.token = "another"
    result = world.sync().result
    assert (result.status, result.exit_code, result.source_total) == ("failed", 4, None)
    assert result.warehouse_total == 50


def test_what_two_runs_could_not_explain_costs_two_requests_until_the_next_day(
    make: MakeWorld,
) -> None:
    """A day states one entry more than it serves. The rest is kept up to date meanwhile."""
    world = make()
    world.source.insert(*spread(1_500, world.clock.now(), 60))
    assert world.sync().complete
    world.api.phantom = (world.clock.now() - timedelta(days=20)).date()
    for _ in range(2):
        seen = world.sync()
        assert seen.result.exit_code == 6
        assert "source 1,501, local 1,500" in str(seen.result.message)
    world.source.insert(*spread(3, world.clock.now(), 0.01, "new"))
    seen = world.sync()
    assert (seen.requests, seen.result.inserted, seen.result.exit_code) == (2, 3, 6)
    world.api.phantom = None
    world.clock.advance(days=1)
    assert world.sync().complete
    equal(world)


def test_what_verifications_have_found_is_fetched_by_the_next_sync(make: MakeWorld) -> None:
    """They only compare: two of them are no two attempts in vain."""
    world = make()
    world.source.insert(*spread(500, world.clock.now(), 60))
    assert world.sync().complete
    world.source.insert(entry("late", world.clock.now() - timedelta(days=30)))
    for _ in range(2):
        assert world.verify().result.exit_code == 8
    seen = world.sync()
    assert (seen.complete, seen.result.inserted) == (True, 1)


def test_entries_that_come_while_their_page_is_read_are_read_by_the_same_sync(
    make: MakeWorld,
) -> None:
    """On a busy source the total of everything is another at each request."""
    world = make()
    world.source.insert(*spread(800, world.clock.now(), 30))
    assert world.sync().complete
    world.source.insert(*spread(5, world.clock.now(), 0.01, "a"))
    coming = {
        number: lambda n=number: world.source.insert(entry(f"b{n}", world.clock.now()))
        for number in (2, 3, 4)
    }
    seen = world.sync(Script(before=coming))
    assert seen.complete
    assert seen.requests <= 10
    equal(world)


def test_as_many_gone_as_came_late_is_found_by_a_deep_verification(make: MakeWorld) -> None:
    """No count can see it: what the copy gives up, and says so."""
    world = make()
    world.source.insert(*spread(500, world.clock.now(), 60))
    assert world.sync().complete
    world.source.vanish("e100")
    world.source.insert(entry("other", world.clock.now() - timedelta(days=30)))
    assert world.sync().complete
    assert world.deep().result.exit_code == 8
    assert world.stored() == world.texts()
    assert world.ask("SELECT id FROM absences") == [("e100",)]


def test_identical_entries_without_an_id_are_one_row_and_said_to_be_unproven(
    make: MakeWorld,
) -> None:
    world = make()
    moment = world.clock.now() - timedelta(days=2)
    same = [entry(f"same{n}", moment, text=b'{"action":"login","created_at":1}') for n in range(3)]
    world.source.insert(*spread(50, world.clock.now(), 5), *same)
    seen = world.sync()
    assert seen.result.exit_code == 6
    assert "identical entries without an id cannot be told apart" in str(seen.result.message)
    assert world.ask("SELECT count(*) FROM audit_log") == [(51,)]


@pytest.mark.parametrize("dialect", [Dialect(total_cap=350), Dialect(max_skip=300)])
def test_a_day_that_the_source_neither_counts_nor_serves_is_unproven_and_named(
    make: MakeWorld, dialect: Dialect
) -> None:
    world = make(dialect=dialect)
    busy = world.clock.now().replace(hour=20) - timedelta(days=20)
    world.source.insert(*spread(600, busy, 0.2), *spread(300, world.clock.now(), 60, "few"))
    seen = world.sync()
    assert seen.result.exit_code == 6
    assert "2025-05-27 to 2025-05-27: one day holds more entries" in str(seen.result.message)
    others = "SELECT count(*) >= 290 FROM audit_log WHERE id LIKE 'few%'"
    assert world.ask(others) == [(True,)]  # but for those of the same day


def test_a_source_that_cannot_count_everything_is_counted_by_windows_once_a_day(
    make: MakeWorld,
) -> None:
    world = make(dialect=Dialect(total_cap=350))
    world.source.insert(*spread(2_000, world.clock.now(), 60))
    assert world.sync().complete
    assert world.sync().requests == 2
    world.source.insert(entry("late", world.clock.now() - timedelta(days=40)))
    world.clock.advance(days=1)
    seen = world.sync()
    assert (seen.complete, seen.result.inserted) == (True, 1)
    equal(world)


def test_a_log_whose_newest_entry_vanishes_is_proven_whatever_to_date_includes(
    make: MakeWorld,
) -> None:
    """Its day holds nothing any more: that must not be taken for a `to_date` that leaves its day
    out."""
    world = make()
    hours = [world.clock.now() - timedelta(days=20, hours=n) for n in range(20)]
    hours += [world.clock.now() - timedelta(days=7, hours=n) for n in range(5)]
    world.source.insert(*(entry(f"e{n}", moment) for n, moment in enumerate(hours)))
    world.source.insert(entry("last", world.clock.now() - timedelta(minutes=5)))
    assert world.sync().complete
    world.source.vanish("last")
    assert world.sync().complete
    assert world.ask("SELECT id, reason FROM absences") == [("last", "vanished")]


def test_a_source_that_refuses_a_range_of_one_day_leaves_the_day_out(make: MakeWorld) -> None:
    world = make(dialect=Dialect(to_date="exclusive"))
    world.source.insert(*spread(1_500, world.clock.now(), 60))

    def one_day(params: httpx.QueryParams) -> bool:
        return params.get("from_date") is not None and params["from_date"] == params.get("to_date")

    world.api.refuse = one_day
    assert world.sync().complete
    equal(world)


def test_a_clock_that_was_ahead_at_the_first_sync_does_no_lasting_harm(make: MakeWorld) -> None:
    """The API's clock counts where it is behind: else no window would be open until that date."""
    world = make()
    world.source.insert(*spread(1_500, world.clock.now(), 60))
    right = world.clock.now
    world.job_clock = lambda: right() + timedelta(days=400)
    assert world.sync().complete
    world.job_clock = None
    world.source.insert(*spread(3, world.clock.now(), 0.01, "new"))
    seen = world.sync()
    assert (seen.complete, seen.result.inserted, seen.requests) == (True, 3, 2)


def test_what_is_new_is_read_though_its_day_can_never_be_proven(make: MakeWorld) -> None:
    """The source counts no further than 200, and today holds more."""
    world = make(dialect=Dialect(total_cap=200))
    world.source.insert(*spread(250, world.clock.now(), 0.3))
    for n in range(4):
        world.source.insert(*spread(5, world.clock.now(), 0.001, f"new{n}-"))
        seen = world.sync()
        assert seen.result.exit_code == 6
        assert world.ask(f"SELECT count(*) FROM audit_log WHERE id LIKE 'new{n}-%'") == [(5,)]
        world.clock.advance(minutes=30)


def test_a_source_that_begins_to_state_a_bound_loses_nothing(make: MakeWorld) -> None:
    """The bound was taken for all that is left, and an entry without a time was called gone."""
    world = make(dialect=Dialect(untimed="oldest"))
    world.source.insert(*spread(250, world.clock.now(), 45), entry("old", None))
    for _ in range(3):
        assert world.sync().complete
        world.clock.advance(days=5)
    world.service.dialect = Dialect(total_cap=50)
    assert world.sync().complete
    equal(world)


@pytest.mark.parametrize("proven", [0, 300])
def test_what_an_interrupted_run_has_stored_may_have_gone_since(
    make: MakeWorld, proven: int
) -> None:
    """Its rows were passed over by their number: as many as had gone were never read."""
    world = make()
    world.source.insert(*spread(proven, world.clock.now() - timedelta(days=1), 30, "old"))
    assert world.sync().complete
    world.clock.advance(hours=6)
    world.source.insert(*spread(900, world.clock.now(), 0.2, "new"))
    assert not world.sync(max_requests="6").complete
    query = "SELECT id FROM audit_log WHERE id LIKE 'new%' ORDER BY occurred_at LIMIT 60"
    stored = world.ask(query)
    world.source.vanish(*(id_ for (id_,) in stored))
    assert world.sync().complete
    assert {id_ for (id_,) in world.ask("SELECT id FROM held_entries")} == {
        e.id for e in world.source.entries(ORGANIZATION)
    }


def test_a_deep_verification_finds_an_entry_without_a_time_though_as_many_have_gone(
    make: MakeWorld,
) -> None:
    """As many were held as stated, so the first entry on no day was counted and never read."""
    world = make()
    world.source.insert(*spread(10, world.clock.now(), 5))
    assert world.sync().complete
    world.source.vanish("e3")
    world.source.insert(entry("untimed", None))
    assert world.deep().complete
    assert world.stored() == world.texts()
    assert world.ask("SELECT id, reason FROM absences") == [("e3", "vanished")]


def test_an_entry_that_changes_while_undated_ones_are_looked_for_is_one_entry(
    make: MakeWorld,
) -> None:
    """Both ends of everything were one page, asked for twice: two contents, so two entries."""
    world = make()
    world.source.insert(*spread(30, world.clock.now(), 3))
    assert world.sync().complete
    world.source.insert(entry("untimed", None))

    def change(number: int) -> None:
        world.source.change("e20", new_value={"changed": number})

    for request in range(3, 9):
        seen = world.sync(Script(before={request: partial(change, request)}))
        assert world.ask("SELECT id FROM quarantine WHERE reason = 'duplicate_id'") == []
        world.source.insert(entry(f"untimed{request}", None))
    assert seen.complete


def test_what_a_reading_did_not_serve_has_not_gone(make: MakeWorld) -> None:
    """Entries of the same time can hide one at the edge of each page. One that had been served
    before it went made as many: the hidden one was called vanished, and the copy complete."""
    world = make()
    untimed = [entry(f"u{n}", None) for n in range(3)]
    world.source.insert(*spread(30, world.clock.now(), 3), *untimed)
    assert world.sync().complete
    assert not world.deep(max_requests="1").complete
    world.source.vanish("e5")

    def hide(envelope: dict[str, Any]) -> None:
        envelope["items"] = [each for each in envelope["items"] if b'"u1"' not in bytes(each)]

    seen = world.sync(Script(faults=dict.fromkeys(range(1, 200), hide)))
    assert not seen.complete
    assert world.ask("FROM absences") == []
    assert world.sync().complete
    assert world.ask("SELECT id, reason FROM absences") == [("e5", "vanished")]

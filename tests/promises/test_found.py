"""Cases that the state machine has found, each in as few steps as it takes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from etl.sandbox.dialect import Dialect
from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.faults import twice
from promises.world import ORGANIZATION, Seen, World


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


@pytest.mark.parametrize(
    ("before", "after", "page_cap", "order"),
    [
        ("UTC", "Asia/Kolkata", None, "newest"),
        ("UTC", "Asia/Kolkata", 10, "oldest"),
        ("Europe/Zurich", "America/Los_Angeles", None, "oldest"),
        ("Europe/Zurich", "America/Los_Angeles", 10, "newest"),
    ],
)
def test_days_that_begin_elsewhere_cost_a_few_counts_however_many_pages_they_hold(
    make: MakeWorld, before: str, after: str, page_cap: int | None, order: str
) -> None:
    """The source's oldest entry of the window, and a count of the whole, say that nothing lacks."""
    world = make(dialect=Dialect(zone=before, order=order), lookback_days="0")  # type: ignore[arg-type]
    world.page_cap = page_cap
    world.source.insert(*spread(420, world.clock.now(), 4))
    proven(world, world.deep())
    assert proven(world, world.sync()).requests <= 3
    world.service.dialect = replace(world.dialect, zone=after)
    assert proven(world, world.sync()).requests <= 4
    assert proven(world, world.sync()).requests == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_vanished_where_a_window_begins_is_not_taken_for_days_that_begin_elsewhere(
    make: MakeWorld, order: str
) -> None:
    """As many entries came late before it, so that the whole holds as many as before."""
    world = make(dialect=Dialect(order=order), lookback_days="0")  # type: ignore[arg-type]
    world.source.insert(*spread(420, world.clock.now(), 4))
    proven(world, world.deep())
    proven(world, world.sync())
    begin = (world.clock.now() - timedelta(hours=12)).replace(hour=0, minute=0, second=0)
    inside = [e for e in world.source.entries(ORGANIZATION) if e.occurred_at >= begin]
    world.source.vanish(*(str(e.id) for e in inside[40:42]))
    world.source.insert(*spread(2, begin - timedelta(hours=20), 0.01, "late"))
    assert world.sync().result.vanished == 2
    world.clock.advance(days=1)
    proven(world, world.sync())


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_deep_verification_settles_in_which_zone_the_days_are_counted_now(
    make: MakeWorld, order: str
) -> None:
    """Everything was read, so a count may say that all is here, whatever the edges of its parts."""
    world = make(dialect=Dialect(order=order), lookback_days="0")  # type: ignore[arg-type]
    world.source.insert(*spread(100, world.clock.now(), 3))
    proven(world, world.sync())
    world.service.dialect = replace(world.dialect, zone="America/Los_Angeles")
    world.source.insert(*spread(4, world.clock.now() - timedelta(days=50), 0.2, "late"))
    assert proven(world, world.deep()).result.exit_code == 8
    assert proven(world, world.sync()).requests == 1


def test_a_sync_after_a_deep_verification_is_quiet_whatever_zone_the_days_are_counted_in_now(
    make: MakeWorld,
) -> None:
    """It walked its newest window, of many small pages, to see where that begins."""
    world = make(dialect=Dialect(zone="Asia/Tokyo"), lookback_days="0")  # type: ignore[arg-type]
    world.page_cap = 10
    world.source.insert(*spread(250, world.clock.now(), 12))
    proven(world, world.sync())
    world.clock.advance(hours=26)
    world.service.dialect = Dialect(zone="Asia/Kolkata", order="oldest")
    proven(world, world.deep())
    assert proven(world, world.sync()).requests == 1


def test_what_comes_while_a_capped_source_is_counted_day_by_day_is_found_by_the_same_sync(
    make: MakeWorld,
) -> None:
    """Its newest days were proven first, and no count of the whole could show what came later."""
    world = make(lookback_days="1")
    world.source.insert(*spread(130, world.clock.now(), 20))
    proven(world, world.sync())
    world.service.dialect = Dialect(order="oldest", total_cap=100)
    for request in (2, 4, 6, 8):
        world.source.insert(*spread(130, world.clock.now(), 2, f"before{request}-"))
        world.clock.advance(days=3)

        def come(number: int = request) -> None:
            world.clock.advance(minutes=20)
            world.source.insert(*spread(3, world.clock.now(), 0.01, f"during{number}-"))

        seen = proven(world, world.sync(Script(before={request: come})))
        assert request <= seen.requests <= 30


def test_as_many_as_stated_but_not_the_same_ones_are_walked_and_proven(make: MakeWorld) -> None:
    """On the oldest day one has gone and one has come: each count agrees, but not contact."""
    world = make(dialect=Dialect(order="newest"))
    world.source.insert(*spread(240, world.clock.now(), 20))
    proven(world, world.sync())
    oldest, following, *_ = world.source.entries(ORGANIZATION)
    world.source.vanish(str(oldest.id))
    world.source.insert(entry("late", following.occurred_at - timedelta(seconds=1)))
    world.clock.advance(days=1)
    proven(world, world.sync())


def test_a_sync_does_not_count_again_what_a_verification_has_counted_on_that_day(
    make: MakeWorld,
) -> None:
    world = make(lookback_days="0")
    world.source.insert(*spread(30, world.clock.now(), 9))
    proven(world, world.sync())
    world.clock.advance(days=1)
    assert proven(world, world.verify()).requests == 1
    assert proven(world, world.sync()).requests == 1
    world.clock.advance(days=1)
    assert proven(world, world.sync()).requests == 2


def test_without_a_watermark_a_sync_answers_for_the_whole_history(make: MakeWorld) -> None:
    """All that is known lies in a window that an interrupted run left unproven."""
    world = make(lookback_days="0")
    entries = spread(240, world.clock.now(), 0.2)
    world.source.insert(*entries)
    proven(world, world.sync())
    world.source.vanish(*(str(gone.id) for gone in entries[:120]))
    assert not world.sync(max_requests="2").complete
    assert world.ask("SELECT watermark FROM watermark") == [(None,)]
    world.source.insert(*spread(3, world.clock.now() - timedelta(days=57), 0.2, "late"))
    proven(world, world.sync())


@pytest.mark.parametrize(
    ("order", "count", "known_before"),
    [("newest", 90, False), ("oldest", 900, True)],
)
def test_a_day_that_states_more_than_it_serves_is_left_until_its_total_changes_or_the_next_day(
    make: MakeWorld, order: str, count: int, known_before: bool
) -> None:
    """It stays unproven, and said to be, but costs no search at each sync; the rest is proven."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(count, world.clock.now(), 30))
    if known_before:
        proven(world, world.sync())
        world.clock.advance(days=1)
    world.api.phantom = day = (world.clock.now() - timedelta(days=12)).date()
    searched = world.sync().requests
    assert searched <= 30
    for _ in range(2):
        seen = world.sync()
        assert seen.requests <= 3
        assert seen.result.exit_code == 6
        assert str(seen.result.message).startswith(f"{day} to {day}: ")
        assert "; " not in str(seen.result.message)
        assert world.stored() == world.texts()
    world.clock.advance(days=1)
    assert 3 < world.sync().requests <= 15
    assert world.sync().requests <= 3
    world.source.insert(*spread(3, world.clock.now(), 0.01, "new"))
    assert world.sync().requests <= 4
    assert world.stored() == world.texts()
    world.api.phantom = None
    assert proven(world, world.sync()).requests <= 6
    assert proven(world, world.sync()).requests == 1


@pytest.mark.parametrize(("order", "count", "days_ago"), [("newest", 3_000, 1), ("oldest", 900, 0)])
def test_last_days_that_state_more_than_they_serve_cost_two_requests_until_that_changes(
    make: MakeWorld, order: str, count: int, days_ago: int
) -> None:
    """They stay unproven, and said to be; what is new is fetched, and the rest is proven."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(count, world.clock.now(), 30))
    proven(world, world.sync())
    world.api.phantom = (world.clock.now() - timedelta(days=days_ago)).date()
    assert world.sync().requests <= 40
    for new in (0, 0, 3, 130, 0):
        world.clock.advance(minutes=10)
        world.source.insert(*spread(new, world.clock.now(), 0.005, f"new{new}-"))
        seen = world.sync()
        assert seen.requests <= 2 + new // 100
        assert seen.result.exit_code == 6
        assert "to now: " in str(seen.result.message)
        assert "; " not in str(seen.result.message)
        assert world.stored() == world.texts()
    world.source.insert(*spread(2, world.clock.now() - timedelta(days=20), 0.2, "late"))
    world.clock.advance(days=1)
    assert world.sync().requests <= 50
    assert world.stored() == world.texts()
    world.api.phantom = None
    assert proven(world, world.sync()).requests <= 6
    assert proven(world, world.sync()).requests == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_log_that_begins_today_with_more_than_a_page_is_quiet_at_the_next_sync(
    make: MakeWorld, order: str
) -> None:
    """Nothing is known from before its first day, and where that begins was shown all the same."""
    world = make(dialect=Dialect(order=order), lookback_days="0")  # type: ignore[arg-type]
    world.clock.advance(hours=9)
    world.source.insert(*spread(131, world.clock.now(), 0.45))
    assert not world.verify().complete
    proven(world, world.sync())
    assert proven(world, world.sync()).requests == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize(("count", "page"), [(30, 1), (1_150, 4)])
def test_a_page_that_repeats_a_half_of_itself_hides_nothing(
    make: MakeWorld, order: str, count: int, page: int
) -> None:
    """The same entry again stood for one that was not served: proven, and missing for ever."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(count, world.clock.now(), 30))
    proven(world, world.sync(Script(faults={page: twice})))
    proven(world, world.deep(Script(faults={page: twice})))
    assert world.ask("SELECT id FROM quarantine UNION ALL SELECT id FROM absences") == []
    assert proven(world, world.sync()).requests == 1


def test_what_came_late_before_days_left_unproven_is_found_by_the_sync_that_proves_these(
    make: MakeWorld,
) -> None:
    """The watermark was back at the last entry before them, and the newest window with it."""
    world = make(dialect=Dialect(order="newest"), lookback_days="0")
    begin = world.clock.now()
    world.source.insert(entry("old", begin - timedelta(days=30)), *spread(120, begin, 0.2))
    proven(world, world.sync())
    world.source.insert(*spread(250, world.clock.now(), 0.1, "new"))
    assert not world.sync(max_requests="2").complete
    world.source.insert(entry("late", begin - timedelta(days=20)))
    proven(world, world.sync())


@pytest.mark.parametrize("request_", [3, 5, 7])
def test_what_comes_while_days_are_healed_does_not_make_their_proof_worthless(
    make: MakeWorld, request_: int
) -> None:
    """They were held against the total from before the walk that had proven them."""
    world = make(lookback_days="0")
    world.source.insert(*spread(700, world.clock.now(), 0.2))
    proven(world, world.sync())
    for number, gone in enumerate(world.source.entries(ORGANIZATION)):
        if number % 2:
            world.source.vanish(str(gone.id))

    def come() -> None:
        world.source.insert(*spread(3, world.clock.now(), 0.001, "during"))

    proven(world, world.sync(Script(before={request_: come})))


@pytest.mark.parametrize("budget", [5, 9])
def test_where_totals_are_capped_nothing_between_the_watermark_and_the_last_days_goes_uncounted(
    make: MakeWorld, budget: int
) -> None:
    """The last days were proven, and the days before them taken for a proven newest window."""
    world = make()
    begin = world.clock.now()
    world.source.insert(*spread(30, begin - timedelta(days=30), 3, "old"), *spread(60, begin, 3))
    proven(world, world.sync())
    world.service.dialect = Dialect(total_cap=100)
    world.clock.advance(days=8)
    world.source.insert(*spread(300, begin, 6, "more"))
    assert not world.sync(max_requests=str(budget)).complete
    world.source.insert(*spread(2, begin - timedelta(days=25), 0.1, "late"))
    proven(world, world.sync())


@pytest.mark.parametrize(
    ("order", "before", "after"),
    [
        ("oldest", "UTC", "Asia/Tokyo"),
        ("oldest", "Europe/Zurich", "America/Los_Angeles"),
        ("newest", "Asia/Kolkata", "Asia/Tokyo"),
    ],
)
@pytest.mark.parametrize("number", range(1, 10))
def test_entries_that_come_at_any_request_of_a_deep_verification_are_not_lacking_after_it(
    make: MakeWorld, number: int, order: str, before: str, after: str
) -> None:
    """The count that shows where a day begins took them for entries of the day before."""
    world = make(dialect=Dialect(order=order, zone=before), lookback_days="0")  # type: ignore[arg-type]
    world.source.insert(*spread(100, world.clock.now(), 6))
    proven(world, world.sync())
    world.clock.advance(hours=26)
    world.service.dialect = replace(world.dialect, zone=after)
    now = world.clock.now()
    new = [entry(f"meanwhile-{n}", now - timedelta(minutes=n)) for n in range(3)]
    seen = world.deep(Script(before={number: lambda: world.source.insert(*new)}))
    if seen.requests >= number:
        proven(world, seen)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_oldest_entry_is_not_called_expired_where_its_time_is_told_more_exactly_now(
    make: MakeWorld, order: str
) -> None:
    """Stored to the second, it was older than itself."""
    world = make(dialect=Dialect(order=order, time_style="epoch-s"), lookback_days="0")  # type: ignore[arg-type]
    start = world.clock.now() - timedelta(days=10, milliseconds=363)
    world.source.insert(*(entry(f"e{n}", start + timedelta(hours=3 * n)) for n in range(80)))
    proven(world, world.sync())
    world.clock.advance(days=1)
    world.service.dialect = replace(world.dialect, time_style="iso-z")
    aged = world.source.entries(ORGANIZATION)
    world.source.vanish(*(str(one.id) for one in sorted(aged, key=lambda one: one.at)[:8]))
    world.sync()
    ids = {str(one.id) for one in world.source.entries(ORGANIZATION)}
    gone = {str(id_) for (id_,) in world.ask("SELECT id FROM absences WHERE reason <> 'returned'")}
    assert len(gone) == 8
    assert not gone & ids


@pytest.mark.parametrize(("count", "days", "lookback"), [(1_300, 3, 1), (12_000, 2, 7)])
def test_new_entries_cost_their_page_however_little_was_known_before_the_days_walked_last(
    make: MakeWorld, count: int, days: int, lookback: int
) -> None:
    """The last days' walk of a first sync, oldest first, knows only a page from long before them.

    What the walk of the days before has served shows closer where they begin. The second of these
    sources has more in its last days than can be paged to.
    """
    world = make(dialect=Dialect(order="oldest"), lookback_days=str(lookback))
    world.source.insert(*spread(60, world.clock.now() - timedelta(days=days), 40, "old"))
    world.source.insert(*spread(count, world.clock.now(), days))
    proven(world, world.sync())
    for hour in range(6):
        world.clock.advance(hours=1)
        world.source.insert(*spread(3, world.clock.now(), 0.02, f"hour{hour}-"))
        assert world.sync().requests <= 2
    proven(world, world.sync())


def test_what_vanished_is_noticed_where_the_total_is_capped_and_the_days_begin_elsewhere(
    make: MakeWorld,
) -> None:
    """An entry on the doubtful edge of the lookback must not make up for one that is gone."""
    world = make(dialect=Dialect(zone="America/Los_Angeles", total_cap=50))
    entries = spread(99, world.clock.now(), 12)
    world.source.insert(*entries)
    proven(world, world.sync())
    for gone in (entries[50], entries[77]):
        world.source.vanish(str(gone.id))
        world.clock.advance(hours=1)
        proven(world, world.sync())


def test_a_verification_compares_the_last_days_too_where_the_total_is_capped(
    make: MakeWorld,
) -> None:
    world = make(dialect=Dialect(total_cap=50))
    world.source.insert(*spread(60, world.clock.now(), 20))
    proven(world, world.sync())
    assert world.verify().result.exit_code == 0
    world.source.insert(*spread(2, world.clock.now(), 0.1, "new"))
    seen = world.verify()
    assert seen.result.exit_code == 8
    assert sum(place.source - place.known for place in seen.result.differences) == 2
    proven(world, world.sync())


def test_an_entry_that_vanished_beside_a_doubtful_midnight_is_noticed(make: MakeWorld) -> None:
    """Neither of the days beside it differs for good, as long as the zone is thought over."""
    world = make(dialect=Dialect(zone="America/Los_Angeles"), lookback_days="1")
    now = world.clock.now()
    late = spread(2, now - timedelta(days=46.36339072334891), 0.2, "late")
    world.source.insert(*late, *spread(1, now, 12))
    proven(world, world.sync())
    world.clock.advance(days=1)
    world.source.vanish(str(late[1].id))
    proven(world, world.sync())


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_days_that_begin_earlier_now_are_proven_by_one_sync_though_all_before_them_has_expired(
    make: MakeWorld, order: str
) -> None:
    """The walk that was served an entry from before the day it asked for did not refute the zone
    believed until then; a wider one took what had expired for entries of the day before its own,
    and the zone for one in which the first walk could not have been served what it was."""
    world = make(dialect=Dialect(order=order), lookback_days="0")  # type: ignore[arg-type]
    now = world.clock.now()
    world.source.insert(*spread(100, now, 45, "old"), *spread(300, now, 0.01))
    proven(world, world.sync())
    # Whole seconds: the entry that shows where the day begins now is not known to the microsecond.
    world.service.dialect = replace(world.dialect, zone="Asia/Kolkata", time_style="epoch-s")
    world.source.vanish(*(f"old{n}" for n in range(95)))
    seen = world.sync()
    assert seen.complete, seen.result.message
    assert seen.requests <= 8
    assert world.sync().requests == 1
    world.clock.advance(days=1)
    assert world.sync().complete
    assert world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL") == [("expired", 95)]


def test_a_late_entry_is_found_however_often_the_search_learns_where_days_begin(
    make: MakeWorld,
) -> None:
    """A day fetched for nothing shows where it begins; the difference then lies elsewhere."""
    world = make(dialect=Dialect(zone="Asia/Kolkata"), lookback_days="7")
    first, *later = spread(101, world.clock.now(), 12)
    world.source.insert(first, *later)
    proven(world, world.sync())
    world.clock.advance(hours=24)
    world.source.insert(entry("late", first.occurred_at))
    proven(world, world.sync())


@pytest.mark.parametrize("page_cap", [None, 10])
def test_new_entries_are_all_fetched_though_the_days_begin_later_now(
    make: MakeWorld, page_cap: int | None
) -> None:
    """Known entries that are no longer of these days must not make up for new ones.

    Oldest first the walk begins with what is known, so that to reach it is no contact.
    """
    world = make(dialect=Dialect(order="oldest"), lookback_days="0")
    world.page_cap = page_cap
    world.source.insert(*spread(101, world.clock.now(), 12))
    proven(world, world.sync())
    world.service.dialect = replace(world.dialect, zone="America/Los_Angeles")
    world.clock.advance(minutes=40)
    world.source.insert(*spread(194, world.clock.now(), 1 / 96, "new"))
    proven(world, world.sync())


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_history_that_begins_later_than_before_is_proven_though_entries_lie_about_its_beginning(
    make: MakeWorld, order: str
) -> None:
    """Where its first day begins at the source no walk has shown, so its first days are fetched."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(290, world.clock.now(), 60))
    proven(world, world.sync())
    world.settings["from_date"] = (world.clock.now() - timedelta(days=30)).date().isoformat()
    assert proven(world, world.sync()).requests <= 9
    assert proven(world, world.sync()).requests == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_sync_that_meets_another_zone_and_late_entries_leaves_no_doubt_for_the_next(
    make: MakeWorld, order: str
) -> None:
    """The newest window was proven as part of a longer one, and with which entry it begins was left
    to be found out by the next sync, of five requests."""
    world = make(dialect=Dialect(order=order, zone="Asia/Kolkata"), lookback_days="0")  # type: ignore[arg-type]
    now = world.clock.now()
    world.source.insert(*spread(60, now, 3))
    proven(world, world.sync())
    world.service.dialect = replace(world.dialect, zone="Europe/Zurich")
    world.source.insert(
        *(entry(f"late{days}", now - timedelta(days=days)) for days in (1.21, 6.65))
    )
    assert proven(world, world.sync()).requests <= 11
    assert proven(world, world.sync()).requests == 1


def test_where_a_young_log_begins_its_days_costs_a_request_more_once(make: MakeWorld) -> None:
    """As long as no answer has shown where a day begins, what came about that instant may lie on
    either side of it, and a count that includes it proves nothing: a page more tells."""
    world = make(lookback_days="0")
    assert proven(world, world.sync()).requests == 1  # the day's check finds an empty log
    for prefix, hours in (("morning", 1), ("evening", 9)):
        world.clock.advance(hours=hours)
        world.source.insert(*spread(99, world.clock.now(), 0.01, prefix))
        assert proven(world, world.sync()).requests == 1
    assert proven(world, world.sync()).requests == 2
    assert proven(world, world.sync()).requests == 1


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_has_gone_from_about_a_days_beginning_is_missed_though_totals_are_capped(
    make: MakeWorld, order: str
) -> None:
    """A walk was served all that is stated of the last days, and what is known beside it was taken
    to lie before them: no count of the whole told, as that is capped."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(103, world.clock.now(), 0.2))
    proven(world, world.sync())
    world.service.dialect = Dialect(order=order, total_cap=50)  # type: ignore[arg-type]
    assert not world.deep().complete
    world.clock.advance(days=1)
    world.source.vanish(*(f"e{n}" for n in range(53)))
    assert world.verify().result.exit_code == 8
    proven(world, world.sync())
    assert world.ask("SELECT reason, count(*) FROM absences GROUP BY ALL") == [("expired", 53)]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_late_entry_is_found_though_another_zone_and_capped_totals_make_up_for_it(
    make: MakeWorld, order: str
) -> None:
    """As long as days were believed to begin elsewhere, other entries made up for it. A walk of the
    day after showed where they begin, and what had been counted was not held against that."""
    world = make(dialect=Dialect(order=order, total_cap=50), lookback_days="0")  # type: ignore[arg-type]
    world.source.insert(*spread(80, world.clock.now(), 3))
    proven(world, world.sync())
    world.clock.advance(days=1, minutes=30)
    now = world.clock.now()
    world.service.dialect = replace(world.dialect, zone="Asia/Tokyo")
    world.source.insert(
        entry("late", now - timedelta(days=1, hours=45)), *spread(3, now, 0.01, "new")
    )
    proven(world, world.sync())


def test_what_is_served_from_before_its_window_is_no_proof_of_the_others(make: MakeWorld) -> None:
    """Days begin earlier now, so that an entry more is of the window, and another one has gone: as
    many were known as were stated."""
    world = make(dialect=Dialect(order="oldest", zone="Asia/Kolkata"), lookback_days="7")
    world.page_cap = 10
    world.source.insert(*spread(250, world.clock.now(), 45))
    proven(world, world.sync())
    proven(world, world.sync())
    world.service.dialect = replace(world.dialect, zone="Asia/Tokyo")
    world.source.vanish("e249")
    proven(world, world.sync())


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_deep_verification_tells_the_next_sync_in_which_order_entries_are_served(
    make: MakeWorld, order: str
) -> None:
    """Its last days held nothing, and what it read of those before showed no order."""
    other = "oldest" if order == "newest" else "newest"
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(480, world.clock.now() - timedelta(days=9), 20))
    proven(world, world.sync())
    world.service.dialect = Dialect(order=other)  # type: ignore[arg-type]
    proven(world, world.deep())
    assert proven(world, world.sync()).requests == 1

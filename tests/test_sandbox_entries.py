"""The made-up entries: believable, coherent, the same again, and with incidents to be found."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from etl.sandbox.entries import made_up
from etl.sandbox.entry import Entry

END = datetime(2025, 6, 2, 12, tzinfo=UTC)
ENTITY_TYPES = {
    "user",
    "department",
    "role",
    "role_assignment",
    "department_membership",
    "permission",
    "knowledge_slice",
    "vector_store",
    "knowledge_grant",
    "knowledge_composite",
}
ACTION_TYPES = {
    "created",
    "updated",
    "deleted",
    "invited",
    "deactivated",
    "reactivated",
    "removed",
    "assigned",
    "unassigned",
    "reparented",
    "membership_added",
    "membership_removed",
}

sizes = pytest.mark.parametrize(
    ("entries", "days", "seed"),
    [(200, 21, 0), (1000, 90, 0), (1000, 90, 1), (1000, 30, 2), (5000, 400, 3), (20_000, 90, 4)],
)


class Grant(NamedTuple):
    """What the log reads as a grant: who holds what, where."""

    person: str | None
    kind: str | None
    thing: str | None
    scope: str | None


GIVEN = {"assigned", "membership_added", "created"}
TAKEN = {"unassigned", "membership_removed", "deleted"}
HELD = {"role_assignment", "department_membership", "knowledge_grant"}


def _grant(entry: Entry) -> Grant:
    return Grant(entry.target_id, entry.entity_type, entry.entity_id, entry.department_id)


def _grants(made: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in made if entry.entity_type in HELD]


def _acts_while_deactivated(made: Iterable[Entry]) -> list[Entry]:
    closed, found = set(), []
    for entry in made:
        if entry.actor_id in closed:
            found.append(entry)
        if entry.action_type == "deactivated":
            closed.add(entry.entity_id)
        if entry.action_type == "reactivated":
            closed.discard(entry.entity_id)
    return found


@sizes
def test_there_are_exactly_as_many_as_asked_for_in_order_within_the_days_before_the_end(
    entries: int, days: int, seed: int
) -> None:
    made = made_up(entries, days, seed, END)
    times = [entry.occurred_at for entry in made]
    assert len(made) == entries == len({entry.id for entry in made})
    assert times == sorted(times)
    assert END - timedelta(days=days) <= times[0]
    assert times[-1] < END


@pytest.mark.parametrize("entries", [0, 1, 5])
@pytest.mark.parametrize("end", [END, datetime(2025, 6, 1, 4, tzinfo=UTC)])
def test_a_handful_within_one_day_is_made_too_even_on_a_sunday(entries: int, end: datetime) -> None:
    made = made_up(entries, 1, 0, end)
    assert len(made) == entries
    assert all(end - timedelta(days=1) <= entry.occurred_at < end for entry in made)


@pytest.mark.parametrize(
    ("entries", "days", "end"),
    [(-1, 1, END), (1, 0, END), (1, 10**7, END), (1, 1, datetime(2025, 1, 1))],  # noqa: DTZ001
)
def test_what_cannot_be_made_up_is_refused(entries: int, days: int, end: datetime) -> None:
    with pytest.raises(ValueError, match="takes at least 0 entries"):
        made_up(entries, days, 0, end)


def test_the_same_seed_makes_the_same_entries_in_any_process() -> None:
    program = (
        "import hashlib, datetime; from etl.sandbox.entries import made_up;"
        f"end = datetime.datetime.fromisoformat('{END.isoformat()}');"
        "print(hashlib.sha256(repr(made_up(500, 30, 5, end)).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
    assert digests == {hashlib.sha256(repr(made_up(500, 30, 5, END)).encode()).hexdigest()}


def test_another_seed_makes_other_entries() -> None:
    first, second = (made_up(100, 30, seed, END) for seed in (1, 2))
    assert not {entry.id for entry in first} & {entry.id for entry in second}


@pytest.mark.parametrize("seed", range(6))
def test_a_thousand_entries_hold_every_entity_type_and_action_type_of_the_page(seed: int) -> None:
    made = made_up(1000, 90, seed, END)
    assert {entry.entity_type for entry in made} == ENTITY_TYPES
    assert {entry.action_type for entry in made} == ACTION_TYPES


@sizes
def test_what_is_taken_was_held_and_nothing_is_given_twice(
    entries: int, days: int, seed: int
) -> None:
    held: dict[Grant, bool] = {}
    for entry in _grants(made_up(entries, days, seed, END)):
        assert entry.action_type in GIVEN | TAKEN
        given = entry.action_type in GIVEN
        # What the log does not know was held, or not, before the log began.
        assert held.get(_grant(entry), not given) is not given
        held[_grant(entry)] = given


@sizes
def test_an_account_is_removed_only_deactivated_and_with_all_it_held_taken(
    entries: int, days: int, seed: int
) -> None:
    status: dict[str | None, str | None] = {}
    holding: dict[str | None, set[Grant]] = defaultdict(set)
    allowed: dict[str, set[str | None]] = {
        "invited": {None},
        "deactivated": {None, "invited", "reactivated"},
        "reactivated": {"deactivated"},
        "removed": {"deactivated"},
    }
    for entry in made_up(entries, days, seed, END):
        if entry.entity_type in HELD:
            change = holding[entry.target_id]
            (change.add if entry.action_type in GIVEN else change.discard)(_grant(entry))
        if entry.entity_type == "user" and (before := allowed.get(str(entry.action_type))):
            assert status.get(entry.entity_id) in before
            assert entry.action_type != "removed" or not holding[entry.entity_id]
            status[entry.entity_id] = entry.action_type


@sizes
def test_who_is_invited_gets_a_department_and_a_role_and_acts_only_afterwards(
    entries: int, days: int, seed: int
) -> None:
    made = made_up(entries, days, seed, END)
    invited = {e.entity_id: e.occurred_at for e in made if e.action_type == "invited"}
    first_act: dict[str | None, Entry] = {}
    for entry in made:
        first_act.setdefault(entry.actor_id, entry)
    given = defaultdict(set)
    for entry in _grants(made):
        given[entry.target_id].add(entry.action_type)
    assert invited
    for person, moment in invited.items():
        if person in first_act:
            assert first_act[person].occurred_at > moment
            assert given[person] >= {"membership_added", "assigned"}


@sizes
def test_one_person_makes_themselves_an_owner(entries: int, days: int, seed: int) -> None:
    granted = [e for e in _grants(made_up(entries, days, seed, END)) if e.action_type in GIVEN]
    (self_grant,) = [entry for entry in granted if entry.actor_id == entry.target_id]
    assert (self_grant.entity_type, self_grant.entity_name) == ("role_assignment", "Owner")


@sizes
def test_one_grant_is_revoked_within_the_hour(entries: int, days: int, seed: int) -> None:
    begun: dict[Grant, datetime] = {}
    brief = []
    for entry in _grants(made_up(entries, days, seed, END)):
        if entry.action_type in GIVEN:
            begun[_grant(entry)] = entry.occurred_at
        elif entry.occurred_at - begun.get(_grant(entry), datetime.min.replace(tzinfo=UTC)) < (
            timedelta(hours=1)
        ):
            brief.append(entry)
    assert [entry.entity_name for entry in brief] == ["Billing Admin"]


@sizes
def test_one_person_deletes_many_within_ten_minutes(entries: int, days: int, seed: int) -> None:
    deleted: dict[str | None, list[datetime]] = defaultdict(list)
    mass = set()
    for entry in made_up(entries, days, seed, END):
        if entry.action_type == "deleted" and entry.entity_type != "knowledge_grant":
            times = deleted[entry.actor_id]
            times.append(entry.occurred_at)
            if len(times) >= 10 and times[-1] - times[-10] < timedelta(minutes=10):
                mass.add(entry.actor_id)
    assert len(mass) == 1


@sizes
def test_one_deactivated_account_acts_once(entries: int, days: int, seed: int) -> None:
    (act,) = _acts_while_deactivated(made_up(entries, days, seed, END))
    assert (act.entity_type, act.action_type) == ("knowledge_slice", "updated")


@pytest.mark.parametrize("seed", range(4))
def test_one_day_worker_is_at_it_at_three_in_the_morning(seed: int) -> None:
    local: dict[str | None, list[datetime]] = defaultdict(list)
    for entry in made_up(1000, 90, seed, END):
        local[entry.actor_id].append(entry.occurred_at + timedelta(hours=1))
    found = []
    for person, times in local.items():
        night = [time for time in times if time.hour < 6]
        at_three = [time for time in night if time.hour == 3]
        if len(times) > len(night) == len(at_three) == 4 and len({t.date() for t in night}) == 1:
            found.append(person)
    assert len(found) == 1


@pytest.mark.parametrize(("entries", "days"), [(199, 90), (1000, 20)])
def test_a_log_too_small_for_incidents_has_none(entries: int, days: int) -> None:
    made = made_up(entries, days, 1, END)
    granted = [entry for entry in _grants(made) if entry.action_type in GIVEN]
    assert not [entry for entry in granted if entry.actor_id == entry.target_id]
    assert not _acts_while_deactivated(made)


def test_people_work_on_weekdays_and_some_instants_are_shared() -> None:
    made = made_up(20_000, 90, 1, END)
    by_people = [entry for entry in made if entry.actor_email]
    weekend = [entry for entry in by_people if entry.occurred_at.weekday() >= 5]
    assert 0 < len(weekend) < 0.05 * len(by_people)
    assert len({entry.at for entry in made}) < len(made)


def test_people_have_ids_names_of_many_scripts_and_addresses_of_their_own() -> None:
    made = made_up(5000, 90, 1, END)
    people = {(e.actor_id, e.actor_name, e.actor_email) for e in made if e.actor_email}
    ids, names, addresses = (set(column) for column in zip(*people, strict=True))
    assert len(people) == len(ids) == len(addresses) > 100
    assert all(address.isascii() and address.endswith("@example.com") for address in addresses)
    assert any(not name.isascii() for name in names)


def test_a_service_account_without_address_works_around_the_clock() -> None:
    made = [entry for entry in made_up(20_000, 90, 1, END) if entry.actor_email is None]
    assert {entry.actor_name for entry in made} == {"Directory Sync"}
    assert len({entry.occurred_at.hour for entry in made}) == 24


def test_the_organization_is_the_one_asked_for() -> None:
    assert {e.organization_id for e in made_up(20, 5, 1, END)} == {"org_demo"}
    assert {e.organization_id for e in made_up(20, 5, 1, END, "org_x")} == {"org_x"}

"""The made-up entries: believable, coherent, always the same, and with incidents to be found."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import pairwise

import msgspec
import pytest

from etl.sandbox.entries import made_up
from etl.sandbox.entry import Entry

END = datetime(2025, 6, 2, 12, tzinfo=UTC)
SUNDAY = datetime(2025, 6, 1, 4, tzinfo=UTC)
GIVEN = {"assigned", "membership_added", "created"}
HELD = {"role_assignment", "department_membership", "knowledge_grant"}
TYPES = [
    "user",
    "department",
    "role",
    "permission",
    "knowledge_slice",
    "vector_store",
    "knowledge_composite",
]
SIZES = [(200, 21, 0), (1000, 90, 1), (1000, 30, 2), (5000, 400, 3), (20_000, 90, 4)]

made_up_once = cache(made_up)


@pytest.fixture(params=SIZES, ids=str)
def made(request: pytest.FixtureRequest) -> list[Entry]:
    return made_up_once(*request.param, END)


def _grant(entry: Entry) -> tuple[str | None, ...]:
    return entry.target_id, entry.entity_type, entry.entity_id, entry.department_id


@pytest.mark.parametrize(
    ("entries", "days", "end"),
    [(0, 1, END), (5, 1, SUNDAY), (200, 21, END), (5000, 400, END)],
)
def test_there_are_as_many_as_asked_for_in_order_within_the_days(
    entries: int, days: int, end: datetime
) -> None:
    made = made_up(entries, days, 0, end)
    times = [end - timedelta(days=days), *(entry.occurred_at for entry in made), end]
    assert times == sorted(times)
    assert len({entry.id for entry in made}) == len(made) == entries


@pytest.mark.parametrize(
    ("entries", "days", "end"),
    [(-1, 1, END), (1, 0, END), (1, 10**7, END), (1, 1, datetime(2025, 1, 1))],  # noqa: DTZ001
)
def test_what_cannot_be_made_up_is_refused(entries: int, days: int, end: datetime) -> None:
    with pytest.raises(ValueError, match="takes at least 0 entries"):
        made_up(entries, days, 0, end)


def test_the_same_arguments_give_the_same_bytes_on_any_day_and_machine() -> None:
    made = made_up(1000, 90, 7, datetime(2026, 6, 1, tzinfo=UTC), "org")
    digest = sha256(b"\n".join(map(msgspec.json.encode, made))).hexdigest()
    assert digest == "f64de6c55ba114850f975948fe0db8d84a744e1ce77b923646e9e43759b7de61"
    assert not {e.id for e in made} & {e.id for e in made_up(1000, 90, 8, END)}


def test_what_is_taken_was_held_and_nothing_is_given_twice(made: list[Entry]) -> None:
    held: dict[tuple[str | None, ...], bool] = {}
    for entry in made:
        if entry.entity_type in HELD:
            given = entry.action_type in GIVEN
            # The log does not tell what was held before it begins.
            assert held.get(_grant(entry), not given) is not given
            held[_grant(entry)] = given


def test_the_invited_act_only_once_they_have_a_department_and_a_role(made: list[Entry]) -> None:
    given: dict[str | None, set[str | None]] = {}
    for entry in made:
        if entry.action_type == "invited":
            given[entry.entity_id] = set()
        if entry.target_id in given:
            given[entry.target_id].add(entry.action_type)
        assert given.get(entry.actor_id, GIVEN) >= {"membership_added", "assigned"}
    assert given


def test_each_incident_is_there_once_and_is_the_only_one_of_its_kind(made: list[Entry]) -> None:
    begun: dict[object, datetime] = {}
    deleted: dict[str | None, list[datetime]] = defaultdict(list)
    closed: set[str | None] = set()
    own, brief, late = [], [], []
    for entry in made:
        if entry.actor_id in closed:
            late.append((entry.entity_type, entry.action_type))
        if entry.entity_type == "user":
            (closed.add if entry.action_type == "deactivated" else closed.discard)(entry.entity_id)
        elif entry.entity_type in HELD and entry.action_type in GIVEN:
            begun[_grant(entry)] = entry.occurred_at
            own += [entry.entity_name] if entry.actor_id == entry.target_id else []
        elif entry.entity_type in HELD:
            held = entry.occurred_at - begun.get(_grant(entry), datetime.min.replace(tzinfo=UTC))
            brief += [entry.entity_name] if held < timedelta(hours=1) else []
        elif entry.action_type == "deleted":
            deleted[entry.actor_id].append(entry.occurred_at)
    mass = {
        who
        for who, times in deleted.items()
        for first, tenth in zip(times, times[9:], strict=False)
        if tenth - first < timedelta(minutes=10)
    }
    assert (own, brief, late) == (["Owner"], ["Billing Admin"], [("knowledge_slice", "updated")])
    assert len(mass) == 1


def test_one_person_who_works_by_day_acts_at_three_in_the_morning() -> None:
    local: dict[str | None, list[int]] = defaultdict(list)
    for entry in made_up_once(1000, 90, 1, END):
        local[entry.actor_id].append((entry.occurred_at + timedelta(hours=1)).hour)
    nights = {who: [hour for hour in hours if hour < 6] for who, hours in local.items()}
    assert [who for who, hours in nights.items() if hours == [3] * 4 != local[who]] != []


@pytest.mark.parametrize(("entries", "days"), [(199, 90), (1000, 20)])
def test_a_log_too_small_for_incidents_has_none(entries: int, days: int) -> None:
    made = made_up(entries, days, 1, END)
    assert not [e for e in made if e.actor_id == e.target_id and e.action_type in GIVEN]


def test_every_entity_type_and_action_type_of_the_page_occurs() -> None:
    made = made_up_once(1000, 90, 1, END)
    kinds = {"user", "department", "role", "permission", "knowledge_slice", "vector_store"}
    assert {entry.entity_type for entry in made} == kinds | HELD | {"knowledge_composite"}
    done = {"updated", "deleted", "invited", "deactivated", "reactivated", "removed", "reparented"}
    taken = {"unassigned", "membership_removed"}
    assert {entry.action_type for entry in made} == done | GIVEN | taken


def test_people_work_on_weekdays_and_the_service_account_around_the_clock() -> None:
    made = made_up_once(20_000, 90, 4, END)
    weekend = [e for e in made if e.actor_email and e.occurred_at.weekday() >= 5]
    assert 0 < len(weekend) < 0.05 * len(made)
    service = [entry for entry in made if entry.actor_email is None]
    assert {entry.actor_name for entry in service} == {"Directory Sync"}
    assert len({entry.occurred_at.hour for entry in service}) == 24
    assert any(first.at == second.at for first, second in pairwise(made))


def test_people_have_ids_addresses_and_names_of_many_scripts() -> None:
    made = made_up_once(5000, 400, 3, END)
    people = {(e.actor_id, e.actor_name, e.actor_email) for e in made if e.actor_email}
    ids, names, addresses = (set(column) for column in zip(*people, strict=True))
    assert len(people) == len(ids) == len(addresses) > 100
    assert all(a and a.isascii() and a.endswith("@example.com") for a in addresses)
    assert any(name and not name.isascii() for name in names)

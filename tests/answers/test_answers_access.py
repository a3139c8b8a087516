"""How entries are read as grants and revocations, and what becomes of the odd histories."""

from collections.abc import Callable
from pathlib import Path

import pytest
from answering import Warehouse

from etl.warehouse import sqlfiles
from etl.warehouse.schema import Views

ROLE = {"entity_type": "role_assignment", "entity": "r", "target": "p"}
ADDED, TAKEN = "membership_added", "membership_removed"
MEMBER = {"entity_type": "department_membership", "target": "p"}
ACCOUNT = {"entity_type": "user", "entity": "p"}
CHANGES = "SELECT * EXCLUDE (organization_id, occurred_at, entry_id) FROM access_changes"
SPANS = (
    "SELECT valid_from, valid_to, granted_by, revoked_by, grant_entry_id, revocation_entry_id "
    "FROM role_assignments ORDER BY valid_from NULLS FIRST"
)


def test_access_changes_has_exactly_the_columns_that_are_promised(warehouse: Warehouse) -> None:
    columns = [name for name, *_ in warehouse.rows("DESCRIBE access_changes")]
    assert columns == [
        "organization_id", "person_id", "person_name", "kind", "object_id", "object_name",
        "department_id", "change", "occurred_at", "changed_by", "entry_id",
    ]  # fmt: skip
    columns = [name for name, *_ in warehouse.rows("DESCRIBE FROM access_at(now())")]
    assert columns == [
        "organization_id", "person_id", "person_name", "kind", "object_id", "object_name",
        "department_id", "valid_from", "granted_by",
    ]  # fmt: skip


@pytest.mark.parametrize(("action", "change"), [("assigned", "granted"), ("unassigned", "revoked")])
def test_in_a_role_assignment_the_target_gets_the_role_that_is_the_entity(
    warehouse: Warehouse, action: str, change: str
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action=action, department="d", **ROLE)
    assert warehouse.row(CHANGES) == (
        "p", "p's name", "role", "r", "r's name", "d", change, "a",
    )  # fmt: skip


def test_in_a_membership_the_department_is_the_entrys_and_else_the_entity(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", action=ADDED, department="d", entity="x", **MEMBER)
    warehouse.add("2026-05-04 10:00", action=TAKEN, entity="d2", **MEMBER)
    assert warehouse.rows(f"{CHANGES} ORDER BY occurred_at") == [
        ("p", "p's name", "department", "d", "d's name", "d", "granted", None),
        ("p", "p's name", "department", "d2", "d2's name", "d2", "revoked", None),
    ]


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("created", "granted"), ("assigned", "granted"),
        ("deleted", "revoked"), ("removed", "revoked"), ("unassigned", "revoked"),
    ],
)  # fmt: skip
def test_in_a_knowledge_grant_the_target_receives_the_entity(
    warehouse: Warehouse, action: str, change: str
) -> None:
    warehouse.add(
        "2026-05-04 09:00", action=action, entity_type="knowledge_grant", entity="k", target="p"
    )
    assert warehouse.row(CHANGES) == (
        "p", "p's name", "knowledge", "k", "k's name", None, change, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("invited", "granted"), ("reactivated", "granted"),
        ("deactivated", "revoked"), ("removed", "revoked"),
    ],
)  # fmt: skip
def test_in_a_user_entry_the_person_is_the_target_and_else_the_entity(
    warehouse: Warehouse, action: str, change: str
) -> None:
    warehouse.add("2026-05-04 09:00", action=action, **ACCOUNT)
    warehouse.add("2026-05-04 10:00", action=action, entity_type="user", entity="x", target="q")
    query = f"SELECT person_id, kind, object_id, change FROM ({CHANGES}) ORDER BY person_id"
    people = warehouse.rows(query)
    assert people == [("p", "account", "p", change), ("q", "account", "q", change)]


@pytest.mark.parametrize(
    ("entity_type", "action"),
    [("role_assignment", "updated"), ("user", "updated"), ("role", "assigned"), (None, None)],
)
def test_nothing_else_is_a_change_of_access(
    warehouse: Warehouse, entity_type: str | None, action: str | None
) -> None:
    warehouse.add("2026-05-04 09:00", **{**ROLE, "entity_type": entity_type}, action=action)
    assert warehouse.rows(CHANGES) == []


def test_a_grant_and_its_revocation_are_a_span_from_the_one_to_the_other(
    warehouse: Warehouse,
) -> None:
    grant = warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    revocation = warehouse.add("2026-05-05 09:00", actor="b", action="unassigned", **ROLE)
    assert warehouse.rows(SPANS) == [
        ("2026-05-04 09:00:00+00", "2026-05-05 09:00:00+00", "a", "b", grant, revocation)
    ]
    held = "FROM access_at('2026-05-0{}+00')"
    assert warehouse.rows(held.format("4 08:59:59")) == []
    assert len(warehouse.rows(held.format("4 09:00:00"))) == 1
    assert len(warehouse.rows(held.format("5 08:59:59"))) == 1
    assert warehouse.rows(held.format("5 09:00:00")) == []


def test_a_revocation_without_a_grant_begins_before_the_history(warehouse: Warehouse) -> None:
    revocation = warehouse.add("2026-05-05 09:00", actor="b", action="unassigned", **ROLE)
    assert warehouse.rows(SPANS) == [(None, "2026-05-05 09:00:00+00", None, "b", None, revocation)]


def test_a_second_grant_or_revocation_in_a_row_changes_nothing(warehouse: Warehouse) -> None:
    first = warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    warehouse.add("2026-05-05 09:00", actor="b", action="assigned", **ROLE)
    last = warehouse.add("2026-05-06 09:00", actor="c", action="unassigned", **ROLE)
    warehouse.add("2026-05-07 09:00", actor="d", action="unassigned", **ROLE)
    assert warehouse.rows(SPANS) == [
        ("2026-05-04 09:00:00+00", "2026-05-06 09:00:00+00", "a", "c", first, last)
    ]


def test_access_replaced_at_one_instant_goes_on(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    warehouse.add("2026-05-05 09:00", id="a-first", actor="b", action="assigned", **ROLE)
    warehouse.add("2026-05-05 09:00", id="z-last", actor="b", action="unassigned", **ROLE)
    assert warehouse.row("SELECT person_id, granted_by FROM access_at('2026-06-01')") == ("p", "b")


def test_the_same_role_in_two_departments_is_two_things(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", action="assigned", department="d", **ROLE)
    warehouse.add("2026-05-04 10:00", action="assigned", **ROLE)
    warehouse.add("2026-05-05 09:00", action="unassigned", department="d", **ROLE)
    assert warehouse.rows("SELECT department_id FROM access_at('2026-06-01')") == [(None,)]


def test_a_deactivated_person_holds_nothing_until_they_are_back_with_what_they_had(
    warehouse: Warehouse,
) -> None:
    grant = warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    off = warehouse.add("2026-05-05 09:00", actor="b", action="deactivated", **ACCOUNT)
    warehouse.add("2026-05-07 09:00", actor="b", action="reactivated", **ACCOUNT)
    assert warehouse.rows(SPANS) == [
        ("2026-05-04 09:00:00+00", "2026-05-05 09:00:00+00", "a", "b", grant, off),
        ("2026-05-07 09:00:00+00", None, "a", None, grant, None),
    ]
    assert warehouse.rows("FROM access_of('p', '2026-05-06 00:00:00+00')") == []
    assert warehouse.rows("SELECT kind FROM access_of('p', '2026-05-08') ORDER BY 1") == [
        ("account",),
        ("role",),
    ]


def test_what_is_granted_to_a_deactivated_person_holds_when_they_are_back(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", action="deactivated", **ACCOUNT)
    warehouse.add("2026-05-05 09:00", actor="a", action="assigned", **ROLE)
    warehouse.add("2026-05-06 09:00", action="reactivated", **ACCOUNT)
    assert [row[:3] for row in warehouse.rows(SPANS)] == [("2026-05-06 09:00:00+00", None, "a")]


def test_a_removed_person_loses_everything_for_good(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    removal = warehouse.add("2026-05-05 09:00", actor="b", action="removed", **ACCOUNT)
    warehouse.add("2026-05-06 09:00", actor="b", action="invited", **ACCOUNT)
    assert [row[1] for row in warehouse.rows(SPANS)] == ["2026-05-05 09:00:00+00"]
    assert warehouse.row("SELECT revocation_entry_id FROM role_assignments") == (removal,)
    assert warehouse.rows("SELECT kind FROM access_of('p', '2026-06-01')") == [("account",)]


def test_whoever_names_accounts_otherwise_adapts_one_file_and_the_removed_stay_without_access(
    warehouse_with: Callable[[Views], Warehouse], tmp_path: Path
) -> None:
    own = tmp_path / "sql" / "views" / "access.sql"
    own.parent.mkdir(parents=True)
    own.write_text(sqlfiles.text("views/20_access_changes.sql").replace("'user'", "'member'"))
    warehouse = warehouse_with(Views(user_folder=tmp_path / "sql"))
    member = {**ACCOUNT, "entity_type": "member"}
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    removal = warehouse.add("2026-05-05 09:00", actor="b", action="removed", **member)
    warehouse.add("2026-05-06 09:00", actor="b", action="invited", **member)
    assert warehouse.rows("SELECT kind FROM access_of('p', '2026-06-01')") == [("account",)]
    assert warehouse.row("SELECT revocation_entry_id FROM role_assignments") == (removal,)


def test_names_are_the_latest_and_ids_the_key(warehouse: Warehouse) -> None:
    old = {"entity_id": "r", "entity_name": "Old role", "target_id": "p", "target_name": "Old name"}
    new = {"entity_id": "r", "entity_name": "New role", "target_id": "p", "target_name": "New name"}
    warehouse.add("2026-05-04 09:00", action="assigned", entity_type="role_assignment", **old)
    warehouse.add(
        "2026-05-05 09:00", action="assigned", entity_type="role_assignment", department="d", **new
    )
    query = "SELECT DISTINCT person_id, person_name, role_name FROM role_assignments"
    assert warehouse.rows(query) == [("p", "New name", "New role")]


def test_each_answer_shows_the_latest_name_or_the_entrys_as_the_readme_says(
    warehouse: Warehouse,
) -> None:
    for day, name in enumerate(("Old", "Granted", "New"), start=4):
        who = {"actor_id": "p", "actor_name": name}
        them = {"target_id": "p", "target_name": name}
        role = {"entity_type": "role_assignment", "entity": "r", "action": "assigned"}
        warehouse.add(f"2026-05-0{day} 09:00", **who, **(them | role if name != "New" else {}))

    def names(query: str) -> list[str]:
        return [name for (name,) in warehouse.rows(query)]

    assert names("SELECT actor_name FROM activity_by_actor") == ["New"]
    assert names("SELECT DISTINCT actor_name FROM activity_between('2026-05-01', now())") == ["New"]
    assert names("SELECT DISTINCT latest_name FROM actor_timeline('p')") == ["New"]
    assert names("SELECT person_name FROM access_at(now()) WHERE kind = 'role'") == ["Granted"]
    each = ["Old", "Granted"]
    assert names("SELECT person_name FROM access_changes ORDER BY occurred_at") == each
    assert names("SELECT target_name FROM actor_timeline('p')") == [*each, None]
    assert names("SELECT actor_name FROM entity_history('p')") == each
    said = names(
        "SELECT explanation FROM findings WHERE rule_id = 'self_grant' ORDER BY occurred_at"
    )
    assert [text.split(" (")[0] for text in said] == each


def test_who_has_no_id_is_followed_by_name_and_who_has_neither_is_not(
    warehouse: Warehouse,
) -> None:
    named = {"entity_type": "role_assignment", "entity_name": "Owner"}
    warehouse.add("2026-05-04 09:00", action="assigned", target_name="Bo", **named)
    warehouse.add("2026-05-04 09:00", action="assigned", **named)
    assert warehouse.rows("SELECT person_id, person_name FROM access_at('2026-06-01')") == [
        (None, "Bo")
    ]
    assert len(warehouse.rows("FROM access_of('Bo', '2026-06-01')")) == 1
    assert len(warehouse.rows("FROM role_holders_at('Owner', '2026-06-01')")) == 1
    assert len(warehouse.rows("FROM access_changes")) == 2


def test_the_holders_of_a_role_are_the_people_who_have_it_then(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    other = {**ROLE, "entity": "r2", "target": "q"}
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **other)
    warehouse.add("2026-05-04 09:00", action=ADDED, entity="r", **MEMBER)
    query = "SELECT person_id, granted_by FROM role_holders_at('r', '2026-06-01')"
    assert warehouse.rows(query) == [("p", "a")]


def test_the_spans_of_one_object_are_of_nothing_else(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", action="assigned", **ROLE)
    for person in ("p", "q"):
        warehouse.add("2026-05-05 09:00", action="invited", entity_type="user", entity=person)
    query = "SELECT kind, object_id FROM access_spans(NULL, ?, NULL)"
    assert warehouse.rows(query, "r") == [("role", "r")]
    assert warehouse.rows(query, "q") == [("account", "q")]


def test_memberships_are_spans_too(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action=ADDED, department="d", **MEMBER)
    assert warehouse.row(
        "SELECT person_id, department_id, department_name, valid_from, valid_to, granted_by "
        "FROM department_memberships"
    ) == ("p", "d", "d's name", "2026-05-04 09:00:00+00", None, "a")


def test_organizations_do_not_mix(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", organization_id="one", action="assigned", **ROLE)
    warehouse.add("2026-05-05 09:00", organization_id="two", action="unassigned", **ROLE)
    warehouse.add("2026-05-05 09:00", organization_id="two", action="removed", **ACCOUNT)
    assert warehouse.rows("SELECT organization_id FROM access_at('2026-06-01')") == [("one",)]


@pytest.mark.parametrize(
    "question",
    [
        "access_at('1990-01-01')",
        "access_at(NULL)",
        "access_of('nobody', now())",
        "access_of(NULL, '1990-01-01')",
        "access_of(NULL, now())",
        "role_holders_at('nothing', now())",
        "role_holders_at('r', '1990-01-01')",
        "role_holders_at(NULL, now())",
    ],
)
def test_a_stranger_and_a_time_before_the_history_get_an_empty_answer(
    warehouse: Warehouse, question: str
) -> None:
    assert warehouse.rows(f"FROM {question}") == []
    warehouse.add("2026-05-04 09:00", action="assigned", **ROLE)
    assert warehouse.rows(f"FROM {question}") == []

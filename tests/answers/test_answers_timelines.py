"""What this person did, what happened in this department, what happened to this thing."""

import pytest
from answering import Warehouse


def test_a_timeline_holds_all_that_an_actor_did_in_order_and_nothing_else(
    warehouse: Warehouse,
) -> None:
    second = warehouse.add("2026-05-04 10:00", actor="a", action="updated", entity="k")
    first = warehouse.add("2026-05-04 09:00", actor="a", action="created", entity="k")
    warehouse.add("2026-05-04 09:30", actor="b", action="created", entity="k", target="a")
    warehouse.add("2026-05-05 09:00", actor_id="a", actor_name="A. New")
    found = warehouse.rows("SELECT entry_id, action_type, latest_name FROM actor_timeline('a')")
    assert found[:2] == [(first, "created", "A. New"), (second, "updated", "A. New")]
    assert len(found) == 3


def test_a_department_has_a_timeline_too(warehouse: Warehouse) -> None:
    here = warehouse.add("2026-05-04 10:00", actor="a", action="updated", department="d")
    warehouse.add("2026-05-04 10:00", actor="a", action="updated", department="e")
    assert warehouse.rows(
        "SELECT entry_id, latest_name, actor_id, action_type FROM department_timeline('d')"
    ) == [(here, "d's name", "a", "updated")]


@pytest.mark.parametrize("whose", ["actor", "department"])
def test_of_two_names_at_one_instant_a_timeline_shows_the_one_that_the_views_show(
    warehouse: Warehouse, whose: str
) -> None:
    for name in ("Ann", "Zoe", "Bea", None):
        warehouse.add("2026-05-04 09:00", **{f"{whose}_id": "x", f"{whose}_name": name})
    warehouse.add("2026-05-03 09:00", **{f"{whose}_id": "x", f"{whose}_name": "Zz"})
    shown = warehouse.rows(f"SELECT name FROM latest_names('{whose}') WHERE key = 'x'")
    assert shown == [("Zoe",)]
    assert warehouse.rows(f"SELECT DISTINCT latest_name FROM {whose}_timeline('x')") == shown


def test_who_has_no_id_has_a_timeline_by_email_or_name(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor_email="bo@example.com")
    warehouse.add("2026-05-04 09:00", actor_name="System")
    assert len(warehouse.rows("FROM actor_timeline('bo@example.com')")) == 1
    assert len(warehouse.rows("FROM actor_timeline('System')")) == 1


def test_a_history_shows_a_thing_as_entity_and_as_target_under_its_latest_name(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", entity_id="u", entity_name="Uma Old", action="created")
    given = {"entity": "r", "action": "assigned"}
    warehouse.add("2026-05-05 09:00", target_id="u", target_name="Uma", **given)
    warehouse.add("2026-05-06 09:00", entity="other", actor_id="u")
    query = "SELECT seen_as, action_type, latest_name, entity_id FROM entity_history('u')"
    assert warehouse.rows(query) == [
        ("entity", "created", "Uma", "u"),
        ("target", "assigned", "Uma", "r"),
    ]


@pytest.mark.parametrize("macro", ["actor_timeline", "department_timeline", "entity_history"])
@pytest.mark.parametrize("whom", ["'never existed'", "NULL", "''"])
def test_who_never_existed_has_an_empty_story(warehouse: Warehouse, macro: str, whom: str) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", department="d", entity="e", target="t")
    warehouse.add("2026-05-04 09:00")
    assert warehouse.rows(f"FROM {macro}({whom})") == []


@pytest.mark.parametrize("macro", ["actor_timeline", "department_timeline", "entity_history"])
def test_two_organizations_of_the_same_ids_have_a_story_each_under_their_own_names(
    warehouse: Warehouse, macro: str
) -> None:
    for organization, name in (("one", "Uno"), ("two", "Due")):
        same = {f"{thing}_id": "x" for thing in ("actor", "department", "entity")}
        named = {f"{thing}_name": name for thing in ("actor", "department", "entity")}
        for hour in (9, 10):
            own = {"organization_id": organization, "id": f"e{hour}"}
            warehouse.add(f"2026-05-04 {hour:02}:00", **own, **same, **named)
    query = f"SELECT organization_id, latest_name, entry_id FROM {macro}('x') ORDER BY ALL"
    assert warehouse.rows(query) == [
        ("one", "Uno", "e10"), ("one", "Uno", "e9"), ("two", "Due", "e10"), ("two", "Due", "e9"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        "actor_timeline('a')",
        "department_timeline('d')",
        "entity_history('e')",
        "activity_between('1990-01-01', now())",
        "latest_names('actor')",
        "keyed_entries('entity')",
        "activity_totals('department')",
        "numbered_organizations()",
        "numbered_names('action')",
        "numbered_entries('actor', 'action')",
        "activity_pairs('actor', 'action')",
        "activity_different('actor', 'department')",
        "activity_counterparts('actor', 'department')",
    ],
)
def test_an_empty_warehouse_has_an_empty_answer_and_no_error(
    warehouse: Warehouse, question: str
) -> None:
    assert warehouse.rows(f"FROM {question}") == []
    everything = {"actor": "a", "department": "d", "entity": "e", "action": "updated"}
    warehouse.add("2026-05-04 09:00", **everything)
    assert len(warehouse.rows(f"FROM {question}")) == 1

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

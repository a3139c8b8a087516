"""How entries are read as grants and revocations, and what becomes of the odd histories."""

from collections.abc import Callable
from pathlib import Path

import pytest
from answering import Warehouse
from stories import ROLE, Story, once, tell

from etl.warehouse import sqlfiles
from etl.warehouse.schema import Views

ADDED, TAKEN = "membership_added", "membership_removed"
MEMBER = {"entity_type": "department_membership", "target": "p"}


def test_access_changes_has_exactly_the_columns_that_are_promised(warehouse: Warehouse) -> None:
    for source, promised in (
        ("access_changes", "change occurred_at changed_by entry_id"),
        ("access_at(now())", "valid_from granted_by"),
    ):
        columns = [name for name, *_ in warehouse.rows(f"DESCRIBE FROM {source}")]
        first = "organization_id person_id person_name kind object_id object_name department_id"
        assert columns == f"{first} {promised}".split()


READ = [
    *(({**ROLE, "action": action, "department": "d"}, ("p", "role", "r", "d", change))
      for action, change in (("assigned", "granted"), ("unassigned", "revoked"))),
    # The department is the entry's, else the entity.
    ({**MEMBER, "action": ADDED, "department": "d", "entity": "x"},
     ("p", "department", "d", "d", "granted")),
    ({**MEMBER, "action": TAKEN, "entity": "d2"}, ("p", "department", "d2", "d2", "revoked")),
    *(({"entity_type": "knowledge_grant", "entity": "k", "target": "p", "action": action},
       ("p", "knowledge", "k", None, change))
      for action, change in (("created", "granted"), ("assigned", "granted"),
                             ("deleted", "revoked"), ("removed", "revoked"),
                             ("unassigned", "revoked"))),
    # The person is the target, else the entity.
    *((whom | {"entity_type": "user", "action": action}, (person, "account", person, None, change))
      for action, change in (("invited", "granted"), ("reactivated", "granted"),
                             ("deactivated", "revoked"), ("removed", "revoked"))
      for person, whom in (("p", {"entity": "p"}), ("q", {"entity": "x", "target": "q"}))),
    *((ROLE | {"entity_type": entity_type, "action": action}, None)
      for entity_type, action in (("role_assignment", "updated"), ("user", "updated"),
                                  ("role", "assigned"), (None, None))),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "change"), READ)
def test_an_entry_is_read_as_a_grant_or_a_revocation_or_neither(
    warehouse: Warehouse, entry: dict[str, object], change: tuple[object, ...] | None
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", **entry)
    assert warehouse.rows(
        "SELECT person_id, kind, object_id, department_id, change, changed_by, person_name, "
        "object_name FROM access_changes"
    ) == ([(*change, "a", f"{change[0]}'s name", f"{change[2]}'s name")] if change else [])


SPANS: dict[str, tuple[Story, list[tuple[object, ...]]]] = {
    # What happened: the entries, and the spans of the role: from when to when, who granted and who
    # revoked it, and by which entries.
    "a grant and its revocation": (
        once("05-04 09:00 a assigned", "05-05 09:00 b unassigned"),
        [("05-04 09:00", "05-05 09:00", "a", "b", 0, 1)],
    ),
    "a revocation alone": (
        once("05-05 09:00 b unassigned"), [(None, "05-05 09:00", None, "b", None, 0)],
    ),
    "a second grant, and a second revocation": (
        once("05-04 09:00 a assigned", "05-05 09:00 b assigned", "05-06 09:00 c unassigned",
             "05-07 09:00 d unassigned"), [("05-04 09:00", "05-06 09:00", "a", "c", 0, 2)],
    ),
    "a revocation and a grant at one instant, whichever comes first": (
        once("05-04 09:00 a assigned", "05-05 09:00 b assigned", "05-05 09:00 b unassigned"),
        [("05-04 09:00", "05-05 09:00", "a", "b", 0, 2), ("05-05 09:00", None, "b", None, 1, None)],
    ),
    "a deactivation and a reactivation": (
        once("05-04 09:00 a assigned", "05-05 09:00 b deactivated", "05-07 09:00 b reactivated"),
        [("05-04 09:00", "05-05 09:00", "a", "b", 0, 1), ("05-07 09:00", None, "a", None, 0, None)],
    ),
    "a grant to a deactivated person who is back later": (
        once("05-04 09:00 b deactivated", "05-05 09:00 a assigned", "05-06 09:00 b reactivated"),
        [("05-06 09:00", None, "a", None, 1, None)],
    ),
    "a removal and an invitation": (
        once("05-04 09:00 a assigned", "05-05 09:00 b removed", "05-06 09:00 b invited"),
        [("05-04 09:00", "05-05 09:00", "a", "b", 0, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPANS)
def test_grants_and_revocations_make_these_spans(warehouse: Warehouse, what: str) -> None:
    story, spans = SPANS[what]
    ids = dict(enumerate(tell(warehouse, story)))
    assert warehouse.rows(
        "SELECT valid_from, valid_to, granted_by, revoked_by, grant_entry_id, revocation_entry_id "
        "FROM role_assignments ORDER BY valid_from NULLS FIRST"
    ) == [
        (*(when and f"2026-{when}:00+00" for when in span[:2]), *span[2:4], *map(ids.get, span[4:]))
        for span in spans
    ]


def test_a_span_includes_its_grant_and_not_its_revocation(warehouse: Warehouse) -> None:
    tell(warehouse, SPANS["a grant and its revocation"][0])
    times = ("4 08:59:59", "4 09:00:00", "5 08:59:59", "5 09:00:00")
    for held, moment in zip((0, 1, 1, 0), times, strict=True):
        assert len(warehouse.rows(f"FROM access_at('2026-05-0{moment}+00')")) == held


def test_who_is_deactivated_has_nothing_and_who_is_removed_gets_only_an_account_back(
    warehouse: Warehouse,
) -> None:
    held = "SELECT kind FROM access_of('p', ?) ORDER BY kind"
    tell(warehouse, SPANS["a deactivation and a reactivation"][0])
    assert warehouse.rows(held, "2026-05-06 00:00:00+00") == []
    assert warehouse.rows(held, "2026-05-08 00:00:00+00") == [("account",), ("role",)]
    tell(warehouse, once("05-09 09:00 b removed", "05-10 09:00 b invited"))
    assert warehouse.rows(held, "2026-06-01 00:00:00+00") == [("account",)]


def test_whoever_names_accounts_otherwise_adapts_one_file_and_the_removed_stay_without_access(
    warehouse_with: Callable[[Views], Warehouse], tmp_path: Path
) -> None:
    own = tmp_path / "sql" / "views" / "access.sql"
    own.parent.mkdir(parents=True)
    own.write_text(sqlfiles.text("views/20_access_changes.sql").replace("'user'", "'member'"))
    warehouse = warehouse_with(Views(user_folder=tmp_path / "sql"))
    story = once("05-04 09:00 a assigned", "05-05 09:00 b removed", "05-06 09:00 b invited")
    for _, entry in story[1:]:
        entry["entity_type"] = "member"
    _, removal, _ = tell(warehouse, story)
    assert warehouse.rows("SELECT kind FROM access_of('p', '2026-06-01')") == [("account",)]
    assert warehouse.row("SELECT revocation_entry_id FROM role_assignments") == (removal,)


def test_each_answer_shows_the_latest_name_or_the_entrys_as_the_readme_says(
    warehouse: Warehouse,
) -> None:
    for day, name in (("04", "Old"), ("05", "Granted")):
        names = {f"{thing}_name": name for thing in ("actor", "target", "entity")}
        ids = {"actor_id": "p", "target_id": "p", "entity_id": "r"}
        given = once(f"05-{day} 09:00 - assigned", entity=None, target=None, **ids, **names)
        tell(warehouse, given)
    warehouse.add("2026-05-06 09:00", actor_id="p", actor_name="New")

    def told(query: str) -> list[str]:
        return [name for (name,) in warehouse.rows(query)]

    assert told("SELECT actor_name FROM activity_by_actor") == ["New"]
    assert told("SELECT DISTINCT actor_name FROM activity_between('2026-05-01', now())") == ["New"]
    assert told("SELECT DISTINCT latest_name FROM actor_timeline('p')") == ["New"]
    for name in ("person", "role"):
        assert told(f"SELECT {name}_name FROM role_holders_at('r', now())") == ["Granted"]
    each = ["Old", "Granted"]
    assert told("SELECT person_name FROM access_changes ORDER BY occurred_at") == each
    assert told("SELECT target_name FROM actor_timeline('p')") == [*each, None]
    assert told("SELECT actor_name FROM entity_history('p')") == each
    said = told("SELECT explanation FROM findings WHERE rule_id = 'self_grant' ORDER BY ALL")
    assert sorted(text.split(" (")[0] for text in said) == sorted(each)


def test_who_has_no_id_is_followed_by_name_and_who_has_neither_is_not(
    warehouse: Warehouse,
) -> None:
    named = {"entity_type": "role_assignment", "entity_name": "Owner"}
    warehouse.add("2026-05-04 09:00", action="assigned", target_name="Bo", **named)
    warehouse.add("2026-05-04 09:00", action="assigned", **named)
    held = warehouse.rows("SELECT person_id, person_name FROM access_at('2026-06-01')")
    assert held == [(None, "Bo")]
    assert len(warehouse.rows("FROM access_of('Bo', '2026-06-01')")) == 1
    assert len(warehouse.rows("FROM role_holders_at('Owner', '2026-06-01')")) == 1
    assert len(warehouse.rows("FROM access_changes")) == 2


def test_the_spans_of_one_object_are_of_nothing_else(warehouse: Warehouse) -> None:
    tell(warehouse, once("05-04 09:00 - assigned", "05-05 09:00 - invited"))
    tell(warehouse, once("05-05 09:00 - invited", entity="q"))
    query = "SELECT kind, object_id FROM access_spans(NULL, ?, NULL)"
    assert warehouse.rows(query, "r") == [("role", "r")]
    assert warehouse.rows(query, "q") == [("account", "q")]


def test_memberships_are_spans_too(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action=ADDED, department="d", **MEMBER)
    assert warehouse.row(
        "SELECT person_id, department_id, department_name, valid_from, valid_to, granted_by "
        "FROM department_memberships"
    ) == ("p", "d", "d's name", "2026-05-04 09:00:00+00", None, "a")


@pytest.mark.parametrize("when", ["NULL", "'1990-01-01'", "now()"])
def test_a_stranger_and_a_time_before_the_history_get_an_empty_answer(
    warehouse: Warehouse, when: str
) -> None:
    questions = [f"access_of('nobody', {when})", f"role_holders_at('nothing', {when})"]
    questions += [f"access_of(NULL, {when})", f"role_holders_at(NULL, {when})"]
    if when != "now()":
        questions += [f"access_at({when})", f"role_holders_at('r', {when})"]
    for _ in ("empty", "filled"):
        assert [question for question in questions if warehouse.rows(f"FROM {question}")] == []
        warehouse.add("2026-05-04 09:00", action="assigned", **ROLE)

"""All rules together, what changed at the source, and where rules were wrong once: what repeats,
what happens at one instant, what has no words."""

import re
from collections.abc import Callable

import pytest
from answering import MADE, Warehouse, at
from stories import (
    DAY,
    HOUR,
    MINUTE,
    ROUTINE,
    SHIPPED,
    TWICE,
    TWICE_OFF,
    TWO_SHORT,
    WORK,
    explained,
    found,
    often,
    once,
    tell,
)

from etl.warehouse.schema import Views

CHANGES = (
    "SELECT occurred_at, actor_id, entry_id, explanation FROM findings "
    "WHERE rule_id = 'source_changed' ORDER BY occurred_at, entry_id"
)
SERVED = "The entry of 2026-05-04 09:00 was served differently before: "


def test_the_rules_that_are_promised_are_there_and_say_what_to_do(warehouse: Warehouse) -> None:
    rules = warehouse.rows("FROM rules")
    assert {row[0] for row in rules} == SHIPPED
    assert all(value for row in rules for value in row)


def test_findings_has_exactly_the_columns_that_are_promised(warehouse: Warehouse) -> None:
    assert [name for name, *_ in warehouse.rows("DESCRIBE findings")] == [
        "rule_id", "severity", "technique", "organization_id", "occurred_at", "actor_id",
        "entry_id", "explanation",
    ]  # fmt: skip


def test_the_columns_to_compare_by_tell_all_findings_apart(warehouse: Warehouse) -> None:
    (comment,) = warehouse.row("SELECT comment FROM duckdb_views() WHERE view_name = 'findings'")
    columns = re.findall(r"\w+_\w+", comment)
    for name in ("one", "two"):
        tell(warehouse, once("05-04 09:00 p assigned"), organization_id=name, id="e")
        for noticed in (MADE, MADE + DAY):
            warehouse.version("e", noticed, of=name, actor_id="x")
    assert warehouse.row(
        f"SELECT count(*), count(DISTINCT ({', '.join(columns)})) FROM findings"
    ) == (2 + 4, 2 + 4)


def test_an_entry_that_changed_or_vanished_at_the_source_is_found(warehouse: Warehouse) -> None:
    changed, gone = tell(warehouse, [*once("05-04 09:00 a worked", "05-04 10:00 b worked")])
    warehouse.version(changed, action_type="deleted")
    warehouse.absent(gone)
    told = "The entry of 2026-05-04 10:00 is no longer served: updated knowledge_slice"
    assert warehouse.rows(CHANGES) == [
        ("2026-06-01 00:00:00+00", "a", changed, f"{SERVED}action"),
        ("2026-06-01 00:00:00+00", "b", gone, told),
    ]


def test_each_change_at_the_source_says_what_it_changed_though_it_was_undone_later(
    warehouse: Warehouse,
) -> None:
    (changed,) = tell(warehouse, once("05-04 09:00 a worked"))
    warehouse.add("2026-05-04 09:00", id=changed, organization_id="other", **WORK)
    for day, (action, actor) in enumerate((("updated", "x"), ("deleted", "x"), ("deleted", "a"))):
        warehouse.version(changed, MADE + day * DAY, action_type=action, actor_id=actor)
    assert warehouse.rows(CHANGES) == [
        (f"2026-06-0{day} 00:00:00+00", actor, changed, SERVED + what)
        for day, actor, what in ((1, "x", "action"), (2, "x", "actor"), (3, "a", "action"))
    ]


def test_versions_noticed_in_one_batch_are_one_finding_that_says_what_changed_first(
    warehouse: Warehouse,
) -> None:
    (entry,) = tell(warehouse, once("05-04 09:00 a worked"))
    # As the loader leaves it: what was stored, what an earlier page had, and a later change.
    first, again = {"first_synced_at": MADE}, {"first_synced_at": MADE + DAY}
    warehouse.version(entry, MADE + DAY, action_type="deleted", content_hash="1", **first)
    warehouse.version(entry, MADE + DAY, actor_id="x", content_hash="0", **again)
    warehouse.version(entry, MADE + 2 * DAY, department_id="d", content_hash="2", **again)
    assert warehouse.rows(CHANGES) == [
        ("2026-06-02 00:00:00+00", "a", entry, f"{SERVED}action, actor"),
        ("2026-06-03 00:00:00+00", "a", entry, f"{SERVED}department"),
    ]


@pytest.mark.parametrize("reason", ["expired", "returned"])
def test_entries_that_only_grew_old_or_came_back_are_no_change_at_the_source(
    warehouse: Warehouse, reason: str
) -> None:
    warehouse.absent(*tell(warehouse, once("05-04 09:00 a worked")), reason)
    assert warehouse.rows(CHANGES) == []


@pytest.mark.parametrize(("last_complete", "purged"), [("2026-05-31", True), ("2026-04-22", False)])
def test_history_that_goes_faster_than_time_is_a_purge(
    warehouse: Warehouse, last_complete: str, purged: bool
) -> None:
    for entry in tell(warehouse, often(40, DAY, "01-01 09:00 a")):
        warehouse.absent(entry, "expired")
    warehouse.record("runs", run_id="before", started_at=at(last_complete))
    told = (
        "40 entries from 2026-01-01 09:00 to 2026-02-09 09:00 are no longer served: "
        "39.0 days of history in 24.0 hours"
    )
    assert explained(warehouse, "history_purged") == [told] * purged


SAID = {
    # What happened: the rule, the entries, and what it says of each that it reports.
    "two short accesses": (
        "short_lived_grant", TWO_SHORT,
        [f"p's name (p) held for 10 minutes: role r's name (r) (entry {n})" for n in (0, 1)],
    ),
    "an access granted twice and taken twice": (
        "short_lived_grant", TWICE,
        ["p's name (p) held for 10 minutes: role r's name (r) (entry 0)"],
    ),
    "a grant without any names": (
        "self_grant",
        once("05-04 09:00 - assigned", entity=None, entity_id="r", actor_id="a", target=None,
             target_id="a"), ["a granted themselves: role r"],
    ),
    "removals of things without a type": (
        "mass_removal", often(10, MINUTE / 2, "05-04 09:00 a deleted", entity="k"),
        ["a's name (a) deleted or removed 10 things within ten minutes, "
         "lastly something of unknown type: k's name (k)"],
    ),
    "an administrative act without an action": (
        "new_admin_actor",
        [*once("04-01 09:00 first"), *once("05-03 09:00 a", entity_type="role")],
        ["a's name (a) did an administrative act for the first time: unknown action on role"],
    ),
    "an account deactivated twice on a day": (
        "deactivated_active", TWICE_OFF,
        [f"p's name (p) acted on 2026-05-{day}, although deactivated or removed on 2026-05-04 {off}"
         for day, off in (("04, 2 times", "09:00"), ("05, once", "11:00"))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_finding_says_in_words_what_it_is_even_where_names_are_missing(
    warehouse: Warehouse, what: str
) -> None:
    rule, story, said = SAID[what]
    tell(warehouse, [(when, entry | {"id": str(n)}) for n, (when, entry) in enumerate(story)])
    assert explained(warehouse, rule) == said


def test_no_finding_lacks_its_words_whatever_field_the_entries_lack(warehouse: Warehouse) -> None:
    ids = tell(warehouse, ROUTINE)
    for entry, reason in zip(ids, ("vanished", "expired"), strict=False):
        warehouse.absent(entry, reason)
    warehouse.absent(ids[-1], "expired")
    warehouse.record("runs", run_id="before", started_at=MADE - DAY)
    for noticed in (MADE, MADE + DAY):
        warehouse.version(ids[6], noticed, entity_name="other")
    assert {row[0] for row in warehouse.rows("SELECT rule_id FROM findings")} == SHIPPED
    columns = warehouse.rows(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'audit_log' AND is_nullable"
    )
    assert len(columns) == 15
    pairs = [("actor_name", "actor_email"), ("entity_name", "entity_id")]
    pairs += [("action_type", "entity_name"), ("target_id", "target_name")]
    for fields in (*columns, *pairs, ("department_id", "department_name")):
        warehouse.connection.begin()
        for table in ("audit_log", "audit_log_versions"):
            nothing = ", ".join(f"{field} = NULL" for field in fields)
            warehouse.connection.execute(f"UPDATE {table} SET {nothing}")
        assert (fields, warehouse.rows("FROM findings WHERE explanation IS NULL")) == (fields, [])
        warehouse.connection.rollback()


def test_an_explanation_tells_of_one_entry_though_others_share_its_instant(
    warehouse: Warehouse,
) -> None:
    """Each finding's entry has no name of its own; the entry beside it has another."""
    tell(warehouse, once("03-01 09:00 q worked", "05-04 09:00 q deactivated"))
    tell(warehouse, once("03-05 10:00 - worked", actor_id="p"))
    # Back after 60 days, off, and for the first time an administrator, all at one instant.
    warehouse.add("2026-05-04 10:00", id="f1", actor_id="p", entity_type="role")
    beside = {"actor_id": "p", "actor_name": "Beside", "entity_type": "permission"}
    warehouse.add("2026-05-04 10:00", id="f2", action="deleted", **beside)
    # Nobody is at work at night but once.
    for minute in (0, 1):
        tell(warehouse, often(12, DAY, f"05-05 10:0{minute} - worked", actor_id="night"))
    warehouse.add("2026-05-18 03:00", id="n1", actor_id="night", **WORK)
    warehouse.add("2026-05-18 03:00", id="n2", actor_id="night", actor_name="Beside", **WORK)
    told = warehouse.rows("SELECT explanation FROM findings WHERE entry_id IN ('f1', 'n1')")
    assert sorted(text for (text,) in told) == [
        "night acted at 2026-05-18 03:00, at an hour at which they never were before, "
        "nor within an hour of it",
        "p acted on 2026-05-04, 2 times, although deactivated or removed on 2026-05-04 09:00",
        "p did an administrative act for the first time: unknown action on role",
        "p is back after 60 days of silence (since 2026-03-05 10:00)",
    ]


@pytest.mark.parametrize(
    ("zone", "begin"),  # the hour from midnight on comes twice, twice, never
    [
        ("America/Havana", "2025-11-02 04:00"),
        ("Atlantic/Azores", "2025-10-26 00:00"),
        ("America/Santiago", "2025-09-07 04:00"),
    ],
)
def test_a_day_above_the_baseline_is_found_though_its_midnight_comes_twice_or_never(
    warehouse_with: Callable[[Views], Warehouse], zone: str, begin: str
) -> None:
    warehouse = warehouse_with(Views(timezone=zone))
    noon = f"{at(begin) + 12 * HOUR - 12 * DAY:%Y-%m-%d %H:%M}"
    tell(warehouse, 2 * often(12, DAY, f"{noon} a worked"))
    entries = tell(warehouse, often(21, MINUTE, f"{begin} a worked"))
    assert found(warehouse, "above_baseline") == [
        (f"{at(begin) + 20 * MINUTE:%Y-%m-%d %H:%M:%S}+00", "a", entries[20])
    ]


def test_a_second_organization_of_the_same_ids_changes_no_finding_of_the_first(
    warehouse: Warehouse,
) -> None:
    columns = "rule_id, occurred_at, actor_id, entry_id, explanation"
    query = f"SELECT {columns} FROM findings WHERE organization_id = ? ORDER BY ALL"
    same = [(when, entry | {"id": f"e{n}"}) for n, (when, entry) in enumerate(ROUTINE)]
    tell(warehouse, same, organization_id="one")
    alone = warehouse.rows(query, "one")
    assert {row[0] for row in alone} == SHIPPED - {"source_changed", "history_purged"}
    tell(warehouse, same, organization_id="two")
    assert warehouse.rows(query, "one") == warehouse.rows(query, "two") == alone
    # And one that does something else with the same people brings nobody to the first.
    others = often(30, DAY / 3, "05-05 12:00 p reactivated")
    third = [(when, entry | {"id": f"e{n}"}) for n, (when, entry) in enumerate(others)]
    tell(warehouse, third, organization_id="three")
    assert warehouse.rows(query, "one") == alone

"""Where rules were wrong once: what repeats, what happens at one instant, what has no words."""

from collections.abc import Callable
from datetime import datetime

import pytest
from answering import MADE, ORGANIZATION, Warehouse, at
from stories import ACCOUNT, DAY, MINUTE, ROLE, SHIPPED, WORK, found, story

from etl.warehouse.schema import Views

With = Callable[[Views], Warehouse]
HOUR = DAY / 24


def _explained(warehouse: Warehouse, rule: str) -> list[str]:
    rows = warehouse.rows(
        "SELECT explanation FROM findings WHERE rule_id = ? ORDER BY occurred_at, entry_id", rule
    )
    return [row[0] for row in rows]


def test_each_of_two_short_accesses_within_an_hour_is_found(warehouse: Warehouse) -> None:
    own = {"actor": "a", **ROLE}
    taken = []
    for granted in (0, 20):
        warehouse.add(at("2026-05-04 09:00") + granted * MINUTE, action="assigned", **own)
        moment = at("2026-05-04 09:10") + granted * MINUTE
        taken.append(warehouse.add(moment, action="unassigned", **own))
    assert found(warehouse, "short_lived_grant") == [
        ("2026-05-04 09:10:00+00", "a", taken[0]),
        ("2026-05-04 09:30:00+00", "a", taken[1]),
    ]
    assert [text.split(":")[0] for text in _explained(warehouse, "short_lived_grant")] == [
        "p's name (p) held for 10 minutes"
    ] * 2


def test_an_access_granted_twice_and_taken_twice_is_found_once(warehouse: Warehouse) -> None:
    own = {"actor": "a", **ROLE}
    first = warehouse.add("2026-05-04 09:00", action="assigned", **own)
    warehouse.add("2026-05-04 09:05", action="assigned", **own)
    taken = warehouse.add("2026-05-04 09:10", action="unassigned", **own)
    warehouse.add("2026-05-04 09:15", action="unassigned", **own)
    assert found(warehouse, "short_lived_grant") == [("2026-05-04 09:10:00+00", "a", taken)]
    (text,) = _explained(warehouse, "short_lived_grant")
    assert text.endswith(f"(entry {first})")


def _version(
    warehouse: Warehouse, entry: str, stored: datetime, noticed: datetime, **own: str
) -> None:
    """A former version of an entry, which differed in what `own` says."""
    replaced = ", ".join(f"'{value}' AS {column}" for column, value in own.items())
    warehouse.connection.execute(
        f"INSERT INTO audit_log_versions SELECT * REPLACE ({replaced}, "
        "?::TIMESTAMPTZ AS first_synced_at), ?, 'run' FROM audit_log WHERE id = ?",
        [stored, noticed, entry],
    )


def test_versions_noticed_in_one_batch_are_one_finding_that_says_what_changed_first(
    warehouse: Warehouse,
) -> None:
    entry = warehouse.add("2026-05-04 09:00", actor="a", **WORK)
    # As the loader leaves it: what was stored, what an earlier page had, and a later change.
    _version(warehouse, entry, MADE, MADE + DAY, action_type="deleted", content_hash="1")
    _version(warehouse, entry, MADE + DAY, MADE + DAY, actor_id="x", content_hash="0")
    _version(warehouse, entry, MADE + DAY, MADE + 2 * DAY, department_id="d", content_hash="2")
    assert warehouse.rows(
        "SELECT occurred_at, entry_id FROM findings WHERE rule_id = 'source_changed' ORDER BY ALL"
    ) == [("2026-06-02 00:00:00+00", entry), ("2026-06-03 00:00:00+00", entry)]
    assert [text.split(": ")[1] for text in _explained(warehouse, "source_changed")] == [
        "action, actor", "department",
    ]  # fmt: skip


def test_no_finding_lacks_its_words_whatever_field_the_entries_lack(warehouse: Warehouse) -> None:
    with warehouse.at_once():
        story(warehouse, ORGANIZATION)
        for entry, reason in (("busy0", "vanished"), ("calm0-0", "expired"), ("much0", "expired")):
            warehouse.connection.execute(
                "INSERT INTO absences VALUES (?, ?, ?, ?, 'run')",
                [ORGANIZATION, entry, reason, MADE],
            )
        warehouse.connection.execute(
            "INSERT INTO runs VALUES ('before', ?, 'sync', 'complete', NULL, ?, ?, "
            "1, 0, 0, 0, 0, 0, 0, NULL, 0, 0, '0.1.0')", [ORGANIZATION, MADE - DAY, MADE],
        )  # fmt: skip
        for noticed in (MADE, MADE + DAY):
            _version(warehouse, "busy1", MADE, noticed, entity_name="other")
    assert {row[0] for row in warehouse.rows("SELECT rule_id FROM findings")} == SHIPPED
    columns = warehouse.rows(
        "SELECT column_name FROM duckdb_columns() "
        "WHERE table_name = 'audit_log' AND is_nullable ORDER BY column_index"
    )
    lacking = [(column,) for (column,) in columns]
    lacking += [
        ("actor_name", "actor_email"),
        ("entity_name", "entity_id"),
        ("action_type", "entity_name"),
    ]
    lacking += [("target_id", "target_name"), ("department_id", "department_name")]
    wordless = {}
    for fields in lacking:
        warehouse.connection.begin()
        for table in ("audit_log", "audit_log_versions"):
            nothing = ", ".join(f"{field} = NULL" for field in fields)
            warehouse.connection.execute(f"UPDATE {table} SET {nothing}")
        wordless[fields] = [
            rule
            for (rule,) in warehouse.rows(
                "SELECT DISTINCT rule_id FROM findings WHERE explanation IS NULL ORDER BY ALL"
            )
        ]
        warehouse.connection.rollback()
    assert len(columns) == 15
    assert {fields: rules for fields, rules in wordless.items() if rules} == {}


def test_what_lacks_its_type_or_action_is_told_in_words(warehouse: Warehouse) -> None:
    warehouse.add("2026-04-01 09:00", actor="first")
    warehouse.add("2026-05-03 09:00", actor="a", entity_type="role", entity="r")
    warehouse.every(MINUTE / 2, 10, "2026-05-04 09:00", actor="a", action="deleted", entity="k")
    assert _explained(warehouse, "mass_removal") == [
        "a's name (a) deleted or removed 10 things within ten minutes, "
        "lastly something of unknown type: k's name (k)"
    ]
    assert _explained(warehouse, "new_admin_actor") == [
        "a's name (a) did an administrative act for the first time: unknown action on role"
    ]


def test_an_explanation_tells_of_one_entry_though_others_share_its_instant(
    warehouse: Warehouse,
) -> None:
    """Each finding's entry has no name of its own; the entry beside it has another."""
    beside = {"actor_id": "p", "actor_name": "Beside"}
    for when, entry in (
        ("2026-03-01 09:00", {"actor": "q", **WORK}),
        ("2026-03-05 10:00", {"actor_id": "p", **WORK}),
        ("2026-05-04 09:00", {"actor": "q", "action": "deactivated", **ACCOUNT}),
    ):
        warehouse.add(when, **entry)
    # Back after 60 days, off, and for the first time an administrator, all at one instant.
    warehouse.add("2026-05-04 10:00", id="f1", actor_id="p", action=None, entity_type="role")
    warehouse.add("2026-05-04 10:00", id="f2", action="deleted", entity_type="permission", **beside)
    # Nobody is at work at night but once.
    for day in range(12):
        for minute in (0, 1):
            moment = at("2026-05-05 10:00") + day * DAY + minute * MINUTE
            warehouse.add(moment, actor_id="night", **WORK)
    warehouse.add("2026-05-18 03:00", id="n1", actor_id="night", **WORK)
    warehouse.add("2026-05-18 03:00", id="n2", actor_id="night", actor_name="Beside", **WORK)
    assert warehouse.rows(
        "SELECT rule_id, explanation FROM findings WHERE entry_id IN ('f1', 'n1') ORDER BY ALL"
    ) == [
        (
            "deactivated_active",
            "p acted on 2026-05-04, 2 times, although deactivated or removed on 2026-05-04 09:00",
        ),
        ("dormant_returns", "p is back after 60 days of silence (since 2026-03-05 10:00)"),
        (
            "new_admin_actor",
            "p did an administrative act for the first time: unknown action on role",
        ),
        (
            "unusual_hours",
            "night acted at 2026-05-18 03:00, at an hour at which they never were before, "
            "nor within an hour of it",
        ),
    ]


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        # The hour from midnight on comes twice.
        ("America/Havana", "2025-11-02 04:00"),
        ("Atlantic/Azores", "2025-10-26 00:00"),
        # It never comes.
        ("America/Santiago", "2025-09-07 04:00"),
    ],
)
def test_a_day_above_the_baseline_is_found_though_its_midnight_comes_twice_or_never(
    warehouse_with: With, zone: str, begin: str
) -> None:
    warehouse = warehouse_with(Views(timezone=zone))
    for before in range(1, 13):
        start = f"{at(begin) + 12 * HOUR - before * DAY:%Y-%m-%d %H:%M}"
        warehouse.every(MINUTE, 2, start, actor="a", **WORK)
    entries = warehouse.every(MINUTE, 21, begin, actor="a", **WORK)
    assert found(warehouse, "above_baseline") == [
        (f"{at(begin) + 20 * MINUTE:%Y-%m-%d %H:%M:%S}+00", "a", entries[20])
    ]


def test_an_account_deactivated_twice_on_a_day_is_found_once_that_day(
    warehouse: Warehouse,
) -> None:
    off = {"actor": "a", "action": "deactivated", **ACCOUNT}
    warehouse.add("2026-05-04 09:00", **off)
    first = warehouse.add("2026-05-04 10:00", actor="p", **WORK)
    warehouse.add("2026-05-04 11:00", **off)
    warehouse.add("2026-05-04 12:00", actor="p", **WORK)
    second = warehouse.add("2026-05-05 12:00", actor="p", **WORK)
    assert found(warehouse, "deactivated_active") == [
        ("2026-05-04 10:00:00+00", "p", first),
        ("2026-05-05 12:00:00+00", "p", second),
    ]
    assert _explained(warehouse, "deactivated_active") == [
        f"p's name (p) acted on {day}, {times}, although deactivated or removed on {off_at}"
        for day, times, off_at in (
            ("2026-05-04", "2 times", "2026-05-04 09:00"),
            ("2026-05-05", "once", "2026-05-04 11:00"),
        )
    ]

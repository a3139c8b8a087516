"""Where rules were wrong once: what repeats, what happens at one instant, what has no words."""

from collections.abc import Callable
from datetime import datetime

from answering import MADE, Warehouse, at
from stories import DAY, MINUTE, ROLE, WORK, found

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

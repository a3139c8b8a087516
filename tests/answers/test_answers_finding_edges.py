"""Where rules were wrong once: what repeats, what happens at one instant, what has no words."""

from collections.abc import Callable

from answering import Warehouse, at
from stories import DAY, MINUTE, ROLE, found

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

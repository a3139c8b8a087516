"""What the shipped rules are asked about: their names, their usual entries, a story for each."""

from __future__ import annotations

from datetime import timedelta

from answering import Warehouse, at

ROLE = {"entity_type": "role_assignment", "entity": "r", "target": "p"}
ACCOUNT = {"entity_type": "user", "entity": "p"}
WORK = {"action": "updated", "entity_type": "knowledge_slice", "entity": "k"}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SHIPPED = {
    "self_grant", "short_lived_grant", "mass_removal", "new_admin_actor", "dormant_returns",
    "deactivated_active", "above_baseline", "unusual_hours", "source_changed", "log_gap",
    "history_purged",
}  # fmt: skip
ROUTINE = (
    # Each rule's own story, but for those that read the ledger and not the entries.
    ("2026-04-01 09:00", {"actor": "early", "action": "assigned", **ROLE, "target": "x"}),
    ("2026-05-04 09:00", {"actor": "p", "action": "assigned", **ROLE}),
    ("2026-05-04 09:30", {"actor": "p", "action": "unassigned", **ROLE}),
    ("2026-05-05 09:00", {"actor": "a", "action": "deactivated", **ACCOUNT}),
    ("2026-05-06 09:00", {"actor": "p", **WORK}),
    ("2026-07-20 09:00", {"actor": "early", **WORK}),
)  # fmt: skip


def found(warehouse: Warehouse, rule: str) -> list[tuple[str, str | None, str]]:
    """When, whom and which entry a rule reports, in the order of time."""
    return warehouse.rows(
        "SELECT occurred_at, actor_id, entry_id FROM findings WHERE rule_id = ? "
        "ORDER BY occurred_at, entry_id", rule,
    )  # fmt: skip


def story(warehouse: Warehouse, organization: str) -> None:
    """Entries of which every rule finds something, but for those that read the ledger."""
    own = {"organization_id": organization}
    for number, (when, columns) in enumerate(ROUTINE):
        warehouse.add(when, id=f"same{number}", **columns, **own)
    for number in range(15):
        busy = {"actor": "busy", "action": "deleted", "entity": "k", **own}
        warehouse.add(at("2026-05-10 09:00") + number * MINUTE / 2, id=f"busy{number}", **busy)
    for number in range(12):
        calm = {"actor": "p2", **WORK, **own}
        for hour in (0, 1):
            moment = at("2026-05-11 10:00") + number * DAY + hour * MINUTE
            warehouse.add(moment, id=f"calm{number}-{hour}", **calm)
    warehouse.add("2026-05-23 03:00", id="night", actor="p2", **WORK, **own)
    for number in range(40):
        moment = at("2026-05-24 10:00") + number * MINUTE / 60
        warehouse.add(moment, id=f"much{number}", actor="p2", **WORK, **own)

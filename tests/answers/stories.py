"""What the shipped rules are asked about: their names, their usual entries, a story for each."""

from datetime import datetime, timedelta

from answering import Warehouse, at

ROLE = {"entity_type": "role_assignment", "entity": "r", "target": "p"}
ACCOUNT = {"entity_type": "user", "entity": "p"}
WORK = {"action": "updated", "entity_type": "knowledge_slice", "entity": "k"}
USUAL = {
    **dict.fromkeys(("assigned", "unassigned"), ROLE),
    **dict.fromkeys(("deactivated", "reactivated", "invited", "removed"), ACCOUNT),
    "worked": WORK,
}
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SHIPPED = {
    "self_grant", "short_lived_grant", "mass_removal", "new_admin_actor", "dormant_returns",
    "deactivated_active", "above_baseline", "unusual_hours", "source_changed", "log_gap",
    "history_purged",
}  # fmt: skip
Story = list[tuple[datetime, dict[str, object]]]


def once(*lines: str, **more: object) -> Story:
    """Entries as `05-04 09:00 actor action department`, of 2026 if not said; `-` is None.
    What an action is done to is the usual, unless `more` says otherwise."""
    story = []
    for line in lines:
        day, time, *words = line.split()
        said = zip(("actor", "action", "department"), words, strict=False)
        entry: dict[str, object] = {name: word for name, word in said if word != "-"}
        usual = USUAL.get(str(entry.get("action")), {})
        moment = at(f"{day if day[5:] else f'2026-{day}'} {time}")
        story.append((moment, entry | usual | more))
    return story


def often(number: int, step: timedelta, line: str, **more: object) -> Story:
    """So many entries, a step apart."""
    ((start, entry),) = once(line, **more)
    return [(start + step * n, entry) for n in range(number)]


ROUTINE = [
    # Each rule's own story, but for those that read the ledger and not the entries.
    *once("04-01 09:00 early assigned", **ROLE | {"target": "x"}),
    *once("05-04 09:00 p assigned", "05-04 09:30 p unassigned", "05-05 09:00 a deactivated"),
    *once("05-06 09:00 p worked", "07-20 09:00 early worked"),
    *often(15, MINUTE / 2, "05-10 09:00 busy deleted", entity="k"),
    *often(12, DAY, "05-11 10:00 p2 worked"),
    *often(12, DAY, "05-11 10:01 p2 worked"),
    *once("05-23 03:00 p2 worked"),
    *often(40, MINUTE / 60, "05-24 10:00 p2 worked"),
]

TWO_SHORT = [
    *often(2, 20 * MINUTE, "05-04 09:00 a assigned"),
    *often(2, 20 * MINUTE, "05-04 09:10 a unassigned"),
]
TWICE = [
    *often(2, 5 * MINUTE, "05-04 09:00 a assigned"),
    *often(2, 5 * MINUTE, "05-04 09:10 a unassigned"),
]
TWICE_OFF = [
    *often(2, 2 * HOUR, "05-04 09:00 a deactivated"),
    *often(2, 2 * HOUR, "05-04 10:00 p worked"),
    *once("05-05 12:00 p worked"),
]


def tell(warehouse: Warehouse, story: Story, **columns: object) -> list[str]:
    """Adds the entries of a story, and returns their ids."""
    with warehouse.at_once():
        return [warehouse.add(when, **entry | columns) for when, entry in story]


def found(warehouse: Warehouse, rule: str) -> list[tuple[str, str | None, str]]:
    """When, whom and which entry a rule reports, in the order of time."""
    return warehouse.rows(
        "SELECT occurred_at, actor_id, entry_id FROM findings WHERE rule_id = ? "
        "ORDER BY occurred_at, entry_id", rule,
    )  # fmt: skip


def explained(warehouse: Warehouse, rule: str) -> list[str]:
    """What a rule says of its findings, in the order of time."""
    query = "SELECT explanation FROM findings WHERE rule_id = ? ORDER BY occurred_at, entry_id"
    return [text for (text,) in warehouse.rows(query, rule)]

"""Entries for tests: few words, every field filled, each at a time of its own unless asked for."""

from datetime import datetime, timedelta

from etl.sandbox.entry import Entry, microseconds
from promises.world import ORGANIZATION


def entry(name: str, moment: datetime | None, **fields: object) -> Entry:
    """An entry with the id `name`, without a time where none is given; any field can be another."""
    usual: dict[str, object] = {
        "entity_type": "role_assignment",
        "entity_name": "Auditor",
        "action_type": "assigned",
        "actor_id": "usr_1",
        "actor_name": "Ada",
        "actor_email": "ada@example.com",
        "target_type": "user",
        "target_id": f"usr_{name}",
        "new_value": {"role": name},
    }
    at = None if moment is None else microseconds(moment)
    return Entry(at=at, id=name, organization_id=ORGANIZATION, **(usual | fields))  # type: ignore[arg-type]


def spread(
    count: int, end: datetime, days: float, prefix: str = "e", **fields: object
) -> list[Entry]:
    """`count` entries evenly over the `days` before `end`, oldest first."""
    step = timedelta(days=days) / max(count, 1)
    return [
        entry(f"{prefix}{n}", end - step * (count - n) + step / 2, **fields) for n in range(count)
    ]

"""One audit entry as the sandbox stores it, before it is written in a dialect."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry in the flat spelling.

    `at` is its time in microseconds since 1970, or None for an entry without a time. `extra` holds
    further fields to serve. `text` is served instead of all fields, byte for byte, in every
    dialect; the fields then only place and filter the entry. (A msgspec struct is made six times
    as fast as a dataclass; a benchmark makes a million.)
    """

    at: int | None
    id: str | None = None
    organization_id: str
    entity_type: str | None = None
    entity_id: str | None = None
    entity_name: str | None = None
    action_type: str | None = None
    actor_id: str | None = None
    actor_name: str | None = None
    actor_email: str | None = None
    target_type: str | None = None
    target_id: str | None = None
    target_name: str | None = None
    department_id: str | None = None
    department_name: str | None = None
    previous_value: Any = None
    new_value: Any = None
    metadata: Any = None
    extra: dict[str, Any] | None = None
    text: bytes | None = None

    @property
    def occurred_at(self) -> datetime:
        """`at` as a datetime in UTC. Raises ValueError for an entry without a time."""
        if self.at is None:
            raise ValueError(f"entry {self.id} has no time")
        return EPOCH + timedelta(microseconds=self.at)


def microseconds(moment: datetime) -> int:
    """An aware datetime as whole microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND

"""One audit entry as the sandbox keeps it, before any dialect has spelled it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry in the flat spelling, and `at`, its place in time in microseconds since 1970.

    A msgspec struct rather than a dataclass, because a million of them are made at once: it takes a
    sixth of the time, and the garbage collector has nothing to walk.

    `extra` holds fields that the flat spelling does not know. `text`, where given, is served as it
    stands in every dialect: this is how an entry that no API should send gets into a page; the
    other fields then only place and filter it.
    """

    at: int
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
        """`at` as a datetime in UTC."""
        return EPOCH + timedelta(microseconds=self.at)


def microseconds(moment: datetime) -> int:
    """An aware datetime as whole microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND

"""An entry as the API would write it, in one of the spellings that its page leaves open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import EPOCH, Entry

_FIELDS = (
    "id",
    "organization_id",
    "entity_type",
    "entity_id",
    "entity_name",
    "action_type",
    "actor_id",
    "actor_name",
    "actor_email",
    "target_type",
    "target_id",
    "target_name",
    "department_id",
    "department_name",
    "previous_value",
    "new_value",
    "metadata",
)
_values = attrgetter(*_FIELDS)

# Mixed on purpose: the texts of two times do not sort as the times do.
_OFFSETS = tuple(timezone(timedelta(minutes=minutes)) for minutes in (0, 120, -360, 330))

_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)

Written = dict[str, Any] | msgspec.Struct | msgspec.Raw


@lru_cache(maxsize=64)
def renderer(dialect: Dialect) -> Callable[[Entry], Written]:
    """The function that writes an entry in this dialect, as something `msgspec` can encode."""
    write = _nested(dialect) if dialect.names == "nested" else _one_level(dialect)

    def written(entry: Entry) -> Written:
        if entry.text is not None:
            return msgspec.Raw(entry.text)
        if entry.extra is None:
            return write(entry)
        return {**entry.extra, **msgspec.to_builtins(write(entry))}

    return written


def _one_level(dialect: Dialect) -> Callable[[Entry], msgspec.Struct]:
    spelled = _camel if dialect.names == "camel" else str
    renamed = {"action_type": dialect.action_field}
    names = [spelled(renamed.get(name, name)) for name in (*_FIELDS, dialect.time_field)]
    # A struct of the dialect's own is made and encoded in half the time of a dict.
    layout = msgspec.defstruct("Written", names, gc=False)
    when = _TIME_STYLES[dialect.time_style]
    return lambda entry: layout(*_values(entry), when(entry.at))


def _nested(dialect: Dialect) -> Callable[[Entry], dict[str, Any]]:
    when = _TIME_STYLES[dialect.time_style]

    def write(entry: Entry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "organization_id": entry.organization_id,
            dialect.action_field: entry.action_type,
            dialect.time_field: when(entry.at),
            "entity": _object(
                {"type": entry.entity_type, "id": entry.entity_id, "name": entry.entity_name}
            ),
            "actor": _object(
                {"id": entry.actor_id, "name": entry.actor_name, "email": entry.actor_email}
            ),
            "target": _object(
                {"type": entry.target_type, "id": entry.target_id, "name": entry.target_name}
            ),
            "department": _object({"id": entry.department_id, "name": entry.department_name}),
            "previous_value": entry.previous_value,
            "new_value": entry.new_value,
            "metadata": entry.metadata,
        }

    return write


def _object(fields: dict[str, str | None]) -> dict[str, str | None] | None:
    return None if set(fields.values()) == {None} else fields


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _utc(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _naive(at: int) -> datetime:
    return _NAIVE_EPOCH + timedelta(microseconds=at)


def _with_offset(at: int) -> datetime:
    # The offset hangs on the second alone, so that an entry is written alike at each request.
    return _utc(at).astimezone(_OFFSETS[at // 1_000_000 % len(_OFFSETS)])


# Datetimes are left to `msgspec`, which writes RFC 3339 in a tenth of isoformat's time.
_TIME_STYLES: dict[str, Callable[[int], datetime | int]] = {
    "iso-z": _utc,
    "iso-offset": _with_offset,
    "naive": _naive,
    "epoch-s": lambda at: at // 1_000_000,
    "epoch-ms": lambda at: at // 1_000,
}

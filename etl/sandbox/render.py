"""An entry as the API would write it, in one of the spellings that its page leaves open."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import EPOCH, Entry

_FIELDS = [name for name in Entry.__struct_fields__ if name not in ("at", "extra", "text")]
_values = attrgetter(*_FIELDS)

# The objects of the nested spelling, whose fields are spelled entity_type and so on elsewhere.
_OBJECTS = {
    "entity": ("type", "id", "name"),
    "actor": ("id", "name", "email"),
    "target": ("type", "id", "name"),
    "department": ("id", "name"),
}
# The texts of two times with different offsets do not sort as the times do.
_OFFSETS = [timezone(timedelta(minutes=minutes)) for minutes in (0, 120, -360, 330)]

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
    # A struct is made and encoded in half the time of a dict.
    layout = msgspec.defstruct("Written", names, gc=False)
    when = _TIME_STYLES[dialect.time_style]
    return lambda entry: layout(*_values(entry), None if entry.at is None else when(entry.at))


def _nested(dialect: Dialect) -> Callable[[Entry], dict[str, Any]]:
    when = _TIME_STYLES[dialect.time_style]

    def write(entry: Entry) -> dict[str, Any]:
        written = {"id": entry.id, "organization_id": entry.organization_id}
        written[dialect.action_field] = entry.action_type
        written[dialect.time_field] = None if entry.at is None else when(entry.at)
        for name, parts in _OBJECTS.items():
            fields = {part: getattr(entry, f"{name}_{part}") for part in parts}
            written[name] = fields if any(fields.values()) else None
        for name in ("previous_value", "new_value", "metadata"):
            written[name] = getattr(entry, name)
        return written

    return write


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _utc(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


# A datetime is left to `msgspec`, which writes ISO 8601 ten times as fast as isoformat. The offset
# follows from the second alone, so that an entry is written alike at each request.
_TIME_STYLES: dict[str, Callable[[int], datetime | int]] = {
    "iso-z": _utc,
    "iso-offset": lambda at: _utc(at).astimezone(_OFFSETS[at // 1_000_000 % len(_OFFSETS)]),
    "naive": lambda at: _utc(at).replace(tzinfo=None),
    "epoch-s": lambda at: at // 1_000_000,
    "epoch-ms": lambda at: at // 1_000,
}

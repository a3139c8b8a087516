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

# The objects of the nested spelling. Their fields are entity_type and so on in the flat one.
_OBJECTS = {
    "entity": ("type", "id", "name"),
    "actor": ("id", "name", "email"),
    "target": ("type", "id", "name"),
    "department": ("id", "name"),
}
# The texts of two times with different offsets do not sort as the times do.
_OFFSETS = [timezone(timedelta(minutes=minutes)) for minutes in (0, 120, -360, 330)]

Written = dict[str, Any] | msgspec.Raw


@lru_cache(maxsize=64)
def renderer(dialect: Dialect) -> Callable[[Entry], Written]:
    """The function that writes an entry in this dialect, as something `msgspec` can encode."""
    names = [dialect.action_field if name == "action_type" else name for name in _FIELDS]
    names.append(dialect.time_field)
    if dialect.names == "camel":
        names = [_camel(name) for name in names]
    when = _TIME_STYLES[dialect.time_style]

    def written(entry: Entry) -> Written:
        if entry.text is not None:
            return msgspec.Raw(entry.text)
        at = None if entry.at is None else when(entry.at)
        fields = dict(zip(names, (*_values(entry), at), strict=True))
        if dialect.names == "nested":
            _nest(fields)
        return fields if entry.extra is None else {**entry.extra, **fields}

    return written


def _nest(fields: dict[str, Any]) -> None:
    for name, parts in _OBJECTS.items():
        made = {part: fields.pop(f"{name}_{part}") for part in parts}
        fields[name] = made if any(made.values()) else None


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

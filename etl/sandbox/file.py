"""Entries from a file: one JSON object a line in the flat spelling, its event time in `_at`."""

import gzip
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from etl.errors import UsageError
from etl.sandbox.entry import Entry, microseconds

_KNOWN = frozenset(Entry.__struct_fields__) - {"at", "extra", "text"}


def load(path: Path) -> list[Entry]:
    """The entries of an `.ndjson` or `.ndjson.gz` file, in its order.

    `_at` is ISO 8601 (UTC if it has no zone), or null for an entry without a time; it is not
    served. Unknown fields are served too. Raises UsageError, with the line, for anything else.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            return [_entry(line, path, n) for n, line in enumerate(lines, 1) if line.strip()]
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"cannot read {path}: {error}") from error


def _entry(line: bytes, path: Path, number: int) -> Entry:
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
        at = _microseconds(fields.pop("_at", ""))
        extra = {name: fields.pop(name) for name in list(fields) if name not in _KNOWN}
        return msgspec.convert({**fields, "at": at, "extra": extra or None}, type=Entry)
    except (ValueError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path}, line {number}: {error}") from error


def _microseconds(text: object) -> int | None:
    if text is None:
        return None
    if not isinstance(text, str) or not text:
        raise ValueError("no event time in _at")
    moment = datetime.fromisoformat(text)
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

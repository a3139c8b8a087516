"""Entries from a file: one JSON object a line in the flat spelling, its event time in `_at`."""

from __future__ import annotations

import gzip
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from etl.errors import UsageError
from etl.sandbox.entry import Entry, microseconds

_TIME = "_at"
_OWN = {"at", "extra", "text"}
_KNOWN = frozenset(Entry.__struct_fields__) - _OWN


def load(path: Path) -> list[Entry]:
    """The entries of an `.ndjson` or `.ndjson.gz` file, in its order; blank lines are skipped.

    `_at` is ISO 8601, in UTC where it has no zone, and no part of the entry. Fields that the flat
    spelling does not know are served too. Raises UsageError, with the line where there is one, for
    a file that cannot be read or holds anything else.
    """
    try:
        with closing(_opened(path)) as lines:
            return [
                _entry(line, path, number) for number, line in enumerate(lines, 1) if line.strip()
            ]
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"cannot read {path}: {error}") from error


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _entry(line: bytes, path: Path, number: int) -> Entry:
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
        at = _instant(fields.pop(_TIME, None))
        extra = {name: fields.pop(name) for name in list(fields) if name not in _KNOWN}
        return msgspec.convert({**fields, "at": at, "extra": extra or None}, type=Entry)
    except (ValueError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path}, line {number}: {error}") from error


def _instant(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError(f"no event time in {_TIME}")
    moment = datetime.fromisoformat(text)
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

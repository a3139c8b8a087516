"""A warehouse that is filled by hand and asked: entries go straight into audit_log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from etl.sandbox.entry import Entry
from etl.warehouse.database import Database
from etl.warehouse.schema import Views

ORGANIZATION = "org"
MADE = datetime(2026, 6, 1, tzinfo=UTC)
UTC_VIEWS = Views()

_COLUMNS = (
    "organization_id", "id", "occurred_at", "action_type", "entity_type", "entity_id",
    "entity_name", "actor_id", "actor_name", "actor_email", "target_type", "target_id",
    "target_name", "department_id", "department_name", "raw", "content_hash", "first_synced_at",
    "run_id",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO audit_log ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' for _ in _COLUMNS)})"
)


def at(text: str) -> datetime:
    """`2026-05-04 09:30` as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def prepared(path: Path, views: Views = UTC_VIEWS) -> None:
    """Creates an empty warehouse as a sync does."""
    database = Database(path, views=views)
    database.prepare(MADE)
    database.close()


@dataclass
class Warehouse:
    """An open warehouse. `add` takes an entry's columns by name, with a few short cuts."""

    path: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.connection = duckdb.connect(str(self.path))
        # Views must not depend on the zone of whoever asks, so ask from another one than UTC.
        self.connection.execute("SET TimeZone = 'Asia/Kathmandu'")

    def add(self, when: str | datetime, **columns: object) -> str:
        """Adds one entry and returns its id. `actor`, `entity`, `target` and `department` set the
        id and a name made from it, unless the name is given too."""
        values: dict[str, object] = {
            "organization_id": ORGANIZATION,
            "id": f"e{next(self._numbers):06}",
            "occurred_at": at(when) if isinstance(when, str) else when,
            "raw": "{}",
            "content_hash": "",
            "first_synced_at": MADE,
            "run_id": "by hand",
        }
        for thing in ("actor", "entity", "target", "department"):
            if (short := columns.pop(thing, None)) is not None:
                values |= {f"{thing}_id": short, f"{thing}_name": f"{short}'s name"}
        values |= {"action_type": columns.pop("action", None)} | columns
        self.connection.execute(_INSERT, [values.get(column) for column in _COLUMNS])
        return str(values["id"])

    def every(self, step: timedelta, times: int, start: str, **columns: object) -> list[str]:
        """Adds the same entry so many times, a step apart."""
        with self.at_once():
            return [self.add(at(start) + step * n, **columns) for n in range(times)]

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """One transaction for many entries, which is much faster."""
        self.connection.begin()
        yield
        self.connection.commit()

    def record(self, table: str, **values: object) -> None:
        """Writes one row of another table, which lacks nothing that it must have."""
        defaults = {
            "organization_id": ORGANIZATION, "run_id": "run", "noticed_at": MADE, "recorded_at": MADE,
            "run_started_at": MADE, "seq": 1, "how": "count", "verdict": "complete",
            "command": "sync", "status": "complete", "started_at": MADE, "finished_at": MADE,
            "requests": 2, "fetched": 0, "inserted": 0, "changed": 0, "quarantined": 0,
            "vanished": 0, "late": 0, "version": "0", "raw": "{}", "content_hash": "",
            "first_synced_at": MADE, "read_to": 0, "failures": 0, "api_base_url": "https://x",
            "filters": "{}", "bound_at": MADE, "ordered": True, "undated": 0, "kept": 0,
        }  # fmt: skip
        described = self.connection.execute(f"DESCRIBE {table}").fetchall()
        row = {name: (defaults | values)[name] for name, *_ in described if name in defaults | values}
        marks = ", ".join("?" for _ in row)
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
        )

    def absent(self, entry: str, reason: str = "vanished") -> None:
        """The source no longer serves an entry, or serves it again."""
        self.record("absences", id=entry, reason=reason)

    def version(
        self, entry: str, noticed: datetime = MADE, of: str = ORGANIZATION, **former: object
    ) -> None:
        """An entry of an organization had other values in these columns before."""
        named = ", ".join(f"? AS {column}" for column in former)
        self.connection.execute(
            f"INSERT INTO audit_log_versions SELECT * REPLACE ({named}), ?, 'run' FROM audit_log "
            "WHERE organization_id = ? AND id = ?",
            [*former.values(), noticed, of, entry],
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The answer to a query; times as text in UTC, since fetching them needs pytz."""
        self.connection.execute("SET TimeZone = 'UTC'")
        try:
            answer = self.connection.query(query, params=list(parameters))
            columns = (
                f"CAST(#{place} AS VARCHAR)" if "TIME ZONE" in str(kind) else f"#{place}"
                for place, kind in enumerate(answer.types, start=1)
            )
            return answer.project(", ".join(columns)).fetchall()
        finally:
            self.connection.execute("SET TimeZone = 'Asia/Kathmandu'")

    def row(self, query: str, *parameters: object) -> tuple[Any, ...]:
        """The answer to a query that has exactly one row."""
        (found,) = self.rows(query, *parameters)
        return found

    def close(self) -> None:
        self.connection.close()


def insert(warehouse: Warehouse, entries: Iterable[Entry]) -> None:
    """Adds made-up entries as the loader would, less the texts."""
    with warehouse.at_once():
        for entry in entries:
            columns = {
                name: getattr(entry, name)
                for name in _COLUMNS
                if name != "occurred_at" and hasattr(entry, name)
            }
            warehouse.add(entry.occurred_at, **columns)

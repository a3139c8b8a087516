"""A warehouse that is filled by hand and asked: entries go straight into audit_log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from etl.warehouse import sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.schema import Views

ORGANIZATION = "org"
MADE = datetime(2026, 6, 1, tzinfo=UTC)
UTC_VIEWS = Views()

_USUAL = {"organization_id": ORGANIZATION, "verdict": "complete", "status": "complete"}
_ANY = {
    "VARCHAR": "any", "JSON": "{}", "BIGINT": 0, "INTEGER": 0, "BOOLEAN": True,
    "TIMESTAMP WITH TIME ZONE": MADE,
}  # fmt: skip


def at(text: str) -> datetime:
    """`2026-05-04 09:30` as a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def check(name: str) -> str:
    """A query of sql/checks, which must return no row."""
    return sqlfiles.text(f"checks/{name}.sql").rstrip().removesuffix(";")


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
    _columns: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = duckdb.connect(str(self.path))
        # Views must not depend on the zone of whoever asks, so ask from another one than UTC.
        self.connection.execute("SET TimeZone = 'Asia/Kathmandu'")

    def add(self, when: str | datetime, **columns: object) -> str:
        """Adds one entry and returns its id. `actor`, `entity`, `target` and `department` set the
        id and a name made from it, unless the name is given too."""
        moment = at(when) if isinstance(when, str) else when
        values = {"id": f"e{next(self._numbers):06}", "occurred_at": moment}
        for thing in ("actor", "entity", "target", "department"):
            if (short := columns.pop(thing, None)) is not None:
                values |= {f"{thing}_id": short, f"{thing}_name": f"{short}'s name"}
        values |= {"action_type": columns.pop("action", None)} | columns
        self.record("audit_log", **values)
        return str(values["id"])

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """One transaction for many entries, which is much faster."""
        self.connection.begin()
        yield
        self.connection.commit()

    def record(self, table: str, **values: object) -> None:
        """Adds a row to a table; what it must have and is not given is filled in."""
        if table not in self._columns:
            described = self.connection.execute(f"DESCRIBE {table}").fetchall()
            self._columns[table] = [column[:3] for column in described]
        given = _USUAL | values
        row = {
            name: given[name] if name in given else _ANY[kind]
            for name, kind, nullable in self._columns[table]
            if name in given or nullable == "NO"
        }
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        self.connection.execute(statement, list(row.values()))

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

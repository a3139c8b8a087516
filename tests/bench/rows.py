"""Warehouses of millions of rows, made in SQL with the schema and the views that a sync makes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from etl.warehouse.database import Database

from .process import ORGANIZATION

WEEKS = 100


def made(path: Path, rows: int, *, actors: int = 2_000, texts: bool = True) -> Database:
    """A new warehouse with so many entries, all of them proven; see `rows.sql`."""
    now = datetime.now(UTC)
    database = Database(path)
    database.prepare(now)
    parameters = {
        "rows": rows,
        "actors": actors,
        "weeks": WEEKS,
        "texts": texts,
        "organization_id": ORGANIZATION,
        "now": now.isoformat(),
    }
    with database.attached(), database.transaction():
        for statement in _statements():
            database.execute(statement, parameters)
    return database


def _statements() -> list[str]:
    text = Path(__file__).with_name("rows.sql").read_text(encoding="utf-8")
    return [part for part in text.split(";\n\n") if part.strip()]

"""Warehouses of millions of rows, made in SQL with the schema and the views that a sync makes."""

from datetime import UTC, datetime
from pathlib import Path

from etl.warehouse.database import Database

from .process import ORGANIZATION


def made(path: Path, rows: int, *, texts: bool = True) -> Database:
    """A new warehouse with so many entries, all of them proven; see `rows.sql`."""
    now = datetime.now(UTC)
    values = {"rows": rows, "texts": texts, "organization_id": ORGANIZATION, "now": now.isoformat()}
    statements = Path(__file__).with_name("rows.sql").read_text(encoding="utf-8").split(";\n\n")
    database = Database(path)
    database.prepare(now)
    with database.attached(), database.transaction():
        for statement in statements:
            database.execute(statement, values)
    return database

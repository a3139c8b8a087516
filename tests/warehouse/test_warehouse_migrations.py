"""What each schema file makes of a warehouse that is older than it."""

from pathlib import Path

import duckdb
import pytest
from loading import NOW, rows

from etl.warehouse import sqlfiles
from etl.warehouse.database import Database

LEDGER = """
INSERT INTO windows BY NAME
SELECT
    seq, 'run-1' AS run_id, 'org' AS organization_id, DATE '2025-05-01' AS from_day,
    DATE '2025-05-02' AS to_day, 'unproven' AS verdict, 1 AS requests,
    'UTC' AS day_zone, beyond_reach,
    TIMESTAMPTZ '2025-06-01 00:00:00+00' AS run_started_at,
    TIMESTAMPTZ '2025-06-01 00:00:00+00' AS recorded_at
FROM (VALUES (1, TRUE), (2, FALSE), (3, NULL)) AS former (seq, beyond_reach)
"""


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A warehouse with the first schema file alone, as an earlier version left it."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.0.0"}) as old:
        old.execute(sqlfiles.text("schema/001_tables.sql"))
        old.execute("INSERT INTO schema_migrations VALUES (1, '001_tables', now())")
        old.execute(LEDGER)
    return path


def test_days_that_were_left_before_are_tried_once_more(first: Path) -> None:
    database = Database(first)
    database.prepare(NOW)
    left = rows(database, "SELECT left_until FROM windows ORDER BY seq")
    assert left == [(None,), (None,), (None,)]
    assert rows(database, "SELECT count(*) FROM coverage") == [(1,)]
    database.close()

"""The SQL of `etl help privacy`: it does what is said, and no sync undoes it."""

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from outside import PAGES

from etl.engine.model import PAGE
from etl.run.job import Job
from etl.run.result import StreamResult
from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entries import made_up
from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source
from etl.settings import load

NOW = datetime.now(UTC)
MADE = made_up(entries=600, days=60, seed=5, end=NOW)
ID, NAME, ADDRESS = "usr_ada", "Ada Lovelace", "ada@example.com"
ADA: dict[str, Any] = {"actor_id": ID, "actor_name": NAME, "actor_email": ADDRESS}
# In the page that every sync is served again.
MADE[-9] = msgspec.structs.replace(MADE[-9], **ADA)
MADE[-8] = msgspec.structs.replace(MADE[-8], entity_id=ID, entity_name=NAME)
MADE[-7] = msgspec.structs.replace(MADE[-7], target_id=ID, target_name=NAME)


def _sql(title: str) -> str:
    """The block of the page that begins with this comment."""
    page = PAGES["privacy"]
    found = re.search(rf"^```sql\n-- {re.escape(title)}[^\n]*\n(.*?)^```", page, re.M | re.S)
    assert found
    return found[1]


FORGET = _sql("forget a person").replace("usr_1234", ID)


@dataclass
class Copy:
    """A warehouse in the current folder that is synced from a sandbox."""

    sandbox: Sandbox

    def sync(self, **settings: object) -> StreamResult:
        given = {"api_token": TOKEN, "organization_id": ORGANIZATION_ID}
        given |= {"api_base_url": self.sandbox.url, "warehouse": "warehouse.duckdb"}
        (result,) = asyncio.run(Job(load(given | settings), clock=lambda: NOW).run())
        return result

    def execute(self, statements: str) -> None:
        with duckdb.connect("warehouse.duckdb") as warehouse:
            warehouse.execute(statements)

    def number(self, query: str, *values: str) -> int:
        with duckdb.connect("warehouse.duckdb", read_only=True) as warehouse:
            row = warehouse.execute(query, values).fetchone()
        assert row is not None
        return int(row[0])

    def holding(self, text: str) -> int:
        """How many rows of the tables that hold entries have this text in them anywhere."""
        query = "SELECT count(*) FROM {} AS t WHERE contains(to_json(t)::VARCHAR, ?)"
        tables = ("audit_log", "audit_log_versions", "quarantine")
        return sum(self.number(query.format(table), text) for table in tables)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    for name in filter(lambda name: name.startswith("ETL_"), [*os.environ]):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    with running(Source(MADE)) as sandbox:
        made = Copy(sandbox)
        assert made.sync().status == "complete"
        yield made


def test_a_row_that_is_merely_deleted_is_fetched_again_by_the_next_sync(copy: Copy) -> None:
    copy.execute(f"DELETE FROM audit_log WHERE id = '{MADE[10].id}'")
    back = copy.sync()
    assert (back.status, back.inserted, back.warehouse_total) == ("complete", 1, len(MADE))


def test_a_person_who_is_forgotten_stays_forgotten_and_the_copy_stays_proven(copy: Copy) -> None:
    others = f"SELECT count(actor_name) FROM audit_log WHERE actor_id <> '{ID}'"
    before = copy.number(others)
    assert (copy.holding(NAME), copy.holding(ADDRESS)) == (3, 1)
    copy.execute(FORGET)
    for _ in range(2):
        assert (copy.holding(NAME), copy.holding(ADDRESS)) == (0, 0)
        assert copy.number(others) == before > 0
        result = copy.sync()
        assert (result.status, result.inserted, result.changed) == ("complete", 0, 0)
    assert (copy.holding(NAME), copy.holding(ADDRESS)) == (0, 0)


def test_what_the_source_has_erased_can_be_deleted_for_good(copy: Copy) -> None:
    gone = [str(MADE[300].id), str(MADE[-3].id)]
    copy.sandbox.source.vanish(*gone)
    assert copy.sync().vanished == len(gone)
    assert all(copy.holding(entry_id) for entry_id in gone)
    copy.execute(_sql("delete what the source has deleted"))
    assert not any(copy.holding(entry_id) for entry_id in gone)
    result = copy.sync()
    assert (result.status, result.inserted, result.requests) == ("complete", 0, 2)
    assert result.warehouse_total == len(MADE) - len(gone)


def test_days_before_a_later_first_day_are_deleted_at_the_cost_of_one_reading(copy: Copy) -> None:
    day = (NOW - timedelta(days=30)).date().isoformat()
    copy.execute(_sql("keep what is not older").replace("2025-01-01", day))
    kept = copy.number("SELECT count(*) FROM audit_log")
    assert 0 < kept < len(MADE)
    first, second = copy.sync(from_date=day), copy.sync(from_date=day)
    assert (first.status, first.inserted) == (second.status, second.inserted) == ("complete", 0)
    assert first.fetched <= kept + 3 * PAGE
    assert second.requests == 2
    assert copy.number("SELECT count(*) FROM audit_log") == kept


def test_a_compacted_file_holds_no_trace_of_a_name_and_is_a_warehouse_as_before(copy: Copy) -> None:
    copy.execute(FORGET)
    comments = "SELECT count(*) FROM duckdb_columns() WHERE comment IS NOT NULL"
    before = copy.number(comments)
    # Why this is needed: what was overwritten is still in free blocks of the file.
    assert ADDRESS.encode() in Path("warehouse.duckdb").read_bytes()
    with duckdb.connect() as shell:
        shell.execute(_sql("rewrite the file"))
    assert ADDRESS.encode() not in Path("new.duckdb").read_bytes()
    shutil.move("new.duckdb", "warehouse.duckdb")
    assert copy.number(comments) == before > 0
    result = copy.sync()
    assert (result.status, result.inserted, result.requests) == ("complete", 0, 2)

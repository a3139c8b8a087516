"""Warehouses of older versions: nothing is lost, and nothing is downloaded again."""

import asyncio
import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from loading import NOW, rows

from etl.run.job import Job
from etl.run.result import StreamResult
from etl.settings import load
from etl.warehouse import schema, sqlfiles
from etl.warehouse.database import Database

FILES = Path(__file__).parent / "files"
NAMES = ("several_runs", "interrupted")
FIRST_RUN_AFTER = datetime(2025, 6, 19, 10, tzinfo=UTC)
KEPT = ("audit_log", "audit_log_versions", "absences", "runs")
SOURCE = """
SELECT occurred_at::VARCHAR AS at, raw FROM audit_log
WHERE id NOT IN (SELECT id FROM absences)
UNION ALL
SELECT position_at::VARCHAR, raw FROM quarantine
ORDER BY ALL DESC
"""
"""What the source held at the end: of a file that was not migrated yet."""


def unpacked(name: str, folder: Path) -> Path:
    path = folder / "warehouse.duckdb"
    path.write_bytes(gzip.decompress((FILES / f"{name}.duckdb.gz").read_bytes()))
    return path


def asked(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(query).fetchall()


def contents(path: Path) -> dict[str, tuple[Any, ...]]:
    """For each table the number of its rows, and a hash over all of them."""
    kept = "COLUMNS(lambda name: name NOT LIKE 'latest_by%')"  # an INTERVAL that became seconds
    hashed = f"SELECT count(*), bit_xor(hash({kept}::VARCHAR)) FROM {{}}"
    found = {table: asked(path, hashed.format(table))[0] for table in KEPT}
    quarantine = "SELECT id, reason, raw, content_hash, first_synced_at::VARCHAR FROM quarantine"
    return found | {"quarantine": tuple(asked(path, f"{quarantine} ORDER BY ALL"))}


class Api:
    """The endpoint over these entries, newest first."""

    def __init__(self, path: Path) -> None:
        held = asked(path, SOURCE)
        self.entries = [(date.fromisoformat(at[:10]), json.loads(raw)) for at, raw in held]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asks = request.url.params
        low, high = (asks.get(name) for name in ("from_date", "to_date"))
        items = [
            entry
            for day, entry in self.entries
            if not (low and day < date.fromisoformat(low[:10]))
            and not (high and day > date.fromisoformat(high[:10]))
        ]
        skip, limit = int(asks.get("skip", 0)), int(asks.get("limit", 50))
        page = {"items": items[skip : skip + limit], "total": len(items), "skip": skip}
        return httpx.Response(200, json=page)


def sync(path: Path, api: Api, days: int = 0, **more: str) -> StreamResult:
    settings = {
        **more,
        "api_token": "token", "organization_id": "org_promised", "warehouse": str(path),
        "api_base_url": "http://127.0.0.1:9",
    }  # fmt: skip
    now = FIRST_RUN_AFTER + timedelta(days=days)
    job = Job(load(settings), transport=httpx.MockTransport(api), clock=lambda: now)
    (result,) = asyncio.run(job.run())
    return result


def prepared(path: Path) -> Database:
    database = Database(path)
    database.prepare(NOW)
    return database


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_lost_or_altered(tmp_path: Path, name: str) -> None:
    path = unpacked(name, tmp_path)
    before = contents(path)
    prepared(path).close()
    assert contents(path) == before
    assert asked(path, "SELECT max(version) FROM schema_migrations") == [(schema.newest_version(),)]


@pytest.mark.parametrize("name", NAMES)
def test_proofs_are_the_verdicts_of_the_former_ledger(tmp_path: Path, name: str) -> None:
    path = unpacked(name, tmp_path)
    columns = "seq, run_id, to_day, verdict, reason, epoch_us(run_started_at)"
    decided = f"SELECT {columns}, total FROM windows WHERE verdict IN ('complete', 'unproven')"
    before = asked(path, f"{decided} ORDER BY seq")
    prepared(path).close()
    assert asked(path, f"SELECT {columns}, stated FROM proofs ORDER BY seq") == before


@pytest.mark.parametrize("name", NAMES)
def test_what_is_held_is_one_open_window_and_what_was_learned_stays_known(
    tmp_path: Path, name: str
) -> None:
    path = unpacked(name, tmp_path)
    ((held,),) = asked(path, "SELECT count(*) FROM known_entries")
    prepared(path).close()
    assert asked(path, "SELECT from_day, to_day, stated FROM windows") == [
        (date(1970, 1, 1), None, held)
    ]
    assert asked(path, "SELECT count(*) FROM held_entries") == [(held,)]
    learned = "SELECT newest_first, to_day_included, undated, excluding FROM streams"
    included = True if name == "several_runs" else None
    assert asked(path, learned) == [(True, included, 0, False)]


def test_the_next_sync_of_a_complete_warehouse_proves_it_and_downloads_nothing(
    tmp_path: Path,
) -> None:
    path = unpacked("several_runs", tmp_path)
    api = Api(path)
    for requests in (2, 3, 2):  # the second cuts off the open window by one count
        seen = sync(path, api)
        assert (seen.status, seen.requests) == ("complete", requests)
        assert (seen.inserted, seen.changed, seen.quarantined, seen.vanished) == (0, 0, 0, 0)
    assert (seen.source_total, seen.warehouse_total) == (301, 301)
    api.entries.insert(0, (date(2025, 6, 20), {"id": "new", "created_at": "2025-06-20T09:00:00Z"}))
    seen = sync(path, api, days=2)
    assert (seen.status, seen.inserted, seen.warehouse_total) == ("complete", 1, 302)
    assert seen.requests <= 3


def test_an_interrupted_first_sync_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    api = Api(unpacked("several_runs", tmp_path / "other"))
    path = unpacked("interrupted", tmp_path)
    ((before,),) = asked(path, "SELECT count(*) FROM known_entries")
    seen = sync(path, api)
    assert (seen.status, seen.warehouse_total) == ("complete", 301)
    assert (seen.inserted + seen.quarantined, seen.changed) == (301 - before, 0)
    seen = sync(path, api)
    assert (seen.status, seen.inserted) == ("complete", 0)


def _of_schema(version: int, path: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse of an organization of which all is proven, as a version with this schema left
    it; without an entry."""
    old = duckdb.connect(str(path), config={"storage_compatibility_version": "v1.0.0"})
    for number, file in enumerate(sqlfiles.in_order(sqlfiles.ROOT / "schema")[:version], 1):
        old.execute(file.read_text())
        old.execute(f"INSERT INTO schema_migrations VALUES ({number}, '{file.stem}', now())")
    old.execute(
        "INSERT INTO windows BY NAME SELECT 1 AS seq, 'run-1' AS run_id, 'org' AS "
        "organization_id, 'complete' AS verdict, 'walk' AS proof, 2 AS total, "
        "2 AS distinct_entries, 1 AS requests, 'UTC' AS day_zone, now() AS run_started_at, "
        "now() AS recorded_at"
    )
    old.execute("INSERT INTO streams VALUES ('org', 'https://api.example.com', '{}', now(), NULL)")
    return old


@pytest.mark.parametrize("version", [1, 2])
def test_every_former_schema_is_migrated(tmp_path: Path, version: int) -> None:
    path = tmp_path / "warehouse.duckdb"
    with _of_schema(version, path) as old:
        old.execute(
            "INSERT INTO audit_log BY NAME SELECT 'org' AS organization_id, unnest(['a', 'b']) AS "
            "id, now() AS occurred_at, '' AS raw, '' AS content_hash, now() AS first_synced_at, "
            "'run-1' AS run_id"
        )
    database = prepared(path)
    assert rows(database, "SELECT stated FROM windows") == [(2,)]
    assert rows(database, "SELECT stated, held, verdict FROM proofs") == [(2, 2, "complete")]
    assert rows(database, "SELECT id FROM audit_log") == [("a",), ("b",)]
    database.close()


def test_spans_of_time_become_seconds(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with _of_schema(3, path) as old:
        old.execute(
            "INSERT INTO runs BY NAME SELECT 'run-1' AS run_id, 'org' AS organization_id, 'sync' "
            "AS command, 'complete' AS status, now() AS started_at, now() AS finished_at, 0 AS "
            "requests, 0 AS fetched, 0 AS inserted, 0 AS changed, 0 AS quarantined, 0 AS vanished, "
            "1 AS late, INTERVAL '1 day 2 seconds 500 milliseconds' AS latest_by, '0' AS version"
        )
    database = prepared(path)
    assert rows(database, "SELECT latest_by_seconds FROM runs") == [(86_403,)]
    kinds = rows(database, "SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal")
    assert ("INTERVAL",) not in kinds
    database.close()


def test_an_entry_that_had_gone_stays_gone_though_its_id_is_made_otherwise_now(
    tmp_path: Path,
) -> None:
    """Entries with neither an id nor a time had an id that says where they stood."""
    path = tmp_path / "warehouse.duckdb"
    with _of_schema(3, path) as old:
        old.execute(
            "INSERT INTO quarantine BY NAME SELECT 'org' AS organization_id, 'content:ab@17' AS "
            "id, 'no_time' AS reason, now() AS position_at, '{}' AS raw, 'ab' AS content_hash, "
            "now() AS first_synced_at, 'run-1' AS run_id"
        )
        old.execute("INSERT INTO absences VALUES ('org', 'content:ab@17', 'vanished', now(), '')")
    database = prepared(path)
    assert rows(database, "FROM held_entries") == []
    assert rows(database, "SELECT id FROM absent_entries") == [("content:ab",)]
    database.close()


def test_rows_from_before_etl_from_date_are_excluded_and_not_taken_for_gone(tmp_path: Path) -> None:
    path = unpacked("several_runs", tmp_path)
    api = Api(path)
    with duckdb.connect(str(path)) as old:  # the last syncs had begun later than the first
        old.execute("UPDATE windows SET history_from = DATE '2025-06-01'")
    for _ in range(3):
        seen = sync(path, api, from_date="2025-06-01")
        assert (seen.status, seen.inserted) == ("complete", 0)
    reasons = asked(path, "SELECT DISTINCT reason FROM absences ORDER BY ALL")
    assert reasons == [("excluded",), ("vanished",)]

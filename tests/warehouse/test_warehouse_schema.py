"""The schema and the views: applied once, recorded, explained, and made anew where they differ."""

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from loading import NOW, Run, entry, rows

from etl.errors import ConfigurationError, WarehouseError
from etl.warehouse import schema, sqlfiles
from etl.warehouse.database import Database, start
from etl.warehouse.reading import read_only
from etl.warehouse.unfinished import remove_unfinished, scratch

LATER = NOW + timedelta(days=1)
MIGRATIONS = "SELECT version, name, day(applied_at) FROM schema_migrations ORDER BY version"
FILES = sqlfiles.in_order(sqlfiles.ROOT / "schema")
APPLIED = [(number, path.stem, NOW.day) for number, path in enumerate(FILES, start=1)]


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The next schema file, to be written."""
    shutil.copytree(sqlfiles.ROOT, tmp_path / "sql")
    monkeypatch.setattr(sqlfiles, "ROOT", tmp_path / "sql")
    return tmp_path / "sql" / "schema" / f"{len(FILES) + 1:03}_more.sql"


def test_an_older_warehouse_gets_the_files_it_lacks_once_and_keeps_its_rows(
    database: Database, added: Path
) -> None:
    Run(database).load([entry("e1")])
    assert rows(database, MIGRATIONS) == APPLIED
    added.write_text("ALTER TABLE runs ADD COLUMN mood VARCHAR; UPDATE runs SET mood = 'good';")
    for days in (1, 2):
        database.prepare(NOW + timedelta(days=days))
    assert rows(database, MIGRATIONS) == [*APPLIED, (len(FILES) + 1, added.stem, LATER.day)]
    assert rows(database, "SELECT id, mood FROM audit_log, runs") == [("e1", "good")]


def test_a_schema_file_that_fails_leaves_the_warehouse_as_it_was(
    database: Database, added: Path
) -> None:
    added.write_text("CREATE TABLE half (n INTEGER); ALTER TABLE nowhere ADD COLUMN n INTEGER;")
    with pytest.raises(WarehouseError):
        database.prepare(LATER)
    assert rows(database, MIGRATIONS) == APPLIED
    assert rows(database, "FROM duckdb_tables() WHERE table_name = 'half'") == []


def test_a_newer_warehouse_is_refused_by_writer_and_reader_alike(database: Database) -> None:
    with database.attached():
        database.execute("INSERT INTO schema_migrations VALUES (900, '900_future', now())")
    with pytest.raises(WarehouseError, match="schema version 900"):
        database.prepare(LATER)
    with pytest.raises(WarehouseError, match="schema version 900"):
        read_only(database.path, 0)


def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as theirs:
        theirs.execute("CREATE TABLE theirs (n INTEGER)")
    before, database = path.read_bytes(), Database(path)
    with pytest.raises(WarehouseError, match="DuckDB file of another program"):
        database.prepare(NOW)
    database.close()
    assert path.read_bytes() == before


def test_views_are_made_anew_only_where_settings_or_the_users_own_sql_changed(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "views").mkdir()
    mine = tmp_path / "views" / "mine.sql"
    for number in (1, 2):
        mine.write_text(f"CREATE OR REPLACE VIEW mine AS SELECT {number} AS n, etl_timezone() AS z")
        other = Database(database.path, views=schema.Views("Asia/Tokyo", (22, 6), tmp_path))
        other.prepare(LATER)
        assert rows(other, "FROM mine") == [(number, "Asia/Tokyo")]
        assert rows(other, "SELECT working_hours_from(), working_hours_to()") == [(22, 6)]
        before = other.path.read_bytes()
        other.prepare(LATER)
        assert other.path.read_bytes() == before
        other.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CREATE VIEW mine AS SELECT nothing", "mine.sql fails"),
        ("CREATE VIEW mine AS SELECT 1; DROP TABLE runs", "may only create views and macros"),
        ('CREATE OR REPLACE VIEW main."Held_entries" AS SELECT 1', "must not replace Held_entries"),
    ],
)
def test_the_users_own_sql_makes_views_and_macros_and_nothing_else(
    database: Database, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "mine.sql").write_text(text)
    other = Database(database.path, views=schema.Views(user_folder=tmp_path))
    with pytest.raises(ConfigurationError, match=told):
        other.prepare(LATER)
    other.close()


def test_every_table_and_every_column_of_one_has_a_comment(database: Database) -> None:
    of = "WHERE database_name = 'warehouse' AND schema_name = 'main' AND NOT internal"
    found = rows(
        database,
        f"SELECT table_name, comment FROM duckdb_tables() {of} UNION ALL "
        f"SELECT table_name || '.' || column_name, comment FROM duckdb_columns() {of}",
    )
    assert len(found) > 150
    assert [name for name, comment in found if not (comment or "").strip()] == []


def test_a_warehouse_opens_for_duckdb_of_version_1(database: Database) -> None:
    with duckdb.connect(str(database.path), read_only=True) as direct:
        tag = "SELECT tags['storage_version'][:6] FROM duckdb_databases() WHERE path IS NOT NULL"
        assert direct.execute(tag).fetchall() == [("v1.0.0",)]


def test_what_repeats_is_stored_as_a_dictionary(database: Database) -> None:
    with database.attached(), database.transaction():
        database.execute(
            "INSERT INTO audit_log (organization_id, id, occurred_at, actor_id, raw, content_hash, "
            "first_synced_at, run_id) SELECT 'one', i::VARCHAR, now(), 'actor ' || i % 900, "
            "md5(i::VARCHAR), '', now(), 'run' FROM range(60_000) AS numbers (i)"
        )
    stored = "SELECT DISTINCT compression FROM pragma_storage_info('audit_log') WHERE "
    text = "segment_type = 'VARCHAR' AND column_name = 'actor_id'"
    assert rows(database, stored + text) == [("Dictionary",)]


def test_two_programs_on_one_warehouse_never_write_over_what_the_other_keeps(
    tmp_path: Path,
) -> None:
    """DuckDB 1.5 gives its files the same names in each process: a query beside a sync read wrong
    values, or crashed, where both needed more than their memory."""
    engines = [start(tmp_path / "warehouse.duckdb") for _ in range(2)]
    made = "SELECT md5((i * {})::VARCHAR) AS value FROM range(2_000_000) r(i)"
    for factor, engine in enumerate(engines, start=1):
        engine.execute(f"CREATE TABLE t AS {made.format(factor)}")
    assert list(tmp_path.glob(".*.tmp")), "all of it fits into memory"
    for factor, engine in enumerate(engines, start=1):
        wrong = f"SELECT count(*) FROM ({made.format(factor)}) AS a POSITIONAL JOIN t"
        assert engine.execute(f"{wrong} WHERE a.value <> t.value").fetchall() == [(0,)]
        engine.close()
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize(("hours", "stays"), [(1, True), (25, False)])
def test_what_a_killed_program_has_left_there_is_removed_a_day_later(
    tmp_path: Path, hours: int, stays: bool
) -> None:
    left = scratch(tmp_path / "warehouse.duckdb"), scratch(tmp_path / "other.duckdb")
    for folder in left:
        folder.mkdir()
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"0" * 9)
        os.utime(folder, (time.time() - hours * 3_600,) * 2)
    remove_unfinished(tmp_path / "warehouse.duckdb")
    assert [folder.exists() for folder in left] == [stays, True]

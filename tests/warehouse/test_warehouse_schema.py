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
MIGRATIONS = "SELECT version, name, applied_at::VARCHAR FROM schema_migrations ORDER BY version"
FILES = sqlfiles.in_order(sqlfiles.ROOT / "schema")
APPLIED = [
    (number, path.stem, NOW.strftime("%Y-%m-%d %H:%M:%S+00"))
    for number, path in enumerate(FILES, start=1)
]


def with_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Adds a file to `sql/`."""
    shutil.copytree(sqlfiles.ROOT, tmp_path / "sql")
    (tmp_path / "sql" / name).write_text(text)
    monkeypatch.setattr(sqlfiles, "ROOT", tmp_path / "sql")


def test_an_older_warehouse_gets_the_files_it_lacks_once_and_keeps_its_rows(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(database).load([entry("e1")])
    assert rows(database, MIGRATIONS) == APPLIED
    name = f"{len(FILES) + 1:03}_more"
    text = "ALTER TABLE runs ADD COLUMN mood VARCHAR; UPDATE runs SET mood = 'good';"
    with_file(tmp_path, monkeypatch, f"schema/{name}.sql", text)
    for days in (1, 2):
        database.prepare(NOW + timedelta(days=days))
    assert rows(database, MIGRATIONS) == [
        *APPLIED,
        (len(FILES) + 1, name, LATER.strftime("%Y-%m-%d %H:%M:%S+00")),
    ]
    assert rows(database, "SELECT id, mood FROM audit_log, runs") == [("e1", "good")]


def test_a_schema_file_that_fails_leaves_the_warehouse_as_it_was(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "CREATE TABLE half (n INTEGER); ALTER TABLE nowhere ADD COLUMN n INTEGER;"
    with_file(tmp_path, monkeypatch, "schema/900_broken.sql", broken)
    with pytest.raises(WarehouseError):
        database.prepare(LATER)
    assert rows(database, MIGRATIONS) == APPLIED
    assert rows(database, "FROM duckdb_tables() WHERE table_name = 'half'") == []


def test_a_newer_warehouse_is_refused_by_writer_and_reader_alike(database: Database) -> None:
    with database.attached():
        database.execute("INSERT INTO schema_migrations VALUES (900, '900_future', now())")
    with pytest.raises(WarehouseError, match="schema 900"):
        database.prepare(LATER)
    with pytest.raises(WarehouseError, match="schema 900"):
        read_only(database.path, 0)


@pytest.mark.parametrize("made", ["CREATE TABLE theirs (n INTEGER)", None])
def test_a_file_that_is_not_ours_is_refused_and_left_as_it_is(
    tmp_path: Path, made: str | None
) -> None:
    path = tmp_path / "theirs.duckdb"
    if made is None:
        path.write_text("some other file" * 1_000)
    else:
        with duckdb.connect(str(path)) as theirs:
            theirs.execute(made)
    before, database = path.read_bytes(), Database(path)
    with pytest.raises(WarehouseError, match=r"other tables|not a DuckDB file"):
        database.prepare(NOW)
    assert path.read_bytes() == before
    database.close()


def test_preparing_again_writes_nothing_where_nothing_changed(database: Database) -> None:
    before = database.path.read_bytes()
    database.prepare(LATER)
    assert database.path.read_bytes() == before


def test_views_are_made_anew_where_settings_or_the_users_own_sql_changed(
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
        other.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CREATE VIEW mine AS SELECT nothing", "mine.sql fails"),
        ("CREATE VIEW mine AS SELECT 1; DROP TABLE runs", "neither a view nor a macro"),
        ("/* mine */ DELETE FROM audit_log", "neither a view nor a macro"),
        ("CREATE OR REPLACE VIEW Coverage AS SELECT 1", "replaces Coverage"),
        ("CREATE OR REPLACE VIEW main.\"held_entries\" AS SELECT 1", "replaces held_entries"),
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


def test_a_time_zone_that_duckdb_does_not_know_is_a_wrong_setting(database: Database) -> None:
    unknown = Database(database.path, views=schema.Views("Mars/Olympus"))
    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        unknown.prepare(LATER)
    unknown.close()


def test_every_table_view_and_column_has_a_comment(database: Database) -> None:
    found = []
    for kind in ("table", "view"):
        sql = f"SELECT {kind}_name, comment FROM duckdb_{kind}s() WHERE NOT internal"
        found += rows(database, f"{sql} AND database_name = 'warehouse'")
    found += rows(
        database,
        "SELECT table_name || '.' || column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND schema_name = 'main' AND NOT internal",
    )
    assert len(found) > 150
    assert [name for name, comment in found if not (comment or "").strip()] == []


def test_audit_log_and_its_versions_have_the_promised_columns(database: Database) -> None:
    promised = [
        "organization_id", "id", "occurred_at", "action_type", "entity_type", "entity_id",
        "entity_name", "actor_id", "actor_name", "actor_email", "target_type", "target_id",
        "target_name", "department_id", "department_name", "previous_value", "new_value",
        "metadata", "raw", "content_hash", "first_synced_at", "run_id",
    ]  # fmt: skip
    more = ["noticed_at", "noticed_run_id"]
    for table, columns in {"audit_log": promised, "audit_log_versions": promised + more}.items():
        described = rows(database, f"SELECT column_name, column_type FROM (DESCRIBE {table})")
        assert [name for name, _ in described] == columns
        assert {"occurred_at": "TIMESTAMP WITH TIME ZONE", "new_value": "JSON"}.items() <= dict(
            described
        ).items()


def test_every_view_can_be_asked_once_there_are_entries(database: Database) -> None:
    Run(database).load([entry(f"e{n}", actor_id=f"u{n % 3}", action_type="x") for n in range(9)])
    views = rows(
        database,
        "SELECT view_name FROM duckdb_views() WHERE database_name = 'warehouse' AND NOT internal",
    )
    assert views
    for (view,) in views:
        rows(database, f"SELECT count(*) FROM (SELECT * FROM {view})")


def test_a_warehouse_opens_for_duckdb_of_version_1(database: Database) -> None:
    with duckdb.connect(str(database.path), read_only=True) as direct:
        ((tag,),) = direct.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE path IS NOT NULL"
        ).fetchall()
    assert tag.startswith("v1.0.0")


def test_what_repeats_is_stored_as_a_dictionary(database: Database) -> None:
    with database.attached(), database.transaction():
        database.execute(
            "INSERT INTO audit_log (organization_id, id, occurred_at, action_type, actor_id, raw, "
            "content_hash, first_synced_at, run_id) SELECT 'one', i::VARCHAR, now(), "
            "'action ' || i % 9, 'actor ' || i % 900, md5(i::VARCHAR), '', now(), 'run' "
            "FROM range(60_000) AS numbers (i)"
        )
    stored = rows(
        database,
        "SELECT DISTINCT column_name, compression FROM pragma_storage_info('audit_log') "
        "WHERE segment_type = 'VARCHAR' AND column_name IN ('actor_id', 'action_type') "
        "ORDER BY ALL",
    )
    assert stored == [("action_type", "Dictionary"), ("actor_id", "Dictionary")]


def test_two_programs_on_one_warehouse_never_write_over_what_the_other_keeps(
    tmp_path: Path,
) -> None:
    """DuckDB 1.5 gives its files the same names in each process: a query beside a sync read wrong
    values, or crashed, where both needed more than their memory."""
    engines = [start(tmp_path / "warehouse.duckdb") for _ in range(2)]
    made = "SELECT md5((i * {})::VARCHAR) AS value FROM range(2_000_000) r(i)"
    for factor, engine in enumerate(engines, start=1):
        engine.execute(f"CREATE TABLE t AS {made.format(factor)}")
    assert len(list(tmp_path.glob(".*.tmp"))) == 2, "all of it fits into memory"
    for factor, engine in enumerate(engines, start=1):
        wrong = f"SELECT count(*) FROM ({made.format(factor)}) AS a POSITIONAL JOIN t"
        assert engine.execute(f"{wrong} WHERE a.value <> t.value").fetchall() == [(0,)]
        engine.close()
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize(("hours", "stays"), [(1, True), (25, False)])
def test_what_a_killed_program_has_left_there_is_removed_a_day_later(
    tmp_path: Path, hours: int, stays: bool
) -> None:
    path = tmp_path / "warehouse.duckdb"
    left, others = scratch(path), tmp_path / ".other.duckdb.1-00000000.tmp"
    for folder in (left, others):
        folder.mkdir()
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"0" * 9)
        then = time.time() - hours * 3_600
        os.utime(folder, (then, then))
    remove_unfinished(path)
    assert left.exists() == stays
    assert others.exists()

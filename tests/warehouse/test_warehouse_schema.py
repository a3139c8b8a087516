"""The schema and the views: applied once, recorded, explained, and quick to ask."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from loading import NOW, ORGANIZATION, Load, entry, rows

from etl.errors import ConfigurationError, WarehouseError
from etl.warehouse import schema, sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.reading import read_only

LATER = NOW + timedelta(days=1)
MIGRATIONS = "SELECT version, name, applied_at::VARCHAR FROM schema_migrations ORDER BY version"
FILES = sqlfiles.in_order(sqlfiles.ROOT / "schema")


def test_every_schema_file_is_applied_and_recorded_once(database: Database) -> None:
    expected = [
        (number, path.stem, NOW.strftime("%Y-%m-%d %H:%M:%S+00"))
        for number, path in enumerate(FILES, start=1)
    ]
    assert rows(database, MIGRATIONS) == expected
    database.prepare(LATER)
    assert rows(database, MIGRATIONS) == expected


def test_an_older_warehouse_gets_the_files_it_lacks_and_keeps_its_rows(
    load: Load, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load.pages([entry("e1")])
    newer = tmp_path / "sql"
    shutil.copytree(sqlfiles.ROOT, newer)
    number = len(FILES) + 1
    (newer / "schema" / f"{number:03}_more.sql").write_text(
        "ALTER TABLE runs ADD COLUMN mood VARCHAR; UPDATE runs SET mood = 'good';"
    )
    monkeypatch.setattr(sqlfiles, "ROOT", newer)
    assert schema.newest_version() == number
    database.prepare(LATER)
    database.prepare(LATER + timedelta(days=1))
    applied = rows(database, MIGRATIONS)
    assert [row[0] for row in applied] == list(range(1, number + 1))
    assert applied[-1][1:] == (f"{number:03}_more", LATER.strftime("%Y-%m-%d %H:%M:%S+00"))
    assert rows(database, "SELECT mood FROM runs") == [("good",)]
    assert rows(database, "SELECT id FROM audit_log") == [("e1",)]


def test_a_schema_file_that_fails_leaves_the_warehouse_as_it_was(
    load: Load, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load.pages([entry("e1")])
    newer = tmp_path / "sql"
    shutil.copytree(sqlfiles.ROOT, newer)
    broken = "CREATE TABLE half (n INTEGER); ALTER TABLE nowhere ADD COLUMN n INTEGER;"
    (newer / "schema" / "900_broken.sql").write_text(broken)
    with monkeypatch.context() as patched:
        patched.setattr(sqlfiles, "ROOT", newer)
        with pytest.raises(WarehouseError):
            database.prepare(LATER)
    assert len(rows(database, MIGRATIONS)) == len(FILES)
    assert rows(database, "SELECT id FROM audit_log") == [("e1",)]
    assert rows(database, "FROM duckdb_tables() WHERE table_name = 'half'") == []


def test_a_newer_warehouse_is_refused_by_writer_and_reader_alike(database: Database) -> None:
    with database.attached():
        database.execute("INSERT INTO schema_migrations VALUES (900, '900_future', now())")
    with pytest.raises(WarehouseError, match="schema 900"):
        database.prepare(LATER)
    with pytest.raises(WarehouseError, match="schema 900"):
        read_only(database.path, 0)


def test_schema_files_are_numbered_without_gap(database: Database) -> None:
    assert [int(path.name[:3]) for path in FILES] == list(range(1, len(FILES) + 1))


def test_preparing_again_writes_nothing_where_nothing_changed(database: Database) -> None:
    before = database.path.read_bytes()
    database.prepare(LATER)
    assert database.path.read_bytes() == before


def test_views_are_made_anew_where_their_settings_changed(database: Database) -> None:
    other = Database(database.path, views=schema.Views("Asia/Tokyo", (22, 6)))
    other.prepare(LATER)
    assert rows(other, "SELECT etl_timezone(), working_hours_from(), working_hours_to()") == [
        ("Asia/Tokyo", 22, 6)
    ]
    other.close()


def test_a_time_zone_that_duckdb_does_not_know_is_a_wrong_setting(database: Database) -> None:
    unknown = Database(database.path, views=schema.Views("Mars/Olympus"))
    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        unknown.prepare(LATER)
    unknown.close()


@pytest.mark.parametrize("kind", ["table", "view"])
def test_every_table_and_view_has_a_comment(database: Database, kind: str) -> None:
    sql = f"SELECT {kind}_name, comment FROM duckdb_{kind}s() WHERE database_name = 'warehouse'"
    if kind == "view":
        sql += " AND NOT internal"
    found = rows(database, sql)
    assert found
    assert [name for name, comment in found if not (comment or "").strip()] == []


def test_every_column_has_a_comment(database: Database) -> None:
    sql = """
        SELECT table_name || '.' || column_name, comment FROM duckdb_columns()
        WHERE database_name = 'warehouse' AND schema_name = 'main' AND NOT internal
    """
    found = rows(database, sql)
    assert len(found) > 150
    assert [name for name, comment in found if not (comment or "").strip()] == []


def test_tables_have_no_key_index_or_constraint_but_not_null(database: Database) -> None:
    """So that the same files run on DuckLake."""
    assert rows(database, "SELECT index_name FROM duckdb_indexes()") == []
    sql = """
        SELECT DISTINCT constraint_type FROM duckdb_constraints()
        WHERE database_name = 'warehouse'
    """
    assert rows(database, sql) == [("NOT NULL",)]
    assert rows(database, "SELECT sequence_name FROM duckdb_sequences()") == []


def test_audit_log_and_its_versions_have_the_promised_columns(database: Database) -> None:
    promised = [
        "organization_id", "id", "occurred_at", "action_type", "entity_type", "entity_id",
        "entity_name", "actor_id", "actor_name", "actor_email", "target_type", "target_id",
        "target_name", "department_id", "department_name", "previous_value", "new_value",
        "metadata", "raw", "content_hash", "first_synced_at", "run_id",
    ]  # fmt: skip
    assert _columns(database, "audit_log") == promised
    versions = [*promised, "noticed_at", "noticed_run_id"]
    assert _columns(database, "audit_log_versions") == versions
    absences = ["organization_id", "id", "reason", "noticed_at", "run_id"]
    assert _columns(database, "absences") == absences
    types = "SELECT data_type FROM duckdb_columns() WHERE table_name = 'audit_log' AND column_name"
    assert rows(database, f"{types} = 'occurred_at'") == [("TIMESTAMP WITH TIME ZONE",)]
    assert rows(database, f"{types} = 'new_value'") == [("JSON",)]


def _columns(database: Database, table: str) -> list[str]:
    sql = f"""
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = 'warehouse' AND table_name = '{table}' ORDER BY column_index
    """
    return [name for (name,) in rows(database, sql)]


def test_the_promised_views_are_there_and_can_be_asked_while_empty(database: Database) -> None:
    for view in ("activity_by_actor", "activity_by_department", "activity_by_action", "watermark"):
        assert rows(database, f"SELECT * FROM {view}") == []


def test_every_view_can_be_asked_once_there_are_entries(load: Load, database: Database) -> None:
    load.pages([entry(f"e{n}", actor_id=f"u{n % 3}", action_type="created") for n in range(9)])
    for (view,) in rows(
        database,
        "SELECT view_name FROM duckdb_views() WHERE database_name = 'warehouse' AND NOT internal",
    ):
        rows(database, f"SELECT count(*) FROM (SELECT * FROM {view})")


def test_each_activity_views_entries_add_up_to_the_tables(load: Load, database: Database) -> None:
    load.pages(
        [
            entry(
                f"e{n}",
                actor_id=f"u{n % 3}" if n % 4 else None,
                department_id="d" if n % 2 else None,
                action_type="created" if n % 5 else None,
            )
            for n in range(20)
        ]
    )
    for view in ("activity_by_actor", "activity_by_department", "activity_by_action"):
        assert rows(database, f"SELECT sum(entries) FROM {view}") == [(20,)]


@pytest.mark.parametrize("day", ["2025-06-10", None])
def test_counting_a_window_reads_only_the_row_groups_of_its_days(
    load: Load, database: Database, day: str | None
) -> None:
    load.pages([entry(f"e{n}", f"2025-06-{n:02}T00:00:00Z") for n in range(1, 20)])
    parameters = {
        "organization_id": ORGANIZATION, "from_day": day, "to_day": None, "zone": "UTC",
        "entity_type": None, "action_type": None,
    }  # fmt: skip
    with database.attached(read_only=True):
        plan = database.execute(f"EXPLAIN {sqlfiles.text('load/known.sql')}", parameters)
    scans = [box for box in "\n".join(plan[0]).split("┌") if "audit_log" in box]
    assert scans
    filtered = any("occurred_at>=" in _squeezed(scan) for scan in scans)
    assert filtered == (day is not None)


def _squeezed(box: str) -> str:
    return "".join(c for c in box if c not in " \n│")


def test_a_warehouse_opens_for_duckdb_of_version_1(database: Database) -> None:
    with duckdb.connect(str(database.path), read_only=True) as direct:
        ((tag,),) = direct.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE path IS NOT NULL"
        ).fetchall()
    assert tag.startswith("v1.0.0")


def test_times_are_stored_as_instants_whatever_the_machines_zone(
    load: Load, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    load.pages([entry("e1", "2025-06-01T00:00:00")])
    assert rows(database, "SELECT epoch(occurred_at) FROM audit_log") == [
        (datetime(2025, 6, 1, tzinfo=UTC).timestamp(),)
    ]


def test_what_repeats_is_stored_as_a_dictionary(database: Database) -> None:
    with database.attached(), database.transaction():
        database.execute(
            "INSERT INTO audit_log (organization_id, id, occurred_at, action_type, actor_id, raw, "
            "content_hash, first_synced_at, run_id) SELECT 'one', i::VARCHAR, now(), "
            "'action ' || i % 9, 'actor ' || i % 900, md5(i::VARCHAR), '', now(), 'run' "
            "FROM range(60_000) AS numbers (i)"
        )
    with database.attached(read_only=True):
        stored = database.execute(
            "SELECT DISTINCT column_name, compression FROM pragma_storage_info('audit_log') "
            "WHERE segment_type = 'VARCHAR' AND column_name IN ('actor_id', 'action_type') "
            "ORDER BY ALL"
        )
    assert stored == [("action_type", "Dictionary"), ("actor_id", "Dictionary")]

"""The files that a sync leaves: for their owner only, the published copy put there by rename."""

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from shell import Shell, entry, now

from etl.errors import InterruptedRunError
from etl.run.job import open_database
from etl.sandbox.server import Sandbox
from etl.settings import load
from etl.warehouse.database import Database
from etl.warehouse.publish import publish


@pytest.fixture
def publishing(synced: Shell) -> Shell:
    return synced.having(ETL_PUBLISH="copy.duckdb")


def _copy(shell: Shell) -> Path:
    return shell.folder / "copy.duckdb"


def _held(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as reader:
        ((held,),) = reader.execute("SELECT count(*) FROM audit_log").fetchall()
    return int(held)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_a_sync_writes_is_for_its_owner_only(
    shell: Shell, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[tuple[str, int]] = set()

    def look(_: int) -> None:
        seen.update((path.name, _mode(path)) for path in shell.folder.iterdir())

    sandbox.service.faults = look
    publishing = shell.having(ETL_PUBLISH="copy.duckdb")
    assert publishing.run("sync").code == 0
    look(0)
    assert {name for name, _ in seen} >= {"warehouse.duckdb", "copy.duckdb"}
    assert {mode for _, mode in seen} == {0o600}


def test_the_write_ahead_log_is_for_its_owner_only_too(synced: Shell) -> None:
    before = os.umask(0o022)
    try:
        database = open_database(load({"warehouse": str(synced.warehouse)}))
        with database.attached():
            with database.transaction():
                database.execute("DELETE FROM windows")
            assert (synced.folder / "warehouse.duckdb.wal").exists()
            assert {_mode(path) for path in synced.folder.iterdir()} == {0o600}
        database.close()
    finally:
        os.umask(before)


def test_a_first_publish_makes_the_copy(publishing: Shell) -> None:
    assert publishing.run("sync").code == 0
    assert _held(_copy(publishing)) == 250
    assert _mode(_copy(publishing)) == 0o600


def test_a_run_that_changed_nothing_leaves_the_copy_alone(publishing: Shell) -> None:
    assert publishing.run("sync").code == 0
    before = _copy(publishing).stat()
    assert publishing.run("sync").code == 0
    after = _copy(publishing).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_run_that_changed_something_puts_another_file_in_its_place(
    publishing: Shell, sandbox: Sandbox
) -> None:
    assert publishing.run("sync").code == 0
    before = _copy(publishing).stat().st_ino
    sandbox.source.insert(entry(900, now()))
    assert publishing.run("sync").code == 0
    assert _copy(publishing).stat().st_ino != before
    assert _held(_copy(publishing)) == 251


def test_who_holds_the_former_copy_keeps_it(publishing: Shell, sandbox: Sandbox) -> None:
    assert publishing.run("sync").code == 0
    with duckdb.connect(str(_copy(publishing)), read_only=True) as dashboard:
        sandbox.source.insert(entry(900, now()))
        assert publishing.process("sync").code == 0
        assert dashboard.execute("SELECT count(*) FROM audit_log").fetchall() == [(250,)]
        assert dashboard.execute("SELECT sum(entries) FROM activity_by_actor").fetchall() == [
            (250,)
        ]
    assert _held(_copy(publishing)) == 251


def test_a_run_that_is_to_end_stops_copying_and_the_former_copy_stays(publishing: Shell) -> None:
    assert publishing.run("sync").code == 0
    copy = _copy(publishing)
    before = copy.stat().st_ino
    database = Database(publishing.warehouse, hurried=lambda: True)
    with pytest.raises(InterruptedRunError, match="ETL_PUBLISH's copy was made; the next run"):
        publish(database, copy)
    database.close()
    assert copy.stat().st_ino == before
    assert [path for path in copy.parent.iterdir() if path.suffix == ".new"] == []


@pytest.mark.parametrize("mode", [0o640, 0o644])
def test_the_copys_mode_is_kept_so_that_readers_are_chosen_once(
    publishing: Shell, sandbox: Sandbox, mode: int
) -> None:
    assert publishing.run("sync").code == 0
    _copy(publishing).chmod(mode)
    sandbox.source.insert(entry(900, now()))
    assert publishing.run("sync").code == 0
    assert _mode(_copy(publishing)) == mode
    assert _mode(publishing.warehouse) == 0o600


def test_nothing_but_the_copy_is_left_in_its_folder(publishing: Shell) -> None:
    folder = publishing.folder / "readers"
    folder.mkdir()
    there = publishing.having(ETL_PUBLISH="readers/copy.duckdb")
    assert there.run("sync").code == 0
    assert [path.name for path in folder.iterdir()] == ["copy.duckdb"]


def test_a_copy_that_cannot_be_made_is_said_and_the_warehouse_is_whole(
    publishing: Shell, sandbox: Sandbox
) -> None:
    sandbox.source.insert(entry(900, now()))
    ran = publishing.having(ETL_PUBLISH="nowhere/copy.duckdb").run("sync")
    assert ran.code == 7
    assert "ETL_PUBLISH" in ran.complaint
    assert "1 new; 251 held here, 251 stated there, proven complete" in ran.out
    assert _held(publishing.warehouse) == 251
    assert publishing.run("status", "--max-age", "1h").code == 0


def test_of_a_stream_and_a_copy_that_both_fail_both_are_told_and_the_weightier_code_counts(
    synced: Shell,
) -> None:
    ran = synced.having(ETL_PUBLISH="nowhere/copy.duckdb", ETL_ACTOR_ID="user_1").run(
        "sync", "--json"
    )
    assert (ran.code, json.loads(ran.out)["status"]) == (3, "failed")
    stream, copy = ran.err.splitlines()
    assert stream.startswith("etl: org_demo: ")
    assert copy.startswith("etl: ETL_PUBLISH: ")


def test_a_copy_that_could_not_be_made_is_made_by_the_next_run_though_that_is_quiet(
    synced: Shell, sandbox: Sandbox
) -> None:
    readers, away = synced.folder / "readers", synced.folder / "away"
    readers.mkdir()
    publishing = synced.having(ETL_PUBLISH="readers/copy.duckdb")
    assert publishing.run("sync").code == 0
    sandbox.source.insert(entry(900, now()))
    readers.rename(away)
    assert publishing.run("sync").code == 7
    away.rename(readers)
    assert _held(readers / "copy.duckdb") == 250
    assert publishing.run("sync").code == 0
    assert _held(readers / "copy.duckdb") == 251


def test_publishing_over_the_warehouse_itself_is_a_wrong_setting(
    synced: Shell, sandbox: Sandbox
) -> None:
    for same in ("warehouse.duckdb", "./warehouse.duckdb", str(synced.warehouse)):
        assert synced.having(ETL_PUBLISH=same).run("sync").code == 3
    (synced.folder / "link.duckdb").symlink_to(synced.warehouse)
    assert synced.having(ETL_PUBLISH="link.duckdb").run("sync").code in (0, 3)
    assert _held(synced.warehouse) == 250
    assert not synced.warehouse.is_symlink()


def test_history_that_expired_or_vanished_is_published_as_a_change(
    publishing: Shell, sandbox: Sandbox
) -> None:
    assert publishing.run("sync").code == 0
    before = _copy(publishing).stat().st_ino
    sandbox.source.vanish("e00001")
    sandbox.source.insert(entry(900, now() - timedelta(minutes=1)))
    assert publishing.run("sync").code == 0
    assert _copy(publishing).stat().st_ino != before
    with duckdb.connect(str(_copy(publishing)), read_only=True) as reader:
        assert reader.execute("SELECT id, reason FROM absences").fetchall() == [
            ("e00001", "vanished")
        ]


def test_what_came_back_and_what_the_views_are_made_with_gets_into_the_copy_too(
    publishing: Shell, sandbox: Sandbox
) -> None:
    assert publishing.run("sync").code == 0
    (first, *_) = sandbox.source.entries()
    sandbox.source.vanish(str(first.id))
    assert publishing.run("verify", "--deep").code == 8
    sandbox.source.insert(first)
    assert publishing.run("verify", "--deep").code == 8
    with duckdb.connect(str(_copy(publishing)), read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM absent_entries").fetchall() == [(0,)]
    assert publishing.having(ETL_TIMEZONE="Asia/Tokyo").run("sync").code == 0
    with duckdb.connect(str(_copy(publishing)), read_only=True) as copy:
        assert copy.execute("SELECT etl_timezone()").fetchall() == [("Asia/Tokyo",)]


@pytest.mark.parametrize("what", ["text", "pipe"])
def test_a_copy_does_not_replace_what_is_no_copy(
    synced: Shell, sandbox: Sandbox, what: str
) -> None:
    """It waited for ever where nobody wrote into the pipe."""
    other = synced.folder / "other"
    if what == "text":
        other.write_text("a letter, of some length")
    else:
        os.mkfifo(other)
    sandbox.source.insert(entry(900, now()))
    ran = synced.having(ETL_PUBLISH="other").run("sync")
    told = "ETL_PUBLISH: other is no DuckDB file, and is left as it is"
    assert (ran.code, ran.complaint) == (7, told)
    assert stat.S_ISFIFO(other.stat().st_mode) or other.read_text().startswith("a letter")

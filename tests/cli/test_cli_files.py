"""The files that a sync writes: readable by their owner only, and the copy of ETL_PUBLISH."""

import json
import os
import stat
from pathlib import Path

import duckdb
import pytest
from shell import Shell, entry, now

from etl.errors import InterruptedRunError
from etl.sandbox.server import Sandbox
from etl.warehouse.database import Database
from etl.warehouse.publish import publish


@pytest.fixture
def publishing(synced: Shell) -> Shell:
    """A shell with a warehouse and a copy of it."""
    shell = synced.having(ETL_PUBLISH="copy.duckdb")
    assert shell.run("sync").code == 0
    return shell


def _copy(shell: Shell) -> Path:
    return shell.folder / "copy.duckdb"


def _in_copy(shell: Shell, sql: str = "SELECT count(*) FROM audit_log") -> object:
    with duckdb.connect(str(_copy(shell)), read_only=True) as reader:
        ((value,),) = reader.execute(sql).fetchall()
    return value


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_file_is_readable_by_its_owner_only(shell: Shell, sandbox: Sandbox) -> None:
    seen: set[tuple[str, int]] = set()

    def look(_: int) -> None:
        seen.update((path.name, _mode(path)) for path in shell.folder.iterdir())

    sandbox.service.faults = look
    assert shell.having(ETL_PUBLISH="copy.duckdb").run("sync").code == 0
    look(0)
    names = {path.name for path in shell.folder.iterdir()}
    assert names == {"warehouse.duckdb", "warehouse.duckdb.lock", "copy.duckdb"}
    assert {mode for _, mode in seen} == {0o600}


def test_a_run_without_changes_does_not_replace_the_copy(publishing: Shell) -> None:
    assert (_in_copy(publishing), _mode(_copy(publishing))) == (250, 0o600)
    before = _copy(publishing).stat()
    assert publishing.run("sync").code == 0
    after = _copy(publishing).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("change", ["new", "vanished", "returned", "views"])
def test_every_change_replaces_the_copy_and_keeps_its_mode(
    publishing: Shell, sandbox: Sandbox, change: str
) -> None:
    (first, *_) = sandbox.source.entries()
    absent = "SELECT count(*) FROM absent_entries"
    _copy(publishing).chmod(0o644)
    if change == "new":
        sandbox.source.insert(entry(900, now()))
        assert publishing.run("sync").code == 0
        assert _in_copy(publishing) == 251
    elif change == "views":
        assert publishing.having(ETL_TIMEZONE="Asia/Tokyo").run("sync").code == 0
        assert _in_copy(publishing, "SELECT etl_timezone()") == "Asia/Tokyo"
    else:
        sandbox.source.vanish(str(first.id))
        assert publishing.run("sync").code == 0
        assert _in_copy(publishing, absent) == 1
        if change == "returned":
            sandbox.source.insert(first)
            assert publishing.run("sync").code == 0
            assert _in_copy(publishing, absent) == 0
    assert (_mode(_copy(publishing)), _mode(publishing.warehouse)) == (0o644, 0o600)


def test_a_reader_keeps_the_copy_that_it_has_opened(publishing: Shell, sandbox: Sandbox) -> None:
    with duckdb.connect(str(_copy(publishing)), read_only=True) as dashboard:
        sandbox.source.insert(entry(900, now()))
        assert publishing.process("sync").code == 0
        assert dashboard.execute("SELECT count(*) FROM audit_log").fetchall() == [(250,)]
        total = dashboard.execute("SELECT sum(entries) FROM activity_by_actor").fetchall()
        assert total == [(250,)]
    assert _in_copy(publishing) == 251


def test_a_cancelled_run_stops_copying_and_keeps_the_previous_copy(publishing: Shell) -> None:
    before = _copy(publishing).stat().st_ino
    database = Database(publishing.warehouse, hurried=lambda: True)
    with pytest.raises(InterruptedRunError) as error:
        publish(database, _copy(publishing))
    database.close()
    told = "interrupted while writing the ETL_PUBLISH copy; the next run writes it"
    assert str(error.value) == told
    assert _copy(publishing).stat().st_ino == before
    assert not list(publishing.folder.glob(".copy*"))


@pytest.mark.parametrize(
    ("copy", "why"),
    [
        ("folder", ": Is a directory"),
        ("text", " is not a DuckDB file and is not replaced"),
        ("pipe", " is not a DuckDB file and is not replaced"),
    ],
)
def test_a_copy_that_cannot_be_written_exits_7_and_the_next_run_writes_it(
    synced: Shell, sandbox: Sandbox, copy: str, why: str
) -> None:
    (synced.folder / "folder").mkdir()
    (synced.folder / "text").write_text("a letter, of some length")
    os.mkfifo(synced.folder / "pipe")
    sandbox.source.insert(entry(900, now()))
    ran = synced.having(ETL_PUBLISH=copy).run("sync")
    assert (ran.code, ran.complaint) == (7, f"ETL_PUBLISH: {copy}{why}")
    assert "1 new; local 251, source 251, proven complete" in ran.out
    assert (synced.folder / "text").read_text() == "a letter, of some length"
    assert (synced.folder / "pipe").is_fifo()
    assert synced.having(ETL_PUBLISH="copy.duckdb").run("sync").code == 0
    assert _in_copy(synced) == 251


def test_a_failed_stream_and_a_failed_copy_are_both_reported(synced: Shell) -> None:
    (synced.folder / "folder").mkdir()
    ran = synced.having(ETL_PUBLISH="folder", ETL_ACTOR_ID="user_1").run("sync", "--json")
    assert (ran.code, json.loads(ran.out)["status"]) == (3, "failed")
    stream, copy = ran.err.splitlines()
    assert stream.startswith("etl: org_demo: ")
    assert copy.startswith("etl: ETL_PUBLISH: ")

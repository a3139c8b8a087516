"""A warehouse that cannot be used: exit 7 with one line, before any request, and left as it is."""

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from holding import held, unprivileged
from shell import Shell

from etl.sandbox.server import Sandbox

COMMANDS = (["sync"], ["status"], ["query", "SELECT 1"])
each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@each_command
@pytest.mark.parametrize(
    "content", [b"id,name\n1,x\n" * 2_000, b"\0" * 9_000, b"SQLite format 3\0" + b"\1" * 5_000]
)
def test_a_file_that_is_not_duckdb_is_refused_and_not_touched(
    shell: Shell, sandbox: Sandbox, command: list[str], content: bytes
) -> None:
    shell.warehouse.write_bytes(content)
    ran = shell.run(*command)
    assert ran.code == 7
    assert "warehouse.duckdb is not a DuckDB file" in ran.complaint
    assert shell.warehouse.read_bytes() == content
    assert not sandbox.requests


@each_command
def test_a_database_of_something_else_is_refused_and_not_touched(
    shell: Shell, sandbox: Sandbox, command: list[str]
) -> None:
    with duckdb.connect(str(shell.warehouse)) as other:
        other.execute("CREATE TABLE customers AS SELECT 1 AS id")
    before = shell.warehouse.read_bytes()
    ran = shell.run(*command)
    assert ran.code == 7
    assert "warehouse.duckdb" in ran.complaint
    assert "other tables" in ran.complaint
    assert shell.warehouse.read_bytes() == before
    assert not sandbox.requests


@each_command
def test_a_newer_schema_is_refused_and_not_touched(
    synced: Shell, sandbox: Sandbox, command: list[str]
) -> None:
    with duckdb.connect(str(synced.warehouse)) as newer:
        newer.execute("INSERT INTO schema_migrations VALUES (999, '999_future', now())")
    before = synced.warehouse.read_bytes()
    sandbox.requests.clear()
    ran = synced.run(*command)
    assert ran.code == 7
    assert "warehouse.duckdb" in ran.complaint
    assert "schema 999" in ran.complaint
    assert "upgrade" in ran.complaint
    assert synced.warehouse.read_bytes() == before
    assert not sandbox.requests


def test_a_warehouse_that_another_process_writes_is_refused_with_its_pid(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.requests.clear()
    with held(synced.warehouse, read_only=False) as pid:
        for command in COMMANDS:
            ran = synced.run(*command)
            assert ran.code == 7
            assert f"(PID {pid})" in ran.complaint
            assert "warehouse.duckdb" in ran.complaint
    assert not sandbox.requests
    assert synced.run("sync").code == 0


def test_a_sync_waits_for_no_reader_that_does_not_let_go_but_readers_share(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.requests.clear()
    with held(synced.warehouse, read_only=True) as pid:
        assert synced.run("query", "SELECT 1").code == 0
        ran = synced.run("sync")
    assert ran.code == 7
    assert f"(PID {pid})" in ran.complaint
    assert "ETL_PUBLISH" in ran.complaint
    assert not sandbox.requests


@pytest.mark.parametrize("command", [["sync"], ["verify"]])
def test_other_programs_read_an_object_for_each_organization_though_no_run_could_begin(
    synced: Shell, command: list[str]
) -> None:
    """There was none, so that who reads one object a line could not tell this from no stream."""
    two = synced.having(ETL_ORGANIZATION_ID="org_demo,org_other")
    with held(synced.warehouse, read_only=False) as pid:
        ran = two.run(*command, "--json")
    assert ran.code == 7
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [(one["organization_id"], one["status"]) for one in told] == [
        ("org_demo", "failed"),
        ("org_other", "failed"),
    ]
    assert all(f"(PID {pid})" in one["message"] for one in told)
    assert f"(PID {pid})" in ran.err


def test_a_sync_that_has_to_wait_goes_on_when_the_warehouse_is_let_go(synced: Shell) -> None:
    with held(synced.warehouse, read_only=False) as pid:
        waiting = synced.having(ETL_LOCK_WAIT_SECONDS="60").start("sync")
        ran = synced.run("sync")
        assert f"PID {pid}" in ran.complaint or f"PID {waiting.pid}" in ran.complaint
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, err) == (0, "")
    assert "proven complete" in out


@each_command
def test_a_folder_that_is_not_there_is_named(
    shell: Shell, sandbox: Sandbox, command: list[str]
) -> None:
    missing = shell.folder / "nowhere"
    ran = shell.having(ETL_WAREHOUSE=str(missing / "a.duckdb")).run(*command)
    assert ran.code == 7
    assert str(missing) in ran.complaint
    assert not missing.exists()
    assert not sandbox.requests


@each_command
def test_a_folder_in_place_of_the_file_is_refused(
    shell: Shell, sandbox: Sandbox, command: list[str]
) -> None:
    shell.warehouse.mkdir()
    ran = shell.run(*command)
    assert ran.code == 7
    assert "warehouse.duckdb" in ran.complaint
    assert not sandbox.requests


@pytest.mark.parametrize("command", [["status"], ["query", "SELECT 1"]], ids=" ".join)
def test_reading_before_the_first_sync_says_what_creates_the_warehouse(
    shell: Shell, command: list[str]
) -> None:
    ran = shell.run(*command)
    assert ran.code == 7
    assert "warehouse.duckdb does not exist; `etl sync` creates it" in ran.complaint
    assert not shell.warehouse.exists()


@each_command
@pytest.mark.parametrize("place", ["locked.duckdb", "locked/a.duckdb"])
def test_a_warehouse_without_permission_is_refused(
    synced: Shell, sandbox: Sandbox, command: list[str], place: str
) -> None:
    for everything in (["sync"], command):  # so that nothing is left to be imported
        assert synced.run(*everything).code == 0
    sandbox.requests.clear()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)  # noqa: S103 - so that nobody gets as far as the file
        warehouse, parent = Path(folder, place), Path(folder, "locked")
        parent.mkdir()
        warehouse.write_bytes(synced.warehouse.read_bytes())
        for locked in (warehouse, parent):
            locked.chmod(0)
        with unprivileged():
            there = replace(synced, folder=Path(folder)).having(ETL_WAREHOUSE=place)
            ran = there.run(*command)
        parent.chmod(0o700)
    assert ran.code == 7
    assert "locked" in ran.complaint
    assert "permission denied" in ran.complaint.lower()
    assert not sandbox.requests


def test_an_empty_file_is_filled_like_one_that_is_not_there(shell: Shell) -> None:
    shell.warehouse.touch()
    assert shell.run("sync").code == 0
    assert shell.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n250\n"


def test_nothing_is_left_beside_the_warehouse_but_its_lock(shell: Shell) -> None:
    assert shell.run("sync").code == 0
    names = {path.name for path in shell.folder.iterdir()}
    assert names == {"warehouse.duckdb", "warehouse.duckdb.lock"}


DAMAGED = (
    "warehouse.duckdb is damaged; put a copy of it in its place (such as ETL_PUBLISH makes), or "
    "move it away and run `etl sync`, which fetches all anew"
)


@pytest.mark.parametrize("part", [0.02, 0.5])
@pytest.mark.parametrize(
    "command", [["sync"], ["status"], ["query", "SELECT max(raw) FROM audit_log"]], ids=" ".join
)
def test_a_truncated_warehouse_is_called_damaged_and_what_to_do_is_said(
    shell: Shell, sandbox: Sandbox, command: list[str], part: float
) -> None:
    assert shell.run("sync").code == 0
    os.truncate(shell.warehouse, int(shell.warehouse.stat().st_size * part))
    ran = shell.run(*command)
    if ran.code:  # else nothing was read of what lacks
        assert (ran.code, ran.complaint.rpartition("/")[2]) == (7, DAMAGED)
    assert ran.code or (command[0], part) != ("status", 0.5)


def test_a_warehouse_whose_bytes_have_changed_is_called_damaged(
    shell: Shell, sandbox: Sandbox
) -> None:
    """Each block has a checksum. The entries' texts are most of what the file holds."""
    assert shell.run("sync").code == 0
    content = bytearray(shell.warehouse.read_bytes())
    for place in range(12_288, len(content), 200_000):
        content[place : place + 16] = bytes(16)
    shell.warehouse.write_bytes(content)
    ran = shell.run("query", "SELECT max(raw) FROM audit_log")
    assert (ran.code, ran.complaint.rpartition("/")[2]) == (7, DAMAGED)


def test_a_disk_that_is_full_from_the_beginning_is_told_in_one_line(prepared: Shell) -> None:
    """Not even the number of the process fits into the lock's file."""
    ran = prepared.with_files_of_at_most(0).process("sync")
    assert ran.code == 7
    assert "is the disk full?" in ran.complaint


def test_what_killed_runs_have_left_half_made_is_removed_by_the_next(shell: Shell) -> None:
    published = shell.folder / "copy.duckdb"
    half_made = [
        shell.folder / f".{name}.{number}.new{more}"
        for name in (shell.warehouse.name, published.name)
        for number in (7, 4_194_000)
        for more in ("", ".wal")
    ]
    mine = shell.folder / ".warehouse.duckdb.mine.new"
    for path in (*half_made, mine):
        path.write_bytes(b"x" * 9_000)
    assert shell.having(ETL_PUBLISH=str(published)).run("sync").code == 0
    assert not [path for path in half_made if path.exists()]
    assert mine.exists()


def test_a_device_is_no_warehouse_and_is_left_as_it_is(shell: Shell, sandbox: Sandbox) -> None:
    """It has no bytes, as a file that is to be filled: by rename, which would put it away."""
    pipe = shell.folder / "pipe.duckdb"
    os.mkfifo(pipe)
    ran = shell.having(ETL_WAREHOUSE=str(pipe)).run("sync")
    assert ran.code == 7
    assert ran.complaint == f"{pipe} is no file; name another one in ETL_WAREHOUSE"
    assert pipe.is_fifo()
    assert not sandbox.requests


def test_a_name_too_long_for_the_file_system_is_told_in_one_line(shell: Shell) -> None:
    ran = shell.having(ETL_WAREHOUSE="w" * 249).run("sync")
    assert ran.code == 7
    assert "File name too long" in ran.complaint

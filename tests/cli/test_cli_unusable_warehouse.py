"""A warehouse that cannot be used: exit code 7 with one line, before any request, and unchanged."""

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from holding import held, unprivileged
from shell import Shell

COMMANDS = (["sync"], ["status"], ["query", "SELECT max(raw) FROM audit_log"])
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])


def _text(path: Path) -> None:
    path.write_bytes(b"id,name\n1,x\n" * 2_000)


def _other_tables(path: Path) -> None:
    with duckdb.connect(str(path)) as other:
        other.execute("DROP TABLE schema_migrations")


def _newer_schema(path: Path) -> None:
    with duckdb.connect(str(path)) as newer:
        newer.execute("INSERT INTO schema_migrations VALUES (999, '999_future', now())")


def _newer_duckdb(path: Path) -> None:
    """Raises the version of the file's format, and corrects the checksum of its header."""
    content = bytearray(path.read_bytes())
    checksum = int.from_bytes(content[:8], "little")
    before = int.from_bytes(content[8:16], "little")  # DUCK, and the version
    after = before + (1_000 << 32)
    for word in (before, after):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[:16] = checksum.to_bytes(8, "little") + after.to_bytes(8, "little")
    path.write_bytes(content)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 50)


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "text": (_text, "is not a DuckDB file; set ETL_WAREHOUSE to another path"),
    "other tables": (_other_tables, "is a DuckDB file of another program; set ETL_WAREHOUSE to "),
    "newer schema": (_newer_schema, "has schema version 999, but this program supports versions "),
    "newer DuckDB": (_newer_duckdb, "was written by a newer version of DuckDB; upgrade the duckdb"),
    "folder": (_folder, r": IO Error: .*: Is a directory"),
    "pipe": (_pipe, "is not a regular file; set ETL_WAREHOUSE to another path"),
    "truncated": (
        _truncated,
        "is damaged; replace it with a backup, such as the ETL_PUBLISH copy, or move it away and "
        "run `etl sync` to fetch everything again",
    ),
}


@each_command
@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_not_a_usable_warehouse_is_refused_and_left_unchanged(
    synced: Shell, command: list[str], what: str
) -> None:
    make, told = BROKEN[what]
    make(synced.warehouse)
    before = synced.warehouse.is_file() and synced.warehouse.read_bytes()
    ran = synced.run(*command)
    assert ran.code == 7
    assert re.match(rf"(cannot open )?\S*warehouse\.duckdb ?{told}", ran.complaint), ran.complaint
    assert not before or synced.warehouse.read_bytes() == before
    assert before or not synced.warehouse.is_file()
    assert not synced.requests


def _without_tables(path: Path) -> None:
    duckdb.connect(str(path)).close()


@pytest.mark.parametrize("make", [Path.touch, _without_tables])
def test_an_empty_file_is_filled_by_sync(shell: Shell, make: Callable[[Path], None]) -> None:
    make(shell.warehouse)
    assert shell.run("query", "SELECT 1").code == 7
    assert shell.run("sync").code == 0
    assert shell.held == 250


ABSENT = [
    ("nowhere/a.duckdb", "nowhere"), ("w" * 249, "File name too long|does not exist"),
    ("absent.duckdb", "^absent.duckdb does not exist; `etl sync` creates it$"),
]  # fmt: skip


@each_command
@pytest.mark.parametrize(("path", "told"), ABSENT)
def test_a_path_without_a_file_is_named_and_only_sync_creates_it(
    shell: Shell, command: list[str], path: str, told: str
) -> None:
    ran = shell.having(ETL_WAREHOUSE=path).run(*command)
    if path == "absent.duckdb" and command[0] == "sync":
        assert ran.code == 0
    else:
        assert ran.code == 7
        assert re.search(told, ran.complaint)
        assert not shell.requests


@each_command
@pytest.mark.parametrize("place", ["locked/a.duckdb", "locked.duckdb"])
def test_a_missing_permission_is_named(synced: Shell, command: list[str], place: str) -> None:
    for everything in (["sync"], command):  # so that nothing is left to be imported
        assert synced.run(*everything).code == 0
    synced.requests.clear()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)  # noqa: S103 - so that everybody gets as far as the file
        Path(folder, "locked").mkdir(mode=0)
        shutil.copy(synced.warehouse, Path(folder, "locked.duckdb"))
        Path(folder, "locked.duckdb").chmod(0)
        there = replace(synced, folder=Path(folder)).having(ETL_WAREHOUSE=place)
        with unprivileged():
            ran = there.run(*command)
    assert ran.code == 7
    assert place in ran.complaint
    assert "permission denied" in ran.complaint.lower()
    assert not synced.requests


@pytest.mark.parametrize("read_only", [False, True])
def test_who_holds_the_warehouse_is_named(synced: Shell, read_only: bool) -> None:
    with held(synced.warehouse, read_only=read_only) as pid:
        told = (
            f"warehouse.duckdb is in use by {Path(sys.executable).resolve().name} (PID {pid}); "
            "close it and run again, and let readers use the copy that ETL_PUBLISH writes"
        )
        for command in COMMANDS:
            ran = synced.run(*command)
            if read_only and command[0] != "sync":
                assert ran.code == 0
            else:
                assert (ran.code, ran.complaint) == (7, told)
        assert not synced.requests
        two = synced.having(ETL_ORGANIZATION_ID="org_demo,org_other")
        for writing in ("sync", "verify"):
            objects = two.objects(writing)
            assert [one["organization_id"] for one in objects] == ["org_demo", "org_other"]
            assert {(one["status"], one["message"]) for one in objects} == {("failed", told)}
    assert synced.run("sync").code == 0


def test_a_missing_file_lock_is_an_error(synced: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(_: int, __: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    ran = synced.run("sync")
    told = "cannot lock warehouse.duckdb.lock: No locks available"
    assert (ran.code, ran.complaint) == (7, told)


@pytest.mark.parametrize("foreign", ["text", "another organization"])
def test_a_demo_does_not_replace_a_file_that_is_not_its_own(synced: Shell, foreign: str) -> None:
    demo = synced.folder / "demo.duckdb"
    shutil.copy(synced.warehouse, demo)
    if foreign == "text":
        _text(demo)
    else:
        with duckdb.connect(str(demo)) as connection:
            connection.execute("UPDATE streams SET organization_id = 'org_mine'")
    before = demo.read_bytes()
    ran = synced.run("demo")
    told = "demo.duckdb was not created by `etl demo`; move it away, or run in another folder"
    assert (ran.code, ran.complaint) == (7, told)
    assert demo.read_bytes() == before


@each_command
def test_a_damaged_log_beside_the_warehouse_says_what_to_move_away(
    synced: Shell, command: list[str]
) -> None:
    """As a process leaves it that was killed before a checkpoint; then a bit of it changed."""
    killed = (
        "import duckdb, os; c = duckdb.connect('warehouse.duckdb'); "
        "[c.execute(f'CREATE TABLE mine_{n} (x INTEGER)') for n in range(9)]; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed], cwd=synced.folder)
    log = synced.folder / "warehouse.duckdb.wal"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    ran = synced.run(*command)
    assert ran.code == 7
    assert ran.complaint.startswith(
        "warehouse.duckdb.wal, the log beside the warehouse, is damaged; "
    )
    log.rename(synced.folder / "elsewhere.wal")
    assert synced.run(*command).code == 0
    assert synced.held == 250

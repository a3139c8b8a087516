"""What is said where a warehouse cannot be used, or not in this way, word for word."""

import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from holding import Hold, a_sync_that_is_waiting, held, unprivileged
from shell import Shell

from etl.sandbox.server import Sandbox

PYTHON = Path(sys.executable).resolve().name


def test_other_filters_are_told_with_those_that_the_warehouse_holds(
    synced: Shell, sandbox: Sandbox
) -> None:
    ran = synced.having(ETL_ACTOR_ID="user_1", ETL_ACTION_TYPE="created").run("sync")
    wanted = '{"action_type": "created", "actor_id": "user_1"}'
    assert ran.complaint == (
        f"org_demo: warehouse.duckdb holds org_demo from {sandbox.url} with filters {{}}, not from "
        f"{sandbox.url} with {wanted}; name another file in ETL_WAREHOUSE"
    )


def test_a_second_sync_is_told_that_nothing_is_lost(prepared: Shell, sandbox: Sandbox) -> None:
    with a_sync_that_is_waiting(prepared, sandbox) as pid:
        ran = prepared.run("sync")
    assert ran.complaint == (
        f"warehouse.duckdb is being synced by another process (PID {pid}); it goes on there, "
        "nothing is lost"
    )


def test_a_sync_that_is_asked_to_end_says_what_is_kept(prepared: Shell, sandbox: Sandbox) -> None:
    hold = sandbox.service.faults = Hold()
    started = prepared.start("sync")
    assert hold.reached.wait(60)
    started.send_signal(signal.SIGTERM)
    _, err = started.communicate(timeout=60)
    hold.let_go.set()
    told = "etl: org_demo: interrupted; what was fetched is kept, the next run goes on\n"
    assert (started.returncode, err) == (6, told)


@pytest.mark.parametrize("command", [["sync"], ["query", "SELECT 1"]], ids=" ".join)
def test_whoever_holds_the_warehouse_is_named_with_what_to_do(
    synced: Shell, command: list[str]
) -> None:
    with held(synced.warehouse, read_only=False) as pid:
        ran = synced.run(*command)
    assert (ran.code, ran.complaint) == (
        7,
        f"warehouse.duckdb is in use by {PYTHON} (PID {pid}); end it or run again later, and let "
        "readers use the copy that ETL_PUBLISH makes",
    )


def _as_of_a_later_version(path: Path) -> None:
    """Raises the version of the file's format, and mends the checksum of the words it is in."""
    content = bytearray(path.read_bytes())
    checksum = int.from_bytes(content[:8], "little")
    before = int.from_bytes(content[8:16], "little")  # DUCK, and the version
    after = before + (1_000 << 32)
    for word in (before, after):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[:16] = checksum.to_bytes(8, "little") + after.to_bytes(8, "little")
    path.write_bytes(content)


@pytest.mark.parametrize("command", [["sync"], ["status"]], ids=" ".join)
def test_a_file_of_a_newer_duckdb_says_what_to_upgrade(synced: Shell, command: list[str]) -> None:
    _as_of_a_later_version(synced.warehouse)
    ran = synced.run(*command)
    told = "warehouse.duckdb was written by a newer DuckDB; upgrade this program's duckdb"
    assert (ran.code, ran.complaint) == (7, told)


@pytest.mark.parametrize("command", [["sync"], ["status"]], ids=" ".join)
def test_what_cannot_be_opened_is_told_with_the_reason(shell: Shell, command: list[str]) -> None:
    shell.warehouse.mkdir()
    ran = shell.run(*command)
    assert ran.code == 7
    told = r"warehouse\.duckdb cannot be opened: IO Error: .*warehouse\.duckdb.*: Is a directory"
    assert re.fullmatch(told, ran.complaint), ran.complaint


def test_a_folder_that_takes_files_but_shows_none_is_told_when_the_warehouse_is_made(
    synced: Shell,
) -> None:
    assert synced.run("sync").code == 0  # so that nothing is left to be imported
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        box = Path(folder, "box")
        box.mkdir()
        box.chmod(0o333)
        there = replace(synced, folder=Path(folder)).having(ETL_WAREHOUSE="box/a.duckdb")
        with unprivileged():
            ran = there.run("sync")
        box.chmod(0o700)
        assert [path.name for path in box.iterdir()] == ["a.duckdb.lock"]
    assert (ran.code, ran.complaint) == (7, "box/a.duckdb: Permission denied")


def test_a_view_that_fails_is_told_with_what_duckdb_says_of_it(ours: Shell, folder: Path) -> None:
    (folder / "views" / "10_mine.sql").write_text("CREATE VIEW mine AS\nSELECT * FROM nowhere;")
    ran = ours.run("sync")
    told = r"ETL_SQL_DIR: 10_mine\.sql fails: Catalog Error: Table with name nowhere .*!"
    assert ran.code == 3
    assert re.fullmatch(told, ran.complaint), ran.complaint


def _latin(path: Path) -> None:
    path.write_bytes(b"-- f\xfcr mich\nSELECT 1;")


@pytest.mark.parametrize(
    ("make", "why"), [(_latin, "it is not UTF-8 text"), (Path.mkdir, "Is a directory")]
)
def test_a_file_of_the_users_that_cannot_be_read_is_told_with_the_reason(
    ours: Shell, folder: Path, make: Callable[[Path], None], why: str
) -> None:
    make(folder / "views" / "10_mine.sql")
    ran = ours.run("sync")
    assert (ran.code, ran.complaint) == (3, f"ETL_SQL_DIR: 10_mine.sql cannot be read: {why}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"SELECT 'colour', '$.x'", "no such field: colour"),
        (b"SELECT 'entity_name', NULL", "a field or a path is no text"),
        (b"SELECT 'entity_name'", "a row holds 1 value, not 2"),
        (b"SELECT 'entity_name', '$.x', 3", "a row holds 3 values, not 2"),
        (b"", "it holds no statement"),
        (b"-- nothing yet\n", "it holds no statement"),
        (b"SELECT '\xfc'", "it is not UTF-8 text"),
    ],
)
def test_spellings_that_are_none_are_told_with_what_is_wrong(
    ours: Shell, folder: Path, text: bytes, why: str
) -> None:
    (folder / "spellings.sql").write_bytes(text)
    ran = ours.run("sync")
    told = f"org_demo: ETL_SQL_DIR: spellings.sql wants rows of (field, JSON path): {why}"
    assert (ran.code, ran.complaint) == (3, told)


@pytest.mark.parametrize(
    ("copy", "why"),
    [("nowhere/copy.duckdb", "No such file or directory"), ("sql", "Is a directory")],
)
def test_a_copy_that_cannot_be_made_is_told_with_its_path_and_the_reason(
    synced: Shell, folder: Path, copy: str, why: str
) -> None:
    ran = synced.having(ETL_PUBLISH=copy).run("sync")
    assert (ran.code, ran.complaint) == (7, f"ETL_PUBLISH: {copy}: {why}")


def test_a_pipe_is_no_warehouse_and_nobody_waits_for_who_writes_into_it(shell: Shell) -> None:
    os.mkfifo(shell.warehouse)
    for command in ("sync", "status"):
        ran = shell.run(command)
        told = "warehouse.duckdb is no file; name another one in ETL_WAREHOUSE"
        assert (ran.code, ran.complaint) == (7, told)

"""Syncs that are killed, interrupted, blocked or out of disk space: nothing stored is lost."""

import fcntl
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count, islice

import duckdb
import msgspec
import pytest
from holding import held, syncing
from shell import ROOT, TIMEOUT, Shell, entry, now

from etl.sandbox.server import Sandbox

SIGNALS = [signal.SIGTERM, signal.SIGINT]
COUNTS = "SELECT count(*), count(DISTINCT id) FROM audit_log"

DYING = """
import os, signal
from etl.warehouse.database import Database

def die_at(owner, name, left, after):
    call = getattr(owner, name)
    def wrapped(*arguments, **named):
        nonlocal left
        left -= 1
        result = call(*arguments, **named) if left or after else None
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, wrapped)

die_at(%s)
"""


STEPS = (
    "os, 'fsync', 1", "os, 'replace', 1",  # a new warehouse, written under a temporary name
    "Database, '_detach', 2", "Database, '_detach', 5",  # the schema, the entries
    "os, 'fsync', 3", "os, 'replace', 2",  # the copy, written under a temporary name
)  # fmt: skip


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_first_sync_that_is_killed_at_any_step_is_completed_by_the_next(
    shell: Shell, step: str, after: bool
) -> None:
    (shell.folder / "sitecustomize.py").write_text(DYING % f"{step}, {after}")
    copying = shell.having(ETL_PUBLISH="copy.duckdb")
    dying = copying.having(PYTHONPATH=f"{shell.folder}:{ROOT}")
    assert dying.process("sync").code == -signal.SIGKILL
    files = [path for path in shell.folder.glob("*.duckdb*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} <= {0o600}
    copy = shell.having(ETL_WAREHOUSE="copy.duckdb")
    if (shell.folder / "copy.duckdb").exists():
        assert copy.rows(COUNTS) == ["250,250"]
    ran = copying.run("sync")
    assert (ran.code, ran.err) == (0, "")
    assert "local 250, source 250, proven complete" in ran.out
    assert shell.rows(COUNTS) == copy.rows(COUNTS) == ["250,250"]
    assert not list(shell.folder.glob("*.new*"))


def test_a_sync_that_is_killed_repeatedly_is_completed_by_the_next(
    prepared: Shell, long: Sandbox
) -> None:
    for request in (1, 2, 3, 5, 8, 13):
        with syncing(prepared, long, at=request) as process:
            process.kill()
            process.communicate()
        assert (prepared.folder / "warehouse.duckdb.lock").exists()
        rows, ids = prepared.rows(COUNTS)[0].split(",")
        assert rows == ids
    ran = prepared.run("sync")
    assert (ran.code, ran.err) == (0, "")
    assert prepared.rows(COUNTS) == ["3000,3000"]


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupted_sync_stores_what_it_has_fetched_and_the_next_resumes(
    prepared: Shell, long: Sandbox, number: signal.Signals
) -> None:
    slow = prepared.having(ETL_CONCURRENCY="1", ETL_PUBLISH="copy.duckdb")
    with syncing(slow, long, at=12) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 6
    assert "NOT proven" in out
    (line,) = err.splitlines()
    assert line.startswith("etl: org_demo: interrupted; what was fetched is kept, the next run ")
    kept = prepared.held
    assert kept >= 700
    long.requests.clear()
    assert prepared.run("sync").code == 0
    assert len(long.requests) <= (3_000 - kept) // 100 + 8
    assert prepared.rows(COUNTS) == ["3000,3000"]


@contextmanager
def waiting(shell: Shell) -> Iterator["subprocess.Popen[str]"]:
    """A sync in a process of its own, which has logged that it waits for somebody."""
    patient = shell.having(ETL_LOCK_WAIT_SECONDS="3600", ETL_LOG_LEVEL="debug")
    process = patient.start("sync")
    try:
        assert process.stderr is not None
        assert any("waiting for it" in line for line in process.stderr)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("blocked_by", ["sync", "reader"])
def test_a_waiting_sync_ends_when_it_is_interrupted(
    prepared: Shell, blocked_by: str, number: signal.Signals
) -> None:
    with ExitStack() as stack:
        if blocked_by == "sync":
            path = prepared.warehouse.with_name("warehouse.duckdb.lock")
            fcntl.flock(stack.enter_context(path.open("w")), fcntl.LOCK_EX)
        else:
            stack.enter_context(duckdb.connect(str(prepared.warehouse), read_only=True))
        process = stack.enter_context(waiting(prepared))
        process.send_signal(number)
        out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out) == (6, "")
    told = [line for line in err.splitlines() if line.startswith("etl: ")]
    assert told == ["etl: interrupted before the first request"]
    assert not prepared.requests
    assert prepared.run("sync").code == 0


def reading(shell: Shell, sandbox: Sandbox, at: int = 1) -> list[duckdb.DuckDBPyConnection]:
    """A reader that opens the warehouse at a request; the list holds it from then on."""
    readers: list[duckdb.DuckDBPyConnection] = []
    asked = count(1)

    def read(_: int) -> None:
        if next(asked) == at:
            readers.append(duckdb.connect(str(shell.warehouse), read_only=True))

    sandbox.service.faults = read
    return readers


@pytest.mark.parametrize(("token", "code", "told"), [(None, 6, "interrupted"), ("wrong", 4, "401")])
def test_a_sync_that_waits_to_store_its_result_ends_when_it_is_interrupted(
    synced: Shell, sandbox: Sandbox, token: str | None, code: int, told: str
) -> None:
    readers = reading(synced, sandbox)
    with waiting(synced.having(ETL_API_TOKEN=token) if token else synced) as process:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=TIMEOUT)
    readers.pop().close()
    assert process.returncode == code, err
    assert told in err.splitlines()[-1]
    assert "Traceback" not in err
    assert synced.run("sync").code == 0


def test_a_waiting_sync_runs_when_the_warehouse_is_released(prepared: Shell) -> None:
    with ExitStack() as stack:
        holder = stack.enter_context(ExitStack())
        holder.enter_context(held(prepared.warehouse, read_only=False))
        process = stack.enter_context(waiting(prepared))
        holder.close()
        out, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    assert "proven complete" in out


def test_a_sync_that_cannot_store_stops_fetching(prepared: Shell, sandbox: Sandbox) -> None:
    """At most two batches are in memory, each of about thirteen pages of entries this long."""
    padding, long_ago = {"padding": "x" * 16_000}, now() - timedelta(days=11)
    made = (entry(1_000 + n, long_ago - timedelta(minutes=5 * n)) for n in range(6_000))
    sandbox.source.insert(*(msgspec.structs.replace(each, metadata=padding) for each in made))
    readers = reading(prepared, sandbox, at=9)
    with waiting(prepared.having(ETL_CONCURRENCY="2")) as process:
        assert process.stderr is not None
        waits = (line for line in process.stderr if "waiting for it" in line)
        assert len(list(islice(waits, 15))) == 15
        assert len(sandbox.requests) < 40  # of about 65
        readers.pop().close()
        out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, err
    assert "proven complete" in out


def test_a_second_sync_is_refused_and_readers_are_not(synced: Shell, sandbox: Sandbox) -> None:
    with syncing(synced, sandbox) as first:
        ran = synced.run("sync")
        assert (ran.code, ran.complaint) == (
            7,
            f"warehouse.duckdb is being synced by another process (PID {first.pid}); wait until "
            "it ends, or increase ETL_LOCK_WAIT_SECONDS",
        )
        assert synced.held == 250
        assert synced.run("status").code == 0


@pytest.mark.parametrize("room", [None, 40_000])
def test_a_full_disk_is_one_line_and_what_was_stored_before_stays(
    prepared: Shell, long: Sandbox, room: int | None
) -> None:
    assert prepared.run("sync", "--max-requests", "11").code == 6
    before = prepared.held
    size = 0 if room is None else prepared.warehouse.stat().st_size + room
    ran = replace(prepared, largest_file=size).process("sync")
    assert ran.code == 7
    assert ran.complaint.removeprefix("org_demo: ") == (
        "cannot write to warehouse.duckdb; is the disk full? Committed data may be in "
        "warehouse.duckdb.wal: keep both files, free some disk space and run again"
    )
    assert prepared.held >= before
    assert prepared.run("sync").code == 0
    assert prepared.rows(COUNTS) == ["3000,3000"]

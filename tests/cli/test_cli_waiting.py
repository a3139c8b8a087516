"""A sync that waits for somebody else's turn to end, and is asked to end itself."""

import errno
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice

import duckdb
import msgspec
import pytest
from shell import Shell, entry, now

from etl.sandbox.server import Sandbox

SIGNALS = [signal.SIGTERM, signal.SIGINT]
PATIENT = {"ETL_LOCK_WAIT_SECONDS": "30", "ETL_LOG_LEVEL": "debug"}


@contextmanager
def waiting(shell: Shell) -> Iterator["subprocess.Popen[str]"]:
    """A sync in a process of its own that has said that it waits."""
    process = shell.having(**PATIENT).start("sync")
    try:
        assert process.stderr is not None
        assert any("waiting for it" in line for line in process.stderr)
        yield process
    finally:
        process.kill()
        process.communicate()


def reading(shell: Shell, sandbox: Sandbox, after: int = 0) -> list[duckdb.DuckDBPyConnection]:
    """Somebody who begins to read the warehouse, once, after so many requests: in the list then."""
    readers: list[duckdb.DuckDBPyConnection] = []

    def read(_: int) -> None:
        if len(sandbox.requests) == after:
            readers.append(duckdb.connect(str(shell.warehouse), read_only=True))

    sandbox.service.faults = read
    return readers


def ended(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[str, str]:
    """What it has printed, on either stream, by its end, to which it comes within two seconds."""
    began = time.monotonic()
    process.send_signal(number)
    printed = process.communicate(timeout=60)
    assert time.monotonic() - began < 2
    return printed


def ends_at_once(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    out, err = ended(process, number)
    assert process.returncode == 6, err
    told = [line for line in err.splitlines() if line.startswith("etl: ")]
    assert len(told) == 1, err
    assert "interrupted" in told[0]
    assert "Traceback" not in err
    assert out == ""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_sync_that_waits_for_another_sync_ends_at_once_when_it_is_asked_to(
    prepared: Shell, sandbox: Sandbox, number: signal.Signals
) -> None:
    with prepared.warehouse.with_name("warehouse.duckdb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with waiting(prepared) as process:
            ends_at_once(process, number)
    assert not sandbox.requests
    assert prepared.run("sync").code == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_sync_that_waits_for_a_reader_ends_at_once_when_it_is_asked_to(
    prepared: Shell, sandbox: Sandbox, number: signal.Signals
) -> None:
    with duckdb.connect(str(prepared.warehouse), read_only=True), waiting(prepared) as process:
        ends_at_once(process, number)
    assert not sandbox.requests
    assert prepared.run("sync").code == 0


def test_a_sync_whose_commit_waits_for_a_reader_ends_at_once_when_it_is_asked_to(
    synced: Shell, sandbox: Sandbox
) -> None:
    """What it had fetched is not stored, for that needs the file; the next sync fetches it."""
    readers = reading(synced, sandbox)
    with waiting(synced) as process:
        _, err = ended(process, signal.SIGTERM)
    readers.pop().close()
    sandbox.service.faults = lambda _: None
    assert process.returncode == 6, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert synced.run("sync").code == 0


def test_a_refused_sync_that_waits_for_a_reader_to_record_it_ends_at_once_when_it_is_asked_to(
    synced: Shell, sandbox: Sandbox
) -> None:
    readers = reading(synced, sandbox)
    with waiting(synced.having(ETL_API_TOKEN="wrong")) as process:
        _, err = ended(process, signal.SIGTERM)
    readers.pop().close()
    assert process.returncode == 4, err
    assert "answered 401" in err
    assert "Traceback" not in err


def test_fetching_waits_where_loading_does_so_that_memory_does_not_grow_with_the_history(
    prepared: Shell, sandbox: Sandbox
) -> None:
    """One full batch that waits for a reader to be stored, another one meanwhile, and no more."""
    long, pages = {"padding": "x" * 16_000}, 30  # a batch is seven pages of entries so long
    sandbox.source.insert(
        *(
            msgspec.structs.replace(
                entry(1_000 + n, now() - timedelta(minutes=15 * n)), metadata=long
            )
            for n in range(100 * pages)
        )
    )
    readers = reading(prepared, sandbox, after=8)
    with waiting(prepared.having(ETL_CONCURRENCY="2")) as process:
        assert process.stderr is not None
        still = islice((line for line in process.stderr if "waiting for it" in line), 15)
        assert len(list(still)) == 15
        # The last days, of which there are more pages late in the day, are not fetched ahead.
        ahead = [asked for asked in sandbox.requests if "to_date" in asked.params]
        assert 14 < len(ahead) < 20
        readers.pop().close()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "proven complete" in out


def test_a_file_system_without_locks_is_told_as_that_and_not_as_another_sync(
    synced: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_: int, __: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    ran = synced.having(ETL_LOCK_WAIT_SECONDS="60").run("sync")
    told = "warehouse.duckdb.lock cannot be locked: No locks available"
    assert (ran.code, ran.complaint) == (7, told)

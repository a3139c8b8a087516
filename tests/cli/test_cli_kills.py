"""A real process, ended by force or asked to end: what it had is kept, and the next one goes on."""

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from shell import Shell, entry, now

from etl.sandbox.server import Sandbox
from etl.sandbox.service import Fault

ENTRIES = 3_000


@pytest.fixture
def long(sandbox: Sandbox) -> Sandbox:
    """A log whose first sync takes some thirty requests."""
    newest = now() - timedelta(hours=1)
    made = (entry(n, newest - timedelta(minutes=11 * n)) for n in range(1_000, ENTRIES + 750))
    sandbox.source.insert(*made)
    return sandbox


class SignalAt:
    """Sends a signal to the process that makes the so manyth request from here on."""

    def __init__(self, request: int, number: signal.Signals) -> None:
        self.left = request
        self.number = number
        self.send: Callable[[signal.Signals], None] | None = None
        self.sent_at = 0.0

    def __call__(self, _: int) -> Fault | None:
        self.left -= 1
        if self.left == 0 and self.send is not None:
            self.sent_at = time.monotonic()
            self.send(self.number)
        return None


def _held(shell: Shell) -> tuple[str, str]:
    sql = "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM audit_log"
    n, ids = shell.run("query", sql).out.splitlines()[1].split(",")
    return n, ids


def test_a_sync_that_is_killed_again_and_again_loses_nothing_and_comes_to_its_end(
    prepared: Shell, long: Sandbox
) -> None:
    total = str(ENTRIES)
    for kill in (1, 2, 3, 5, 8, 13, 21):
        blow = long.service.faults = SignalAt(kill, signal.SIGKILL)
        process = prepared.start("sync")
        blow.send = process.send_signal
        process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        n, ids = _held(prepared)
        assert n == ids
    long.service.faults = lambda _: None
    ran = prepared.process("sync")
    assert (ran.code, ran.err) == (0, "")
    assert f"{ENTRIES:,} held here, {ENTRIES:,} stated there, proven complete" in ran.out
    assert _held(prepared) == (total, total)


def test_a_first_sync_that_is_killed_at_any_instant_leaves_nothing_that_the_next_cannot_mend(
    shell: Shell, sandbox: Sandbox
) -> None:
    """While the file is made, while it is written to, while a copy is put in place for readers."""
    published = shell.folder / "copy.duckdb"
    publishing = shell.having(ETL_PUBLISH=str(published))
    began = time.monotonic()
    assert publishing.process("sync").code == 0
    took = time.monotonic() - began
    content = _content(shell.warehouse)
    for part in range(5, 13, 3):
        for path in shell.folder.iterdir():
            path.unlink()
        process = publishing.start("sync")
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=took * part / 12)
        process.kill()
        process.communicate()
        if published.exists():
            assert _content(published) == content
        ran = publishing.run("sync")
        assert ran.code == 0, ran.err
        assert "250 held here, 250 stated there, proven complete" in ran.out
        assert _content(shell.warehouse) == _content(published) == content
        assert not [path.name for path in shell.folder.iterdir() if ".new" in path.name]


def _content(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT id, raw FROM audit_log ORDER BY id").fetchall()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sync_that_is_asked_to_end_commits_all_it_has_asked_for_and_exits_6_at_once(
    prepared: Shell, long: Sandbox, number: signal.Signals
) -> None:
    blow = long.service.faults = SignalAt(12, number)
    process = prepared.having(ETL_PUBLISH="copy.duckdb").start("sync")  # which waits for the next
    blow.send = process.send_signal
    out, err = process.communicate(timeout=60)
    took = time.monotonic() - blow.sent_at
    assert process.returncode == 6, err
    assert took < 2
    assert "Traceback" not in err
    assert "NOT proven" in out
    kept = int(_held(prepared)[0])
    assert kept >= 700  # all of the twelve that were asked for; some overlap, or only count
    long.service.faults = lambda _: None
    long.requests.clear()
    assert prepared.run("sync").code == 0
    assert len(long.requests) <= (ENTRIES - kept) // 100 + 8
    assert int(_held(prepared)[0]) == ENTRIES


def test_a_full_disk_is_told_in_one_line_and_what_was_stored_before_stays(
    prepared: Shell, long: Sandbox
) -> None:
    assert prepared.having(ETL_MAX_REQUESTS="11").run("sync").code == 6
    before = int(_held(prepared)[0])
    room = prepared.warehouse.stat().st_size + 40_000
    ran = prepared.with_files_of_at_most(room).process("sync")
    assert ran.code == 7
    assert ran.complaint == (
        "org_demo: warehouse.duckdb cannot be written to; is the disk full? What was committed "
        "stays in warehouse.duckdb.wal beside it: keep both, make room and run again"
    )
    assert int(_held(prepared)[0]) >= before
    assert prepared.run("sync").code == 0
    assert _held(prepared) == (str(ENTRIES), str(ENTRIES))

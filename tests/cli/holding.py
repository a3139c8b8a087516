"""Whoever keeps others waiting: a process that holds a file, a sandbox that does not answer."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shell import Shell

from etl.sandbox.server import Sandbox


@contextmanager
def held(path: Path, *, read_only: bool) -> Iterator[int]:
    """Another process holds a DuckDB file; its PID."""
    program = (
        "import duckdb, sys\n"
        f"held = duckdb.connect(sys.argv[1], read_only={read_only})\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
        holder.communicate()


@contextmanager
def unprivileged() -> Iterator[None]:
    """Files that belong to root, and only to root, cannot be opened here."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@dataclass(frozen=True, slots=True)
class Hold:
    """Keeps the sandbox from answering its next request until it is let go."""

    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _: int) -> None:
        self.reached.set()
        assert self.let_go.wait(60)


@contextmanager
def a_sync_that_is_waiting(shell: Shell, sandbox: Sandbox) -> Iterator[int]:
    """A sync in a process of its own is in the middle of its first request; its PID."""
    hold = Hold()
    sandbox.service.faults = hold
    first = shell.start("sync")
    try:
        assert hold.reached.wait(60)
        yield first.pid
    finally:
        hold.let_go.set()
        out, err = first.communicate(timeout=60)
    assert (first.returncode, err) == (0, "")
    assert "proven complete" in out

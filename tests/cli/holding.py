"""Helpers that block others: a process that holds a file, a sandbox that does not respond."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shell import TIMEOUT, Shell

from etl.sandbox.server import Sandbox


@contextmanager
def held(path: Path, *, read_only: bool) -> Iterator[int]:
    """Another process holds a DuckDB file; yields its PID."""
    program = (
        "import duckdb, sys\n"
        f"held = duckdb.connect(sys.argv[1], read_only={read_only})\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
        holder.communicate()


@contextmanager
def unprivileged() -> Iterator[None]:
    """Files that only root may open cannot be opened here."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@dataclass(slots=True)
class Hold:
    """A fault: the sandbox does not respond, from its request number `at` on, until released."""

    at: int = 1
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _: int) -> None:
        self.at -= 1
        if self.at <= 0:
            self.reached.set()
            assert self.released.wait(TIMEOUT)


@contextmanager
def syncing(shell: Shell, sandbox: Sandbox, at: int = 1) -> Iterator["subprocess.Popen[str]"]:
    """Yields a sync in a process of its own, which waits for the response to a request."""
    hold = sandbox.service.faults = Hold(at)
    process = shell.start("sync")
    try:
        assert hold.reached.wait(TIMEOUT)
        yield process
    finally:
        hold.released.set()
        sandbox.service.faults = lambda _: None
        if process.returncode is None:
            process.kill()
            process.communicate()

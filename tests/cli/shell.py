"""Runs `etl` as users run it: as a process, or as `main()` in this process, which is faster."""

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from subprocess import PIPE
from typing import Any
from unittest.mock import patch

from etl.cli.main import main
from etl.run.job import Job
from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.service import Asked, Fault
from etl.settings import load

ROOT = Path(__file__).parents[2]
TIMEOUT = 120
"""Seconds after which a process that hangs fails its test; nothing else depends on it."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that failed."""
        assert self.code != 0, self.out
        assert "Traceback" not in self.err
        (line,) = self.err.splitlines()
        assert line.startswith("etl: "), line
        return line.removeprefix("etl: ")


@dataclass(frozen=True, slots=True)
class Shell:
    """A working directory, and the environment of the commands that are run in it."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    largest_file: int | None = None  # of the processes that are run, in bytes
    requests: list[Asked] = field(default_factory=list)  # of the sandbox

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def having(self, **env: str | None) -> "Shell":
        """The same with other variables; None removes one."""
        merged = {name: value for name, value in {**self.env, **env}.items() if value is not None}
        return replace(self, env=merged)

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        """Runs `main()` in this process, with pipes for streams."""
        out, err = StringIO(), StringIO()
        before = os.umask(0o022), os.getcwd()
        try:
            os.chdir(self.folder)
            with (
                patch.dict(os.environ, _environment(self.env), clear=True),
                patch.object(sys, "stdin", StringIO(stdin)),
                redirect_stdout(out),
                redirect_stderr(err),
            ):
                try:
                    code = main(arguments)
                except SystemExit as exit_:
                    code = exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code))
        finally:
            os.umask(before[0])
            os.chdir(before[1])
        return Ran(code, out.getvalue(), err.getvalue())

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """Runs a command with `--json`, and returns its objects."""
        return [json.loads(line) for line in self.run(*arguments, "--json").out.splitlines()]

    def rows(self, sql: str) -> list[str]:
        """Runs a query, and returns its rows as lines of CSV."""
        ran = self.run("query", sql)
        assert (ran.code, ran.err) == (0, "")
        return ran.out.splitlines()[1:]

    @property
    def held(self) -> int:
        """The number of rows of `audit_log`."""
        return int(self.rows("SELECT count(*) FROM audit_log")[0])

    def synced_ago(self, ago: timedelta) -> None:
        """Runs a sync whose clock is behind by some time."""
        given = {name.removeprefix("ETL_").lower(): value for name, value in self.env.items()}
        settings = load(given | {"warehouse": str(self.warehouse)})
        (result,) = asyncio.run(Job(settings, clock=lambda: now() - ago).run())
        assert result.status == "complete"

    def process(self, *arguments: str, stdin: str = "") -> Ran:
        """Runs a process to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(stdin, timeout=TIMEOUT)
        return Ran(process.returncode, out, err)

    def start(
        self, *arguments: str, stdin: int = PIPE, stdout: int = PIPE, stderr: int = PIPE
    ) -> "subprocess.Popen[str]":
        """Starts a process, with pipes for streams unless others are given."""
        size = self.largest_file
        return subprocess.Popen(
            [sys.executable, "-m", "etl", *arguments],
            cwd=self.folder,
            env=_environment(self.env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            preexec_fn=None
            if size is None
            else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        )


def received(terminal: int) -> str:
    """Reads the other end of a terminal until it is closed."""
    told = b""
    with suppress(OSError):  # Linux: the other end has been closed
        while chunk := os.read(terminal, 65_536):
            told += chunk
    os.close(terminal)
    return told.decode()


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **env}


def settings_of(url: str, organization_id: str = ORGANIZATION_ID) -> dict[str, str]:
    """The environment to sync from a sandbox, without retries and without waiting for locks."""
    return {
        "ETL_API_BASE_URL": url,
        "ETL_API_TOKEN": TOKEN,
        "ETL_ORGANIZATION_ID": organization_id,
        "ETL_MAX_ATTEMPTS": "1",
        "ETL_LOCK_WAIT_SECONDS": "0",
    }


def entry(number: int, moment: datetime, organization_id: str = ORGANIZATION_ID) -> Entry:
    """An ordinary entry."""
    return Entry(
        at=microseconds(moment), id=f"e{number:05}", organization_id=organization_id,
        entity_type="role_assignment", action_type="assigned", entity_name=f"Role {number % 7}",
        actor_id=f"user_{number % 5}", actor_name=f"Person {number % 5}",
        actor_email=f"person{number % 5}@example.com", department_id=f"dep_{number % 3}",
        department_name=f"Department {number % 3}", previous_value=None,
        new_value={"role": number % 7}, metadata={"ip": "192.0.2.1"},
    )  # fmt: skip


def at_request(number: int, fault: Fault) -> Callable[[int], Fault | None]:
    """A fault at one of the following requests, the next being 1."""
    asked = count(1)
    return lambda _: fault if next(asked) == number else None


def now() -> datetime:
    return datetime.now(UTC)

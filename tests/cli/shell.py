"""`etl` as its users run it: as a process, or `main()` here where no process is needed."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import StringIO
from itertools import count
from pathlib import Path
from subprocess import PIPE
from unittest.mock import patch

from etl.cli.main import main
from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.service import Fault

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

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
    """A folder to stand in, and the environment of the commands run there."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    largest_file: int | None = None  # of the processes that are run, in bytes

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def having(self, **env: str | None) -> "Shell":
        """The same with other variables; None takes one away."""
        merged = {name: value for name, value in {**self.env, **env}.items() if value is not None}
        return replace(self, env=merged)

    def with_files_of_at_most(self, size: int) -> "Shell":
        """The same, where the disk is full once a file is so large."""
        return replace(self, largest_file=size)

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

    def process(self, *arguments: str, stdin: str = "") -> Ran:
        """Runs a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "etl", *arguments],
            cwd=self.folder,
            env=_environment(self.env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=self._limit,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def _limit(self) -> None:
        if self.largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))

    def start(
        self, *arguments: str, stdin: int = PIPE, stdout: int = PIPE, stderr: int = PIPE
    ) -> "subprocess.Popen[str]":
        """Starts a process of its own, with pipes for streams unless told otherwise."""
        return subprocess.Popen(
            [sys.executable, "-m", "etl", *arguments],
            cwd=self.folder,
            env=_environment(self.env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )


def received(terminal: int) -> str:
    """All that is written to a terminal, from its other end, until nobody holds it any more."""
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
    """The environment in which a sandbox is synced; failures are reported at the first attempt."""
    return {
        "ETL_API_BASE_URL": url,
        "ETL_API_TOKEN": TOKEN,
        "ETL_ORGANIZATION_ID": organization_id,
        "ETL_MAX_ATTEMPTS": "1",
        "ETL_LOCK_WAIT_SECONDS": "0",
    }


def entry(number: int, moment: datetime, organization_id: str = ORGANIZATION_ID) -> Entry:
    """A plain entry."""
    return Entry(
        at=microseconds(moment),
        id=f"e{number:05}",
        organization_id=organization_id,
        entity_type="role_assignment",
        action_type="assigned",
        entity_name=f"Role {number % 7}",
        actor_id=f"user_{number % 5}",
        actor_name=f"Person {number % 5}",
        actor_email=f"person{number % 5}@example.com",
        department_id=f"dep_{number % 3}",
        department_name=f"Department {number % 3}",
        previous_value=None,
        new_value={"role": number % 7},
        metadata={"ip": "192.0.2.1"},
    )


def at_request(number: int, fault: Fault) -> Callable[[int], Fault | None]:
    """A fault at the `number`th request from here on, the first being 1."""
    asked = count(1)
    return lambda _: fault if next(asked) == number else None


def now() -> datetime:
    return datetime.now(UTC)

"""Programs started, measured by what the kernel says they took, and ended."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PACKAGE = "tests.bench"  # also where pytest has imported this as "bench"
TOKEN, ORGANIZATION = "sandbox-token", "org_demo"  # the sandbox's
LONGEST = 1800.0  # seconds, then a program is ended
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


class BenchError(Exception):
    """A program did not do what is to be measured: no figure is better than a wrong one."""


@dataclass(frozen=True, slots=True)
class Took:
    """A finished program: seconds by the clock and of all its threads' CPU, and peak in bytes."""

    out: str
    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Serving:
    """What the sandbox serves: made-up entries over so many days up to now, and how."""

    entries: int
    days: int = 400
    latency_ms: float = 0
    per_minute: int | None = None
    burst: int = 0
    dialect: Mapping[str, object] = field(default_factory=dict)
    keep: bool = False  # pages that were asked for once are not made again


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the sandbox has answered; `at` is in seconds."""

    at: float
    status: int
    target: str


class Sandbox:
    """The sandbox's process, seen from here."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        assert program.stdin
        assert program.stdout
        self._wishes, self._answers = program.stdin, program.stdout
        self.url: str = self._heard()["url"]

    def insert(self, entries: int, days_late: int = 0) -> None:
        """So many new entries come, the last of them of now, or of so many days ago."""
        self._tell({"insert": entries, "days_late": days_late})

    def asked(self) -> list[Asked]:
        """The requests since this was last called, oldest first."""
        return [Asked(*one) for one in self._tell({"asked": True})["asked"]]

    def _tell(self, wish: dict[str, object]) -> dict[str, Any]:
        print(json.dumps(wish), file=self._wishes, flush=True)
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._answers.readline() or "{}")
        if not heard:
            raise BenchError("the sandbox has ended by itself")
        return heard


@contextmanager
def sandbox(serving: Serving, folder: Path) -> Iterator[Sandbox]:
    """A sandbox in a process of its own, for as long as the block runs."""
    command, pipe = _module("server", json.dumps(asdict(serving))), subprocess.PIPE
    # It also ends where its standard input does: with this process, however that ends.
    with subprocess.Popen(
        command, cwd=folder, env=environment(), text=True, stdin=pipe, stdout=pipe
    ) as program:
        try:
            yield Sandbox(program)
        finally:
            program.kill()


class Program:
    """A program on its way, in a folder of its own; as a context, it does not outlive the block."""

    def __init__(self, command: Sequence[str], folder: Path, **settings: str) -> None:
        self._named, self._folder = " ".join(command[1:4]), folder
        env = environment() | settings
        self._began = time.perf_counter()
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            self._process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=err)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def ended(self) -> Took:
        """Waits for its end. BenchError where it fails or takes longer than `LONGEST`."""
        watchdog = threading.Timer(LONGEST, self._process.kill)
        watchdog.start()
        try:
            # Of this child alone, and with its peak: what `resource` gives is of all of them.
            _, status, usage = os.wait4(self._process.pid, 0)
        finally:
            watchdog.cancel()
        wall = time.perf_counter() - self._began
        self._process.returncode = os.waitstatus_to_exitcode(status)
        out, err = ((self._folder / name).read_text("utf-8").strip() for name in ("out", "err"))
        if self._process.returncode != 0:
            last = (err.splitlines() or ["without a word"])[-1]
            raise BenchError(f"{self._named} failed ({self._process.returncode}): {last}")
        return Took(out, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _PEAK_UNIT)


def etl(folder: Path, *arguments: str, url: str = "") -> Program:
    """`etl` as its users run it, against a sandbox, with a warehouse in this folder."""
    return Program(
        [sys.executable, "-m", "etl", *arguments],
        folder,
        ETL_API_BASE_URL=url or "http://127.0.0.1:9",
        ETL_API_TOKEN=TOKEN,
        ETL_ORGANIZATION_ID=ORGANIZATION,
        ETL_WAREHOUSE=str(folder / "w.duckdb"),
    )


def measured(program: Program) -> Took:
    """What a program took, once it has ended."""
    with program:
        return program.ended()


def synced(folder: Path, url: str) -> tuple[Took, dict[str, Any]]:
    """`etl sync`, and what it reported."""
    took = measured(etl(folder, "sync", "--json", url=url))
    return took, reported(took)


def reported(took: Took) -> dict[str, Any]:
    """What `etl sync --json` said. BenchError where it did not end complete."""
    report: dict[str, Any] = json.loads(took.out)
    if report["status"] != "complete":
        raise BenchError(f"etl sync ended {report['status']}: {report['message']}")
    return report


def helper(folder: Path, name: str, *arguments: str) -> Took:
    """Another module of this package, as a process of its own."""
    return measured(Program(_module(name, *arguments), folder))


def environment() -> dict[str, str]:
    """Ours without any ETL_ setting, and with this checkout before what is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ETL_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"{PACKAGE}.{name}", *arguments]

"""The parts of the benchmark, and what they have measured, against what it must reach."""

import math
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value in `unit`. `most` and `least` are what it may be, None where anything;
    `note` says what is behind it."""

    part: str
    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the bounds hold; None where there are none."""
        if not self.bound:
            return None
        return (self.least or 0) <= self.value <= (math.inf if self.most is None else self.most)

    @property
    def bound(self) -> str:
        if self.most is not None:
            return f"≤ {_number(self.most)}"
        return "" if self.least is None else f"≥ {_number(self.least)}"

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"reached": self.reached}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure. `small`: a tenth of everything, to see that it works."""

    folder: Path
    small: bool
    runs: int

    def sized(self, entries: int) -> int:
        return entries // 10 if self.small else entries

    def within(self, name: str) -> "Plan":
        """The same, in a folder of its own."""
        folder = self.folder / name
        folder.mkdir()
        return replace(self, folder=folder)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its figures come as soon as each is measured."""

    name: str
    summary: str
    measure: Callable[[Plan], Iterator[Figure]]
    asked_for: bool = False  # only measured where it is named


def pages(entries: int) -> int:
    """Pages of 100 that hold so many entries."""
    return -(-entries // 100)


def say(what: str) -> None:
    """How far it is, on stderr."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


def table(figures: Sequence[Figure], *, small: bool = False) -> str:
    """A Markdown table; where the sizes were `small` the bounds are shown and nothing is judged."""
    rows = [("figure", "measured", "bound", "reached", "")]
    for figure in figures:
        verdict = "" if figure.reached is None or small else "yes" if figure.reached else "NO"
        measured = f"{_number(figure.value)} {figure.unit}".rstrip()
        rows.append((figure.name, measured, figure.bound, verdict, figure.note))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    rows.insert(1, tuple("-" * width for width in widths))
    lines = (map(str.ljust, row, widths) for row in rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def spread(values: Sequence[float]) -> str:
    """The least and the greatest, as a note."""
    return f"{min(values):.2f} to {max(values):.2f}"


def machine() -> dict[str, str]:
    """What the figures were measured on, and when."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "httpx", "msgspec"))
    told = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.*)", told.read_text("utf-8") if told.exists() else "")
    processor = named[1] if named else platform.processor() or platform.machine()
    return {
        "processor": f"{usable} cores, {processor}",
        "system": f"{platform.system()}, Python {platform.python_version()}, {packages}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        # Times by the clock mean little where others want the same cores.
        "busy": f"{os.getloadavg()[0]:.1f} programs ran or wanted to, in the last minute",
    }


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"

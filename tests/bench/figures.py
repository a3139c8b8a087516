"""What was measured, against what it must reach; as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value in `unit`, None where there was nothing to measure.

    `most` and `least` are what it may be, None where anything; `note` says what is behind it.
    """

    part: str
    name: str
    value: float | None
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the bounds hold; None where there are none."""
        if self.most is None and self.least is None:
            return None
        if self.value is None:
            return False
        enough = self.least is None or self.value >= self.least
        return enough and (self.most is None or self.value <= self.most)

    @property
    def bound(self) -> str:
        if self.most is not None:
            return f"≤ {_number(self.most)}"
        return "" if self.least is None else f"≥ {_number(self.least)}"

    def as_json(self) -> dict[str, object]:
        bounds = {"at_most": self.most, "at_least": self.least}
        named = {"part": self.part, "figure": self.name, "value": self.value, "unit": self.unit}
        return {**named, **bounds, "reached": self.reached, "note": self.note}


def table(figures: Sequence[Figure], *, small: bool = False) -> str:
    """A Markdown table; where the sizes were `small` the bounds are shown and nothing is judged."""
    rows = [("figure", "measured", "bound", "reached", "")]
    for figure in figures:
        verdict = "" if figure.reached is None or small else "yes" if figure.reached else "NO"
        measured = f"{_number(figure.value)} {figure.unit}".rstrip()
        rows.append((figure.name, measured, figure.bound, verdict, figure.note))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def machine() -> dict[str, str]:
    """What the figures were measured on, and when."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "httpx", "msgspec"))
    return {
        "processor": f"{usable} cores, {_processor()}",
        "system": f"{platform.system()}, Python {platform.python_version()}, {packages}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        # Times by the clock mean little where others want the same cores.
        "busy": f"{os.getloadavg()[0]:.1f} programs ran or wanted to, in the last minute",
    }


def _processor() -> str:
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        described = []
    models = (line.partition(":")[2].strip() for line in described if "model name" in line)
    return next(models, platform.processor() or platform.machine())


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"

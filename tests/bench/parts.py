"""What the parts of the benchmark have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .figures import Figure


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure. `small`: a tenth of everything, to see that it works."""

    folder: Path
    small: bool = False
    runs: int = 5
    days: int = 400

    def sized(self, entries: int) -> int:
        return entries // 10 if self.small else entries

    def within(self, name: str) -> Plan:
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

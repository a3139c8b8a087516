"""Temporary files, and the removal of those that killed runs have left behind."""

import glob
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

_STALE_SECONDS = 86_400.0
"""A scratch folder that has not changed for this long is not in use."""


def unfinished(path: Path) -> Path:
    """The temporary name under which this process writes the file at `path`."""
    return path.parent / f".{path.name}.{os.getpid()}.new"


def scratch(path: Path) -> Path:
    """A folder next to the file at `path` for data that does not fit in memory, unique per process.

    Before version 2.0, DuckDB processes with the same folder overwrite each other's files, then
    read wrong values or crash. The PID is not enough: it can be the same in two containers.
    """
    return path.parent / f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp"


def remove_unfinished(path: Path) -> None:
    """Removes the temporary files and scratch folders that killed processes have left for `path`.

    The caller must hold the lock of `only_sync`, so no other process writes temporary files.
    Readers may still use their scratch folders.
    """
    named = re.compile(rf"\.{re.escape(path.name)}\.\d+\.new(\.wal)?")
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if named.fullmatch(left.name):
            with suppress(OSError):
                left.unlink()
    folder = re.compile(rf"\.{re.escape(path.name)}\.\d+-[0-9a-f]{{8}}\.tmp")
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with suppress(OSError):
            if folder.fullmatch(left.name) and time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left)

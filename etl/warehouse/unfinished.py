"""How files are made: private, under a temporary name, and what killed runs have left of them."""

import glob
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

_STALE_SECONDS = 86_400.0
"""A scratch folder that has not changed for this long is not in use."""


@contextmanager
def private_files() -> Iterator[None]:
    """Only the owner can read the files that are made meanwhile."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


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


def sync_to_disk(path: Path) -> None:
    """Waits until a file and its entry in its folder are on the disk."""
    for target in (path, path.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

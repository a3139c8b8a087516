"""Files that have another name until they are whole, and what killed runs have left of them."""

import glob
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

_STALE_SECONDS = 86_400.0
"""A folder into which nothing has been put for so long is nobody's any more."""


def unfinished(path: Path) -> Path:
    """The name under which this process makes the file at `path`."""
    return path.parent / f".{path.name}.{os.getpid()}.new"


def scratch(path: Path) -> Path:
    """A folder beside the file at `path` for what does not fit into memory, and no other's.

    DuckDB before 2.0 writes over what another process keeps in the same folder, and that one then
    reads wrong values, or crashes. The number of a process alone can be the same in two containers.
    """
    return path.parent / f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp"


def remove_unfinished(path: Path) -> None:
    """Removes what killed processes have left of the making of `path`, and of their memory.

    Only for who holds the lock of `only_sync`: nobody else is making one then. But others may be
    reading, and use folders of theirs.
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

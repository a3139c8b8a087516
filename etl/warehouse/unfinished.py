"""Files that have another name until they are whole, and what killed runs have left of them."""

import glob
import os
import re
from contextlib import suppress
from pathlib import Path


def unfinished(path: Path) -> Path:
    """The name under which this process makes the file at `path`."""
    return path.parent / f".{path.name}.{os.getpid()}.new"


def remove_unfinished(path: Path) -> None:
    """Removes what killed processes have left of the making of `path`.

    Only for who holds the lock of `only_sync`: nobody else is making one then.
    """
    named = re.compile(rf"\.{re.escape(path.name)}\.\d+\.new(\.wal)?")
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if named.fullmatch(left.name):
            with suppress(OSError):
                left.unlink()

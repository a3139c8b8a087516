"""A lock that allows one sync at a time on a warehouse; a second one would repeat its requests.

The warehouse file is open only for short times (see `warehouse.database`), so that others can read
it. This lock, on a file next to it, is held for the whole run. The operating system releases it
when the process ends, even if it is killed.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from etl.errors import WarehouseError
from etl.warehouse.database import folder_of

_RETRY_SECONDS = 0.1

log = logging.getLogger("etl.run")


@asynccontextmanager
async def only_sync(warehouse: Path, wait: float) -> AsyncIterator[None]:
    """Holds the lock of a warehouse.

    Raises WarehouseError with the PID of the holder after `wait` seconds. It polls, since a
    blocking `flock` in a thread cannot be cancelled.
    """
    try:
        import fcntl
    except ImportError:  # Windows: only DuckDB's own lock applies
        yield
        return
    path = warehouse.with_name(warehouse.name + ".lock")
    try:
        folder_of(warehouse)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WarehouseError(f"{path}: {error.strerror}") from None
    try:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise WarehouseError(_held(warehouse, descriptor)) from None
                log.debug("%s is being synced by another process; waiting for it", warehouse)
                await asyncio.sleep(_RETRY_SECONDS)
            except OSError as error:  # such as a network file system without locks
                raise WarehouseError(f"cannot lock {path}: {error.strerror}") from None
        with contextlib.suppress(OSError):  # full disk: others are not told the PID
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _held(warehouse: Path, descriptor: int) -> str:
    holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return (
        f"{warehouse} is being synced by another process (PID {holder or 'unknown'}); wait until "
        "it ends, or increase ETL_LOCK_WAIT_SECONDS"
    )

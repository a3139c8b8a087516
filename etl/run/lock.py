"""One sync at a time on a warehouse: a second one would ask the API for the same pages again.

The warehouse itself is held only for moments (see `warehouse.database`), so that readers get their
turn; this lock, on a file beside it, is held for the whole run and ends with the process, however
that ends.
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
    """Holds the lock of a warehouse. WarehouseError after `wait` seconds, naming who holds it.

    Whoever waits can be cancelled: to try again and again is the only wait that ends by a signal.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system: DuckDB's own must do
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
                    holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
                    raise WarehouseError(
                        f"{warehouse} is being synced by another process "
                        f"(PID {holder or 'unknown'}); it goes on there, nothing is lost"
                    ) from None
                log.debug("%s is being synced by another process; waiting for it", warehouse)
                await asyncio.sleep(_RETRY_SECONDS)
            except OSError as error:  # such as a network's file system that knows no locks
                raise WarehouseError(f"{path} cannot be locked: {error.strerror}") from None
        with contextlib.suppress(OSError):  # a full disk: who waits is told of no PID then
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)

"""Work that blocks, kept out of the event loop so that a signal is heard meanwhile."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def to_its_end(work: Callable[[], T]) -> T:
    """Runs work in a thread, to its end even where this task is cancelled, however often."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()  # the cancellation is told instead: asyncio need not print this one
        raise cancelled
    return task.result()


def cancelled() -> Callable[[], bool]:
    """Tells, in any thread, whether the task that runs now has been asked to end."""
    task = asyncio.current_task()
    return lambda: task is not None and task.cancelling() > 0

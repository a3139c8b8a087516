"""The copy for readers, at the end of a run."""

import asyncio
from pathlib import Path

from etl.errors import InterruptedRunError
from etl.run.waiting import to_its_end
from etl.warehouse.database import Database
from etl.warehouse.publish import NOT_PUBLISHED, publish, stale


async def publish_copy(database: Database, target: Path) -> None:
    """Puts the copy for readers in place, where it lacks a change."""
    finished = False

    def work() -> None:
        nonlocal finished
        if stale(database, target):
            publish(database, target)
        finished = True

    try:
        await to_its_end(work)
    except asyncio.CancelledError:
        if not finished:
            raise InterruptedRunError(NOT_PUBLISHED) from None

"""A whole run: the warehouse made ready, each stream brought up to date, the copy published."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import httpx

from etl import __version__
from etl.client.http import Client
from etl.engine.run import Run
from etl.engine.sync import sync
from etl.engine.verify import Difference
from etl.errors import InterruptedRunError, WarehouseError
from etl.run.local import checked
from etl.run.lock import only_sync
from etl.run.opening import open_database, real_path
from etl.run.publishing import publish_copy
from etl.run.result import DEEP, StreamResult
from etl.run.stream import StreamRun
from etl.run.waiting import cancelled, to_its_end
from etl.settings import Settings
from etl.warehouse import derive, mapping
from etl.warehouse.database import Database
from etl.warehouse.mapping import Mapping
from etl.warehouse.unfinished import private_files, remove_unfinished

Report = Callable[[str, int, int | None, int], None]
"""Told after each page: organization, entries fetched, total stated, requests made."""

Told = Callable[[StreamResult], None]
"""Told of each stream's outcome as soon as it is known, whatever then becomes of the run."""

Work = Callable[[Run], Awaitable[list[Difference] | None]]
"""What a run does with each stream: `sync`, `verify` or `deep` of the engine."""

log = logging.getLogger("etl.run")


async def sync_work(run: Run) -> None:
    """The work of `etl sync`."""
    await sync(run)


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is made of. `transport`, `client`, `engine` and `clock` are given by tests."""

    settings: Settings
    command: str = "sync"
    work: Work = sync_work
    report: Report = lambda *_: None
    told: Told = lambda _: None
    transport: httpx.AsyncBaseTransport | None = None
    client: Callable[[Settings], Client] | None = None
    engine: duckdb.DuckDBPyConnection | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def connect(self) -> Client:
        if self.client is not None:
            return self.client(self.settings)
        return Client(self.settings, transport=self.transport)

    async def run(self) -> list[StreamResult]:
        """Brings every organization up to date; errors of one do not stop the others.

        Raises ConfigurationError and WarehouseError where nothing can be begun at all, and
        InterruptedRunError where it is cancelled before that.
        """
        settings = self.settings
        settings.require_source()
        if settings.publish and not settings.publish.parent.is_dir():
            folder = settings.publish.parent
            raise WarehouseError(f"ETL_PUBLISH: the folder {folder} does not exist")
        with private_files():
            return await self._run()

    async def _run(self) -> list[StreamResult]:
        settings = self.settings
        warehouse, publish = real_path(settings.warehouse), settings.publish
        publish = publish and real_path(publish)
        database = open_database(settings, engine=self.engine, hurried=cancelled())
        try:
            async with only_sync(warehouse, settings.lock_wait_seconds):
                for path in filter(None, (warehouse, publish)):
                    remove_unfinished(path)
                mapped = await to_its_end(lambda: self._mapping(database))
                await to_its_end(lambda: self._prepare(database, mapped))
                results = await self._streams(database, mapped)
                if publish and not database.hurried():
                    await publish_copy(database, publish)
                return results
        except asyncio.CancelledError:
            raise InterruptedRunError("interrupted before the first request") from None
        finally:
            database.close()

    def _mapping(self, database: Database) -> Mapping:
        settings = self.settings
        return mapping.read(database, settings.sql_dir, settings.ignore_fields)

    def _prepare(self, database: Database, mapped: Mapping) -> None:
        """Brings the warehouse up to date, and its rows if they were read by another mapping."""
        before = database.prepare(self.clock(), lambda: derive.in_force(database))
        if before is None or before.definition != mapped.definition:
            number = derive.read_again(database, mapped, __version__, self.clock)
            if number:
                text = "the mapping has changed: columns of %s entries were read again from raw"
                log.warning(text, f"{number:,}")

    def _altered(self, database: Database) -> list[StreamResult]:
        """Before every entry is read again: the copies that were changed by hand."""
        if self.command != DEEP:
            return []
        with database.attached(read_only=True):
            copies = checked(database, self.settings.organization_id)
        return [
            StreamResult(
                copy.organization_id,
                "incomplete",
                warehouse_total=copy.held,
                command=self.command,
                problems=tuple(copy.problems),
                message=f"{copy.problems[0]} (see `etl verify --local`)",
            )
            for copy in copies
            if copy.problems
        ]

    async def _streams(self, database: Database, mapped: Mapping) -> list[StreamResult]:
        results = await to_its_end(lambda: self._altered(database))
        for result in results:
            self.told(result)
        altered = {result.organization_id for result in results}
        async with self.connect() as client:
            for organization in self.settings.organization_id:
                if organization in altered:
                    continue
                stream = StreamRun(self, database, client, organization, mapped)
                results.append(await stream.run())
                self.told(results[-1])
                if database.hurried():
                    break
        return results

"""A whole sync: the warehouse made ready, each stream's plan followed, the outcome recorded."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import httpx

from etl import __version__
from etl.client.http import Client
from etl.errors import EtlError, InterruptedRunError
from etl.plan.learned import Learned
from etl.plan.model import Plan
from etl.plan.ranges import Range, Verdict
from etl.plan.sync import sync_plan
from etl.run.binding import check_binding, filters_text
from etl.run.driver import follow
from etl.run.lock import only_sync
from etl.run.result import DEEP, VERIFY, StreamResult
from etl.run.session import Session
from etl.run.waiting import cancelled, to_its_end
from etl.settings import Settings
from etl.warehouse import ledger, spellings
from etl.warehouse.database import Database
from etl.warehouse.load import Loader, Tally
from etl.warehouse.publish import NOT_PUBLISHED, publish, stale
from etl.warehouse.schema import Views
from etl.warehouse.unfinished import remove_unfinished

Report = Callable[[str, int, int | None, int], None]
"""Told after each page: organization, entries fetched, total stated, requests made."""

Told = Callable[[StreamResult], None]
"""Told of each stream's outcome as soon as it is known, whatever then becomes of the run."""

_TOLD = 3
"""So many stretches of unproven days are named; `etl status` names all."""

_NOTHING = ledger.Totals(0, None, None, None, complete=False)

log = logging.getLogger("etl.run")


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is made of. `transport`, `client`, `engine` and `clock` are given by tests."""

    settings: Settings
    command: str = "sync"
    plan: Callable[[Learned], Plan] = sync_plan
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
        """Runs every organization's plan; errors of one do not keep the others from running.

        Raises ConfigurationError and WarehouseError where nothing can be begun at all, and
        InterruptedRunError where it is cancelled before that.
        """
        settings = self.settings
        settings.require_source()
        database = open_database(settings, engine=self.engine, hurried=cancelled())
        try:
            async with only_sync(settings.warehouse, settings.lock_wait_seconds):
                for path in filter(None, (settings.warehouse, settings.publish)):
                    remove_unfinished(path)
                await to_its_end(lambda: database.prepare(self.clock()))
                results = await self._streams(database)
                if settings.publish and not database.hurried():
                    await _publish(database, settings.publish)
                return results
        except asyncio.CancelledError:
            raise InterruptedRunError("interrupted before anything was asked for") from None
        finally:
            database.close()

    async def _streams(self, database: Database) -> list[StreamResult]:
        results: list[StreamResult] = []
        async with self.connect() as client:
            for organization in self.settings.organization_id:
                stream = _StreamRun(self, database, client, organization)
                results.append(await stream.run())
                self.told(results[-1])
                if database.hurried():
                    break
        return results


class _StreamRun:
    def __init__(self, job: Job, database: Database, client: Client, organization_id: str) -> None:
        self._job = job
        self._database = database
        self._client = client
        self._organization_id = organization_id
        self._began = time.monotonic()
        self._requests_before = client.requests
        now = job.clock()
        settings = job.settings
        self._run: dict[str, object] = {
            "run_id": f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:12]}",
            "organization_id": organization_id,
            "command": job.command,
            "run_started_at": now.isoformat(),
            "history_from": settings.from_date and settings.from_date.isoformat(),
            "version": __version__,
            "api_base_url": settings.api_base_url,
            "filters": filters_text(settings),
        }
        self._now = now
        self._learned: Learned | None = None
        self._totals, self._tally = _NOTHING, Tally()
        self._reasons: list[str] = []
        self._purge: ledger.Purge | None = None

    async def run(self) -> StreamResult:
        loader: Loader | None = None
        error: EtlError | None = None
        try:
            begun, learned = await to_its_end(self._begin)
            loader, self._learned = begun, learned
            session = Session(
                self._client,
                begun,
                self._organization_id,
                self._job.settings.filters(),
                learned,
                lambda *told: self._job.report(self._organization_id, *told),
            )
            await follow(self._job.plan(learned), session)
        except EtlError as caught:
            error = caught
        except asyncio.CancelledError:
            error = InterruptedRunError(
                "interrupted; what was fetched is kept, the next run goes on"
            )
        try:
            await to_its_end(lambda: self._conclude(loader, error))
        except EtlError as caught:
            error = error or caught
        except asyncio.CancelledError:
            error = error or InterruptedRunError("interrupted while the outcome was recorded")
        return self._result(error)

    def _begin(self) -> tuple[Loader, Learned]:
        settings = self._job.settings
        stream = ledger.Stream(self._organization_id, settings.from_date)
        with self._database.attached(read_only=True):
            check_binding(self._database, settings, self._organization_id)
            state, zone = ledger.read_state(
                self._database, stream, self._now.date(), settings.lookback_days
            )
            state = replace(state, filtered=frozenset(settings.filters()))
            if self._job.command == DEEP:
                state = replace(state, reread=tuple(self._left(stream, Verdict.COMPLETE)))
            if self._job.command == VERIFY:
                state = replace(state, counted=self._left(stream, Verdict.COUNTED))
            spelled = spellings.read(self._database, settings.sql_dir)
            loader = Loader(self._database, self._run, zone, state, spelled, self._job.clock)
        return loader, Learned.of(state)

    def _left(self, stream: ledger.Stream, verdict: Verdict) -> dict[Range, int]:
        """What interrupted runs of this command have left for this one."""
        command = self._job.command
        return ledger.read_interrupted(self._database, stream, command, verdict, self._now)

    def _conclude(self, loader: Loader | None, error: EtlError | None) -> None:
        """Records the outcome where the last commit could not, and reads what is to be told."""
        if loader is None:
            return
        loader.finish(self._requests, str(error) if error else None)
        self._totals, self._tally = loader.totals, loader.tally
        if not self._totals.complete or self._tally.vanished:
            run_id = str(self._run["run_id"])
            with self._database.attached(read_only=True):
                self._reasons = ledger.read_unproven(self._database, self._organization_id)
                self._purge = ledger.read_purge(self._database, self._organization_id, run_id)

    @property
    def _requests(self) -> int:
        return self._client.requests - self._requests_before

    def _result(self, error: EtlError | None) -> StreamResult:
        totals = self._totals
        status = "complete" if totals.complete else "incomplete"
        if error is not None:
            status = "incomplete" if error.exit_code == 6 else "failed"
        differences = tuple(self._learned.differences) if self._learned else ()
        return StreamResult(
            organization_id=self._organization_id,
            command=self._job.command,
            differences=differences,
            purge=self._purge,
            status=status,
            requests=self._requests,
            **asdict(self._tally),
            source_total=totals.source_total,
            source_total_as_of=totals.source_total_as_of,
            warehouse_total=totals.known,
            watermark=totals.watermark,
            seconds=time.monotonic() - self._began,
            message=_message(error, [] if totals.complete else self._reasons),
            error=error,
        )


async def _publish(database: Database, target: Path) -> None:
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


def _message(error: EtlError | None, unproven: list[str]) -> str | None:
    """Why a run is not complete: what ended it, and the first of the days that are not proven."""
    told = unproven[:_TOLD] + [f"and {len(unproven) - _TOLD} more"] * (len(unproven) > _TOLD)
    days = "; ".join(told)
    if error is None:
        return days or None
    return f"{error}; not proven: {days}" if days else str(error)


def open_database(
    settings: Settings,
    *,
    lock_wait: float | None = None,
    engine: duckdb.DuckDBPyConnection | None = None,
    hurried: Callable[[], bool] = lambda: False,
) -> Database:
    """The warehouse of these settings; whatever it writes is for its owner's eyes only."""
    os.umask(0o077)
    views = Views(settings.timezone, settings.working_hours, settings.sql_dir)
    wait = settings.lock_wait_seconds if lock_wait is None else lock_wait
    return Database(settings.warehouse, lock_wait=wait, views=views, engine=engine, hurried=hurried)

"""A whole run: the warehouse made ready, each stream brought up to date, the outcome recorded."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import uuid4

import duckdb
import httpx

from etl import __version__
from etl.client.http import Client
from etl.engine.model import Ledger
from etl.engine.run import Run
from etl.engine.sync import sync
from etl.engine.verify import Difference
from etl.errors import EtlError, InterruptedRunError
from etl.run.binding import check_binding, stream_key
from etl.run.filters import unlisted
from etl.run.local import checked
from etl.run.lock import only_sync
from etl.run.opening import open_database
from etl.run.publishing import publish_copy
from etl.run.reasons import message, why_unproven
from etl.run.result import DEEP, VERIFY, StreamResult
from etl.run.session import Api, Keeper
from etl.run.waiting import cancelled, to_its_end
from etl.settings import Settings
from etl.warehouse import derive, drift, ledger, mapping
from etl.warehouse.database import Database
from etl.warehouse.load import Loader
from etl.warehouse.mapping import Mapping
from etl.warehouse.unfinished import remove_unfinished

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
        database = open_database(settings, engine=self.engine, hurried=cancelled())
        try:
            async with only_sync(settings.warehouse, settings.lock_wait_seconds):
                for path in filter(None, (settings.warehouse, settings.publish)):
                    remove_unfinished(path)
                mapped = await to_its_end(lambda: self._mapping(database))
                await to_its_end(lambda: self._prepare(database, mapped))
                results = await self._streams(database, mapped)
                if settings.publish and not database.hurried():
                    await publish_copy(database, settings.publish)
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
                stream = _StreamRun(self, database, client, organization, mapped)
                results.append(await stream.run())
                self.told(results[-1])
                if database.hurried():
                    break
        return results


class _StreamRun:
    """One organization's part of a run."""

    def __init__(
        self,
        job: Job,
        database: Database,
        client: Client,
        organization_id: str,
        mapped: Mapping,
    ) -> None:
        settings = job.settings
        url, filters = self._key = stream_key(settings)
        self._job = job
        self._database = database
        self._mapping = mapped
        self._organization_id = organization_id
        self._began = time.monotonic()
        self._now = job.clock()
        self._api = Api(
            client,
            organization_id,
            settings.filters(),
            lambda *told: job.report(organization_id, *told),
        )
        self._values: dict[str, object] = {
            "run_id": f"{self._now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:12]}",
            "organization_id": organization_id,
            "command": job.command,
            "run_started_at": self._now.isoformat(),
            "version": __version__,
            "api_base_url": url,
            "filters": filters,
        }
        self._loader: Loader | None = None
        self._run: Run | None = None
        self._reasons: list[str] = []
        self._purge: ledger.Purge | None = None
        self._warnings = unlisted(settings.filters())

    async def run(self) -> StreamResult:
        error: EtlError | None = None
        differences: list[Difference] = []
        keeper: Keeper | None = None
        try:
            run, keeper = await to_its_end(self._begin)
            differences = await self._job.work(run) or []
        except EtlError as caught:
            error = caught
        except asyncio.CancelledError:
            error = InterruptedRunError(
                "interrupted; what was fetched is kept, the next run resumes"
            )
        try:
            if error is not None and keeper is not None:
                await keeper.salvage()
            await to_its_end(lambda: self._conclude(error, differences))
        except EtlError as caught:
            error = error or caught
        except asyncio.CancelledError:
            error = error or InterruptedRunError("interrupted while the outcome was recorded")
        return self._result(error, differences)

    def _begin(self) -> tuple[Run, Keeper]:
        settings = self._job.settings
        with self._database.attached(read_only=True):
            state = ledger.read_state(self._database, self._organization_id, self._now)
            check_binding(settings, self._organization_id, state)
            loader = Loader(self._database, self._values, state, self._mapping, self._job.clock)
        keeper, windows = Keeper(loader, self._api), state.ledger.windows
        run = Run(
            self._api,
            keeper,
            state.ledger if state.bound_to == self._key else Ledger(),
            self._now,
            from_date=settings.from_date,
            lookback_days=settings.lookback_days,
            watermark=state.watermark,
            # Where the first window is not read yet, older entries may still come.
            oldest=state.oldest if windows and windows[0].stated else None,
            deep_since=state.deep_since,
            in_vain=state.in_vain,
        )
        keeper.run = run
        self._api.heard = run.hear_clock
        self._api.expected = lambda: run.whole or _expected(run)
        self._loader, self._run = loader, run
        return run, keeper

    def _conclude(self, error: EtlError | None, differences: list[Difference]) -> None:
        """Records the outcome where the last commit could not, and reads what is to be told."""
        loader, run = self._loader, self._run
        if loader is None or run is None:
            return
        said = str(error) if error else None
        if error is None and not self._proven(loader, differences):
            loader.disprove(run.ledger, self._api.requests, why_unproven(loader, run, differences))
        loader.finish(run.ledger, self._api.requests, said)
        stored = loader.tally.inserted + loader.tally.quarantined
        if loader.proven and not loader.tally.vanished and stored < drift.MANY:
            return
        with self._database.attached(read_only=True):
            self._warnings += drift.warnings(
                self._database,
                self._organization_id,
                str(self._values["run_id"]),
                self._mapping,
            )
            self._reasons = ledger.read_unproven(self._database, self._organization_id)
            run_id = str(self._values["run_id"])
            self._purge = ledger.read_purge(self._database, self._organization_id, run_id)

    def _proven(self, loader: Loader, differences: list[Difference]) -> bool:
        """Whether the run shows that the copy is complete. A verification of some days shows it of
        these."""
        return loader.proven or (self._job.command == VERIFY and not differences)

    @property
    def _source_total(self) -> int | None:
        """What the source stated in this run; of what it cannot count at once, window by window."""
        if self._run is None or self._loader is None:
            return None
        by_window = self._run.ledger.sum_stated if self._loader.proven else None
        return by_window if self._run.whole is None else self._run.whole

    def _result(self, error: EtlError | None, differences: list[Difference]) -> StreamResult:
        loader = self._loader
        proven = loader is not None and error is None and self._proven(loader, differences)
        status = "complete" if proven else "incomplete"
        if error is not None:
            status = "incomplete" if error.exit_code == 6 else "failed"
        return StreamResult(
            organization_id=self._organization_id,
            command=self._job.command,
            differences=tuple(differences),
            purge=self._purge,
            status=status,
            requests=self._api.requests,
            **(asdict(loader.tally) if loader else {}),
            source_total=self._source_total,
            warehouse_total=loader.held if loader else 0,
            watermark=loader.watermark if loader else None,
            seconds=time.monotonic() - self._began,
            message=message(error, [] if proven else self._reasons),
            error=error,
            warnings=tuple(self._warnings),
        )


def _expected(run: Run) -> int:
    """Entries that the windows hold together, as far as that is known."""
    return sum(window.stated or window.total or 0 for window in run.ledger.windows)

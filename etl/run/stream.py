"""One organization's part of a run: brought up to date, and the outcome recorded."""

import asyncio
import time
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import uuid4

from etl import __version__
from etl.client.http import Client
from etl.engine.model import Ledger
from etl.engine.run import Run
from etl.engine.verify import Difference
from etl.errors import EtlError, InterruptedRunError
from etl.run.binding import check_binding, stream_key
from etl.run.filters import unlisted
from etl.run.reasons import message, why_unproven
from etl.run.result import VERIFY, StreamResult
from etl.run.session import Api, Keeper
from etl.run.waiting import to_its_end
from etl.warehouse import drift, ledger
from etl.warehouse.database import Database
from etl.warehouse.load import Loader
from etl.warehouse.mapping import Mapping

if TYPE_CHECKING:
    from etl.run.job import Job


class StreamRun:
    """One organization's part of a run."""

    def __init__(
        self,
        job: "Job",
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
        if error is None and not loader.proven and self._proven(loader, differences):
            said = "equal on the given days; the rest was not compared"
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

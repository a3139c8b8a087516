"""One transaction for the rows, the ledger and the run's row (`Loader.commit`).

Absences are the exception: `note_gone` and `note_expired` commit them at once, on their own. Until
the next proof the entries held are then fewer than the windows add up to, so nothing is proven.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from etl.engine.model import ALL, Days, Ledger, Proof
from etl.warehouse import ledger as tables
from etl.warehouse.database import Database
from etl.warehouse.mapping import Mapping
from etl.warehouse.staging import Served, Staging
from etl.warehouse.storing import Storing

UNDER_WAY = "under way"
"""What the row of a run says until its end, so that one that was killed is known."""


@dataclass(slots=True)
class Tally:
    """What a run has done to the warehouse so far."""

    fetched: int = 0
    inserted: int = 0
    changed: int = 0
    quarantined: int = 0
    vanished: int = 0
    returned: int = 0
    late: int = 0
    latest_by: timedelta = field(default_factory=timedelta)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proven against: `whole`, the source's total of everything, stated just now.
    None: it counts no further than a bound; then `every_window_counted` must be True, which says
    that each window was counted today."""

    whole: int | None
    every_window_counted: bool = False


class Loader:
    """Commits what is staged, for one stream and one run.

    `run` holds the values that every row of the run shares (`run_id`, `organization_id`, …).
    Everything here blocks; call it from a worker thread, one call at a time. The warehouse must be
    attached while this is made.
    """

    def __init__(
        self,
        database: Database,
        run: dict[str, object],
        state: tables.State,
        mapping: Mapping,
        clock: Callable[[], datetime],
    ) -> None:
        self.database = database
        self.staging = Staging(database, run, mapping)
        self.held = state.held
        self.watermark = state.watermark
        self.proven = False
        self.source_total: int | None = None
        self.answered = False
        self.forgetting = False
        self._storing = Storing(database, self.staging, mapping)
        self._written = tables.rows_of(state.ledger.windows)
        self._tally = Tally()
        self._run = run
        self._clock = clock
        self._recorded: tuple[int, str | None] | None = None
        bound = state.bound_to == (run["api_base_url"], run["filters"])
        self._known = _learned(state.ledger) if bound else None
        run["watermark"] = state.watermark and state.watermark.isoformat()
        proven = [w.from_day for w in state.ledger.windows if w.stated is not None]
        run["proven_from"] = min(proven).isoformat() if proven else None

    @property
    def tally(self) -> Tally:
        return replace(self._tally, fetched=self.staging.fetched)

    def take(self, pages: Sequence[Served]) -> None:
        """Stages pages. The warehouse is opened only where it is to be compared with."""
        if self.staging.compares(pages):
            with self.database.attached(read_only=True):
                self.staging.take(pages)
        else:
            self.staging.take(pages)

    def commit(
        self,
        ledger: Ledger,
        proofs: Sequence[Proof],
        requests: int,
        claim: Claim | None = None,
        windows: Sequence[str] | None = None,
    ) -> bool:
        """Stores all that is staged, the ledger and the run's row, in one transaction.

        A claim is decided inside it, by what is held then: True where it is proven, which is
        appended to the proofs. `requests` are those of the run so far. `windows`: those of the
        ledger, as `rows_of` gave them when the last page was taken in; None: as they are now.
        """
        before = replace(self._tally), self.held
        rereading = ledger.excluding, ledger.rereading_since
        written = tables.rows_of(ledger.windows) if windows is None else list(windows)

        def work() -> bool:
            self._tally, self.held = replace(before[0]), before[1]
            run = self._now()
            if self.forgetting:
                self.database.run("load/forget.sql", run)
            self._store(run)
            if ledger.rereading_since is not None:
                self.database.run("load/remember.sql", run | {"losers": self.staging.losers})
            self.held = tables.read_held(self.database, str(run["organization_id"]))
            proven = claim is not None and self._decide(ledger, claim)
            if proven and rereading[1] is not None:
                self.database.run("load/forget.sql", run)
            tables.write_windows(self.database, run, self._written, written)
            everything = [self._everything(ledger)] if proven else []
            tables.write_proofs(self.database, run, [*proofs, *everything])
            message = None if proven else UNDER_WAY
            self._record(run, ledger, requests, message, proven=proven)
            if proven:
                self.watermark = tables.read_watermark(self.database, str(run["organization_id"]))
            return proven

        try:
            self.proven = self.database.write(work)
        except BaseException:
            self._tally, self.held = before
            ledger.excluding, ledger.rereading_since = rereading
            raise
        self._written, self.forgetting = written, False
        self.staging.clear()
        return self.proven

    def changed(self, ledger: Ledger) -> bool:
        """Whether the windows are others than the last commit has written."""
        return tables.rows_of(ledger.windows) != self._written

    def disprove(self, ledger: Ledger, requests: int, reason: str) -> None:
        """Appends to the proofs that everything is not proven."""
        proof = Proof(ALL, self.source_total, self.held, "count", "unproven", reason)
        self.commit(ledger, [proof], requests)

    def begun(self, started_at: datetime) -> None:
        """When the run began, as the engine knows it now (`Run.hear_clock`)."""
        self._run["run_started_at"] = started_at.isoformat()

    def note_gone(
        self, spans: Sequence[Days] | None, lacking: int, excluded_before: date | None = None
    ) -> bool:
        """See `Copy.note_gone`."""
        days = None if spans is None else json.dumps([_span(span) for span in spans])
        before = excluded_before and excluded_before.isoformat()
        values = self._now() | {"spans": days, "excluded_before": before}
        return self._note(values, "load/gone.sql", lacking, exactly=True) > 0

    def note_expired(self, before: datetime, most: int) -> int:
        """See `Copy.note_expired`."""
        values = self._now() | {"before": before.isoformat(), "excluded_before": None}
        return self._note(values, "load/expired.sql", most, exactly=False)

    def _note(self, values: dict[str, object], name: str, most: int, *, exactly: bool) -> int:
        """Finds what has gone, and records it unless that is not as many as it should be."""

        def work() -> int:
            self.database.run(name, values)
            ((found,),) = self.database.execute("SELECT count(*) FROM gone")
            if not 0 < found <= most or (exactly and found != most):
                return 0
            self.database.run("load/record_gone.sql", values)
            ((left_out,),) = self.database.execute(
                "SELECT count(*) FROM gone WHERE occurred_at < $excluded_before::TIMESTAMPTZ",
                values,
            )
            self._tally.vanished += found - left_out
            return int(found)

        vanished = self._tally.vanished
        try:
            gone = self.database.write(work)
        except BaseException:
            self._tally.vanished = vanished
            raise
        self.held -= gone
        return gone

    def finish(self, ledger: Ledger, requests: int, message: str | None) -> None:
        """Brings the run's row up to date where the last commit could not."""
        if self._recorded != (requests, message):
            self.database.write(
                lambda: self._record(self._now(), ledger, requests, message, proven=self.proven)
            )

    def _store(self, run: dict[str, object]) -> None:
        stored, tally = self._storing.store(run), self._tally
        tally.inserted += stored.inserted
        tally.changed += stored.changed
        tally.quarantined += stored.quarantined
        tally.returned += stored.returned
        tally.late += stored.late
        tally.latest_by = max(tally.latest_by, stored.latest_by)

    def _decide(self, ledger: Ledger, claim: Claim) -> bool:
        """Whether the equations of `etl.engine` hold now. This alone makes a run `complete`."""
        stated = ledger.sum_stated
        agreed = claim.every_window_counted if claim.whole is None else claim.whole == stated
        proven = stated is not None and agreed and self.held == stated
        if proven:
            ledger.excluding, ledger.rereading_since = False, None  # what has gone is recorded now
        return proven

    def _everything(self, ledger: Ledger) -> Proof:
        """The proof that everything is held."""
        return Proof(ALL, ledger.sum_stated, self.held, "count", "complete")

    def _record(
        self,
        run: dict[str, object],
        ledger: Ledger,
        requests: int,
        message: str | None,
        *,
        proven: bool,
    ) -> None:
        """Brings the rows of the run and its stream up to date."""
        tally = self.tally
        if self.answered and self._known != _learned(ledger):  # else it binds no warehouse
            self.database.run("ledger/learned.sql", run | _learned(ledger))
            self._known = _learned(ledger)
        values = {
            "status": "complete" if proven and message is None else "incomplete",
            "message": message,
            "requests": requests,
            "fetched": tally.fetched,
            "inserted": tally.inserted,
            "changed": tally.changed,
            "quarantined": tally.quarantined,
            "vanished": tally.vanished,
            "late": tally.late,
            "latest_by_seconds": -(-tally.latest_by // timedelta(seconds=1)),  # rounded up
            "source_total": self.source_total,
            "warehouse_total": self.held,
        }
        self.database.run("ledger/run.sql", run | values)
        self._recorded = requests, message

    def _now(self) -> dict[str, object]:
        """The run's values and this moment's."""
        return self._run | {"now": self._clock().isoformat()}


def _learned(ledger: Ledger) -> dict[str, object]:
    return {
        "newest_first": ledger.newest_first,
        "ordered": ledger.ordered,
        "to_day_included": ledger.to_day_included,
        "cap": ledger.cap,
        "undated": ledger.undated,
        "excluding": ledger.excluding,
        "rereading_since": ledger.rereading_since and ledger.rereading_since.isoformat(),
    }


def _span(days: Days) -> dict[str, str | None]:
    low, high = days
    return {
        "low": low.isoformat() if low else None,
        "high": high.isoformat() if high else None,
    }

"""One transaction for the rows, the ledger and the run; everything else leads up to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from etl.plan.learned import Learned, StreamState
from etl.plan.model import Committed
from etl.plan.ranges import ONE_DAY, Range
from etl.warehouse import ledger
from etl.warehouse.counting import Counting
from etl.warehouse.database import Database
from etl.warehouse.settling import Claim, Settling
from etl.warehouse.staging import Staging
from etl.warehouse.storing import Storing


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


class Loader:
    """Commits what is staged, for one stream and one run.

    `run` holds the values that every row of the run shares (`run_id`, `organization_id`, …).
    Everything here blocks; call it from a worker thread, one call at a time. The warehouse must be
    attached while it is made.
    """

    def __init__(
        self,
        database: Database,
        run: dict[str, object],
        zone: str,
        state: StreamState,
        spellings: Sequence[tuple[str, str]],
        clock: Callable[[], datetime],
    ) -> None:
        self.database = database
        self.staging = Staging(database, run, spellings, clock)
        self._storing = Storing(database, self.staging, spellings)
        self.counting = Counting(database, run, zone, state)
        self.totals = ledger.Totals(0, None, None, None, complete=False)
        self._tally = Tally()
        self._run = run
        self._until = state.newest_known
        self._clock = clock
        self._server_clock: datetime | None = None
        self._recorded: tuple[int, str | None] | None = None
        self._answered = False

    @property
    def tally(self) -> Tally:
        return replace(self._tally, fetched=self.staging.fetched)

    def commit(
        self, claims: Sequence[Claim], learned: Learned, requests: int, all_requests: int
    ) -> list[Committed]:
        """Stores all that is staged, the ledger rows and the run row, in one transaction.

        Each claim of completeness is proven again inside it; what does not hold is recorded as
        unproven. `requests` are those since the last commit.
        """
        before = replace(self._tally)

        def work() -> list[Committed]:
            self._tally = replace(before)
            run = self._now()
            self._load(run)
            settling = Settling(self.database, self.counting, learned, run)
            answers = settling.settle_all(claims, requests)
            self._tally.vanished += sum(answer.vanished for answer in answers)
            whole = any(claim.commit.range.open for claim in claims) or not claims
            self._record_run(run, all_requests, self._under_way, whole=whole)
            return answers

        try:
            answers = self.database.write(work)
        except BaseException:
            self._tally = before
            raise
        self.staging.clear()
        return answers

    def expire(self, range_: Range, before: datetime, most: int) -> int | None:
        """Records known entries of a range from before an instant as gone; how many, or None, with
        nothing recorded, where there are more than `most` of them."""
        values = self.counting.parameters(range_) | self._now() | {"before": before.isoformat()}
        with self.database.attached(read_only=True):
            ((older,),) = self.database.run("load/older.sql", values)
        if older > most:
            return None
        if older:
            self.database.write(lambda: self.database.run("load/expired.sql", values))
        self._tally.vanished += older
        return int(older)

    def note_checked(self) -> None:
        """Records that the whole history was counted just now."""
        self.database.write(lambda: self.database.run("ledger/checked.sql", self._now()))

    def hear_clock(self, served_at: datetime | None) -> None:
        """Takes in that the API has answered, and when by its clock: the run's start is the earlier
        of the local one and that."""
        self._answered = True
        if served_at is None:
            return
        if self._server_clock is None:
            started = datetime.fromisoformat(str(self._run["run_started_at"]))
            self._run["run_started_at"] = min(started, served_at).isoformat()
        self._server_clock = served_at

    def finish(self, requests: int, message: str | None) -> None:
        """Brings the run's row, and `totals`, up to date where the last commit could not."""
        if self._recorded == (requests, message):
            return
        self.database.write(lambda: self._record_run(self._now(), requests, message))

    @property
    def _under_way(self) -> str | None:
        """What the row of a verification says until its end, so that a later one knows of a run
        that was killed. A sync reads from the ledger where to go on."""
        return None if self._run["command"] == "sync" else "under way"

    def _now(self) -> dict[str, object]:
        """The run's values and this moment's. From `latest` on, a day after now by the local clock
        or the server's, whichever is ahead, no entry's time is believed."""
        now = self._clock()
        latest = max(now, self._server_clock or now) + ONE_DAY
        return self._run | {"now": now.isoformat(), "latest": latest.isoformat()}

    def _load(self, run: dict[str, object]) -> None:
        stored, tally = self._storing.store(run, self._until), self._tally
        tally.inserted += stored.inserted
        tally.changed += stored.changed
        tally.quarantined += stored.quarantined
        tally.returned += stored.returned
        tally.late += stored.late
        tally.latest_by = max(tally.latest_by, stored.latest_by)

    def _record_run(
        self,
        run: dict[str, object],
        requests: int,
        message: str | None = None,
        *,
        whole: bool = True,
    ) -> None:
        """Brings the run's row up to date. Unless it is `whole`, without the totals, which cost a
        scan of everything: between the closed windows of a backfill nobody needs them."""
        totals, tally = self.totals, self.tally
        if whole:
            totals = self.totals = self.counting.totals()
        if self._answered:  # by a host that nobody reached, the warehouse is not to be bound
            self.database.run("ledger/bind.sql", run)
        self.database.run(
            "ledger/run.sql",
            run
            | {
                "status": (
                    "complete" if whole and totals.complete and message is None else "incomplete"
                ),
                "message": message,
                "requests": requests,
                "fetched": tally.fetched,
                "inserted": tally.inserted,
                "changed": tally.changed,
                "quarantined": tally.quarantined,
                "vanished": tally.vanished,
                "late": tally.late,
                "latest_by_us": tally.latest_by // timedelta(microseconds=1),
                "source_total": totals.source_total,
                "warehouse_total": totals.known,
            },
        )
        self._recorded = (requests, message) if whole else None

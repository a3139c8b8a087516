"""From pages to rows: staged in memory while fetching goes on, committed in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from etl.plan.model import (
    ONE_DAY,
    Commit,
    Committed,
    Learned,
    Proof,
    Range,
    StreamState,
    Verdict,
)
from etl.warehouse import ledger, sqlfiles
from etl.warehouse.canonical import content_hash
from etl.warehouse.database import Database
from etl.warehouse.spellings import expressions

_SEPARATOR = "\x1e"
PEEKED = -1
"""The walk of entries that are only looked at."""

_EASTMOST, _WESTMOST = timedelta(hours=14), timedelta(hours=12)
"""UTC+14 and UTC-12: how early and how late, seen from UTC, a zone's day can begin."""


@dataclass(frozen=True, slots=True)
class Served:
    """The entries of one page, as served, for the walk numbered `walk`.

    `steady` as long as the walk's total has not moved: then `skip` says where in it they stand.
    """

    walk: int
    entries: tuple[str, ...]
    skip: int = 0
    steady: bool = False


@dataclass(frozen=True, slots=True)
class WalkFacts:
    walked: int
    known: int
    held: int
    doubtful: int
    seam: bool
    newest_first: bool | None
    busiest_day: date | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A ledger row to be written: what a plan asked for, and of which walk."""

    commit: Commit
    walk: int | None


@dataclass(slots=True)
class Tally:
    """What a run has done to the warehouse so far."""

    fetched: int = 0
    inserted: int = 0
    changed: int = 0
    quarantined: int = 0
    vanished: int = 0
    late: int = 0
    latest_by: timedelta = field(default_factory=timedelta)


class Loader:
    """Stages pages and commits them, for one stream and one run.

    `run` holds the values that every row of the run shares (`run_id`, `organization_id`, …).
    Everything here blocks; call it from a worker thread, one call at a time.
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
        self.tally = Tally()
        self.totals = ledger.Totals(0, None, None, None, complete=False)
        self.zone = zone
        self._database = database
        self._run = run
        self._organization = str(run["organization_id"])
        self._history_from = state.history_from
        self._history_unmoved = state.history_unmoved
        self._watermark = state.watermark
        self._clock = clock
        self._clock_heard = False
        self._recorded: tuple[int, str | None] | None = None
        self._next_page = 0
        self._last_pages = 0
        made = expressions(spellings)
        self._stage = sqlfiles.text("load/stage.sql")
        for name in ("texts", "values", "fields"):
            self._stage = self._stage.replace("{" + name + "}", getattr(made, name))
        for statement in sqlfiles.text("load/buffers.sql").split(";"):
            if "CREATE" in statement:
                database.execute(statement)
        with database.attached(read_only=True):
            database.run("load/known_twins.sql", run)

    def stage(self, pages: Sequence[Served]) -> None:
        """Takes the fields of the pages' entries apart and notes them as served."""
        self._last_pages = self._next_page
        texts = [entry for page in pages for entry in page.entries]
        self.tally.fetched += len(texts)
        marks: list[str] = []
        numbered: list[str] = []
        for page in pages:
            numbered.append(f"{self._next_page}:{page.walk}:{page.skip}:{page.steady}")
            marks += [f"{content_hash(entry)}{self._next_page}" for entry in page.entries]
            self._next_page += 1
        if not texts:
            return
        separator = _separator(texts)
        self._database.execute(
            self._stage,
            {
                "texts": separator.join(texts),
                "marks": separator.join(marks),
                "separator": separator,
                "pages": _SEPARATOR.join(numbered),
                "entries": len(texts),
                "fallback": self._clock().isoformat(),
            },
        )
        self._database.run("load/twins.sql", {"page": self._last_pages})
        self._database.run("load/walked.sql", {"page": self._last_pages})

    def facts(self, walk: int, range_: Range) -> WalkFacts:
        """What a walk of a range has come to, as far as it is staged."""
        with self._database.attached(read_only=True):
            ((walked, known, seam, direction, busiest),) = self._database.run(
                "load/facts.sql", self._run | {"walk": walk, "page": self._last_pages}
            )
            held, doubtful = self._counts(range_)
        newest_first = None if not direction else direction < 0
        return WalkFacts(walked, known, held, doubtful, seam, newest_first, busiest)

    def forget(self, walks: Sequence[int]) -> None:
        """These walks are over: what was served in them need not be remembered."""
        for walk in walks:
            self._database.execute("DELETE FROM walked WHERE walk = $walk", {"walk": walk})

    def peek(self, entry: str) -> tuple[datetime | None, bool]:
        """The time of one entry, None where it has none that can be read, and whether it is known.

        It is looked at only: nothing of it is stored.
        """
        fetched, page = self.tally.fetched, self._next_page
        self.stage([Served(PEEKED, (entry,))])
        self.tally.fetched = fetched
        with self._database.attached(read_only=True):
            ((time, known),) = self._database.run("load/peek.sql", self._run | {"page": page})
        for table in ("served", "walked"):
            self._database.execute(f"DELETE FROM {table} WHERE walk = {PEEKED}")  # noqa: S608
        return time and datetime.fromisoformat(time), known

    def known(self, range_: Range) -> int:
        """Known entries of a range."""
        with self._database.attached(read_only=True):
            return self._counts(range_)[0]

    def doubtful(self, range_: Range) -> int:
        """Known entries that may lie in a range or not, as far as its source's days are known."""
        with self._database.attached(read_only=True):
            return self._counts(range_)[1]

    def watermark(self) -> datetime | None:
        """The watermark as the ledger stands now."""
        with self._database.attached(read_only=True):
            return ledger.read_totals(self._database, self._organization, self.zone).watermark

    def oldest(self) -> date | None:
        """The UTC day of the oldest known entry."""
        with self._database.attached(read_only=True):
            ((day,),) = self._database.run("ledger/oldest.sql", self._run)
        return date.fromisoformat(day) if day else None

    def spread(self, range_: Range, most: int) -> tuple[date, ...]:
        """Days that cut a range into parts of at most `most` known entries."""
        with self._database.attached(read_only=True):
            rows = self._database.run(
                "load/spread.sql",
                self._run | ledger.range_parameters(range_, self.zone) | {"most": most},
            )
        return tuple(date.fromisoformat(cut) for (cut,) in rows)

    def expire(self, range_: Range, before: datetime) -> int:
        """Records known entries of a range from before an instant as gone; how many there were."""
        with self._database.attached(), self._database.transaction():
            ((gone,),) = self._database.run(
                "load/expired.sql",
                self._run
                | ledger.range_parameters(range_, self.zone)
                | {"before": before.isoformat(), "now": self._clock().isoformat()},
            )
        self.tally.vanished += gone
        return int(gone)

    def finish(self, requests: int, message: str | None) -> None:
        """Brings the run's row, and `totals`, up to date where the last commit could not."""
        if self._recorded == (requests, message):
            return
        run = self._run | {"now": self._clock().isoformat()}
        with self._database.attached(), self._database.transaction():
            self._record_run(run, requests, message)

    def hear_clock(self, served_at: datetime | None) -> None:
        """The run's start is the earlier of the local clock and the server's."""
        if not self._clock_heard and served_at is not None:
            self._clock_heard = True
            started = datetime.fromisoformat(str(self._run["run_started_at"]))
            self._run["run_started_at"] = min(started, served_at).isoformat()

    def _counts(self, range_: Range) -> tuple[int, int]:
        """Known entries of a range, and how many of them or of their neighbours are doubtful."""
        if self._reaches_all(range_):
            range_ = Range(None, range_.to_day)
        parameters = self._run | ledger.range_parameters(range_, self.zone)
        ((known, near_edges),) = self._database.run("load/known.sql", parameters)
        doubtful = 0
        for day in (range_.from_day, range_.to_day) if near_edges else ():
            if day is not None:
                edge = self._run | {"day": day.isoformat()}
                ((entries,),) = self._database.run("ledger/edge.sql", edge)
                doubtful += entries
        return int(known), int(doubtful)

    def _reaches_all(self, range_: Range) -> bool:
        """True where a range begins with the history, and nothing older was ever asked for."""
        return self._history_unmoved and range_.from_day == self._history_from

    def commit(
        self, claims: Sequence[Claim], learned: Learned, requests: int, all_requests: int
    ) -> list[Committed]:
        """Stores all that is staged, the ledger rows and the run row, in one transaction.

        Each claim of completeness is proven again inside it; what does not hold is recorded as
        unproven.
        """
        before = replace(self.tally)
        try:
            with self._database.attached(), self._database.transaction():
                run = self._run | {"now": self._clock().isoformat()}
                self._load(run, {claim.walk: claim.commit.range for claim in claims})
                answers = [self._settle(claim, learned, run, requests) for claim in claims]
                self._record_run(run, all_requests)
        except BaseException:
            self.tally = before
            raise
        self._database.execute("DELETE FROM served")
        return answers

    def _load(self, run: dict[str, object], ranges: dict[int | None, Range]) -> None:
        database, tally = self._database, self.tally
        if not database.execute("SELECT 1 FROM served LIMIT 1"):
            return
        database.run("load/matches.sql", run)
        database.run("load/arrivals.sql", run)
        ((new, changed, late, latest_us, split),) = database.run(
            "load/tally.sql", run | {"watermark": self._watermark and self._watermark.isoformat()}
        )
        if changed or split:
            database.run("load/versions.sql", run)
        if new or changed:
            database.run("load/merge.sql", run)
        ((quarantined,),) = database.run("load/quarantine.sql", run)
        database.run("load/returned.sql", run)
        tally.inserted += new
        tally.changed += changed
        tally.quarantined += quarantined
        tally.late += late
        tally.latest_by = max(tally.latest_by, timedelta(microseconds=latest_us or 0))

    def _settle(
        self, claim: Claim, learned: Learned, run: dict[str, object], requests: int
    ) -> Committed:
        commit, range_ = claim.commit, claim.commit.range
        outer = _reach(range_) | {"walk": claim.walk}
        if claim.walk is not None:
            self._database.run("load/placements.sql", run | outer)
        vanished = 0
        verdict, reason = commit.verdict, commit.reason
        if verdict is Verdict.COMPLETE and commit.proof is Proof.WALK and not range_.narrowed:
            ((vanished,),) = self._database.run(
                "load/vanished.sql", run | outer | _sure(range_, learned.to_day_included)
            )
            self.tally.vanished += vanished
        edges = self._edges(claim, run, outer)
        known = self._known_by_best_zone(range_, commit, edges, run)
        if verdict is Verdict.COMPLETE and not self._holds(claim, known):
            verdict = Verdict.UNPROVEN
            reason = f"{known} entries here, {commit.total} stated by the source"
        entry = ledger.Entry(
            range_, verdict, commit.proof if verdict is not Verdict.UNPROVEN else None,
            reason if verdict is not Verdict.COMPLETE else None,
            commit.total, known, ledger.pages_text(commit.pages_done), **edges,
        )  # fmt: skip
        shared = run | {
            "requests": requests,
            "newest_first": learned.newest_first,
            "to_day_included": learned.to_day_included,
            "total_cap": learned.total_cap,
        }
        ledger.record(self._database, entry, shared, self.zone)
        return Committed(verdict, known, vanished)

    def _holds(self, claim: Claim, known: int) -> bool:
        """The proof, taken inside the transaction."""
        commit = claim.commit
        if commit.proof is Proof.COUNT:
            # Where every page was served the entries are here, on whichever side of an edge.
            sure = commit.sounding or commit.pages_done or not self._counts(commit.range)[1]
            return bool(known == commit.total and sure)
        ((walked, present),) = self._database.run(
            "load/proof.sql", self._run | {"walk": claim.walk}
        )
        return bool(walked == present == claim.commit.total)

    def _edges(
        self, claim: Claim, run: dict[str, object], outer: dict[str, object]
    ) -> dict[str, str | None]:
        """What a walk, or a sounding, shows of where the source's days begin."""
        oldest = newest = before = None
        if claim.commit.sounding:
            days = ledger.range_parameters(claim.commit.range, self.zone)
            ((oldest, before),) = self._database.run(
                "load/sounding.sql", run | days | {"total": claim.commit.total}
            )
        elif claim.walk is not None:
            ((oldest, newest, before),) = self._database.run("load/edges.sql", run | outer)
            if claim.commit.verdict is not Verdict.COMPLETE or claim.commit.proof is Proof.COUNT:
                before = None  # entries that were not served may still come
                oldest = oldest if claim.commit.pages_done else None
        return {"oldest_served": oldest, "newest_served": newest, "newest_before": before}

    def _known_by_best_zone(
        self, range_: Range, commit: Commit, edges: dict[str, str | None], run: dict[str, object]
    ) -> int:
        """Known entries of a range; where a finished walk does not fit, the zone is thought over.

        In which zone the source's days begin shows only in what full walks served.
        """
        known = self._counts(range_)[0]
        edged = range_.from_day is not None or range_.to_day is not None
        if commit.verdict is not Verdict.COMPLETE or known == commit.total or not edged:
            return known
        parameters = run | edges | ledger.range_parameters(range_, self.zone)
        believed = self.zone
        for (zone,) in self._database.run("ledger/zones.sql", parameters):
            self.zone = zone
            found = self._counts(range_)[0]
            if found == commit.total:
                return found
        self.zone = believed
        return known

    def _record_run(
        self, run: dict[str, object], requests: int, message: str | None = None
    ) -> None:
        totals = ledger.read_totals(self._database, self._organization, self.zone)
        self.totals = totals
        tally = self.tally
        status = "complete" if totals.complete and message is None else "incomplete"
        self._database.run("ledger/bind.sql", run)
        self._database.run(
            "ledger/run.sql",
            run
            | {
                "status": status, "message": message, "requests": requests,
                "fetched": tally.fetched, "inserted": tally.inserted, "changed": tally.changed,
                "quarantined": tally.quarantined, "vanished": tally.vanished, "late": tally.late,
                "latest_by_us": tally.latest_by // timedelta(microseconds=1),
                "source_total": totals.source_total, "warehouse_total": totals.known,
            },
        )  # fmt: skip
        self._recorded = (requests, message)


def _separator(texts: Sequence[str]) -> str:
    """What no text holds: U+001E, which JSON cannot hold (RFC 7464); for what is not JSON, longer."""
    separator = _SEPARATOR
    while any(separator in text for text in texts):
        separator += "\x1f"
    return separator


def _reach(range_: Range) -> dict[str, object]:
    """The instants that a range can reach, in whatever zone its days begin."""
    return {
        "outer_from": _instant(range_.from_day, -_EASTMOST),
        "outer_to": _instant(range_.to_day, _WESTMOST),
    }


def _sure(range_: Range, to_day_included: bool | None) -> dict[str, object]:
    """The instants that surely lie in a range, whatever the zone and the reading of `to_date`."""
    end = range_.to_day
    if end is not None and to_day_included is not False:
        end -= ONE_DAY
    return {
        "from_beginning": range_.from_day is None,
        "sure_from": _instant(range_.from_day, _WESTMOST),
        "sure_to": _instant(end, -_EASTMOST),
    }


def _instant(day: date | None, shift: timedelta) -> str | None:
    if day is None:
        return None
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) + shift).isoformat()

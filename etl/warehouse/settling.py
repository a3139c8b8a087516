"""A claim of a plan, taken again inside the committing transaction and written to the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from etl.plan.learned import Learned
from etl.plan.model import Commit, Committed
from etl.plan.ranges import WESTMOST, Proof, Range, Verdict
from etl.warehouse import ledger
from etl.warehouse.counting import Counting
from etl.warehouse.database import Database
from etl.warehouse.evidence import Seen, Suspects, see
from etl.warehouse.reach import Reach, instant, reach


@dataclass(frozen=True, slots=True)
class Claim:
    """A ledger row to be written: what a plan asked for, and of which walk.

    `included`: whether the walk took `to_date` to include its day; None or False where it asked for
    the day after as well, to be sure of the last.
    """

    commit: Commit
    walk: int | None
    included: bool | None = None

    @property
    def reach(self) -> Reach:
        return reach(self.commit.range, self.included)


class Settling:
    """Settles the claims of one transaction. `run` holds the run's values and this moment's."""

    def __init__(
        self,
        database: Database,
        counting: Counting,
        learned: Learned,
        run: dict[str, object],
    ) -> None:
        self._database = database
        self._counting = counting
        self._learned = learned
        self._run = run
        self._suspects: Suspects | None = None
        self._rows: list[ledger.Entry] = []

    def settle_all(self, claims: Sequence[Claim], requests: int) -> list[Committed]:
        """Settles claims one after the other; `requests` are those since the last commit."""
        answers = [self._settle(claim, requests) for claim in claims]
        self._write_down()
        return answers

    def _settle(self, claim: Claim, requests: int) -> Committed:
        """Proves a claim of completeness, or records it as unproven; notes what has gone."""
        commit, range_ = claim.commit, claim.commit.range
        window = self._window(claim)
        self._place(claim, window)
        if commit.verdict in (Verdict.PARTIAL, Verdict.PLANNED, Verdict.COUNTED):
            self._hear(range_, self._newest_so_far(claim))
            self._record(claim, commit.verdict, commit.reason, requests)
            return Committed(commit.verdict, 0)
        seen = Seen() if claim.walk is None else see(self._database, window)
        # Only a walk that was served all that is stated can tell what was not served any more.
        verdict, reason = commit.verdict, commit.reason
        walks = verdict is Verdict.COMPLETE and commit.proof is Proof.WALK
        served_all, vanished = walks and seen.all_of(commit.total), 0
        if served_all and not range_.narrowed:
            vanished, seen = self._vanished(claim, window, seen)
            if commit.total == 0 and window["from_beginning"] and range_.to_day:
                self._learned.empty_until = range_.to_day
        shown = self._shown(claim, window, seen)
        self._hear(range_, ledger.moment(shown["newest_served"]))
        if not claim.included:
            shown["newest_served"] = None  # it was asked for more than its days: no evidence
        if verdict is not Verdict.COMPLETE:
            known, _ = self._known(claim, seen)
        else:
            known, reason = self._weigh(claim, seen, shown, served_all=served_all)
            if reason and commit.sounding:
                # It was to tell where a day begins, of entries that are proven already.
                return Committed(Verdict.UNPROVEN, known)
            verdict = Verdict.UNPROVEN if reason else verdict
        self._record(claim, verdict, reason, requests, known, shown)
        return Committed(verdict, known, vanished, served_all)

    def _weigh(
        self, claim: Claim, seen: Seen, shown: dict[str, str | None], *, served_all: bool
    ) -> tuple[int, str | None]:
        """Known entries of a claim's range, and why they do not prove it; None where they do."""
        commit, range_ = claim.commit, claim.commit.range
        known, near_edges = self._known(claim, seen)
        served = seen.oldest, shown["newest_served"]
        amiss = self._counting.refuted(range_, *served)
        if amiss or (known != commit.total and range_ != Range(None, None)):
            known = self._think_over(claim, known, shown, served_all=served_all)
            amiss = amiss and self._counting.refuted(range_, *served)
        if self._holds(commit, known, near_edges, served_all, amiss=amiss):
            return known, None
        if amiss and known == commit.total:
            return known, f"as many entries here as at the source, {known}, but not the same"
        return known, f"{known} entries here, {commit.total} stated by the source"

    def _place(self, claim: Claim, window: dict[str, object]) -> None:
        """Has entries that a walk was served count in its window, whatever their own time is."""
        if claim.walk is None:
            return
        if self._batch().among(claim.walk, *claim.reach):
            self._database.run("load/placements.sql", window)
            self._suspects = None

    def _batch(self) -> Suspects:
        self._suspects = self._suspects or Suspects(self._database, self._run)
        return self._suspects

    def _newest_so_far(self, claim: Claim) -> datetime | None:
        """The newest time that a walk which goes on was served in this batch."""
        if claim.walk is None or self._learned.to_day_included:
            return None
        return self._batch().newest(claim.walk, claim.reach[1])

    def _known(self, claim: Claim, seen: Seen) -> tuple[int, int | None]:
        """Known entries of a claim's range, and how many lie near its edges where that is seen."""
        range_ = claim.commit.range
        if claim.walk is None or range_.narrowed or self._counting.unbounded(range_) != range_:
            return self._counting.known(range_), None
        return seen.known, seen.near_edges

    def _think_over(
        self, claim: Claim, known: int, shown: dict[str, str | None], *, served_all: bool
    ) -> int:
        total, sounding = claim.commit.total or 0, claim.commit.sounding
        self._write_down()
        return self._counting.think_over(
            claim.commit.range, known, total, shown, sounding=sounding, served_all=served_all
        )

    def _doubtful(self, range_: Range, near_edges: int | None = None) -> int:
        """Known entries near a range's edges, where some are, that may lie on the other side."""
        if near_edges == 0:
            return 0
        self._write_down()
        counting = self._counting
        return counting.about_edges(range_) if near_edges else counting.doubtful(range_)

    def _write_down(self) -> None:
        """Writes what is recorded to the ledger, before anything asks it for evidence."""
        ledger.record(self._database, self._rows, self._run)
        self._rows = []

    def _record(
        self,
        claim: Claim,
        verdict: Verdict,
        reason: str | None,
        requests: int,
        known: int | None = None,
        shown: dict[str, str | None] | None = None,
    ) -> None:
        commit, learned = claim.commit, self._learned
        entry = ledger.Entry(
            range=commit.range,
            zone=self._counting.zone,
            verdict=verdict,
            proof=None if verdict is Verdict.UNPROVEN else commit.proof,
            reason=None if verdict is Verdict.COMPLETE else reason,
            total=commit.total,
            distinct_entries=commit.depth if known is None else known,
            pages_done=ledger.pages_text(commit.pages_done),
            requests=requests,
            newest_first=learned.newest_first,
            to_day_included=learned.to_day_included,
            total_cap=learned.total_cap,
            left_until=commit.left_until.isoformat() if commit.left_until else None,
            **(shown or {}),
        )
        self._rows.append(entry)

    def _holds(
        self,
        commit: Commit,
        known: int,
        near_edges: int | None,
        served_all: bool,
        *,
        amiss: bool,
    ) -> bool:
        if commit.proof is Proof.WALK:
            # What is known beside it may still lie on the other side of an edge.
            surplus = known - (commit.total or 0)
            return served_all and abs(surplus) <= (
                surplus and self._doubtful(commit.range, near_edges)
            )
        # Where every page was served the entries are here, on whichever side of an edge.
        sure = commit.sounding or bool(commit.pages_done)
        # If it was served what is not counted, then what is counted is not what is there.
        sure = sure or not (amiss or self._doubtful(commit.range, near_edges))
        return known == commit.total and sure

    def _vanished(self, claim: Claim, window: dict[str, object], seen: Seen) -> tuple[int, Seen]:
        """Notes what a walk was not served any more: how many, and what is seen then."""
        ((placed,),) = self._database.run("load/any_placed.sql", self._run)
        if placed and not self._doubtful(claim.commit.range):
            self._database.run("load/relocated.sql", window)
            seen = see(self._database, window)
        if not seen.missing:
            return 0, seen
        ((vanished,),) = self._database.run("load/vanished.sql", window)
        return int(vanished), see(self._database, window) if vanished else seen

    def _shown(self, claim: Claim, window: dict[str, object], seen: Seen) -> dict[str, str | None]:
        """What a walk, or a sounding, shows of where the source's days begin."""
        commit = claim.commit
        oldest = newest = before = None
        if commit.sounding:
            ((oldest, before),) = self._database.run(
                "load/sounding.sql", window | {"total": commit.total}
            )
        elif claim.walk is not None:
            oldest, newest, before = seen.oldest, seen.newest, seen.before
            if commit.verdict is not Verdict.COMPLETE or commit.proof is Proof.COUNT:
                before = None  # entries that were not served may still come
                oldest = oldest if commit.pages_done else None
        return {"oldest_served": oldest, "newest_served": newest, "newest_before": before}

    def _hear(self, range_: Range, newest: datetime | None) -> None:
        """Entries from after a range's last day, in whatever zone: `to_date` includes its day."""
        end = instant(range_.to_day, WESTMOST)
        if newest and end and newest >= end:
            self._learned.to_day_included = True

    def _window(self, claim: Claim) -> dict[str, object]:
        """The parameters of a range's statements; `outer_from` and `outer_to`: see `reach`."""
        begin, end = claim.reach
        learned, first = self._learned, self._counting.unbounded(claim.commit.range).from_day
        empty = bool(first and learned.empty_until and first <= learned.empty_until)
        return (
            self._counting.parameters(claim.commit.range)
            | self._run
            | {
                "walk": claim.walk,
                "outer_from": begin and begin.isoformat(),
                "outer_to": end and end.isoformat(),
                "last_day_asked": not claim.included,
                "begins": learned.begins and learned.begins.isoformat(),
                "from_beginning": first is None or empty,
            }
        )

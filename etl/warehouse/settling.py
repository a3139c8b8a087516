"""A claim of a plan, taken again inside the committing transaction and written to the ledger."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from etl.plan.learned import Learned
from etl.plan.model import Commit, Committed
from etl.plan.ranges import ONE_DAY, Proof, Range, Verdict
from etl.warehouse import ledger
from etl.warehouse.counting import Counting
from etl.warehouse.database import Database

_EASTMOST, _WESTMOST = timedelta(hours=14), timedelta(hours=12)
"""UTC+14 and UTC-12: how early and how late, seen from UTC, a zone's day can begin."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A ledger row to be written: what a plan asked for, and of which walk.

    `included`: whether the walk took `to_date` to include its day; None or False where it asked for
    the day after as well, to be sure of the last.
    """

    commit: Commit
    walk: int | None
    included: bool | None = None


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

    def settle(self, claim: Claim, requests: int) -> Committed:
        """Proves a claim of completeness, or records it as unproven; notes what has gone."""
        commit, range_ = claim.commit, claim.commit.range
        window = self._window(claim)
        if claim.walk is not None:
            ((suspects,),) = self._database.run("load/suspects.sql", window)
            if suspects:
                self._database.run("load/placements.sql", window)
        if commit.verdict in (Verdict.PARTIAL, Verdict.PLANNED):
            self._record(claim, commit.verdict, commit.reason, requests)
            return Committed(commit.verdict, 0)
        if claim.walk is not None:
            self._database.run("load/here.sql", window)
        # Only a walk that was served all that is stated can tell what was not served any more.
        walks = commit.verdict is Verdict.COMPLETE and commit.proof is Proof.WALK
        served_all = walks and self._served_all(claim)
        vanished = self._vanished(claim, window) if served_all and not range_.narrowed else 0
        shown = self._shown(claim, window)
        self._hear(range_, shown)
        if not claim.included:
            shown["newest_served"] = None  # it was asked for more than its days: no evidence
        known = self._counting.known(range_)
        verdict, reason = commit.verdict, commit.reason
        if verdict is Verdict.COMPLETE:
            if range_.from_day is not None or range_.to_day is not None:
                known = self._counting.think_over(
                    range_, known, commit.total or 0, shown, sounding=commit.sounding
                )
            if not self._holds(commit, known, served_all):
                if commit.sounding:
                    # It was to tell where a day begins, of entries that are proven already.
                    return Committed(Verdict.UNPROVEN, known)
                verdict = Verdict.UNPROVEN
                reason = f"{known} entries here, {commit.total} stated by the source"
        self._record(claim, verdict, reason, requests, known, shown)
        return Committed(verdict, known, vanished, served_all)

    def _record(
        self,
        claim: Claim,
        verdict: Verdict,
        reason: str | None,
        requests: int,
        known: int | None = None,
        shown: dict[str, str | None] | None = None,
    ) -> None:
        commit = claim.commit
        entry = ledger.Entry(
            range=commit.range,
            verdict=verdict,
            proof=None if verdict is Verdict.UNPROVEN else commit.proof,
            reason=None if verdict is Verdict.COMPLETE else reason,
            total=commit.total,
            distinct_entries=known,
            pages_done=ledger.pages_text(commit.pages_done),
            left_until=commit.left_until.isoformat() if commit.left_until else None,
            **(shown or {}),
        )
        ledger.record(self._database, entry, self._shared(requests), self._counting.zone)

    def _holds(self, commit: Commit, known: int, served_all: bool) -> bool:
        if commit.proof is Proof.WALK:
            # What is known beside it may still lie on the other side of an edge.
            surplus = known - (commit.total or 0)
            return served_all and abs(surplus) <= (
                surplus and self._counting.doubtful(commit.range)
            )
        # Where every page was served the entries are here, on whichever side of an edge.
        sure = commit.sounding or bool(commit.pages_done)
        return known == commit.total and (sure or not self._counting.doubtful(commit.range))

    def _served_all(self, claim: Claim) -> bool:
        """As many distinct entries were served as the total states, and all of them are here."""
        ((walked, present),) = self._database.run(
            "load/proof.sql", self._run | {"walk": claim.walk}
        )
        return bool(walked == present == claim.commit.total)

    def _vanished(self, claim: Claim, window: dict[str, object]) -> int:
        ((placed,),) = self._database.run("load/any_placed.sql", self._run)
        if placed and not self._counting.doubtful(claim.commit.range):
            self._database.run("load/relocated.sql", window)
            self._database.run("load/here.sql", window)
        ((vanished,),) = self._database.run("load/vanished.sql", window)
        if vanished:
            self._database.run("load/here.sql", window)
        return int(vanished)

    def _shown(self, claim: Claim, window: dict[str, object]) -> dict[str, str | None]:
        """What a walk, or a sounding, shows of where the source's days begin."""
        commit = claim.commit
        oldest = newest = before = None
        if commit.sounding:
            ((oldest, before),) = self._database.run(
                "load/sounding.sql", window | {"total": commit.total}
            )
        elif claim.walk is not None:
            ((oldest, newest, before),) = self._database.run("load/edges.sql", window)
            if commit.verdict is not Verdict.COMPLETE or commit.proof is Proof.COUNT:
                before = None  # entries that were not served may still come
                oldest = oldest if commit.pages_done else None
        return {"oldest_served": oldest, "newest_served": newest, "newest_before": before}

    def _hear(self, range_: Range, shown: dict[str, str | None]) -> None:
        """Entries from after a range's last day, in whatever zone: `to_date` includes its day."""
        newest, end = shown["newest_served"], _instant(range_.to_day, _WESTMOST)
        if newest and end and datetime.fromisoformat(newest) >= datetime.fromisoformat(end):
            self._learned.to_day_included = True

    def _window(self, claim: Claim) -> dict[str, object]:
        """The parameters of a range's statements.

        `outer_from` and `outer_to` are the instants that a range can reach at all, in whatever
        zone its days begin, and however `to_date` is read.
        """
        range_ = claim.commit.range
        end = range_.to_day
        if end is not None and not claim.included:
            end += ONE_DAY
        return (
            self._counting.parameters(range_)
            | self._run
            | {
                "walk": claim.walk,
                "outer_from": _instant(range_.from_day, -_EASTMOST),
                "outer_to": _instant(end, _WESTMOST),
                "last_day_asked": not claim.included,
            }
        )

    def _shared(self, requests: int) -> dict[str, object]:
        return self._run | {
            "requests": requests,
            "newest_first": self._learned.newest_first,
            "to_day_included": self._learned.to_day_included,
            "total_cap": self._learned.total_cap,
        }


def _instant(day: date | None, shift: timedelta) -> str | None:
    if day is None:
        return None
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) + shift).isoformat()

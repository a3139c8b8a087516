"""How many known entries a range holds, as far as it is known when the source's days begin."""

from dataclasses import replace
from datetime import date, datetime

from etl.plan.learned import StreamState
from etl.plan.ranges import Range
from etl.warehouse import ledger
from etl.warehouse.database import Database


class Counting:
    """Counts over one stream. The warehouse must be attached.

    `zone` is the one in which the source seems to count its days. It is learned from what walks
    served, and what is in doubt of it is counted, not guessed.
    """

    def __init__(
        self, database: Database, run: dict[str, object], zone: str, state: StreamState
    ) -> None:
        self.zone = zone
        self._database = database
        self._run = run
        self._history_from = state.history_from
        self._history_unmoved = state.history_unmoved

    def parameters(self, range_: Range) -> dict[str, object]:
        return self._run | ledger.range_parameters(range_, self.zone)

    def counts(self, range_: Range) -> tuple[int, int]:
        """Known entries of a range, and how many near its edges may lie on the other side."""
        known, near_edges = self._count(self.unbounded(range_))
        return known, self.about_edges(range_) if near_edges else 0

    def known(self, range_: Range) -> int:
        """Known entries of a range."""
        return self._count(self.unbounded(range_))[0]

    def doubtful(self, range_: Range) -> int:
        """Known entries near a range's edges that may lie on the other side."""
        return self.counts(range_)[1]

    def refuted(self, range_: Range, oldest: str | None, newest: str | None) -> bool:
        """Whether a walk of a range was served what lies outside, in the zone that is believed in:
        `oldest` and `newest` are the times that it was served."""
        if oldest is None and newest is None:
            return False
        served = {"oldest_served": oldest, "newest_served": newest}
        values = self.parameters(self.unbounded(range_)) | served
        ((refuted,),) = self._database.run("load/refuted.sql", values)
        return bool(refuted)

    def passed(self, range_: Range, walk: int) -> int:
        """Known entries older than the newest that a walk of a range was served, and not served."""
        values = self.parameters(self.unbounded(range_)) | {"walk": walk}
        ((entries,),) = self._database.run("load/passed.sql", values)
        return int(entries)

    def oldest_of(self, range_: Range, total: int) -> datetime | None:
        """The time of the oldest known entry of an open range that holds the `total` newest ones.

        None where its first day begins between these and what is older in no zone.
        """
        values = self.parameters(range_) | {"total": total}
        ((oldest, _),) = self._database.run("load/sounding.sql", values)
        return ledger.moment(oldest)

    def ends(self, range_: Range) -> tuple[datetime | None, datetime | None]:
        """When the oldest and the newest known entry of a range are."""
        values = self.parameters(self.unbounded(range_))
        ((oldest, newest),) = self._database.run("load/ends.sql", values)
        return ledger.moment(oldest), ledger.moment(newest)

    def about_edges(self, range_: Range) -> int:
        """The same, of all types, where it is known that some lie near."""
        range_ = self.unbounded(range_)
        days = (range_.from_day, range_.to_day)
        return sum(self._about_edge(day) for day in days if day is not None)

    def _about_edge(self, day: date) -> int:
        """Known entries that may lie on either side of a day's beginning.

        Where a walk or a count has shown what the source serves from this very day on, these are
        only what has come in between. Where it has not, or little was known before the day then,
        the zones that are possible tell more.
        """
        edge = self._run | {"day": day.isoformat(), "zone": self.zone}
        (shown,) = self._database.run("ledger/edge.sql", edge)
        if shown[0] is not None and not self._between(*shown):
            return 0
        edge |= {"earliest": shown[0], "latest": shown[1]}
        (possible,) = self._database.run("ledger/midnights.sql", edge)
        return self._between(*possible)

    def _between(self, earliest: str, latest: str) -> int:
        between = {"earliest": earliest, "latest": latest}
        ((entries,),) = self._database.run("load/doubtful.sql", self._run | between)
        return int(entries)

    def unbounded(self, range_: Range) -> Range:
        """The range, from the beginning on where the history begins with it, and always has: then
        nothing older was ever asked for."""
        if self._history_unmoved and range_.from_day == self._history_from:
            return replace(range_, from_day=None)
        return range_

    def _count(self, range_: Range) -> tuple[int, int]:
        ((known, near_edges),) = self._database.run("load/known.sql", self.parameters(range_))
        return int(known), int(near_edges)

    def spread(self, range_: Range, most: int) -> tuple[date, ...]:
        """Days that cut a range into parts of at most `most` known entries."""
        rows = self._database.run("load/spread.sql", self.parameters(range_) | {"most": most})
        return tuple(date.fromisoformat(cut) for (cut,) in rows)

    def oldest(self) -> date | None:
        """The UTC day of the oldest known entry."""
        ((day,),) = self._database.run("ledger/oldest.sql", self._run)
        return date.fromisoformat(day) if day else None

    def totals(self) -> ledger.Totals:
        """How far the proof reaches, and what is known and stated in all."""
        return ledger.read_totals(self._database, str(self._run["organization_id"]), self.zone)

    def watermark(self) -> datetime | None:
        """The watermark as the ledger stands now."""
        return self.totals().watermark

    def think_over(
        self,
        range_: Range,
        known: int,
        total: int,
        shown: dict[str, str | None],
        *,
        sounding: bool = False,
        served_all: bool = False,
    ) -> int:
        """Known entries of a range in the zone that fits best what a walk of it has shown.

        `known` is what the zone believed until now makes of the range, `total` what the source
        states of it: these differ, or what was served refutes that zone. A zone is taken on only if
        it fits the count and every walk since the source last changed its zone; else the one
        believed until now stays. A `sounding` can show such a change, for then all that is known is
        there. So can a walk that was `served_all`, but only by what it was served: what was not may
        have gone.
        """
        believed = self.zone
        evidence = self.parameters(range_) | shown
        evidence |= {"sounding": sounding, "served_all": served_all}
        tried = set[tuple[str, ...]]()
        for zone, *edges in self._database.run("ledger/zones.sql", evidence):
            if tuple(edges) in tried:
                continue  # the same instants hold the same entries
            tried.add(tuple(edges))
            self.zone = zone
            found = self.known(range_)
            if found == total:
                return found
        self.zone = believed
        return known

"""What a run knows when it begins, and what it learns of the source on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from etl.plan.model import Fetched
from etl.plan.ranges import ONE_DAY, Difference, Range, Unfinished


class Ending(Protocol):
    """What was seen at the end that a `total` states: see `Fetched`."""

    @property
    def total(self) -> int | None: ...
    @property
    def capped(self) -> bool: ...
    @property
    def exceeded(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class StreamState:
    """All that the ledger knows of a stream when a run begins."""

    today: date
    """The day on which the run began, in UTC, by the local clock."""
    history_from: date | None
    watermark: datetime | None
    lookback_days: int
    newest_first: bool | None = None
    to_day_included: bool | None = None
    total_cap: int | None = None
    check_due: bool = True
    unfinished: tuple[Unfinished, ...] = ()
    walked_before: bool = False
    """False until some window of the stream has been proven once."""
    history_proven: bool = False
    """False until the whole history has been proven at once."""
    history_checked: bool = False
    """False until the whole history has been counted once, and nothing lacked that can be had."""
    newest_known: datetime | None = None
    """The newest known entry: the watermark, unless what was proven before is in doubt now."""
    frontier: datetime | None = None
    """The newest entry of what is proven after the last stretch that is not; None where all is."""
    frontier_from: date | None = None
    """The first day of that."""
    history_unmoved: bool = True
    """True where every run so far had the same ETL_FROM_DATE."""
    reread: tuple[Range, ...] = ()
    """Ranges that an interrupted `verify --deep` has read again already."""
    counted: Mapping[Range, int] = field(default_factory=dict)
    """What interrupted runs of `verify` have counted: entries that ranges hold at the source."""
    filtered: frozenset[str] = frozenset()
    """The names of the stream's own filters: by these nothing can be split."""

    @property
    def history(self) -> Range:
        return Range(self.history_from, None)


@dataclass(slots=True)
class Learned:
    """What a run knows of the source so far, from the ledger and from its own answers."""

    state: StreamState
    newest_first: bool | None
    to_day_included: bool | None
    total_cap: int | None
    busiest_day: date | None = None
    deepest_skip: int | None = None  # larger ones are refused, as far as this run has seen
    stated: tuple[Range, int] | None = None  # by the last answer about an open window, and which
    doubted: tuple[Range, int] | None = None  # the same, by a walk that its window contradicted
    proven_from: date | None = None  # the first day of the longest open window proven in this run
    proven_history: bool = False  # the whole history has
    checked_history: bool = False  # it has been counted, and nothing lacks that can be had
    at_first_count: bool = False  # and nothing moved between the walk before and the count
    closed_walked: bool = False  # a closed window has been fetched in this run
    open_left: bool = False  # an open window was given up: what was proven with it is to be again
    unread: bool = False  # of some window not all that is stated was served, whatever was tried
    begins: datetime | None = None  # the source's oldest entry, where counts say that none is older
    empty_until: date | None = None  # from the beginning to this day nothing was served or counted
    # totals that proved to be exact, though `has_more` said that there is more
    exact: dict[Range, int] = field(default_factory=dict)
    history_weighed: bool = False  # it has been tried whether the history's total is exact
    # proven by a walk, though more is known of them: it may lie beyond an edge; with what is stated
    overfull: dict[Range, int] = field(default_factory=dict)
    # unproven, whatever was tried in this run; with how many entries they lack
    given_up: dict[Range, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)  # what `verify` has found

    @classmethod
    def of(cls, state: StreamState) -> "Learned":
        return cls(state, state.newest_first, state.to_day_included, state.total_cap)

    @property
    def last_cut(self) -> date:
        """Days before this one are over in every time zone."""
        return self.state.today - ONE_DAY

    def oldest_skip(self, total: int) -> int:
        """Where the oldest of `total` entries stands, in the order in which they are served."""
        return 0 if self.newest_first is False else max(total - 1, 0)

    def hear_total(self, total: int) -> None:
        """A total beyond the cap that was believed in refutes it."""
        if self.total_cap is not None and total > self.total_cap:
            self.total_cap = None

    def hear_order(self, newest_first: bool | None) -> None:
        """Takes in the order that pages show; None where they show none."""
        if newest_first is not None:
            self.newest_first = newest_first

    def reaches_cap(self, total: int) -> bool:
        """True where a total is no more than what the source is known to count up to."""
        return self.total_cap is not None and total >= self.total_cap

    def hear(self, window: Range, got: "Fetched") -> None:
        """Takes in what an answer about an open window tells, of it and of the source's ways."""
        self.stated = None if got.rejected else (window, got.total)
        self.hear_order(got.newest_first)
        if got.busiest_day is not None:
            self.busiest_day = got.busiest_day

    @property
    def proven_open(self) -> bool:
        """An open window has been proven in this run, though perhaps but a part of the newest."""
        return self.proven_from is not None

    def prove_open(self, window: Range) -> None:
        """Notes that an open window has been proven in this run."""
        begin = window.from_day or date.min
        self.proven_from = min(begin, self.proven_from or begin)

    def doubt_open(self) -> None:
        """Notes that the ledger calls an open window unproven now, whatever was proven before."""
        self.proven_from = None

    def proves(self, window: Range) -> bool:
        """True where all days of an open window have been proven in this run, as one."""
        return self.proven_from is not None and self.proven_from <= (window.from_day or date.min)

    def give_up(self, range_: Range, lacking: int) -> None:
        """Notes that a range lacks so many entries, whatever was tried."""
        self.given_up[range_] = lacking
        self.unread = True

    def leaves(self, place: Difference) -> bool:
        """True where a range was given up, or lacks just what was given up of its days."""
        within = [lacking for days, lacking in self.given_up.items() if place.range.covers(days)]
        explained = bool(within) and place.source - place.known == sum(within)
        return explained or place.range in self.given_up

    def bounds(self, range_: Range, got: Ending) -> bool:
        """True where the `total` of a range seems to be only a lower bound.

        Where totals are capped, the cap is no less than any total that is exact. So only what is
        less than that is exact too: two ranges can state as much, the one being capped.
        """
        total = got.total or 0
        exact = self.exact.get(range_) == total or total < max(self.exact.values(), default=0)
        return got.exceeded or (got.capped and not exact)

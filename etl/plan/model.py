"""The values that pass between a plan and its driver: ranges, asks and answers. All frozen."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

PAGE = 100
"""Entries of one page; the endpoint's documented maximum."""

DEEPEST_SKIP = 10_000
"""No page of a window that can still be split asks for more: APIs refuse or cap deep paging."""

WINDOW = 5_000
"""Entries a window of a backfill should hold, roughly."""

ONE_DAY = timedelta(days=1)


class Verdict(StrEnum):
    """What the ledger says of a range. Only `COMPLETE` is a proof."""

    COMPLETE = "complete"
    PLANNED = "planned"  # cut out by a backfill, nothing fetched yet
    PARTIAL = "partial"  # begun, and to be gone on with
    UNPROVEN = "unproven"  # the source contradicts itself or this copy


class Proof(StrEnum):
    """How a range was proven."""

    WALK = "walk"  # each of the total entries was served in this walk
    COUNT = "count"  # what was known plus the pages fetched add up to the total


@dataclass(frozen=True, slots=True, order=False)
class Range:
    """Days of a stream, as the source counts days: `from_day` inclusive, `to_day` exclusive.

    None is open: from the beginning of history, up to whatever is still to come. The two filters
    are set only where a single day is too large for the API's paging.
    """

    from_day: date | None
    to_day: date | None
    entity_type: str | None = None
    action_type: str | None = None

    @property
    def open(self) -> bool:
        return self.to_day is None

    @property
    def single_day(self) -> bool:
        if self.from_day is None or self.to_day is None:
            return False
        return self.to_day - self.from_day <= ONE_DAY

    @property
    def narrowed(self) -> bool:
        """True where a type filter makes this a part of its days only."""
        return self.entity_type is not None or self.action_type is not None

    def __str__(self) -> str:
        days = f"{self.from_day or 'the beginning'} to "
        days += str(self.to_day - ONE_DAY) if self.to_day else "now"
        types = "/".join(t for t in (self.entity_type, self.action_type) if t)
        return f"{days} ({types})" if types else days


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A range that the ledger does not call complete, and how far its walk came."""

    range: Range
    verdict: Verdict
    total: int | None = None
    pages_done: frozenset[int] = frozenset()
    whole: bool = False  # its walk was to take every page
    recorded: bool = True  # False for days that the ledger does not know at all
    beyond_reach: bool = False  # no paging and no filter could reach all of its entries
    shifted: bool = False  # its pages are to begin half a page further on


@dataclass(frozen=True, slots=True)
class StreamState:
    """All that the ledger knows of a stream when a run begins."""

    today: date
    """The earlier of the local clock's and the server's day, in UTC."""
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
    frontier: datetime | None = None
    """The newest entry of what is proven after the last stretch that is not; None where all is."""
    frontier_from: date | None = None
    """The first day of that."""
    history_unmoved: bool = True
    """True where every run so far had the same ETL_FROM_DATE."""
    reread: tuple[Range, ...] = ()
    """Ranges that an interrupted `verify --deep` has read again already."""

    @property
    def history(self) -> Range:
        return Range(self.history_from, None)


@dataclass(frozen=True, slots=True)
class Difference:
    """A range of days whose count here is not the count at the source."""

    range: Range
    source: int
    known: int


@dataclass(slots=True)
class Learned:
    """What a run knows of the source so far, from the ledger and from its own answers."""

    state: StreamState
    newest_first: bool | None
    to_day_included: bool | None
    total_cap: int | None
    busiest_day: date | None = None
    deepest_skip: int | None = None  # larger ones are refused, as far as this run has seen
    last_total: int = 0
    proven_open: bool = False  # an open window has been proven in this run
    proven_history: bool = False  # the whole history has
    checked_history: bool = False  # it has been counted, and nothing lacks that can be had
    at_first_count: bool = False  # and nothing moved between the walk before and the count
    closed_walked: bool = False  # a closed window has been fetched in this run
    has_more_lies: bool = False  # it is true at ends that counts show to be ends
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

    def hear_total(self, total: int) -> None:
        """A total beyond the cap that was believed in refutes it."""
        if self.total_cap is not None and total > self.total_cap:
            self.total_cap = None

    def reaches_cap(self, total: int) -> bool:
        """True where a total is no more than what the source is known to count up to."""
        return self.total_cap is not None and total >= self.total_cap

    def hear(self, got: "Fetched") -> None:
        """Takes in what an answer tells of the source's ways."""
        self.last_total = got.total
        if got.newest_first is not None:
            self.newest_first = got.newest_first
        if got.busiest_day is not None:
            self.busiest_day = got.busiest_day

    def bounds(self, got: "Fetched | Swept | Counted") -> bool:
        """True where `total` seems to be only a lower bound."""
        return got.exceeded or (got.capped and not self.has_more_lies)


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for pages of one range, in the order given; answered with `Fetched`.

    `fresh` begins a new walk: what was served of the range before no longer counts as served.
    `whole` says that every page is to be walked; where that is interrupted the ledger keeps it,
    and the next run goes on with `done`, the pages that are stored already.
    """

    range: Range
    skips: Sequence[int]
    fresh: bool = False
    whole: bool = False
    done: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the pages of one `Fetch` said. Counts are of entries, `total` is the last one stated."""

    total: int
    fell: bool  # a later page of this walk stated a smaller total
    size: int  # entries a full page holds
    served: int  # entries in these pages
    capped: bool  # `has_more` at the end that `total` states: it may be only a lower bound
    newest_first: bool | None  # None where the pages do not tell
    walked: int  # distinct entries served since the walk began
    held: int  # known entries of the range, as the warehouse stands now
    added: int  # distinct entries of the walk that the warehouse does not know yet
    contact: bool  # the walk reached an entry that was known before
    seam: bool = False  # the first entry of these pages was known before
    doubtful: int = 0  # known entries that another reading of the days would put elsewhere
    busiest_day: date | None = None
    rejected: bool = False  # the API refuses this skip (422)
    exceeded: bool = False  # entries were served from beyond the end that `total` states

    @property
    def missing(self) -> int:
        """Entries stated and neither known nor fetched; negative where there are too many."""
        return self.total - self.held - self.added


@dataclass(frozen=True, slots=True)
class Count:
    """Ask how many entries a range holds at the source (one request, `limit=1`): `Counted`."""

    range: Range
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """`position` is the time of the one entry served, None where it is unreadable."""

    total: int
    position: datetime | None = None
    known: bool = False
    served: bool = False
    rejected: bool = False
    capped: bool = False  # as in `Fetched`
    exceeded: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Ask how many known entries a range holds here: `int`."""

    range: Range


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Ask how many known entries may lie in a range or not, as long as it is not known in which
    zone the source's days begin: `int`. A count that includes such entries proves nothing."""

    range: Range


@dataclass(frozen=True, slots=True)
class Watermark:
    """Ask for the watermark as the ledger stands now: `datetime`, None before the first proof."""


@dataclass(frozen=True, slots=True)
class Oldest:
    """Ask for the UTC day of the oldest known entry: `date`, None where nothing is known."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Ask for days that cut a range into parts of at most `most` known entries: `tuple[date]`."""

    range: Range
    most: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Store what the walk of `range` has fetched, with a ledger row: `Committed`.

    A claim of `COMPLETE` is checked again inside the transaction; where it fails there, the row
    says `UNPROVEN` and so does the answer. A `sounding` is made right after the whole history was
    proven: then the count of a window shows where its first day begins.
    """

    range: Range
    verdict: Verdict
    total: int | None
    proof: Proof | None = None
    reason: str | None = None
    pages_done: frozenset[int] = frozenset()
    sounding: bool = False
    beyond_reach: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    verdict: Verdict
    known: int
    vanished: int = 0
    served_all: bool = False  # the walk was served as many distinct entries as the total states


@dataclass(frozen=True, slots=True)
class Expire:
    """Record known entries of `range` before `before` as gone from the source: `int`, how many."""

    range: Range
    before: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """Note that the whole history was counted, and nothing lacks that can be had: `None`."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Fetch closed ranges whole, many pages at a time, each by its own proof: `tuple[Swept, …]`.

    The driver commits each range as its last page arrives, in batches of pages where it is large.
    A range of more than `DEEPEST_SKIP` entries that is not a single day comes back at once.
    """

    tasks: tuple[Unfinished, ...]


@dataclass(frozen=True, slots=True)
class Swept:
    range: Range
    verdict: Verdict
    total: int
    known: int
    too_large: bool = False
    capped: bool = False
    rejected: bool = False
    served_all: bool = False
    exceeded: bool = False


Ask = (
    Fetch
    | Count
    | Known
    | Doubtful
    | Watermark
    | Oldest
    | Spread
    | Commit
    | Expire
    | Checked
    | Sweep
)
Plan = Generator[Ask, Any, None]


def closing_day(day: date, included: bool | None) -> date:
    """The `to_date` to send so that a range reaches up to `day`, whatever is not known of it."""
    return day - ONE_DAY if included else day


def halves(whole: Range, today: date, oldest: date | None) -> tuple[Range, Range] | None:
    """Cuts a range of more than one day in two, older part first; None where it cannot be cut."""
    begin = whole.from_day or oldest
    end = whole.to_day or today + ONE_DAY
    if begin is None or (end - begin).days < 2:
        return None
    cut = begin + (end - begin) // 2
    return replace(whole, to_day=cut), replace(whole, from_day=cut)

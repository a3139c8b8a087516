"""The values that pass between a plan and its driver: asks and answers. All frozen."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from etl.plan.ranges import Proof, Range, Unfinished, Verdict


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for pages of one range, in the order given; answered with `Fetched`.

    `fresh` begins a new walk: what was served of the range before no longer counts as served.
    `whole` says that every page is to be walked; where that is interrupted the ledger keeps it,
    and the next run goes on with `done`, the pages that are stored already. `depth` is how many
    entries an interrupted walk has stored from its first on, without a gap.
    """

    range: Range
    skips: Sequence[int]
    fresh: bool = False
    whole: bool = False
    done: frozenset[int] = frozenset()
    depth: int = 0


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
    """`position` is the time of the one entry served, None where it is unreadable; the earlier one
    where it is known here under another."""

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
class Passed:
    """Ask how many known entries of a range are older than the newest that its walk was served, and
    were not served: `int`. Oldest first, a walk from the beginning on has come past them: they have
    gone, or the source's days begin later than is believed."""

    range: Range


@dataclass(frozen=True, slots=True)
class OldestOf:
    """Ask for the time of the oldest known entry of an open range, if the range is no more and no
    less than the `total` newest known ones: `datetime`. None where its first day begins between
    these and what is older in no zone."""

    range: Range
    total: int


@dataclass(frozen=True, slots=True)
class Ends:
    """Ask when the oldest and the newest known entry of a range are: `tuple[datetime, datetime]`,
    of None where none is known."""

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
    says `UNPROVEN` and so does the answer. What cannot be proven, whatever is tried, is
    `left_until` a day: not tried again before it, unless its total changes. A `sounding` is made
    right after the whole history was proven: then the count of a window shows where its first day
    begins. `depth`: how many entries a walk that goes on has stored from its first on.
    """

    range: Range
    verdict: Verdict
    total: int | None
    proof: Proof | None = None
    reason: str | None = None
    pages_done: frozenset[int] = frozenset()
    sounding: bool = False
    left_until: date | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class CommitAll:
    """Write several ledger rows in one transaction, such as the parts of a backfill: `None`."""

    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Committed:
    verdict: Verdict
    known: int
    vanished: int = 0
    served_all: bool = False  # the walk was served as many distinct entries as the total states


@dataclass(frozen=True, slots=True)
class Expire:
    """Record known entries of `range` before `before` as gone from the source: `int`, how many.

    None where there are more than `most`: then some of them are served, at another time now.
    """

    range: Range
    before: datetime
    most: int


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
    | Sweep
    | Count
    | Known
    | Doubtful
    | Passed
    | OldestOf
    | Ends
    | Watermark
    | Oldest
    | Spread
    | Commit
    | CommitAll
    | Expire
    | Checked
)


Plan = Generator[Ask, Any, None]

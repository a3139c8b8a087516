"""A warehouse in memory: what is held, and a ledger that is read by painting days."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import count, pairwise
from typing import NamedTuple

from fake_source import Item, within

from etl.plan.learned import Learned, StreamState
from etl.plan.ranges import PAGE, Proof, Range, Unfinished, Verdict

_BEGINNING, _OPEN = date.min, date.max


class Row(NamedTuple):
    """One row of the ledger."""

    range: Range
    verdict: Verdict
    total: int | None
    pages_done: frozenset[int]
    whole: bool
    day: date
    history_from: date | None
    left_until: date | None = None
    proof: Proof | None = None


class Warehouse:
    """Entries by id, the ids of those that have gone, and the rows of the ledger."""

    def __init__(self) -> None:
        self.ledger: list[Row] = []
        self._held: dict[str, Item] = {}
        self._absent: set[str] = set()
        self._known: list[Item] | None = []
        self._checked: tuple[date, int, date | None] | None = None

    def check(self, day: date) -> None:
        """Notes that the whole history was counted."""
        self._checked = day, len(self.ledger), self.ledger[-1].history_from

    @property
    def known(self) -> list[Item]:
        """The known entries, sorted by time."""
        if self._known is None:
            self._known = sorted(i for i in self._held.values() if i.id not in self._absent)
        return self._known

    def knows(self, id_: str) -> bool:
        return id_ in self._held and id_ not in self._absent

    def hold(self, items: Iterable[Item]) -> None:
        for item in items:
            self._held[item.id] = item
            self._absent.discard(item.id)
        self._known = None

    def drop(self, ids: set[str]) -> int:
        """Records entries as gone; how many there were."""
        self._absent |= ids
        self._known = None
        return len(ids)

    def spread(self, range_: Range, most: int) -> tuple[date, ...]:
        """Days that cut a range into parts of at most `most` known entries."""
        days = [item.at.date() for item in within(self.known, range_)]
        parts: dict[int, date] = {}
        for number, day in enumerate(days):
            if number + 1 == len(days) or days[number + 1] != day:
                parts.setdefault(number // most, day)
        return tuple(day for part, day in sorted(parts.items()) if part)

    def stretches(self) -> list[tuple[date, date, Row | None]]:
        """The ledger day by day: each stretch of days with the row that covers it last."""
        rows = [row for row in self.ledger if not row.range.narrowed]
        bounds = [(r.range.from_day or _BEGINNING, r.range.to_day or _OPEN) for r in rows]
        edges = sorted({day for pair in bounds for day in pair})
        found = []
        for low, high in pairwise(edges):
            over = [r for r, (a, b) in zip(rows, bounds, strict=True) if a <= low and high <= b]
            found.append((low, high, over[-1] if over else None))
        return found

    def unproven(self, history_from: date | None, today: date = date.min) -> list[Unfinished]:
        """Stretches since the history begins that are not proven, newest first."""
        begin = history_from or _BEGINNING
        stretches = [(max(a, begin), b, row) for a, b, row in self.stretches() if b > begin]
        found = []
        if stretches and stretches[0][0] > begin:
            found.append(_unfinished(begin, stretches[0][0], None, today))
        for low, high, row in stretches:
            if row is None or row.verdict is not Verdict.COMPLETE:
                found.append(_unfinished(low, high, row, today))
        return found[::-1]

    def watermark(self, history_from: date | None) -> datetime | None:
        """The newest known entry up to which every day is proven."""
        left = self.unproven(history_from)
        proven_to = left[-1].range.from_day or _BEGINNING if left else _OPEN
        proven = [item.at for item in self.known if item.at.date() < proven_to]
        return max(proven, default=None) if self.ledger else None

    def state(
        self, today: date, history_from: date | None, lookback_days: int, learned: Learned | None
    ) -> StreamState:
        """What a run begins with; `learned` is what the one before knew of the source."""
        if not self.ledger or learned is None:
            return StreamState(today, history_from, None, lookback_days)
        proven = [row for row in self.ledger if row.verdict is Verdict.COMPLETE]
        whole = [row.day for row in proven if row.range == Range(history_from, None)]
        left = self.unproven(history_from, today)
        frontier_from = left[0].range.to_day if left else None
        after = [i.at for i in self.known if frontier_from and i.at.date() >= frontier_from]
        frontier = max(after, default=None)
        return StreamState(
            today=today,
            history_from=history_from,
            watermark=self.watermark(history_from),
            lookback_days=lookback_days,
            newest_first=learned.newest_first,
            to_day_included=learned.to_day_included,
            total_cap=learned.total_cap,
            check_due=self._due(today, history_from),
            unfinished=tuple(left),
            walked_before=bool(proven),
            history_proven=bool(whole),
            history_checked=self._checked is not None and self._checked[2] == history_from,
            frontier=frontier,
            frontier_from=frontier_from,
            history_unmoved=len({row.history_from for row in self.ledger}) <= 1,
        )

    def _due(self, today: date, history_from: date | None) -> bool:
        if self._checked is None:
            return True
        day, rows, begin = self._checked
        closed = any(
            not row.range.open and (row.proof is not Proof.COUNT or row.pages_done)
            for row in self.ledger[rows:]
        )
        return day != today or begin != history_from or closed


def _unfinished(low: date, high: date, row: Row | None, today: date) -> Unfinished:
    days = Range(None if low == _BEGINNING else low, None if high == _OPEN else high)
    if row is None:
        return Unfinished(days, Verdict.PLANNED, recorded=False)
    if row.range != days:
        return Unfinished(days, row.verdict)
    left = row.left_until is not None and row.left_until > today
    pages = next(page for page in count() if page not in row.pages_done)
    return Unfinished(
        days, row.verdict, row.total, row.pages_done, pages * PAGE, whole=row.whole, left=left
    )

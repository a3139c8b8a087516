"""The ledger: the state that a run begins with, and the rows it leaves behind."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from etl.plan.learned import StreamState
from etl.plan.ranges import Proof, Range, Unfinished, Verdict
from etl.warehouse.database import Database

GONE_ON_WITH = timedelta(days=3)
"""For so long an interrupted verification is gone on with: what it has seen vouches for no more."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Which stream a run works on, and where its history begins."""

    organization_id: str
    history_from: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger, but for what the run as a whole gives it."""

    range: Range
    zone: str
    verdict: Verdict
    proof: Proof | None
    reason: str | None
    total: int | None
    distinct_entries: int | None
    pages_done: str | None
    requests: int
    newest_first: bool | None
    to_day_included: bool | None
    total_cap: int | None
    oldest_served: str | None = None
    newest_served: str | None = None
    newest_before: str | None = None
    left_until: str | None = None

    def written(self) -> dict[str, object]:
        """The row by the names of the ledger's columns."""
        values = asdict(self)
        del values["range"]
        return values | range_parameters(self.range, self.zone)


@dataclass(frozen=True, slots=True)
class Totals:
    """Entries known here and stated by the source, and how far the proof reaches."""

    known: int
    source_total: int | None
    source_total_as_of: datetime | None
    watermark: datetime | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Purge:
    """So many entries, over a `span` of the history, gone within the time that had `passed`."""

    noticed_at: str
    entries: int
    span: timedelta
    passed: timedelta


def range_parameters(range_: Range, zone: str) -> dict[str, object]:
    return {
        "from_day": range_.from_day and range_.from_day.isoformat(),
        "to_day": range_.to_day and range_.to_day.isoformat(),
        "entity_type": range_.entity_type,
        "action_type": range_.action_type,
        "zone": zone,
    }


def read_state(
    database: Database, stream: Stream, today: date, lookback_days: int
) -> tuple[StreamState, str]:
    """What the ledger knows of a stream, and the zone in which its source seems to count days.

    The warehouse must be attached.
    """
    parameters = {
        "organization_id": stream.organization_id,
        "history_from": stream.history_from and stream.history_from.isoformat(),
        "today": today.isoformat(),
    }
    (row,) = database.run("ledger/state.sql", parameters)
    watermark, newest_first, included, cap, zone, walked, proven, checked, due, *rest = row
    lacking, unmoved = rest
    rows = database.run("ledger/unfinished.sql", parameters) if lacking else []
    frontiers = database.run("ledger/frontier.sql", parameters) if lacking else []
    newest = database.run("ledger/newest.sql", parameters) if lacking else [(watermark,)]
    frontier, frontier_from = frontiers[0] if frontiers else (None, None)
    state = StreamState(
        today=today,
        history_from=stream.history_from,
        watermark=moment(watermark),
        lookback_days=lookback_days,
        newest_first=newest_first,
        to_day_included=included,
        total_cap=cap,
        check_due=due,
        unfinished=tuple(_unfinished(*row) for row in rows),
        walked_before=walked,
        history_proven=proven,
        history_checked=checked,
        history_unmoved=unmoved,
        newest_known=moment(newest[0][0]),
        frontier=moment(frontier),
        frontier_from=_day(frontier_from),
    )
    return state, zone


def read_interrupted(
    database: Database, stream: Stream, command: str, verdict: Verdict, now: datetime
) -> dict[Range, int]:
    """What interrupted runs of a command have left for the next, each range with its total; nothing
    once one has finished, nor of what was not gone on with for `GONE_ON_WITH`. `COMPLETE`: ranges
    that were read again. `COUNTED`: what was counted."""
    parameters = {
        "organization_id": stream.organization_id,
        "command": command,
        "verdict": verdict.value,
        "now": now.isoformat(),
        "days": GONE_ON_WITH.days,
    }
    rows = database.run("ledger/interrupted.sql", parameters)
    return {Range(_day(low), _day(high)): total for low, high, total in rows}


def read_totals(database: Database, organization_id: str, zone: str) -> Totals:
    """The outcome of a run so far. The warehouse must be attached."""
    parameters: dict[str, object] = {"organization_id": organization_id, "zone": zone}
    rows = database.run("ledger/totals.sql", parameters)
    if not rows:
        return Totals(0, None, None, None, complete=False)
    ((watermark, complete, stated_at, known),) = rows
    stated = known
    if not complete:
        ((stated,),) = database.run("ledger/stated.sql", parameters | {"known": known})
    return Totals(known, stated, moment(stated_at), moment(watermark), bool(complete))


def read_unproven(database: Database, organization_id: str) -> list[str]:
    """Why a stream is not complete: a line for each stretch of days, newest first."""
    rows = database.run("ledger/unproven.sql", {"organization_id": organization_id})
    return [line for (line,) in rows]


def read_purge(database: Database, organization_id: str, run_id: str) -> Purge | None:
    """What a run has found gone from the source, where that is more than age explains."""
    parameters = {"organization_id": organization_id, "run_id": run_id}
    rows = database.run("ledger/purges.sql", parameters)
    if not rows:
        return None
    noticed_at, entries, span, passed = rows[0]
    return Purge(noticed_at, entries, timedelta(microseconds=span), timedelta(microseconds=passed))


def record(database: Database, rows: Sequence[Entry], run: dict[str, object]) -> None:
    """Appends rows to the ledger, inside the caller's transaction."""
    if rows:
        written = json.dumps([row.written() for row in rows])
        database.run("ledger/record.sql", run | {"rows": written})


def pages_text(pages: frozenset[int]) -> str | None:
    """`{0, 1, 2, 7}` as `0-2,7`; None for no page."""
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    texts = (str(low) if low == high else f"{low}-{high}" for low, high in runs)
    return ",".join(texts) or None


def pages_of(text: str | None) -> frozenset[int]:
    """The inverse of `pages_text`."""
    pages: set[int] = set()
    for part in (text or "").split(","):
        if part:
            low, _, high = part.partition("-")
            pages.update(range(int(low), int(high or low) + 1))
    return frozenset(pages)


def _unfinished(
    low: str | None,
    high: str | None,
    verdict: str,
    total: int | None,
    pages: str | None,
    depth: int,
    proof: str | None,
    recorded: bool,
    left: bool,
) -> Unfinished:
    return Unfinished(
        Range(_day(low), _day(high)),
        Verdict(verdict),
        total,
        pages_of(pages),
        depth,
        whole=proof == Proof.WALK,
        recorded=recorded,
        left=left,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def moment(text: str | None) -> datetime | None:
    """An instant that DuckDB has written as text; None for none."""
    return datetime.fromisoformat(text) if text else None

"""The ledger: the state that a run begins with, and the rows it leaves behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from etl.engine.model import ALL, Ledger, Proof, Window
from etl.engine.run import Gap
from etl.warehouse.database import Database

RESUMED_WITHIN = timedelta(days=3)
"""An interrupted `verify --deep` is resumed for so long; after that, what it read is read again."""

_WINDOW = (
    "from_day", "to_day", "stated", "total", "read_to", "reason", "counted_on", "read_at"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a stream when a run begins.

    `bound_to`: host and filters of the last sync; None where there was none. `watermark`: of the
    last proof. `oldest`: the day of the oldest row. `deep_since`, `in_vain`: see `Run`.
    """

    ledger: Ledger
    held: int
    bound_to: tuple[str, str] | None
    watermark: datetime | None
    oldest: date | None
    deep_since: datetime | None
    in_vain: Gap | None


@dataclass(frozen=True, slots=True)
class Purge:
    """So many entries, over a `span` of the history, gone within the time that had `passed`."""

    noticed_at: str
    entries: int
    span: timedelta
    passed: timedelta


def read_state(database: Database, organization_id: str, now: datetime) -> State:
    """What the ledger knows of a stream. The warehouse must be attached."""
    parameters: dict[str, object] = {
        "organization_id": organization_id,
        "now": now.isoformat(),
        "days": RESUMED_WITHIN.days,
    }
    (row,) = database.run("ledger/state.sql", parameters)
    url, filters, newest_first, ordered, included, cap, undated, excluding, *rest = row
    rereading_since, oldest, deep_since, in_vain, gap = rest
    windows = [_window(row) for row in database.run("ledger/windows.sql", parameters)]
    ledger = Ledger(
        windows=windows,
        undated=undated or 0,
        excluding=bool(excluding),
        rereading_since=moment(rereading_since),
        newest_first=newest_first,
        ordered=ordered is not False,
        to_day_included=included,
        cap=cap,
    )
    return State(
        ledger=ledger,
        held=read_held(database, organization_id),
        bound_to=None if url is None else (url, filters),
        watermark=read_watermark(database, organization_id),
        oldest=_day(oldest),
        deep_since=moment(deep_since),
        in_vain=Gap(gap) if in_vain else None,
    )


def read_held(database: Database, organization_id: str) -> int:
    """How many entries are held."""
    ((held,),) = database.run("ledger/held.sql", {"organization_id": organization_id})
    return int(held)


def read_watermark(database: Database, organization_id: str) -> datetime | None:
    """The watermark of the last proof."""
    values: dict[str, object] = {"organization_id": organization_id}
    ((watermark,),) = database.run("ledger/watermark.sql", values)
    return moment(watermark)


def read_unproven(database: Database, organization_id: str) -> list[str]:
    """Why a stream is not proven: a line for the whole, then one for each window, newest first."""
    rows = database.run("ledger/unproven.sql", {"organization_id": organization_id})
    return [line for (line,) in rows]


def read_purge(database: Database, organization_id: str, run_id: str) -> Purge | None:
    """What a run has found gone from the source, where that is more than age explains."""
    parameters = {"organization_id": organization_id, "run_id": run_id}
    rows = database.run("ledger/purges.sql", parameters)
    if not rows:
        return None
    noticed_at, entries, span, passed = rows[0]
    return Purge(noticed_at, entries, timedelta(seconds=span), timedelta(seconds=passed))


def write_windows(
    database: Database, run: dict[str, object], before: Sequence[str], now: Sequence[str]
) -> None:
    """Brings the windows up to date, inside the caller's transaction: only those that differ are
    written. Both as `rows_of` gives them."""
    gone, new = sorted(set(before) - set(now)), sorted(set(now) - set(before))
    if gone:
        days = json.dumps([json.loads(row)["from_day"] for row in gone])
        database.run("ledger/forget_windows.sql", run | {"days": days})
    if new:
        database.run("ledger/write_windows.sql", run | {"windows": f"[{','.join(new)}]"})


def rows_of(windows: Sequence[Window]) -> list[str]:
    """Each window as the JSON object that is its row."""
    return [
        json.dumps(
            {
                "from_day": window.from_day.isoformat(),
                "to_day": window.to_day and window.to_day.isoformat(),
                "stated": window.stated,
                "total": window.total,
                "read_to": window.read_to,
                "reason": window.reason,
                "counted_on": window.counted_on and window.counted_on.isoformat(),
                "read_at": window.read_at and window.read_at.isoformat(),
            }
        )
        for window in windows
    ]


def write_proofs(database: Database, run: dict[str, object], proofs: Sequence[Proof]) -> None:
    """Appends rows to the history of proofs, inside the caller's transaction."""
    if not proofs:
        return
    rows = [
        {
            "from_day": proof.days[0] and proof.days[0].isoformat(),
            "to_day": proof.days[1] and proof.days[1].isoformat(),
            "stated": proof.stated,
            "held": proof.held,
            "how": proof.how,
            "verdict": proof.verdict,
            "reason": proof.reason,
            "everything": proof.days == ALL and proof.verdict == "complete",
        }
        for proof in proofs
    ]
    database.run("ledger/prove.sql", run | {"proofs": json.dumps(rows)})


def _window(row: Sequence[object]) -> Window:
    values = dict(zip(_WINDOW, row, strict=True))
    window = Window(date.fromisoformat(str(values["from_day"])), _day(values["to_day"]))
    window.stated, window.total = _number(values["stated"]), _number(values["total"])
    window.read_to = _number(values["read_to"]) or 0
    window.reason = None if values["reason"] is None else str(values["reason"])
    window.counted_on = _day(values["counted_on"])
    window.read_at = moment(values["read_at"])
    return window


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def moment(value: object) -> datetime | None:
    """An instant that DuckDB has written as text; None for none."""
    return datetime.fromisoformat(value) if isinstance(value, str) else None

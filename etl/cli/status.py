"""`etl status`."""

import argparse
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.cli import table
from etl.cli.flags import add_settings, settings_from
from etl.cli.text import count, duration, moment, plain

if TYPE_CHECKING:
    import duckdb

EXAMPLES = """\
examples:
  etl status                     exit 6 if a stream is not proven complete
  etl status --max-age 26h       exit 6 also if a proof is older than 26 hours
  etl status --json
"""
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CLOCKS_DIFFER = timedelta(minutes=5)
_LATE_WARNING = 0.5
"""Warn if entries are late by more than this share of the lookback."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The status of one stream."""

    organization_id: str
    watermark: datetime | None = None
    complete: bool = False
    proven_at: datetime | None = None
    known: int = 0
    quarantined: int = 0
    versions: int = 0
    vanished: int = 0
    expired: int = 0
    late: int = 0
    latest_by: timedelta = timedelta()
    unproven: tuple[str, ...] = ()
    purges: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    runs: tuple[tuple[object, ...], ...] = ()

    def fresh(self, max_age: timedelta | None, now: datetime) -> bool:
        """Whether the stream is proven complete, and the proof is not older than `max_age`.

        A proof from the future was made with a wrong clock, so its age is unknown.
        """
        if not self.complete or self.proven_at is None:
            return False
        return max_age is None or -_CLOCKS_DIFFER <= now - self.proven_at <= max_age

    def warnings(self, lookback: timedelta) -> list[str]:
        """Problems that do not make the stream incomplete."""
        told = []
        if self.unmapped:
            names = ", ".join(self.unmapped)
            told.append(f"members of entries that no column has: {names} (`etl help mapping`)")
        if self.latest_by <= lookback * _LATE_WARNING:
            return told
        return [
            *told,
            f"entries are late by up to {duration(self.latest_by)}, and the lookback is "
            f"{duration(lookback)}; increase ETL_LOOKBACK_DAYS",
        ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--max-age",
        type=_age,
        metavar="AGE",
        help="exit 6 also if a proof is older than this, such as 90m, 26h or 2d",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    shown = ("warehouse", "organization_id", "lookback_days", "lock_wait_seconds")
    add_settings(parser, only=shown)


def run(options: argparse.Namespace) -> int:
    settings = settings_from(options)
    streams = read(settings.warehouse, settings.lock_wait_seconds)
    wanted = settings.organization_id
    found = [stream for stream in streams if not wanted or stream.organization_id in wanted]
    now, lookback = datetime.now(UTC), timedelta(days=settings.lookback_days)
    for stream in found:
        if options.json:
            print(json.dumps(_object(stream, now, lookback)))
        else:
            _print(stream, now, lookback, options.max_age)
    absent = [name for name in wanted if name not in {stream.organization_id for stream in found}]
    for name in absent or ([] if found else ["no organization"]):
        if not options.json:
            print(f"{plain(name)}: never synced")
        elif absent:
            print(json.dumps(_object(Stream(name), now, lookback)))
    stale = [stream for stream in found if not stream.fresh(options.max_age, now)]
    return 6 if stale or absent or not found else 0


def read(warehouse: Path, lock_wait: float) -> list[Stream]:
    """Reads every stream of a warehouse, ordered by organization."""
    from etl.warehouse.failures import damage_told
    from etl.warehouse.reading import read_only

    connection = read_only(warehouse, lock_wait, current=True)
    try:
        with damage_told(warehouse):
            return _streams(connection)
    finally:
        connection.close()


def _streams(connection: "duckdb.DuckDBPyConnection") -> list[Stream]:
    from etl.warehouse import drift
    from etl.warehouse.mapping import of
    from etl.warehouse.sqlfiles import text

    def rows(name: str, parameters: dict[str, object]) -> list[tuple[Any, ...]]:
        return connection.execute(text(f"ledger/{name}.sql"), parameters).fetchall()

    ((definition,),) = connection.execute(text("load/mapping.sql")).fetchall()
    mapped = of(definition) if definition else None

    def unmapped(organization_id: str) -> tuple[str, ...]:
        if mapped is None:
            return ()
        texts = rows("newest_texts", {"organization_id": organization_id, "run_id": None})
        return tuple(drift.unmapped((raw for (raw,) in texts), mapped))

    return [
        Stream(
            organization_id=row[0],
            watermark=_time(row[1]),
            complete=row[2],
            proven_at=_time(row[3]),
            known=row[4],
            quarantined=row[5],
            versions=row[6],
            vanished=row[7],
            expired=row[8],
            late=row[9] or 0,
            latest_by=timedelta(seconds=row[10] or 0),
            unproven=tuple(line for (line,) in rows("unproven", {"organization_id": row[0]})),
            purges=tuple(
                f"{moment(_time(at))}: {count(entries)} entries, "
                f"{duration(timedelta(seconds=span))} of history, within "
                f"{duration(timedelta(seconds=passed))}"
                for at, entries, span, passed in rows(
                    "purges", {"organization_id": row[0], "run_id": None}
                )
            ),
            unmapped=unmapped(row[0]),
            runs=tuple(rows("recent", {"organization_id": row[0]})),
        )
        for row in rows("streams", {})
    ]


def _print(stream: Stream, now: datetime, lookback: timedelta, max_age: timedelta | None) -> None:
    age = _age_text(now - stream.proven_at) if stream.proven_at else "never"
    print(plain(stream.organization_id))
    proven = "yes" if stream.complete else "NO"
    facts = [
        ("proven complete", f"{proven} ({age})"),
        ("watermark", moment(stream.watermark)),
        ("entries", count(stream.known)),
        ("quarantined", count(stream.quarantined)),
        ("changed at the source", count(stream.versions)),
        ("vanished", count(stream.vanished)),
        ("expired", count(stream.expired)),
        ("late", _late(stream)),
    ]
    for name, value in facts:
        print(f"  {name:<22}{value}")
    if max_age is not None and stream.complete and not stream.fresh(max_age, now):
        print(f"  too old: the last proof is older than {duration(max_age)} (--max-age)")
    for line in stream.unproven:
        print(f"  not proven: {plain(line)}")
    for line in stream.purges:
        print(f"  purge found {line}")
    for line in stream.warnings(lookback):
        print(f"  warning: {line}")
    print()
    names = ["run", "command", "status", "requests", "new", "changed", "gone", "message"]
    table.write(names, stream.runs, "table")


def _late(stream: Stream) -> str:
    if stream.latest_by < timedelta(seconds=1):
        return "0"
    return f"{count(stream.late)}, by up to {duration(stream.latest_by)}"


def _age_text(age: timedelta) -> str:
    if age < -_CLOCKS_DIFFER:
        return f"{duration(-age)} in the future; the clock was wrong when it was proven"
    return f"{duration(max(age, timedelta()))} ago"


def _object(stream: Stream, now: datetime, lookback: timedelta) -> dict[str, object]:
    return {
        "organization_id": stream.organization_id,
        "complete": stream.complete,
        "proven_at": stream.proven_at and stream.proven_at.isoformat(),
        "age_seconds": stream.proven_at and round((now - stream.proven_at).total_seconds()),
        "watermark": stream.watermark and stream.watermark.isoformat(),
        "warehouse_total": stream.known,
        "quarantined": stream.quarantined,
        "changed": stream.versions,
        "vanished": stream.vanished,
        "expired": stream.expired,
        "late": stream.late,
        "latest_by_seconds": stream.latest_by.total_seconds(),
        "unproven": list(stream.unproven),
        "purges": list(stream.purges),
        "unmapped": list(stream.unmapped),
        "warnings": stream.warnings(lookback),
    }


def _age(value: str) -> timedelta:
    number, unit = value[:-1], value[-1:]
    try:
        if unit not in _UNITS or not number.isdecimal():
            raise ValueError
        return timedelta(**{_UNITS[unit]: int(number)})
    except (ValueError, OverflowError):
        must = "must be a number followed by m, h, d or w, such as 26h"
        raise argparse.ArgumentTypeError(f"{value!r} {must}") from None


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None

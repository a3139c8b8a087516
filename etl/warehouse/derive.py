"""Rows whose columns differ from what a mapping takes from their text (`raw`): to report them, or
to fill the columns again."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from etl.errors import ConfigurationError
from etl.warehouse import mapping, sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.identities import Identities
from etl.warehouse.mapping import Mapping

AT_A_TIME = 25_000
"""Rows that are read at a time."""

MOST_TIMELESS = 0.5
"""A mapping of the user's by which more of the entries than this lose their time is a mistake."""

_ROWS = {
    "audit_log": "rows_of_audit_log",
    "audit_log_versions": "rows_of_audit_log_versions",
    "quarantine": "rows_of_quarantine",
}
"""The statements of `load/` that give the rows of each table."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A row that differs from its text, and in which columns; in none: its text cannot be read."""

    table: str
    organization_id: str
    id: str
    columns: tuple[str, ...]


def in_force(database: Database) -> Mapping | None:
    """The mapping by which the attached warehouse was last read; None where none is recorded, or
    what is recorded is none."""
    ((definition,),) = database.run("load/mapping.sql")
    try:
        return None if definition is None else mapping.of(definition)
    except (ValueError, KeyError, TypeError):
        return None


def altered(database: Database, by: Mapping) -> Iterator[Altered]:
    """The rows of the attached warehouse that differ from their texts.

    In a pipeline: while DuckDB compares some rows in a thread, the hashes of the next are computed.
    """
    with closing(database.cursor()) as beside, ThreadPoolExecutor(1) as pool:
        for origin in _ROWS:
            pending: Future[list[tuple[Any, ...]]] | None = None
            for part in _parts(database, origin, by):
                task = pool.submit(_compared, beside, origin, part)
                if pending is not None:
                    yield from _told(origin, pending.result())
                pending = task
            if pending is not None:
                yield from _told(origin, pending.result())


def _compared(database: Database, origin: str, part: "_Part") -> list[tuple[Any, ...]]:
    """Organization, id and differing columns of the rows of a part that differ. Where an expression
    of the mapping fails on one of them, that one is found by halving."""
    try:
        return database.execute(_altered(origin, part), part.values)
    except duckdb.Error:
        first, last = int(part.values["first"]), int(part.values["last"])
        if first == last:
            rows = sqlfiles.filled(sqlfiles.text("load/unreadable.sql"), rows=_rows(origin))
            return database.execute(rows, part.values)
        middle = (first + last) // 2
        return [
            row
            for low, high in ((first, middle), (middle + 1, last))
            for row in _compared(
                database, origin, replace(part, values=part.values | {"first": low, "last": high})
            )
        ]


def _told(origin: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[Altered]:
    for organization_id, id_, columns in rows:
        yield Altered(origin, organization_id, id_, tuple(columns))


def read_again(database: Database, by: Mapping, version: str, clock: Callable[[], datetime]) -> int:
    """Takes all columns from the texts again, in one transaction. Returns how many entries have
    changed."""
    try:
        return database.write(lambda: _read_again(database, by, version, clock().isoformat()))
    finally:
        for table in ("reread", "moved", "lesser", "renamed"):
            database.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _read_again(database: Database, by: Mapping, version: str, now: str) -> int:
    database.run("load/reread_buffer.sql")
    for origin in _ROWS:
        for part in _parts(database, origin, by):
            try:
                statement = f"INSERT INTO reread BY NAME\n{_statement(origin, part, again=True)}"
                database.execute(statement, part.values)
            except duckdb.Error as error:
                raise by.blamed(error, part.texts) from None
    if database.execute("SELECT 1 FROM reread LIMIT 1"):
        for one in duckdb.extract_statements(sqlfiles.text("load/reread.sql")):
            database.execute(one.query)
    ((number, timeless, rows),) = database.run("load/reread_entries.sql")
    if by.file is not None and timeless > MOST_TIMELESS * rows:
        raise ConfigurationError(
            f"ETL_SQL_DIR: with {by.file.name}, {timeless:,} of {rows:,} entries would have no "
            "readable time; nothing was changed"
        )
    applied = {"definition": by.definition, "version": version, "reread": number, "now": now}
    database.run("load/record_mapping.sql", applied)
    return int(number)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of a table: the parameters of `derived.sql`, and the mapping without what finds
    nothing in them. `sound`: all their texts are JSON, and only paths are read of them."""

    values: dict[str, Any]
    texts: list[str]
    by: Mapping
    sound: bool


def _altered(origin: str, part: _Part) -> str:
    derived = _statement(origin, part).rstrip().rstrip(";")
    return sqlfiles.filled(sqlfiles.text("load/altered.sql"), derived=derived)


_NO_TIME = (
    "reason IN ('no_time', 'unreadable_time') AND (new_time IS NOT NULL OR reason <> new_reason)"
)


def _statement(origin: str, part: _Part, *, again: bool = False) -> str:
    """`load/derived.sql` for some rows of a table. `again`: with all that may become a row now."""
    found = part.by.expressions
    id_, time, usable = found.pop("id"), found.pop("occurred_at"), "usable_time(time_text)"
    different = {name: f'"{name}" IS DISTINCT FROM {sql}' for name, sql in found.items()}
    different["occurred_at"] = "occurred_at IS DISTINCT FROM new_time"
    if origin == "audit_log_versions":  # its id is that of its row, and it has a time
        id_, usable = "id", f"coalesce({usable}, occurred_at)"
    if origin == "quarantine":
        different = {"reason": _NO_TIME}
        if again:
            different["id"] = "stored_id <> id"
    named = (f"CASE WHEN {sql} THEN '{name}' END" for name, sql in different.items())
    return part.by.within(
        sqlfiles.text("load/derived.sql"),
        origin=origin,
        rows=_rows(origin),
        entry="stored.raw" if part.sound else "TRY_CAST(stored.raw AS JSON)",
        id=id_,
        time=time,
        usable=usable,
        any_differs=" OR ".join(different.values()),
        differing=", ".join(named),
        replaced=", ".join(f'{sql} AS "{name}"' for name, sql in found.items()),
    )


def _rows(origin: str) -> str:
    return sqlfiles.text(f"load/{_ROWS[origin]}.sql").rstrip().rstrip(";")


def _parts(database: Database, origin: str, by: Mapping) -> Iterator[_Part]:
    """All rows of a table, with what only Python can read: the content hashes that differ, and JSON
    as it was served."""
    identities = Identities(database, by)
    statement = sqlfiles.filled(sqlfiles.text("load/texts.sql"), rows=_rows(origin))
    bounds = sqlfiles.filled(sqlfiles.text("load/places.sql"), table=origin)
    ((first, last),) = database.execute(bounds)
    if first is None:
        return
    for begin in range(first, last + 1, AT_A_TIME):
        part: dict[str, Any] = {"first": begin, "last": begin + AT_A_TIME - 1}
        rows = database.execute(statement, part)
        texts = [raw for _, _, raw in rows]
        read = identities.contents(texts)
        given = [
            {
                "place": place,
                "hash": None if found == stored else found,
                "exact": read.exact.get(n),
            }
            for n, ((place, stored, _), found) in enumerate(zip(rows, read.hashes, strict=True))
            if found != stored or n in read.exact
        ]
        sound = read.names is not None and not by.has_expressions
        yield _Part(part | {"given": json.dumps(given)}, texts, by.occurring(read.names), sound)

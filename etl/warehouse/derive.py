"""The rows that do not follow from their texts by a mapping: to be checked, or to be read again."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from etl.warehouse import mapping, sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.identities import Identities
from etl.warehouse.mapping import Mapping

AT_A_TIME = 25_000
"""Rows that are read at a time."""

_ROWS = {
    "audit_log": "rows_of_audit_log",
    "audit_log_versions": "rows_of_audit_log_versions",
    "quarantine": "rows_of_quarantine",
}
"""The statements of `load/` that give the rows of each table."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A row that does not follow from its text, and its columns that do not."""

    table: str
    organization_id: str
    id: str
    columns: tuple[str, ...]


def in_force(database: Database) -> Mapping | None:
    """The mapping by which the attached warehouse was last read; None where none is recorded."""
    ((definition,),) = database.run("load/mapping.sql")
    return None if definition is None else mapping.of(definition)


def altered(database: Database, by: Mapping) -> Iterator[Altered]:
    """The rows of the attached warehouse that do not follow from their texts.

    Content hashes are computed here while DuckDB compares the rows before.
    """
    with closing(database.cursor()) as beside, ThreadPoolExecutor(1) as pool:
        for origin in ("audit_log", "audit_log_versions"):
            pending: Future[list[tuple[Any, ...]]] | None = None
            for part in _parts(database, origin, by):
                task = pool.submit(beside.execute, _altered(origin, part), part.values)
                if pending is not None:
                    yield from _told(origin, pending.result())
                pending = task
            if pending is not None:
                yield from _told(origin, pending.result())


def _told(origin: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[Altered]:
    for organization_id, id_, columns in rows:
        yield Altered(origin, organization_id, id_, tuple(columns))


def read_again(database: Database, by: Mapping, version: str, clock: Callable[[], datetime]) -> int:
    """Takes all columns from the texts again, in one transaction. Returns how many entries have
    changed."""
    try:
        return database.write(lambda: _read_again(database, by, version, clock().isoformat()))
    finally:
        for table in ("reread", "formers"):
            database.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _read_again(database: Database, by: Mapping, version: str, now: str) -> int:
    database.run("load/reread_buffer.sql")
    for origin in _ROWS:
        for part in _parts(database, origin, by):
            try:
                statement = f"INSERT INTO reread BY NAME\n{_statement(origin, part)}"
                database.execute(statement, part.values)
            except duckdb.Error as error:
                raise by.blamed(error, part.texts) from None
    ((number,),) = database.run("load/reread_entries.sql")
    if database.execute("SELECT 1 FROM reread LIMIT 1"):
        for one in duckdb.extract_statements(sqlfiles.text("load/reread.sql")):
            database.execute(one.query, {"now": now})
    applied = {"definition": by.definition, "version": version, "reread": number, "now": now}
    database.run("load/record_mapping.sql", applied)
    return int(number)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of a table: the parameters of `derived.sql`, and the mapping without what finds
    nothing in them. `sound`: all their texts are JSON, and only paths are read of them."""

    values: dict[str, object]
    texts: list[str]
    by: Mapping
    sound: bool


def _altered(origin: str, part: _Part) -> str:
    derived = _statement(origin, part).rstrip().rstrip(";")
    return sqlfiles.text("load/altered.sql").replace("{derived}", derived)


def _statement(origin: str, part: _Part) -> str:
    """`load/derived.sql` for some rows of a table."""
    by, found = part.by, part.by.expressions
    id_, time = found.pop("id"), found.pop("occurred_at")
    parts = {
        "origin": origin,
        "rows": _rows(origin),
        "replaced": ", ".join(f'{sql} AS "{name}"' for name, sql in found.items()),
        "any_differs": " OR ".join(
            f'"{name}" IS DISTINCT FROM {sql}' for name, sql in found.items()
        ),
        "differing": ", ".join(
            f"CASE WHEN \"{name}\" IS DISTINCT FROM {sql} THEN '{name}' END"
            for name, sql in found.items()
        ),
        "entry": "stored.raw" if part.sound else "TRY_CAST(stored.raw AS JSON)",
        "id": id_,
        "time": time,
    }
    statement = by.within(sqlfiles.text("load/derived.sql"))
    for name, text in parts.items():
        statement = statement.replace("{" + name + "}", text)
    return statement


def _rows(origin: str) -> str:
    return sqlfiles.text(f"load/{_ROWS[origin]}.sql").rstrip().rstrip(";")


def _parts(database: Database, origin: str, by: Mapping) -> Iterator[_Part]:
    """All rows of a table, with what only Python can read: the content hashes that differ, and JSON
    as it was served."""
    identities = Identities(database, by)
    statement = sqlfiles.text("load/texts.sql").replace("{rows}", _rows(origin))
    bounds = sqlfiles.text("load/places.sql").replace("{table}", origin)
    ((first, last),) = database.execute(bounds)
    if first is None:
        return
    for begin in range(first, last + 1, AT_A_TIME):
        part: dict[str, object] = {"first": begin, "last": begin + AT_A_TIME - 1}
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

"""`etl query`."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from etl.cli import table
from etl.cli.flags import add_settings, settings_from
from etl.errors import SqlError, UsageError

if TYPE_CHECKING:
    import duckdb

EXAMPLES = """\
examples:
  etl query "SELECT count(*) FROM audit_log"
  etl query "FROM activity_by_department" --format markdown
  etl query - < question.sql

The warehouse is opened read-only. SQL cannot read any other file.
"""
_AT_A_TIME = 1_000
_ENDING = re.compile(r";(?:[\s;]|--[^\n]*|/\*.*?\*/)*\Z", re.DOTALL)
_PLAIN = (
    "BOOLEAN", "VARCHAR", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("sql", help="one SQL statement, or - to read it from stdin")
    parser.add_argument(
        "--format", choices=table.FORMATS, help="default: table on a terminal, otherwise csv"
    )
    add_settings(parser, only=("warehouse", "lock_wait_seconds"))


def run(options: argparse.Namespace) -> int:
    settings = settings_from(options)
    sql = _read(options.sql)
    form = options.format or ("table" if sys.stdout.isatty() else "csv")
    names, rows = ask(settings.warehouse, sql, settings.lock_wait_seconds)
    table.write(names, rows, form)
    return 0


def _read(sql: str) -> str:
    try:
        text = sys.stdin.read() if sql == "-" else sql
        text.encode()  # raises for bytes on the command line that are not UTF-8
    except UnicodeError:
        raise UsageError("SQL: the statement is not UTF-8 text") from None
    return text


def ask(warehouse: Path, sql: str, lock_wait: float) -> tuple[list[str], Iterator[list[Any]]]:
    """Runs one statement and returns its column names and rows. Raises UsageError if it fails.

    Numbers, text and booleans keep their types, nested values are `table.Json`, and all other
    values are text as DuckDB writes it.
    """
    import duckdb

    from etl.warehouse.failures import damage_told
    from etl.warehouse.reading import read_only

    connection = read_only(warehouse, lock_wait)
    try:
        with damage_told(warehouse):
            names, kinds, cursor = _answer(connection, sql)
            first = cursor.fetchmany(_AT_A_TIME)
    except duckdb.Error as error:
        raise SqlError(f"SQL: {str(error).strip()}") from None
    nested = [_nested(kind) for kind in kinds]

    def rows() -> Iterator[list[Any]]:
        batch = first
        while batch:
            for row in batch:
                yield [
                    _value(value) if deep and value is not None else value
                    for value, deep in zip(row, nested, strict=True)
                ]
            try:
                with damage_told(warehouse):
                    batch = cursor.fetchmany(_AT_A_TIME)
            except duckdb.Error as error:
                raise SqlError(f"SQL: {str(error).strip()}") from None

    return names, rows()


def _value(text: str) -> table.Json | str:
    """A nested value, as DuckDB writes it: parsed, long numbers would be rounded. NaN and infinity
    become null, since JSON does not have them; what is no JSON at all stays text."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        try:
            text = json.dumps(json.loads(text, parse_constant=lambda _: None), ensure_ascii=False)
        except (ValueError, RecursionError):
            return text
    return table.Json(text)


def _answer(
    connection: "duckdb.DuckDBPyConnection", sql: str
) -> tuple[list[str], list[str], "duckdb.DuckDBPyConnection"]:
    """Returns the column names and types, and a cursor over rows of plain Python values.

    The statement is wrapped in a SELECT that casts each column, by position: names may repeat.
    """
    import duckdb

    kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    # DuckDB 1.5 splits a PIVOT into several statements, the first of which creates a type.
    if kinds[-1:] not in (["SELECT"], ["EXPLAIN"], ["PRAGMA"], ["MULTI"]) or (
        set(kinds[:-1]) - {"CREATE"}
    ):
        raise UsageError("SQL: must be one statement that returns rows, such as a SELECT")
    relation = connection.sql(sql)
    if relation is None:
        return [], [], connection.cursor().execute("SELECT 1 WHERE false")
    names, kinds = list(relation.columns), [str(kind) for kind in relation.types]
    del relation  # keeps the connection open in DuckDB 2
    places = [f"c{place}" for place in range(len(names))]
    columns = ", ".join(_column(c, kind) for c, kind in zip(places, kinds, strict=True))
    text = _ENDING.sub("", sql)
    wrapped = f"SELECT {columns} FROM (\n{text}\n) AS answer({', '.join(places)})"  # noqa: S608
    try:
        return names, kinds, connection.cursor().execute(wrapped)
    except duckdb.ParserException:
        # EXPLAIN, DESCRIBE and the like cannot be wrapped in a SELECT.
        return names, ["VARCHAR"] * len(names), connection.cursor().execute(sql)


def _column(column: str, kind: str) -> str:
    if kind == "JSON":
        return f"{column}::VARCHAR"  # as stored: to_json would write numbers anew
    if _nested(kind):
        return f"to_json({column})::VARCHAR"
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    return column if kind in _PLAIN else f"{column}::VARCHAR"


def _nested(kind: str) -> bool:
    return kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))

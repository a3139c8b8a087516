"""`etl query`."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.cli import table
from etl.cli.flags import add_settings, settings_from
from etl.errors import UsageError

if TYPE_CHECKING:
    import duckdb

EXAMPLES = """\
examples:
  etl query "SELECT count(*) FROM audit_log"
  etl query "FROM activity_by_department" --format markdown
  etl query - < question.sql

The warehouse is opened read-only, and nothing but it can be read from SQL.
"""
_AT_A_TIME = 1_000
_ENDING = re.compile(r";(?:[\s;]|--[^\n]*|/\*.*?\*/)*\Z", re.DOTALL)
_PLAIN = (
    "BOOLEAN", "VARCHAR", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("sql", help="one SQL statement, or - to read it from standard input")
    parser.add_argument(
        "--format", choices=table.FORMATS, help="default: table on a terminal, else csv"
    )
    add_settings(parser, only=("warehouse", "lock_wait_seconds"))


def run(options: argparse.Namespace) -> int:
    settings = settings_from(options)
    sql = _given(options.sql)
    form = options.format or ("table" if sys.stdout.isatty() else "csv")
    names, rows = ask(settings.warehouse, sql, settings.lock_wait_seconds)
    table.write(names, rows, form)
    return 0


def _given(sql: str) -> str:
    try:
        text = sys.stdin.read() if sql == "-" else sql
        text.encode()  # what was no UTF-8 on the command line stands in it as half a character
    except UnicodeError:
        raise UsageError("SQL: it is not UTF-8 text") from None
    return text


def ask(warehouse: Path, sql: str, lock_wait: float) -> tuple[list[str], Iterator[list[Any]]]:
    """Column names and rows of one statement. UsageError where the SQL does not run.

    Numbers, text and truth stay what they are; nested values are lists and dicts; all else is
    text as DuckDB writes it.
    """
    import duckdb

    from etl.warehouse.database import damage_told
    from etl.warehouse.reading import read_only

    connection = read_only(warehouse, lock_wait)
    try:
        with damage_told(warehouse):
            names, kinds, cursor = _answer(connection, sql)
            first = cursor.fetchmany(_AT_A_TIME)
    except duckdb.Error as error:
        raise UsageError(f"SQL: {' '.join(str(error).split())}") from None
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
                raise UsageError(f"SQL: {' '.join(str(error).split())}") from None

    return names, rows()


def _value(text: str) -> Any:
    """A nested value. What is no JSON, as infinities are not, is null; what Python cannot hold, for
    it is nested too deep or its numbers are too long, stays text."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return text


def _answer(
    connection: "duckdb.DuckDBPyConnection", sql: str
) -> tuple[list[str], list[str], "duckdb.DuckDBPyConnection"]:
    """Names and types of the columns, and a cursor over rows that Python can take without more.

    The statement is asked once more with each column cast, by its place: names may repeat.
    """
    import duckdb

    kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    # DuckDB 1.5 takes a PIVOT apart: it makes a type first.
    if kinds[-1:] not in (["SELECT"], ["EXPLAIN"], ["PRAGMA"], ["MULTI"]) or (
        set(kinds[:-1]) - {"CREATE"}
    ):
        raise UsageError("SQL: wants one statement that asks for rows, such as a SELECT")
    relation = connection.sql(sql)
    if relation is None:
        return [], [], connection.cursor().execute("SELECT 1 WHERE false")
    names, kinds = list(relation.columns), [str(kind) for kind in relation.types]
    del relation  # it holds the connection in DuckDB 2
    places = [f"c{place}" for place in range(len(names))]
    columns = ", ".join(_column(c, kind) for c, kind in zip(places, kinds, strict=True))
    text = _ENDING.sub("", sql)
    wrapped = f"SELECT {columns} FROM (\n{text}\n) AS answer({', '.join(places)})"  # noqa: S608
    try:
        return names, kinds, connection.cursor().execute(wrapped)
    except duckdb.ParserException:
        # EXPLAIN and its like cannot be selected from.
        return names, ["VARCHAR"] * len(names), connection.cursor().execute(sql)


def _column(column: str, kind: str) -> str:
    if _nested(kind):
        return f"to_json({column})::VARCHAR"
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    return column if kind in _PLAIN else f"{column}::VARCHAR"


def _nested(kind: str) -> bool:
    return kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))

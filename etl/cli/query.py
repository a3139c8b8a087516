"""`etl query`."""

import argparse
import json
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("sql", help="one SQL statement, or - to read it from standard input")
    parser.add_argument(
        "--format", choices=table.FORMATS, help="default: table on a terminal, else csv"
    )
    add_settings(parser, only=("warehouse", "lock_wait_seconds"))


def run(options: argparse.Namespace) -> int:
    settings = settings_from(options)
    sql = sys.stdin.read() if options.sql == "-" else options.sql
    form = options.format or ("table" if sys.stdout.isatty() else "csv")
    names, rows = ask(settings.warehouse, sql, settings.lock_wait_seconds)
    table.write(names, rows, form)
    return 0


def ask(warehouse: Path, sql: str, lock_wait: float) -> tuple[list[str], Iterator[list[Any]]]:
    """Column names and rows of one statement. UsageError where the SQL does not run."""
    import duckdb

    from etl.warehouse.reading import read_only

    connection = read_only(warehouse, lock_wait)
    try:
        relation = connection.sql(sql)
        if relation is None:
            return [], iter(())
        names, kinds = list(relation.columns), [str(kind) for kind in relation.types]
        columns = ", ".join(_column(n, k) for n, k in zip(names, kinds, strict=True))
        # Read through a cursor, so that a large answer never has to fit into memory.
        cursor = _cursor(connection, sql, relation.project(columns).sql_query())
        first = cursor.fetchmany(_AT_A_TIME)
    except duckdb.Error as error:
        raise UsageError(f"SQL: {' '.join(str(error).split())}") from None
    nested = [_nested(kind) for kind in kinds]

    def rows() -> Iterator[list[Any]]:
        batch = first
        while batch:
            for row in batch:
                yield [
                    json.loads(value) if deep and value is not None else value
                    for value, deep in zip(row, nested, strict=True)
                ]
            batch = cursor.fetchmany(_AT_A_TIME)

    return names, rows()


def _cursor(
    connection: "duckdb.DuckDBPyConnection", sql: str, projected: str
) -> "duckdb.DuckDBPyConnection":
    import duckdb

    try:
        return connection.execute(projected)
    except duckdb.ParserException:
        return connection.execute(sql)  # EXPLAIN and its like cannot be selected from


def _column(name: str, kind: str) -> str:
    """Numbers, text and truth stay; nested values come as JSON, all else as DuckDB writes it."""
    quoted = '"' + name.replace('"', '""') + '"'
    if _nested(kind):
        return f"to_json({quoted})::VARCHAR AS {quoted}"
    plain = ("BOOLEAN", "VARCHAR", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "FLOAT",
             "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT")  # fmt: skip
    if kind.startswith("DECIMAL"):
        return f"{quoted}::DOUBLE AS {quoted}"
    return quoted if kind in plain else f"{quoted}::VARCHAR AS {quoted}"


def _nested(kind: str) -> bool:
    return kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))

"""From the list of spellings to the expressions of the statements of `load/` that take entries
apart. Pure but for `read`."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.errors import ConfigurationError
from etl.warehouse.database import Database
from etl.warehouse.failures import first_line

FIELDS = (
    "id", "occurred_at", "action_type", "entity_type", "entity_id", "entity_name",
    "actor_id", "actor_name", "actor_email", "target_type", "target_id", "target_name",
    "department_id", "department_name",
)  # fmt: skip
VALUES = ("previous_value", "new_value", "metadata")

Spelling = tuple[str, str]

_PLAIN = re.compile(r"\$\.(\w+)(?![^.\[])")
"""A path that begins with the name of a member, and no wildcard, quotes or pointer."""


@dataclass(frozen=True, slots=True)
class Expressions:
    """SQL fragments: the paths of all text fields, of all JSON values, and columns made of them.

    One call takes all paths of an entry, so that its text is parsed once and not once a column.
    """

    texts: str
    values: str
    fields: str

    def within(self, statement: str) -> str:
        """The statement with its {texts}, {values} and {fields} filled in."""
        for name in ("texts", "values", "fields"):
            statement = statement.replace("{" + name + "}", getattr(self, name))
        return statement


def expressions(
    spellings: Sequence[Spelling], columns: Sequence[str] = (*FIELDS, *VALUES)
) -> Expressions:
    """These columns from (field, JSON path) pairs, the preferred first. ValueError for an unknown
    field."""
    if any(not isinstance(part, str) for pair in spellings for part in pair):
        raise ValueError("a field or a path is not text")
    unknown = {field for field, _ in spellings} - {*FIELDS, *VALUES}
    if unknown:
        raise ValueError(f"unknown field: {', '.join(sorted(unknown))}")
    texts = [(field, path) for field, path in spellings if field in columns and field in FIELDS]
    values = [(field, path) for field, path in spellings if field in columns and field in VALUES]
    made = [
        _column(field, "texts", texts, "VARCHAR")
        if field in FIELDS
        else _column(field, "vals", values, "JSON")
        for field in columns
    ]
    return Expressions(_list(texts), _list(values), ", ".join(made))


def occurring(spellings: Sequence[Spelling], names: Collection[str]) -> list[Spelling]:
    """Those that can find anything in entries whose members have no other names than these.

    Each path costs DuckDB a search of every entry, and of what an API might spell otherwise it
    spells but one way.
    """
    firsts = ((spelling, _PLAIN.match(spelling[1])) for spelling in spellings)
    return [spelling for spelling, first in firsts if first is None or first[1] in names]


def read(database: Database, user_folder: Path | None) -> list[Spelling]:
    """Our spellings, then the user's (`spellings.sql` in ETL_SQL_DIR)."""
    rows = [(field, path) for field, path in database.run("load/spellings.sql")]
    theirs = user_folder / "spellings.sql" if user_folder else None
    if theirs is None or not theirs.is_file():
        return rows
    try:
        more = _pairs(database, theirs.read_text("utf-8"))
        made = expressions(more)
        # A path that is none is found out here, not when the first page has been paid for.
        for paths in (made.texts, made.values):
            database.execute(f"SELECT json_extract_string('{{}}'::JSON, {paths})")
    except Exception as error:
        text = isinstance(error, UnicodeDecodeError)
        first = "it is not UTF-8 text" if text else first_line(error)
        raise ConfigurationError(
            f"ETL_SQL_DIR: {theirs.name} must return rows of (field, JSON path): {first}"
        ) from None
    return rows + more


def _pairs(database: Database, statement: str) -> list[Spelling]:
    """The rows of a user's statement. ValueError where they are no pairs."""
    if not duckdb.extract_statements(statement):
        raise ValueError("it holds no statement")
    rows = database.execute(statement)
    for width in {len(row) for row in rows} - {2}:
        raise ValueError(f"a row holds {width} value{'s' if width > 1 else ''}, not 2")
    return [(field, path) for field, path in rows]


def _list(pairs: Sequence[Spelling]) -> str:
    quoted = ("'" + path.replace("'", "''") + "'" for _, path in pairs)
    return "[" + ", ".join(quoted) + "]::VARCHAR[]"


def _column(field: str, source: str, pairs: Sequence[Spelling], kind: str) -> str:
    places = [f"{source}[{n}]" for n, (name, _) in enumerate(pairs, start=1) if name == field]
    value = f"coalesce({', '.join(places)})" if places else f"NULL::{kind}"
    if kind == "JSON":
        value = f"nullif({value}, 'null')"
    return f"{value} AS {field}"

"""Which places of an entry fill which column of its row, and the SQL made of that.

`read`, `blamed` and `try_out` use DuckDB, and the first two also read the user's file. The rest is
pure.
"""

import json
import re
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from etl.errors import ConfigurationError
from etl.warehouse import sqlfiles
from etl.warehouse.canonical import UUID
from etl.warehouse.database import Database
from etl.warehouse.failures import first_line

RULES = 1
"""How ids, times and hashes are read. With another number all stored texts are read again."""

IDENTITY = ("id", "occurred_at")

_FIRST_NAME = re.compile(r"\$\.(\w+)(?![^.\[])")
"""A path that begins with the name of a member, and no wildcard, quotes or pointer."""

_BARE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
"""A path without its `$.`: `actor.name`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `audit_log`: VARCHAR, TIMESTAMPTZ or JSON. `places`: JSON paths, or SQL
    expressions over `entry` (the entry as JSON) and `raw` (its text). The first value wins."""

    name: str
    type: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """All columns that are taken from an entry. `ignored`: the JSON paths that are left out of the
    content hash. `rules`: by which `RULES` texts are read."""

    columns: tuple[Column, ...]
    ignored: tuple[str, ...] = ()
    rules: int = RULES
    file: Path | None = None
    """The user's, where some of the places are from there."""

    @property
    def definition(self) -> str:
        """The mapping as JSON text. Two mappings with one definition give the same rows."""
        columns = [[column.name, column.type, *column.places] for column in self.columns]
        return json.dumps({"rules": self.rules, "ignored": self.ignored, "columns": columns})

    @property
    def plain(self) -> list[str]:
        """The columns that are neither id nor time."""
        return [column.name for column in self.columns if column.name not in IDENTITY]

    def only(self, names: Collection[str]) -> "Mapping":
        """The mapping of these columns alone."""
        return replace(self, columns=tuple(c for c in self.columns if c.name in names))

    def occurring(self, names: Collection[str] | None) -> "Mapping":
        """Without paths that find nothing in entries with no other members than these (None: with
        any): each path costs DuckDB a search of every entry."""
        if names is None:
            return self
        return replace(
            self,
            columns=tuple(
                replace(column, places=tuple(p for p in column.places if _occurs(p, names)))
                for column in self.columns
            ),
        )

    @property
    def expressions(self) -> dict[str, str]:
        """SQL for each column, over `texts` and `vals` (see `within`), `entry`, `raw`, and
        `exact`, a JSON object with the served texts of JSON columns. A time is still a text."""
        texts, values = self._paths("VARCHAR", "TIMESTAMPTZ"), self._paths("JSON")
        return {column.name: _expression(column, texts, values) for column in self.columns}

    def within(self, statement: str, **parts: str) -> str:
        """The statement with {texts}, {values}, {fields} and the parts given filled in.

        `texts` and `vals` are all paths at once, so that an entry is parsed once and not once a
        column.
        """
        fields = ", ".join(f'{sql} AS "{name}"' for name, sql in self.expressions.items())
        texts, values = self._paths("VARCHAR", "TIMESTAMPTZ"), self._paths("JSON")
        lists = {"texts": _list(texts), "values": _list(values), "fields": fields}
        return sqlfiles.filled(statement, **lists, **parts)

    def _paths(self, *types: str) -> list[str]:
        return [p for c in self.columns if c.type in types for p in c.places if is_path(p)]

    @property
    def has_expressions(self) -> bool:
        """Whether any place is SQL."""
        return any(not is_path(place) for column in self.columns for place in column.places)

    @property
    def members(self) -> set[str]:
        """The names of members that any column reads, as far as they can be told."""
        places = [place for column in self.columns for place in column.places]
        return {name for place in (*places, *self.ignored) for name in re.findall(r"\w+", place)}

    def blamed(self, error: duckdb.Error, texts: Sequence[str]) -> Exception:
        """The error of a statement that reads these entries; a ConfigurationError where one of the
        user's expressions fails on one of them."""
        if self.file is None:
            return error
        mine = [
            Column(column.name, column.type, (place,))
            for column in self.columns
            for place in column.places
            if not is_path(place)
        ]
        written = self.file.read_text("utf-8")
        with closing(_alone()) as alone:
            for column in mine:
                at = _line(written, column.places[0])
                for text in texts:
                    try:
                        try_out(alone, self.file, column, text, at)
                    except ConfigurationError as found:
                        return found
        return error


def of(definition: str) -> Mapping:
    """The mapping of a `definition`."""
    value = json.loads(definition)
    columns = [Column(name, kind, tuple(places)) for name, kind, *places in value["columns"]]
    return Mapping(tuple(columns), tuple(value["ignored"]), value["rules"])


def is_path(place: str) -> bool:
    """Whether a place is a JSON path (or pointer), and no SQL expression."""
    return place.startswith(("$", "/"))


def read(database: Database, user_folder: Path | None, ignored: Sequence[str] = ()) -> Mapping:
    """Our columns, and before our places the user's (`spellings.sql` in ETL_SQL_DIR).

    Raises ConfigurationError for a file of the user's that cannot be used.
    """
    rows = database.run("load/columns.sql")
    mapping = Mapping(tuple(Column(name, kind, tuple(p)) for name, kind, p in rows), tuple(ignored))
    theirs = user_folder / "spellings.sql" if user_folder else None
    if theirs is None or not theirs.is_file():
        return mapping
    return _with_users(mapping, theirs)


def _with_users(mapping: Mapping, file: Path) -> Mapping:
    """The mapping with a user's places before ours."""
    places: dict[str, list[str]] = {column.name: [] for column in mapping.columns}
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise _invalid(file, "it is not UTF-8 text") from None
    with closing(_alone()) as alone:
        for name, place in _pairs(alone, file, text):
            at = _line(text, place)
            place = place.strip()
            if not place:
                raise _invalid(file, f"the place of {name!r} is empty", at)
            if name not in places:
                known = ", ".join(places)
                raise _invalid(file, f"unknown column {name!r}; must be one of {known}", at)
            bare = _BARE.fullmatch(place) and place not in ("entry", "raw")
            places[name].append(f"$.{place}" if bare else place)
            column = next(column for column in mapping.columns if column.name == name)
            try_out(alone, file, replace(column, places=tuple(places[name][-1:])), "{}", at)
    columns = (replace(c, places=(*places[c.name], *c.places)) for c in mapping.columns)
    return replace(mapping, columns=tuple(columns), file=file)


def _alone() -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own, which reaches no file and no network."""
    return duckdb.connect(config={"enable_external_access": False, "threads": 1})


def _pairs(alone: duckdb.DuckDBPyConnection, file: Path, text: str) -> list[tuple[str, str]]:
    """The rows of a user's statement."""
    try:
        statements = duckdb.extract_statements(text)
        if len(statements) != 1:
            said = f"it must be one statement, not {len(statements)}; put all rows into one VALUES"
            raise _invalid(file, said)
        rows = alone.execute(text).fetchall()
    except duckdb.Error as error:
        line = re.search(r"^LINE (\d+):", str(error), re.MULTILINE)
        raise _invalid(file, first_line(error), int(line[1]) if line else None) from None
    for row in rows:
        if len(row) != 2 or not all(isinstance(part, str) for part in row):
            raise _invalid(file, f"a row holds {row!r}, not a column and a JSON path or SQL")
    return rows


def try_out(
    alone: duckdb.DuckDBPyConnection, file: Path, column: Column, entry: str, line: int | None
) -> None:
    """Reads one column of one entry, twice. Raises ConfigurationError, with the line of the file,
    where that fails, or gives something else the second time."""
    (place,) = column.places
    values = {"texts": entry, "numbers": "0", "separator": "\x1e", "exact": ""}
    try:
        alone.execute(Mapping((column,)).within(sqlfiles.text("load/fields.sql")), values)
        if is_path(place):
            return
        # In a condition, where DuckDB takes nothing that depends on other rows.
        one = sqlfiles.filled(sqlfiles.text("load/try_out.sql"), place=place)
        first, second = (alone.execute(one, [entry]).fetchall() for _ in range(2))
    except duckdb.Error as error:
        shown = "" if entry == "{}" else f" fails on {entry[:200]!r}"
        raise _invalid(file, f"{place!r}{shown}: {first_line(error)}", line) from None
    if first != second:
        raise _invalid(file, f"{place!r} gives another value each time", line)


def _invalid(file: Path, said: str, line: int | None = None) -> ConfigurationError:
    at = f", line {line}" if line else ""
    return ConfigurationError(f"ETL_SQL_DIR: {file.name}{at}: {said}")


def _line(text: str, place: str) -> int | None:
    """The line of a file on which a place is written."""
    at = text.find(place.replace("'", "''"))
    return text.count("\n", 0, at) + 1 if at >= 0 else None


def _occurs(place: str, names: Collection[str]) -> bool:
    first = _FIRST_NAME.match(place)
    return first is None or first[1] in names


def _list(paths: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(path) for path in paths) + "]::VARCHAR[]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _expression(column: Column, texts: Sequence[str], values: Sequence[str]) -> str:
    """SQL for one column."""
    if column.type == "JSON":
        served = f"json_extract_string(exact, {_quoted('$.' + column.name)})::JSON"
        found = [
            f"nullif(vals[{values.index(place) + 1}], 'null'::JSON)"  # JSON already: no cast
            if is_path(place)
            else f"nullif(({place})::VARCHAR, 'null')::JSON"
            for place in column.places
        ]
        return f"coalesce({', '.join([served, *found])})"
    whole = [
        f"texts[{texts.index(place) + 1}]" if is_path(place) else f"({place})::VARCHAR"
        for place in column.places
    ]
    found = [_text(v, p) if is_path(p) else v for v, p in zip(whole, column.places, strict=True)]
    if column.type == "TIMESTAMPTZ":
        found += whole  # an object is a time that cannot be read, not none
    if not found:
        return "NULL::VARCHAR"
    value = f"coalesce({', '.join(found)})"
    if column.name != "id":
        return value
    is_uuid = f"length({value}) = 36 AND regexp_full_match({value}, '{UUID}')"
    return f"CASE WHEN {is_uuid} THEN lower({value}) ELSE {value} END"


def _text(value: str, path: str) -> str:
    """A text, unless it is that of an object or a list."""
    return (
        f"CASE WHEN ascii({value}) IN (91, 123) "
        f"AND json_type(entry, {_quoted(path)}) IN ('ARRAY', 'OBJECT') THEN NULL ELSE {value} END"
    )

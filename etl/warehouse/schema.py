"""The schema of the warehouse: numbered, forward-only migrations, and the views."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import duckdb

from etl.errors import ConfigurationError, WarehouseError
from etl.warehouse import rules, sqlfiles
from etl.warehouse.failures import first_line

_COVERAGE_COMMENT = (
    "The windows of each stream: for each range of days whether all of it is held. Views made from "
)

_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*|/\*.*?\*/)+", re.DOTALL)
_VIEW_OR_MACRO = re.compile(
    r"COMMENT\s+ON\s|"
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:VIEW|MACRO|FUNCTION)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?:\w+\.)*\"?(?P<name>\w+)",
    re.IGNORECASE,
)
_READ_BY_RUNS = {"absent_entries", "coverage", "held_entries", "purges", "watermark"}


@dataclass(frozen=True, slots=True)
class Views:
    """What the views are made with: ETL_TIMEZONE, ETL_WORKING_HOURS and ETL_SQL_DIR."""

    timezone: str = "UTC"
    working_hours: tuple[int, int] = (7, 19)
    user_folder: Path | None = None


def newest_version() -> int:
    return max(_number(path) for path in sqlfiles.in_order(sqlfiles.ROOT / "schema"))


def migrate(connection: duckdb.DuckDBPyConnection, path: Path, now: datetime) -> None:
    """Applies the schema files that the file in use lacks, inside the caller's transaction."""
    version = current_version(connection, path)
    _refuse_newer(version, path)
    for file in sqlfiles.in_order(sqlfiles.ROOT / "schema"):
        if _number(file) > version:
            statements = file.read_text(encoding="utf-8")
            ours = _in_our_format(connection)
            connection.execute(_for_a_file(statements) if ours else statements)
            connection.execute(
                "INSERT INTO schema_migrations VALUES ($version, $name, $now::TIMESTAMPTZ)",
                {"version": _number(file), "name": file.stem, "now": now.isoformat()},
            )


def add_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """Adds the columns of `load/columns.sql` that the file in use lacks."""
    columns = connection.execute(sqlfiles.text("load/columns.sql")).fetchall()
    for table in ("audit_log", "audit_log_versions"):
        shown = connection.execute(f"FROM {table} LIMIT 0").description
        known = {name for name, *_ in shown}
        for name, kind, _ in columns:
            if name not in known:
                connection.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')


def _in_our_format(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file in use is of the storage version in which this program makes files."""
    rows = connection.execute(
        "SELECT tags['storage_version'] FROM duckdb_databases() "
        "WHERE database_name = current_database()"
    ).fetchall()
    return str(rows[0][0]).startswith("v1.0")


def _for_a_file(statements: str) -> str:
    """How the columns of a file are stored, which DuckLake does not know: in the way that DuckDB
    would choose, had it tried all of them at each commit."""
    repeats = statements.replace(" /* repeats */", " USING COMPRESSION dictionary")
    return repeats.replace(" /* varies */", " USING COMPRESSION fsst")


def check_version(
    connection: duckdb.DuckDBPyConnection, path: Path, *, current: bool = False
) -> None:
    """Raises WarehouseError where a reader cannot read the file in use; `current`: also where an
    older version of this program has written it."""
    if not is_ours(connection, path):
        raise WarehouseError(f"{path} is an empty DuckDB file; run `etl sync` to fill it")
    if current:
        refuse_older(current_version(connection, path), path)


def refuse_older(version: int, path: Path) -> None:
    """Raises WarehouseError where a file is still to be migrated."""
    if 0 < version < newest_version():
        raise WarehouseError(
            f"{path} has schema version {version}, but this program needs version "
            f"{newest_version()}; run `etl sync` to upgrade it"
        )


def is_ours(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """False for an empty file in use. WarehouseError for one with other tables, or too new."""
    version = current_version(connection, path)
    _refuse_newer(version, path)
    return version > 0


def _refuse_newer(version: int, path: Path) -> None:
    if version > newest_version():
        raise WarehouseError(
            f"{path} has schema version {version}, but this program supports versions up to "
            f"{newest_version()}; upgrade aitronos-audit-etl"
        )


def current_version(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """The schema of the attached warehouse; 0 for an empty file."""
    names = {
        name
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall()
    }
    if not names:
        return 0
    if "schema_migrations" not in names:
        raise WarehouseError(
            f"{path} is a DuckDB file of another program; set ETL_WAREHOUSE to another path"
        )
    ((version,),) = connection.execute(
        "SELECT coalesce(max(version), 0) FROM schema_migrations"
    ).fetchall()
    return int(version)


def check_timezone(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Raises ConfigurationError where DuckDB does not know the zone."""
    try:
        connection.execute("SELECT now() AT TIME ZONE $zone", {"zone": zone})
    except duckdb.Error:
        raise ConfigurationError(
            f"ETL_TIMEZONE: {zone!r} is not a time zone; must be a name such as Europe/Zurich"
        ) from None


def refresh_views(connection: duckdb.DuckDBPyConnection, views: Views) -> None:
    """Creates every view again, the user's own after ours. Writes nothing where nothing changed.

    Raises ConfigurationError for a file of the user's that fails.
    """
    statements = _statements(views)
    fingerprint = _fingerprint(statements)
    if _stored_fingerprint(connection) == fingerprint:
        return
    for origin, statement in statements:
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            if origin is None:
                raise
            raise ConfigurationError(f"ETL_SQL_DIR: {origin} fails: {first_line(error)}") from None
    connection.execute(f"COMMENT ON VIEW coverage IS '{_COVERAGE_COMMENT}{fingerprint}'")


def _statements(views: Views) -> list[tuple[str | None, str]]:
    """All statements in order, each with the name of the user's file it comes from, if any."""
    # DuckLake takes no comments on macros and on columns of views: these are files of their own.
    ours = sqlfiles.in_order(sqlfiles.ROOT / "views")
    ours += sqlfiles.in_order(sqlfiles.ROOT / "comments")
    found: list[tuple[str | None, str]] = [(None, _settings(views))]
    found += [(None, path.read_text(encoding="utf-8")) for path in ours]
    found += rules.statements(sqlfiles.ROOT / "rules", views.user_folder)
    if views.user_folder is not None:
        _check_folder(views.user_folder)
        for path in sqlfiles.in_order(views.user_folder / "views"):
            text = _read(path)
            _check_views(path.name, text)
            found.append((path.name, text))
    return found


def _check_views(name: str, text: str) -> None:
    """Raises ConfigurationError for a file of the user's that is more than views and macros: it is
    run where the tables can be written."""
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise ConfigurationError(f"ETL_SQL_DIR: {name} fails: {first_line(error)}") from None
    for statement in statements:
        made = _VIEW_OR_MACRO.match(_COMMENTS.sub(" ", statement.query).strip())
        if made is None:
            raise ConfigurationError(
                f"ETL_SQL_DIR: {name} may only create views and macros and comment on them"
            )
        if (made["name"] or "").lower() in _READ_BY_RUNS:
            raise ConfigurationError(
                f"ETL_SQL_DIR: {name} must not replace {made['name']}, which `etl sync` reads; use "
                "another name"
            )


def _check_folder(folder: Path) -> None:
    """Raises ConfigurationError where the user's files would be ignored in silence.

    Asked here and not of the setting: who only queries a warehouse needs no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"ETL_SQL_DIR: the folder {folder} does not exist")
    for path in sqlfiles.in_order(folder):
        if path.name != "spellings.sql":
            raise ConfigurationError(
                f"ETL_SQL_DIR: {path.name} is not read there; move it to views/ or rules/"
            )


def _read(path: Path) -> str:
    """The text of a user's file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"ETL_SQL_DIR: cannot read {path.name}: {why}") from None


def _settings(views: Views) -> str:
    begin, end = views.working_hours
    zone = views.timezone.replace("'", "''")
    return sqlfiles.text("settings.sql").format(timezone=zone, begin=begin, end=end)


def _fingerprint(statements: list[tuple[str | None, str]]) -> str:
    joined = "\x1e".join(statement for _, statement in statements)
    return sha256(f"{duckdb.__version__}\x1e{joined}".encode()).hexdigest()


def _stored_fingerprint(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Kept in a comment: to ask for a table that is not there would end the transaction."""
    found = connection.execute(
        "SELECT comment FROM duckdb_views() "
        "WHERE database_name = current_database() AND view_name = 'coverage'"
    ).fetchall()
    return str(found[0][0]).removeprefix(_COVERAGE_COMMENT) if found else None


def _number(path: Path) -> int:
    return int(path.name.split("_")[0])

"""One DuckDB instance in memory, to which the warehouse is attached for as long as it is needed.

The file is held as briefly as can be, so that readers and other jobs get their turn: buffers live
in memory, and `attached()` opens, works and closes.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from etl.errors import WarehouseError
from etl.warehouse import schema, sqlfiles
from etl.warehouse.failures import damage_told, explain, first_line, is_damage, unwritable
from etl.warehouse.unfinished import private_files, scratch, sync_to_disk, unfinished

Row = tuple[Any, ...]
T = TypeVar("T")

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Everything needed is built into the wheel: never reach for the network.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 1,
    "memory_limit": "48MB",
}
_MORE_ROOM = ("96MB", "256MB", "1GB", "80%")
"""Where memory is too short, one after the other. Entries of the usual size need no more than the
first limit, and with more DuckDB keeps what it has read of the file."""

_LACKS_MEMORY = re.compile("of memory|memory limit|failed to (pin|allocate)", re.IGNORECASE)

_WRITABLE = "READ_WRITE, ROW_GROUP_SIZE 8192"
"""Few rows: DuckDB rewrites the last row group with each commit that adds to it, and holds it in
memory."""

_RETRY_SECONDS = 0.1
_HURRY_SECONDS = 1.0
"""How long an interrupted run waits for the file at most, all of its waits together."""

log = logging.getLogger("etl.warehouse")
_PLAIN_VIEWS = schema.Views()


class Database:
    """The warehouse at `path`. Not for use by two threads at a time.

    `lock_wait` is how many seconds to wait for another process to let go of the file; `sleep` is
    called with the seconds of each wait, and `hurried` tells of a run that is to end: that waits no
    longer than a moment. All errors are `WarehouseError`, one line each.
    `engine` is a DuckDB in memory, from `start`, that several such objects share one after the
    other; without it each starts its own.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_wait: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        views: schema.Views = _PLAIN_VIEWS,
        engine: duckdb.DuckDBPyConnection | None = None,
        hurried: Callable[[], bool] = lambda: False,
    ) -> None:
        self.path = path
        self._lock_wait = lock_wait
        self.hurried = hurried
        self._last_moment: float | None = None
        self._sleep = sleep
        self._views = views
        self._more = iter(_MORE_ROOM)
        self._in_transaction = False
        self._memory = start(path) if engine is None else engine.cursor()
        self._memory.execute(f"SET memory_limit = '{_CONFIG['memory_limit']}'")
        self._set_up()

    def _set_up(self) -> None:
        self._memory.execute("SET TimeZone = 'UTC'")
        for statement in duckdb.extract_statements(sqlfiles.text("load/times.sql")):
            self._memory.execute(statement)

    def cursor(self) -> "Database":
        """Another connection to the attached file, for another thread."""
        other = copy(self)
        other._memory = self._memory.cursor()
        other._set_up()
        other._memory.execute("USE warehouse")
        return other

    def close(self) -> None:
        self._memory.close()

    def execute(self, statement: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """Runs one statement, with only those parameters that it names, and returns its rows."""
        # DuckDB binds parameters by name and refuses any it was not asked for.
        names = set(re.findall(r"\$(\w+)", statement))
        used = {name: value for name, value in (parameters or {}).items() if name in names}
        while True:
            try:
                return self._memory.execute(statement, used).fetchall()
            except duckdb.Error as error:
                if self._in_transaction or not self._more_room(error):
                    raise

    def run(self, name: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """Runs the one statement of `sql/<name>`."""
        return self.execute(sqlfiles.text(name), parameters)

    def named(self, name: str) -> list[dict[str, Any]]:
        """The rows of the one statement of `sql/<name>`, by the names of their columns."""
        rows = self._memory.execute(sqlfiles.text(name))
        names = [column for column, *_ in rows.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

    def prepare(self, now: datetime, then: Callable[[], Any] = lambda: None) -> Any:
        """Creates the file where there is none, and brings its schema and views up to date. Returns
        what `then` says of the file while it is attached."""
        schema.check_timezone(self._memory, self._views.timezone)
        if not present(self.path) or self.path.stat().st_size == 0:
            if self.path.exists() and not self.path.is_file():
                raise WarehouseError(
                    f"{self.path} is not a regular file; set ETL_WAREHOUSE to another path"
                )
            self._create(now)

        def work() -> Any:
            self._bring_up_to_date(now)
            return then()

        return self.write(work)

    def rehearse(self, now: datetime) -> None:
        """Makes the schema and all views, the user's too, in memory, and drops them again. Raises
        ConfigurationError for a file of the user's that fails."""
        schema.check_timezone(self._memory, self._views.timezone)
        self._memory.execute("BEGIN")
        try:
            self._bring_up_to_date(now)
        finally:
            self._memory.execute("ROLLBACK")

    def _bring_up_to_date(self, now: datetime) -> None:
        schema.migrate(self._memory, self.path, now)
        schema.add_columns(self._memory)
        schema.refresh_views(self._memory, self._views)

    def version(self) -> int:
        """The schema of the attached file; 0 for an empty one."""
        return schema.current_version(self._memory, self.path)

    def holds_anything(self) -> bool:
        """False for an empty file, attached; WarehouseError where it is not ours, or too new."""
        return schema.is_ours(self._memory, self.path)

    @contextmanager
    def attached(self, *, read_only: bool = False) -> Iterator[None]:
        """Holds the file: alone for writing, or shared with other readers."""
        self._attach(self.path, "READ_ONLY" if read_only else _WRITABLE)
        try:
            with damage_told(self.path):
                yield
        finally:
            self._detach()

    def write(self, work: Callable[[], T]) -> T:
        """Runs `work` in one transaction, the file held for it alone.

        Where memory was too short it is rolled back and run again, with more of it.
        """
        while True:
            try:
                with self.attached(), self.transaction():
                    return work()
            except WarehouseError as error:
                if not self._more_room(error):
                    raise

    def _more_room(self, error: Exception) -> bool:
        """Lets DuckDB take more memory, if that is what it lacked and there is more to take."""
        more = next(self._more, None) if _LACKS_MEMORY.search(str(error)) else None
        if more is not None:
            self._memory.execute(f"SET memory_limit = '{more}'")
        return more is not None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction: committed whole, or rolled back and raised.

        After a failed statement DuckDB's COMMIT reports no error but rolls back, so the way out
        of a failure is always ROLLBACK here, never COMMIT.
        """
        self._memory.execute("BEGIN")
        self._in_transaction = True
        try:
            yield
            self._memory.execute("COMMIT")
        except BaseException as error:
            with suppress(duckdb.Error):
                self._memory.execute("ROLLBACK")
            if isinstance(error, duckdb.Error) and not is_damage(error):
                line = first_line(error)
                full = "not write" in line or "No space left" in line
                told = unwritable(self.path) if full else f"{self.path}: {line}"
                raise WarehouseError(told) from None
            raise
        finally:
            self._in_transaction = False

    def _create(self, now: datetime) -> None:
        """Makes the file under another name first: DuckDB killed while it creates a file can leave
        one that it can never open again."""
        folder_of(self.path)
        temporary = unfinished(self.path)
        try:
            with private_files():
                # v1.0.0: else clients older than the engine cannot open the file.
                self._attach(temporary, f"STORAGE_VERSION 'v1.0.0', {_WRITABLE}")
                try:
                    with self.transaction():
                        self._bring_up_to_date(now)
                finally:
                    self._detach()
            sync_to_disk(temporary)
            os.replace(temporary, self.path)
        except OSError as error:
            raise WarehouseError(f"{self.path}: {error.strerror}") from None
        finally:
            for leftover in (temporary, Path(f"{temporary}.wal")):
                with suppress(OSError):
                    leftover.unlink()

    def _attach(self, path: Path, option: str) -> None:
        quoted = str(path).replace("'", "''")
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                self._memory.execute(f"ATTACH '{quoted}' AS warehouse (TYPE DUCKDB, {option})")
                self._memory.execute("USE warehouse")
                return
            except duckdb.Error as error:
                message = str(error)
                if "lock" in message and time.monotonic() < self._at_the_latest(deadline):
                    log.debug("%s; waiting for it", explain(path, message))
                    self._sleep(_RETRY_SECONDS)
                    continue
                raise WarehouseError(explain(path, message)) from None

    def _at_the_latest(self, deadline: float) -> float:
        """The deadline, brought forward where the run is to end."""
        if self._last_moment is None and self.hurried():
            self._last_moment = time.monotonic() + _HURRY_SECONDS
        return deadline if self._last_moment is None else min(deadline, self._last_moment)

    def _detach(self) -> None:
        with suppress(duckdb.Error):
            self._memory.execute("USE memory")
        try:
            self._memory.execute("DETACH warehouse")
        except duckdb.Error as error:
            if self._more_room(error):
                # What was committed is in the log beside the file: it is read from there.
                self._attach(self.path, _WRITABLE)
                self._detach()
                return
            if "CHECKPOINT" not in str(error):
                raise WarehouseError(f"{self.path}: {first_line(error)}") from None
            raise WarehouseError(unwritable(self.path)) from None


def start(path: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory.

    What does not fit there goes where the warehouse is, not where one happens to stand.
    """
    return duckdb.connect(config=_CONFIG | {"temp_directory": str(scratch(path))})


def present(path: Path) -> bool:
    """Whether there is such a file; WarehouseError where that cannot be known."""
    try:
        return path.exists()
    except OSError as error:
        raise WarehouseError(f"{path}: {error.strerror}") from None


def folder_of(path: Path) -> Path:
    """The folder of a warehouse; WarehouseError where there is none."""
    folder = path.parent
    if not folder.is_dir():
        raise WarehouseError(f"{path}: the folder {folder} does not exist")
    return folder

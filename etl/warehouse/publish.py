"""ETL_PUBLISH: a copy for readers, replaced by rename, so that a reader never blocks a sync."""

import os
from pathlib import Path

import duckdb

from etl.errors import InterruptedRunError, WarehouseError
from etl.warehouse.database import Database, present
from etl.warehouse.unfinished import unfinished

NOT_PUBLISHED = "interrupted while writing the ETL_PUBLISH copy; the next run writes it"


def stale(database: Database, target: Path) -> bool:
    """Whether the copy lacks a change of this run, or of an earlier run that could not publish."""
    _refuse_other(target)
    if not present(target):
        return True
    copy = Database(target)
    try:
        newest = []
        for warehouse in (database, copy):
            with warehouse.attached(read_only=True):
                newest.append(warehouse.run("ledger/newest_change.sql"))
        return newest[0] != newest[1]
    except (WarehouseError, duckdb.Error):
        return True
    finally:
        copy.close()


def _refuse_other(target: Path) -> None:
    """Raises WarehouseError if the target exists and is not a DuckDB file."""
    if not present(target):
        return
    if not target.is_dir():  # the rename fails for a folder
        other = not target.is_file()
        if not other and target.stat().st_size > 0:
            with open(target, "rb") as file:
                other = file.read(12)[8:] != b"DUCK"
        if other:
            raise WarehouseError(f"ETL_PUBLISH: {target} is not a DuckDB file and is not replaced")


def publish(database: Database, target: Path) -> None:
    """Copies the warehouse to `target`, which is replaced in one step.

    A reader that has opened the previous copy keeps it. A new copy is readable by its owner only;
    a copy that replaces another one keeps its mode, so that a chmod is needed only once. Raises
    InterruptedRunError if the run is cancelled meanwhile; the previous copy is kept.
    """
    temporary = unfinished(target)
    try:
        mode = target.stat().st_mode & 0o777 if present(target) else 0o600
        # Attached, so that no other process can write while the bytes are copied.
        with database.attached(read_only=True), open(temporary, "wb") as copy:
            os.fchmod(copy.fileno(), 0o600)
            with open(database.path, "rb") as warehouse:
                while piece := warehouse.read(1 << 20):
                    if database.hurried():
                        raise InterruptedRunError(NOT_PUBLISHED)
                    copy.write(piece)
            copy.flush()
            os.fchmod(copy.fileno(), mode)
            os.fsync(copy.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise WarehouseError(f"ETL_PUBLISH: {target}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)

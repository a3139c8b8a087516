"""ETL_PUBLISH: a copy for readers, put in place by rename, so that no reader ever blocks a sync."""

import os
from pathlib import Path

import duckdb

from etl.errors import InterruptedRunError, WarehouseError
from etl.warehouse.database import Database, present
from etl.warehouse.unfinished import unfinished

NOT_PUBLISHED = "interrupted while ETL_PUBLISH's copy was made; the next run makes it"


def stale(database: Database, target: Path) -> bool:
    """True where the copy lacks a change, because this run made it or an earlier one failed to."""
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
    """Raises WarehouseError where a copy would replace what is no copy."""
    if not present(target):
        return
    if not target.is_dir():  # which the rename refuses in its own words
        other = not target.is_file()
        if not other and target.stat().st_size > 0:
            with open(target, "rb") as file:
                other = file.read(12)[8:] != b"DUCK"
        if other:
            raise WarehouseError(f"ETL_PUBLISH: {target} is no DuckDB file, and is left as it is")


def publish(database: Database, target: Path) -> None:
    """Copies the warehouse to `target`, which is replaced in one step.

    A reader that holds the former copy keeps it. The copy is for its owner only, unless a copy was
    there already: then its mode is kept, so whoever may read it is set once, with chmod.
    InterruptedRunError where the run is to end meanwhile: the former copy stays.
    """
    temporary = unfinished(target)
    try:
        mode = target.stat().st_mode & 0o777 if present(target) else 0o600
        # Attached for reading, so that nobody can write while the bytes are copied.
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

"""What DuckDB says when it cannot open, read or write a file, in one line that says what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from etl.errors import WarehouseError

_DAMAGED = re.compile("not read enough bytes|checksum|orrupt|deserializ|invalidated", re.IGNORECASE)


def is_damage(error: duckdb.Error) -> bool:
    """Whether a statement failed because the file is not what was once written."""
    return _DAMAGED.search(str(error)) is not None


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raises WarehouseError where a statement within fails because the file is damaged."""
    try:
        yield
    except duckdb.Error as error:
        if not is_damage(error):
            raise
        raise WarehouseError(explain(path, str(error))) from None


def explain(path: Path, message: str) -> str:
    """One line for DuckDB's error when it cannot open a file: the cause, and what to do."""
    holder = re.search(r"lock is held in (.+?) \(PID (\d+)\)", message)
    if holder:
        program = Path(holder[1].split(" ")[0]).name
        return (
            f"{path} is in use by {program} (PID {holder[2]}); close it and run again, and let "
            "readers use the copy that ETL_PUBLISH writes"
        )
    if "replaying WAL" in message:
        return (
            f"{path}.wal, the log beside the warehouse, is damaged; move it away and run again: "
            "the next `etl sync` fetches what was only in it"
        )
    if _DAMAGED.search(message):
        return (
            f"{path} is damaged; replace it with a backup, such as the ETL_PUBLISH copy, or move "
            "it away and run `etl sync` to fetch everything again"
        )
    if "not a valid DuckDB database" in message or "xtension" in message:
        return f"{path} is not a DuckDB file; set ETL_WAREHOUSE to another path"
    if "version number" in message or "newer version" in message:
        return f"{path} was written by a newer version of DuckDB; upgrade the duckdb package"
    if "Permission denied" in message:
        return f"{path}: permission denied"
    if "does not exist" in message:
        return f"{path} does not exist; `etl sync` creates it"
    return f"cannot open {path}: {message.strip().splitlines()[0]}"


def unwritable(path: Path) -> str:
    """One line for a write that failed."""
    return (
        f"cannot write to {path}; is the disk full? Committed data may be in {path.name}.wal: "
        "keep both files, free some disk space and run again"
    )


def first_line(error: Exception) -> str:
    """What an error says first."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

"""Opens the warehouse for readers: read-only, and without access to other files from SQL."""

import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from etl.errors import WarehouseError
from etl.warehouse import schema
from etl.warehouse.database import present
from etl.warehouse.failures import damage_told, explain

_RETRY_SECONDS = 0.1


def read_only(
    path: Path,
    lock_wait: float,
    sleep: Callable[[float], None] = time.sleep,
    *,
    current: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Opens a warehouse.

    Raises WarehouseError if it does not exist, is in use, is unreadable, or has a newer schema;
    with `current`, also if it has an older one.
    """
    if not present(path):
        raise WarehouseError(f"{path} does not exist; `etl sync` creates it")
    if not (path.is_file() or path.is_dir()):  # opening a pipe would block
        raise WarehouseError(f"{path} is not a regular file; set ETL_WAREHOUSE to another path")
    deadline = time.monotonic() + lock_wait
    while True:
        try:
            connection = duckdb.connect(
                str(path),
                read_only=True,
                config={
                    "enable_external_access": False,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                },
            )
            break
        except duckdb.Error as error:
            if "lock" in str(error) and time.monotonic() < deadline:
                sleep(_RETRY_SECONDS)
                continue
            raise WarehouseError(explain(path, str(error))) from None
    with damage_told(path):
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        schema.check_version(connection, path, current=current)
    return connection

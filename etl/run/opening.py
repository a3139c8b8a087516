"""Opening the warehouse for a run."""

import os
from collections.abc import Callable

import duckdb

from etl.settings import Settings
from etl.warehouse.database import Database
from etl.warehouse.schema import Views


def open_database(
    settings: Settings,
    *,
    lock_wait: float | None = None,
    engine: duckdb.DuckDBPyConnection | None = None,
    hurried: Callable[[], bool] = lambda: False,
) -> Database:
    """The warehouse of these settings; whatever it writes is for its owner's eyes only."""
    os.umask(0o077)
    views = Views(settings.timezone, settings.working_hours, settings.sql_dir)
    wait = settings.lock_wait_seconds if lock_wait is None else lock_wait
    return Database(settings.warehouse, lock_wait=wait, views=views, engine=engine, hurried=hurried)

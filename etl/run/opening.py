"""Opening the warehouse for a run."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb

from etl.settings import Settings
from etl.warehouse.database import Database
from etl.warehouse.schema import Views


def real_path(path: Path) -> Path:
    """The file that a link points to: it is replaced, and not the link."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path


def open_database(
    settings: Settings,
    *,
    lock_wait: float | None = None,
    engine: duckdb.DuckDBPyConnection | None = None,
    hurried: Callable[[], bool] = lambda: False,
) -> Database:
    """The warehouse of these settings."""
    views = Views(settings.timezone, settings.working_hours, settings.sql_dir)
    wait = settings.lock_wait_seconds if lock_wait is None else lock_wait
    path = real_path(settings.warehouse)
    return Database(path, lock_wait=wait, views=views, engine=engine, hurried=hurried)

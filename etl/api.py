"""What `import etl` offers to other programs: see `etl help python`."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from etl.errors import EtlError
from etl.run.job import Job
from etl.run.result import StreamResult
from etl.settings import Settings
from etl.settings import load as _load
from etl.warehouse.reading import read_only

if TYPE_CHECKING:
    import duckdb

__all__ = ["EtlError", "Settings", "StreamResult", "connect", "load_settings", "sync"]


def load_settings(values: Mapping[str, object] | None = None) -> Settings:
    """Return the settings: `values` by name, as `{"organization_id": "org_1"}`, then the
    environment, `.env` and secret files. Raises UsageError for an invalid value, else
    ConfigurationError."""
    return _load(values)


def sync(settings: Settings | None = None) -> list[StreamResult]:
    """Bring the copy up to date and prove that it is complete, as `etl sync` does.

    Returns a result for each organization, also for one that failed (`error`). Raises EtlError
    where the whole run cannot begin or go on.
    """
    job = Job(settings or load_settings())
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(job.run())
    with ThreadPoolExecutor(1) as other:  # a loop is running here, as in a notebook
        return other.submit(lambda: asyncio.run(job.run())).result()


def connect(settings: Settings | None = None) -> "duckdb.DuckDBPyConnection":
    """Open the warehouse read-only; SQL cannot read any other file. Raises WarehouseError."""
    settings = settings or load_settings()
    return read_only(settings.warehouse, settings.lock_wait_seconds)

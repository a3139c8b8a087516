"""A sandbox with 250 entries, one per hour, and shells whose settings point at it.

One server and one synced warehouse serve a whole session, since creating them takes time. Each test
gets its own source and a copy of the warehouse.
"""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from shell import Shell, entry, now, settings_of

from etl.run.opening import open_database
from etl.sandbox import TOKEN
from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry
from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source
from etl.settings import load


class Stand(NamedTuple):
    """A server for the session, its entries, and two warehouses."""

    server: Sandbox
    entries: list[Entry]
    empty: Path
    synced: Path


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    newest = now() - timedelta(minutes=5)
    entries = [entry(n, newest - timedelta(hours=n)) for n in range(250)]
    with running(Source(entries)) as server:
        shell = Shell(tmp_path_factory.mktemp("stand"), settings_of(server.url))
        assert shell.run("sync").code == 0
        empty = shell.folder / "empty.duckdb"
        database = open_database(load({"warehouse": str(empty)}))
        database.prepare(now())
        database.close()
        yield Stand(server, entries, empty, shell.warehouse)


@pytest.fixture
def sandbox(stand: Stand) -> Sandbox:
    service = stand.server.service
    service.source = Source(stand.entries)
    service.dialect, service.token, service.limit = Dialect(), TOKEN, None
    service.faults = lambda _: None
    service.requests.clear()
    return Sandbox(stand.server.url, service.source, service)


@pytest.fixture
def shell(sandbox: Sandbox, tmp_path: Path) -> Shell:
    """A shell in an empty folder."""
    return Shell(tmp_path, settings_of(sandbox.url), requests=sandbox.requests)


@pytest.fixture
def synced(shell: Shell, stand: Stand) -> Shell:
    """A shell with a warehouse that holds what the sandbox serves."""
    shutil.copy(stand.synced, shell.warehouse)  # with its mode
    return shell


@pytest.fixture
def prepared(shell: Shell, stand: Stand) -> Shell:
    """A shell with an empty warehouse, which takes longer to create than to sync."""
    shutil.copy(stand.empty, shell.warehouse)
    return shell


@pytest.fixture
def long(sandbox: Sandbox) -> Sandbox:
    """A sandbox with 3,000 entries."""
    made = (entry(n, now() - timedelta(minutes=11 * n)) for n in range(1_000, 3_750))
    sandbox.source.insert(*made)
    return sandbox


@pytest.fixture
def folder(shell: Shell) -> Path:
    """A folder for the user's own SQL."""
    made = shell.folder / "sql"
    (made / "views").mkdir(parents=True)
    return made


@pytest.fixture
def ours(prepared: Shell, folder: Path) -> Shell:
    """A shell with an empty warehouse and that folder."""
    return prepared.having(ETL_SQL_DIR=str(folder))

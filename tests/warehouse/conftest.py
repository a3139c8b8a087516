"""Empty warehouses: one is made for a session, and copied."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loading import NOW

from etl.warehouse.database import Database

LOADED = ("audit_log", "audit_log_versions", "quarantine", "windows", "proofs", "streams", "runs")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    database = Database(path)
    database.prepare(NOW)
    database.close()
    return path


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Iterator[Database]:
    opened = Database(Path(shutil.copy(template, tmp_path)))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def kept(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(Path(shutil.copy(template, tmp_path_factory.mktemp("kept"))))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared(kept: Database) -> Iterator[Database]:
    """One attached warehouse for all examples of a module: see `rolled_back`."""
    with kept.attached():
        yield kept


@pytest.fixture(scope="module")
def emptied(kept: Database) -> Callable[[], Database]:
    """One warehouse for all examples of a module: empty whenever it is asked for."""

    def empty() -> Database:
        with kept.attached(), kept.transaction():
            for table in LOADED:
                kept.execute(f"DELETE FROM {table}")
        return kept

    return empty

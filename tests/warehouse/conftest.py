"""A prepared, empty warehouse: made once for a session, copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loading import NOW

from etl.warehouse.database import Database

TABLES = ("audit_log", "audit_log_versions", "absences", "quarantine", "windows", "proofs",
          "streams", "runs")  # fmt: skip


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    database = Database(path)
    database.prepare(NOW)
    database.close()
    return path


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(template, path)
    opened = Database(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One attached warehouse for all examples of a module: see `RolledBack`."""
    path = tmp_path_factory.mktemp("shared") / "warehouse.duckdb"
    shutil.copy(template, path)
    opened = Database(path)
    with opened.attached():
        yield opened
    opened.close()


@pytest.fixture(scope="module")
def emptied(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Database]]:
    """One warehouse for many examples: empty whenever it is asked for."""
    path = tmp_path_factory.mktemp("emptied") / "warehouse.duckdb"
    shutil.copy(template, path)
    database = Database(path)

    def empty() -> Database:
        with database.attached(), database.transaction():
            for table in TABLES:
                database.execute(f"DELETE FROM {table}")
        return database

    yield empty
    database.close()

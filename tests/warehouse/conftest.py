"""A prepared, empty warehouse: made once for a session, copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from loading import NOW, Load

from etl.warehouse.database import Database


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
    """One warehouse for all examples of a module: whoever writes into it rolls that back."""
    path = tmp_path_factory.mktemp("shared") / "warehouse.duckdb"
    shutil.copy(template, path)
    opened = Database(path)
    with opened.attached():
        yield opened
    opened.close()


@pytest.fixture
def load(database: Database) -> Load:
    return Load(database)

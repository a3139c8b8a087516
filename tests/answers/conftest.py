"""A prepared, empty warehouse: made once for a session, copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from answering import Warehouse, prepared

from etl.warehouse.schema import Views


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("answers") / "warehouse.duckdb"
    prepared(path)
    return path


@pytest.fixture
def warehouse(template: Path, tmp_path: Path) -> Iterator[Warehouse]:
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(template, path)
    opened = Warehouse(path)
    yield opened
    opened.close()


@pytest.fixture
def warehouse_with(tmp_path: Path) -> Iterator[Callable[[Views], Warehouse]]:
    """Makes a warehouse whose views are made with other settings."""
    made: list[Warehouse] = []

    def make(views: Views) -> Warehouse:
        path = tmp_path / f"warehouse{len(made)}.duckdb"
        prepared(path, views)
        made.append(Warehouse(path))
        return made[-1]

    yield make
    for each in made:
        each.close()

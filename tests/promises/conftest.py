import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.warehouse.database import Database
from promises.world import World

MakeWorld = Callable[..., World]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine's user gets into a test: no variable and no .env file."""
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse without a row, whose making takes as long as some syncs."""
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    database = Database(path)
    database.prepare(datetime(2025, 1, 1, tzinfo=UTC))
    database.close()
    return path


@pytest.fixture
def make(tmp_path: Path, empty: Path) -> MakeWorld:
    """Makes worlds, each with a warehouse of its own."""
    numbers = iter(range(1000))

    def world(*args: object, **options: object) -> World:
        folder = tmp_path / f"world{next(numbers)}"
        folder.mkdir()
        made = World(folder, *args, **options)  # type: ignore[arg-type]
        shutil.copy(empty, made.warehouse)
        return made

    return world

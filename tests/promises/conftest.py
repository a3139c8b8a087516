import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from promises.world import World, prepared

MakeWorld = Callable[..., World]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine's user gets into a test: no variable and no .env file."""
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> MakeWorld:
    """Makes worlds, each with a warehouse of its own."""
    numbers = iter(range(1000))

    def world(*args: object, **options: object) -> World:
        folder = tmp_path / f"world{next(numbers)}"
        folder.mkdir()
        made = World(folder, *args, **options)  # type: ignore[arg-type]
        shutil.copy(prepared(), made.warehouse)
        return made

    return world

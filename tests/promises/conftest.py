import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from promises.world import MEMORY, World, prepared

MakeWorld = Callable[..., World]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine's user gets into a test: no variable and no .env file."""
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def make() -> Iterator[MakeWorld]:
    """Makes worlds, each with a warehouse of its own."""
    with ExitStack() as folders:

        def world(*args: object, **options: object) -> World:
            folder = tempfile.TemporaryDirectory(prefix="promises-", dir=MEMORY)
            made = World(Path(folders.enter_context(folder)), *args, **options)  # type: ignore[arg-type]
            shutil.copy(prepared(), made.warehouse)
            return made

        yield world

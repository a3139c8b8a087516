"""A sandbox with 250 entries of the last ten days, and a shell whose settings point at it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from shell import Shell, entry, now, settings_of

from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    newest = now() - timedelta(minutes=5)
    made = [entry(n, newest - timedelta(hours=n)) for n in range(250)]
    with running(Source(made)) as started:
        yield started


@pytest.fixture
def shell(sandbox: Sandbox, tmp_path: Path) -> Shell:
    return Shell(tmp_path, settings_of(sandbox.url))


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A shell without any setting."""
    return Shell(tmp_path)

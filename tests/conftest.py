"""Tests that hunt for broken promises at length are marked by their place."""

import logging
from pathlib import Path

import pytest

HUNTS = ("promises", "test_plan_bounds.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(name in Path(item.path).parts for name in HUNTS):
            item.add_marker("hunt")


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> None:
    """What a command, or a fixture that lives longer, has set up for its log lines is undone."""
    log = logging.getLogger("etl")
    log.handlers[:], log.propagate = [], True
    log.setLevel(logging.NOTSET)

"""Tests that hunt for broken promises at length are marked by their place."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

HUNTS = ("promises", "test_plan_bounds.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(name in Path(item.path).parts for name in HUNTS):
            item.add_marker("hunt")


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """What a command has set up for its log lines does not outlive its test."""
    log = logging.getLogger("etl")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], level, log.propagate = before
    log.setLevel(level)

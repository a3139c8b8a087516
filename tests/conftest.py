"""Tests that hunt for broken promises at length are marked by their place."""

from pathlib import Path

import pytest

HUNTS = ("promises", "test_plan_bounds.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(name in Path(item.path).parts for name in HUNTS):
            item.add_marker("hunt")

"""What holds for every test."""

import logging

import pytest


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> None:
    """What a command, or a fixture that lives longer, has set up for its log lines is undone."""
    log = logging.getLogger("etl")
    log.handlers[:], log.propagate = [], True
    log.setLevel(logging.NOTSET)

"""The promises under everything at once.

In parts, so that processes share the work. In CI each part always draws the same examples;
elsewhere others, or those of `--hypothesis-seed`. `ETL_PROMISES_EXAMPLES` runs a longer hunt: so
many examples of 50 steps (400: 20,000 steps) over all parts.
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from promises.machine import Promises

STEPS = 50
EXAMPLES = int(os.environ.get("ETL_PROMISES_EXAMPLES", "8"))
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_the_promises_hold_whatever_happens(
    part: int, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    drawn = "CI" if "CI" in os.environ else request.config.getoption("--hypothesis-seed")
    before = Promises.done.copy()
    try:
        run_state_machine_as_test(
            seed(f"{drawn}, part {part}")(Promises) if drawn else Promises,
            settings=settings(
                max_examples=max(EXAMPLES // PARTS, 1),
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    finally:
        record_property("promises", dict(Promises.done - before))

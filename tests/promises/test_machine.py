"""The promises under everything at once.

`ETL_PROMISES_EXAMPLES` runs a longer hunt: so many examples of 50 steps (400: 20,000 steps).
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from promises.machine import Promises

STEPS = 50
EXAMPLES = int(os.environ.get("ETL_PROMISES_EXAMPLES", "20"))


@pytest.mark.hunt
def test_the_promises_hold_whatever_happens(record_property: Callable[[str, object], None]) -> None:
    before = Promises.done.copy()
    try:
        run_state_machine_as_test(
            Promises,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
    finally:
        done = Promises.done - before
        record_property("promises", ", ".join(f"{n:,} {what}" for what, n in done.items()))

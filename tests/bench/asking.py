"""How long a warehouse of millions of rows takes to answer.

Prints, for each question, the seconds of each time it was asked, by the clock and of CPU, as JSON.
Each time the file is opened anew, as by a new
reader, and the whole answer is made, every column of it, but not carried into Python.
"""

import json
import sys
import time
from pathlib import Path

from etl.warehouse.reading import read_only

from .rows import made
from .stored import ACTIVITY

_LATE = "TIMESTAMPTZ '2100-01-01 00:00:00+00'"
QUESTIONS = (
    *ACTIVITY, "activity_daily", f"activity_between({_LATE} - INTERVAL 200 YEAR, {_LATE})",
    "entity_history('rol_000000000003')", "actor_timeline('usr_000000000001')", "access_changes",
    "role_assignments", "department_memberships", f"access_at({_LATE})",
    f"role_holders_at('rol_000000000003', {_LATE})", f"access_of('usr_000000000001', {_LATE})",
    "findings",
)  # fmt: skip
"""One question of each view and macro that is meant to be asked; the others are parts of these."""


def ask(path: Path, question: str) -> tuple[float, float]:
    """Seconds for the whole answer, by the clock and of CPU."""
    with read_only(path, 0.0) as connection:
        wall, cpu = time.perf_counter(), time.process_time()
        connection.execute(f"CREATE TEMP TABLE answer AS FROM {question}")
        return time.perf_counter() - wall, time.process_time() - cpu


def main(path: Path, rows: int, runs: int, names: list[str]) -> None:
    """Makes the warehouse, and prints `{name: [[wall, cpu], …]}`."""
    made(path, rows, texts=False).close()
    asked = {it.partition("(")[0]: it for it in names or QUESTIONS}
    print(json.dumps({name: [ask(path, it) for _ in range(runs)] for name, it in asked.items()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

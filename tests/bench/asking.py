"""How long a warehouse of millions of rows takes to answer.

Prints, for each question, the seconds of each time it was asked, by the clock and of CPU, as JSON;
null where the warehouse has no such view or macro. Each time the file is opened anew, as by a new
reader, and the whole answer is made, every column of it, but not carried into Python.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from etl.warehouse.reading import read_only

from .rows import made
from .stored import ACTIVITY

_LATE = "TIMESTAMPTZ '2100-01-01 00:00:00+00'"
ANSWERS = {
    **{view: f"FROM {view}" for view in ACTIVITY},
    "activity_daily": "FROM activity_daily",
    "activity_between": f"FROM activity_between({_LATE} - INTERVAL 200 YEAR, {_LATE})",
    "entity_history": "FROM entity_history('rol_000000000003')",
    "actor_timeline": "FROM actor_timeline('usr_000000000001')",
    "access_changes": "FROM access_changes",
    "role_assignments": "FROM role_assignments",
    "department_memberships": "FROM department_memberships",
    "access_at": f"FROM access_at({_LATE})",
    "role_holders_at": f"FROM role_holders_at('rol_000000000003', {_LATE})",
    "access_of": f"FROM access_of('usr_000000000001', {_LATE})",
    "findings": "FROM findings",
}
"""One question of each view and macro that is meant to be asked; the others are parts of these."""


def ask(path: Path, question: str) -> tuple[float, float] | None:
    """Seconds for the whole answer, by the clock and of CPU; None where there is no such object."""
    with read_only(path, 0.0) as connection:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            connection.execute(f"CREATE TEMP TABLE answer AS {question}")
        except duckdb.CatalogException:
            return None
        return time.perf_counter() - wall, time.process_time() - cpu


def main(path: Path, rows: int, runs: int, names: list[str]) -> None:
    """Prints `{name: [[wall, cpu], …] | null}`, and makes the warehouse where there is none."""
    if not path.exists():
        made(path, rows, texts=False).close()
    took: dict[str, list[tuple[float, float]] | None] = {}
    for name in names or ANSWERS:
        times = [ask(path, ANSWERS[name]) for _ in range(runs)]
        took[name] = [seconds for seconds in times if seconds is not None] or None
    print(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])

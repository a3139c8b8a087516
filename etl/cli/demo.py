"""`etl demo`: syncs generated entries from a local sandbox three times, and shows views."""

import argparse
import asyncio
import shlex
from datetime import UTC, datetime
from pathlib import Path

from etl.errors import WarehouseError

EXAMPLES = """\
examples:
  etl demo
  etl demo --entries 20000

Generates entries, serves them on this machine, syncs them into demo.duckdb, adds new entries and
syncs again. It needs no token and no network. The demo.duckdb of an earlier demo is replaced; any
other file of that name is not touched.
"""
WAREHOUSE = Path("demo.duckdb")
_VIEWS = (
    ("most active people", "SELECT actor_name, entries, active_days, most_frequent_action, last_at "
     "FROM activity_by_actor ORDER BY entries DESC LIMIT 5"),
    ("activity by department",
     "SELECT department_name, entries, distinct_actors AS actors, last_30_days "
     "FROM activity_by_department ORDER BY entries DESC LIMIT 5"),
    ("activity by type and time of day",
     "SELECT action_type, entries, round(outside_working_hours_share, 2) AS outside_hours, "
     "round(weekend_share, 2) AS weekends "
     "FROM activity_by_action ORDER BY entries DESC LIMIT 5"),
)  # fmt: skip
_NEXT = (
    'etl query --warehouse demo.duckdb "FROM findings ORDER BY occurred_at DESC LIMIT 10"',
    "etl status --warehouse demo.duckdb",
    "etl sandbox --entries 5000    # prints the settings to sync from it",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--entries", type=_entries, default=1000, help="number of entries (1000)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the generated entries (7)")


def run(options: argparse.Namespace) -> int:
    from etl.sandbox.entries import made_up
    from etl.sandbox.server import running
    from etl.sandbox.source import Source

    _clear()
    made = made_up(options.entries, days=90, seed=options.seed, end=datetime.now(UTC))
    arriving = max(1, len(made) // 50)
    source = Source(made[:-arriving])
    with running(source) as sandbox:
        print(f"A simulated API serves {len(made) - arriving:,} entries on this machine.\n")
        code = _sync(
            sandbox.url, "The first sync copies all entries and proves that the copy is complete:"
        )
        code = code or _sync(sandbox.url, "The second sync finds nothing new, with few requests:")
        source.insert(*made[-arriving:])
        code = code or _sync(
            sandbox.url, f"{arriving:,} entries are added; the third sync copies them:"
        )
    if code == 0:
        _show()
    return code


def _sync(url: str, title: str) -> int:
    from etl.cli.sync import sentence
    from etl.run.job import Job
    from etl.run.result import exit_code
    from etl.sandbox import ORGANIZATION_ID, TOKEN
    from etl.settings import FILTERS, load

    given = {"api_base_url": url, "api_token": TOKEN, "organization_id": ORGANIZATION_ID}
    # The user's own settings, such as ETL_PUBLISH, are for the real warehouse.
    unset = dict.fromkeys((*FILTERS, "from_date", "publish", "max_requests"))
    settings = load(given | {"warehouse": str(WAREHOUSE)}).model_copy(update=unset)
    results = asyncio.run(Job(settings).run())
    print(title)
    for result in results:
        print(f"  {sentence(result)}")
    print()
    return exit_code(results)


def _show() -> None:
    from etl.cli import table
    from etl.cli.query import ask

    for title, sql in _VIEWS:
        print(f"{title[0].upper()}{title[1:]}:\n")
        table.write(*ask(WAREHOUSE, sql, lock_wait=5), "table")
        print()
    print("Next, try:\n")
    for line in (*_NEXT, f"duckdb {shlex.quote(str(WAREHOUSE))}"):
        print(f"  {line}")


def _clear() -> None:
    """Removes the file of an earlier demo. Raises WarehouseError if the file is something else."""
    from etl.sandbox import ORGANIZATION_ID
    from etl.warehouse.database import present
    from etl.warehouse.reading import read_only

    if not present(WAREHOUSE):
        return

    foreign = WarehouseError(
        f"{WAREHOUSE} was not created by `etl demo`; move it away, or run in another folder"
    )
    try:
        connection = read_only(WAREHOUSE, lock_wait=0)
        found = {
            name
            for (name,) in connection.execute(
                "SELECT DISTINCT organization_id FROM streams"
            ).fetchall()
        }
        connection.close()
    except WarehouseError:
        raise foreign from None
    if found - {ORGANIZATION_ID}:
        raise foreign
    WAREHOUSE.unlink()


def _entries(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1")
    return number

"""What happens a hundred times as often as a backfill: start-up, quiet runs, a few new entries."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from .figures import Figure
from .parts import Plan, pages, say
from .process import BenchError, Serving, etl, measured, sandbox, synced

_ENTRIES, _DAYS = 5_000, 60
_NEWS = (1, 100, 250)


def start(plan: Plan) -> Iterator[Figure]:
    """`etl --help`."""
    measured(etl(plan.folder, "--help"))  # so that every module is compiled
    runs = [measured(etl(plan.folder, "--help")) for _ in range(3 * plan.runs)]
    yield Figure("start", "etl --help: time", median(took.wall for took in runs), "s", most=0.3)
    yield Figure("start", "etl --help: CPU", median(took.cpu for took in runs), "s")


def quiet(plan: Plan) -> Iterator[Figure]:
    """A sync that finds nothing new, as a whole process."""
    say("quiet runs")
    with sandbox(Serving(_ENTRIES, _DAYS, keep=True), plan.folder) as source:
        synced(plan.folder, source.url)
        source.asked()
        runs = [synced(plan.folder, source.url)[0] for _ in range(3 * plan.runs)]
        requests = len(source.asked()) / len(runs)
    yield Figure("quiet", "quiet run: requests", requests, most=1)
    yield Figure("quiet", "quiet run: time", median(took.wall for took in runs), "s", most=0.5)
    yield Figure("quiet", "quiet run: CPU", median(took.cpu for took in runs), "s")


def news(plan: Plan) -> Iterator[Figure]:
    """A few new entries, from an API that knows only days, in either order."""
    for order in ("newest", "oldest"):
        say(f"new entries, {order} first")
        serving = Serving(_ENTRIES, _DAYS, dialect={"order": order, "dates": "day"})
        warehouse = f"{order}.duckdb"
        with sandbox(serving, plan.folder) as source:
            synced(plan.folder, source.url, warehouse)
            for new in _NEWS:
                source.insert(new)
                source.asked()
                _, report = synced(plan.folder, source.url, warehouse)
                if report["inserted"] != new:
                    raise BenchError(f"{new} entries are new, not {report['inserted']}")
                name = f"{new} new, {order} first: requests"
                yield Figure("news", name, len(source.asked()), most=pages(new) + 1)

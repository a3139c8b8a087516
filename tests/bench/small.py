"""What happens a hundred times as often as a backfill: start-up, quiet runs, a few new entries."""

from collections.abc import Iterator
from statistics import median

from .figures import Figure, Plan, pages, say
from .process import BenchError, Sandbox, Serving, etl, measured, sandbox, synced

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
    with sandbox(Serving(5_000, 60, keep=True), plan.folder) as source:
        synced(plan.folder, source.url)
        source.asked()
        runs = [synced(plan.folder, source.url)[0] for _ in range(3 * plan.runs)]
        requests = len(source.asked()) / len(runs)
    yield Figure("quiet", "quiet run: requests", requests, most=2)
    yield Figure("quiet", "quiet run: time", median(took.wall for took in runs), "s", most=0.5)
    yield Figure("quiet", "quiet run: CPU", median(took.cpu for took in runs), "s")


def news(plan: Plan) -> Iterator[Figure]:
    """A few new entries, in either order."""
    for order in ("newest", "oldest"):
        say(f"new entries, {order} first")
        here = plan.within(order)
        with sandbox(Serving(5_000, 60, dialect={"order": order}), here.folder) as source:
            synced(here.folder, source.url)
            for new in _NEWS:
                asked = _requests_of(here, source, new)
                name = f"{new} new, {order} first: requests"
                yield Figure("news", name, asked, most=pages(new) + 2)


def late(plan: Plan) -> Iterator[Figure]:
    """Entries that come days after their time: within the lookback of 7 days, and before it."""
    for entries, days, new, by, most in ((4_000, 60, 5, 3, 8), (40_000, 400, 3, 40, 70)):
        say(f"{new} entries {by} days late")
        here = plan.within(str(by))
        with sandbox(Serving(plan.sized(entries), days), here.folder) as source:
            synced(here.folder, source.url)
            asked = _requests_of(here, source, new, days_late=by)
        what = f"{new} entries {by} days late, at {plan.sized(entries):,} over {days} days"
        yield Figure("late", f"{what}: requests", asked, most=most)


def _requests_of(plan: Plan, source: Sandbox, new: int, days_late: int = 0) -> int:
    """Requests of the sync after so many entries have come."""
    source.insert(new, days_late)
    source.asked()
    _, report = synced(plan.folder, source.url)
    if report["inserted"] != new:
        raise BenchError(f"{new} entries are new, not {report['inserted']}")
    return len(source.asked())

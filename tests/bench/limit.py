"""Under a rate limit: how much of what it allows is used, and how often it says no."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from .figures import Figure, Plan, say
from .process import Asked, Serving, etl, reported, sandbox

PER_MINUTE, BURST = 600, 720  # as the published tiers: the burst is 1.2 times the limit
ENTRIES = 200_000  # 2,000 pages: the burst, and more than two minutes after it
_REFUSED = 429

# Whether the answers tell of the limit, how, and how often a client may be refused.
_APIS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("with headers", {"limit_headers": "both"}, 3),
    ("without headers", {"limit_headers": "none", "retry_after": "none"}, 15),
)


def limit(plan: Plan) -> Iterator[Figure]:
    """A backfill at 600 requests a minute; the two runs go on at once, since they mostly wait."""
    say(f"a rate limit of {PER_MINUTE} a minute")
    burst = BURST // 6 if plan.small else BURST
    entries = ENTRIES // 5 if plan.small else ENTRIES
    with ExitStack() as stack:
        runs = []
        for name, dialect, refusals in _APIS:
            folder = plan.within(name).folder
            serving = Serving(entries, 400, 0, PER_MINUTE, burst, dialect)
            source = stack.enter_context(sandbox(serving, folder))
            program = stack.enter_context(etl(folder, "sync", "--json", url=source.url))
            runs.append((name, refusals, source, program))
        for name, refusals, source, program in runs:
            reported(program.ended())
            yield from _figures(name, refusals, burst, source.asked())


def _figures(name: str, refusals: int, burst: int, asked: list[Asked]) -> Iterator[Figure]:
    taken = sum(one.status != _REFUSED for one in asked)
    seconds = asked[-1].at - asked[0].at
    allowed = int(burst + seconds * PER_MINUTE / 60)
    name = f"{PER_MINUTE} a minute, {name}"
    note = f"{taken:,} of {allowed:,} requests in {seconds:.0f} s"
    used = 100 * taken / allowed
    yield Figure("limit", f"{name}: of what it allows", used, "%", least=97, note=note)
    yield Figure("limit", f"{name}: answers of 429", len(asked) - taken, most=refusals)

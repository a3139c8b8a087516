"""Under a rate limit: how much of what it allows is used, and how often it says no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from .figures import Figure
from .parts import Plan, say
from .process import Asked, Serving, etl, reported, sandbox

PER_MINUTE, BURST = 600, 720  # as the published tiers: the burst is 1.2 times the limit
ENTRIES = 200_000  # 2,000 pages: the burst, and more than two minutes after it
_REFUSED = 429


@dataclass(frozen=True, slots=True)
class _Api:
    """An API with a limit: whether its answers tell of it, and what a client may be refused."""

    name: str
    dialect: dict[str, object]
    refusals: int


_APIS = (
    _Api("with headers", {"limit_headers": "both"}, 3),
    _Api("without headers", {"limit_headers": "none", "retry_after": "none"}, 15),
)


def limit(plan: Plan) -> Iterator[Figure]:
    """A backfill at 600 requests a minute; the two runs go on at once, since they mostly wait."""
    minutes = "half a minute" if plan.small else "about two and a half minutes"
    say(f"a rate limit of {PER_MINUTE} a minute, {minutes}")
    burst = BURST // 6 if plan.small else BURST
    entries = ENTRIES // 5 if plan.small else ENTRIES
    with ExitStack() as stack:
        runs = []
        for number, api in enumerate(_APIS):
            folder = plan.within(str(number)).folder
            serving = Serving(
                entries, plan.days, per_minute=PER_MINUTE, burst=burst, dialect=api.dialect
            )
            source = stack.enter_context(sandbox(serving, folder))
            program = stack.enter_context(etl(folder, "sync", "--json", url=source.url))
            runs.append((api, source, program))
        for api, source, program in runs:
            reported(program.ended())
            yield from _figures(api, burst, source.asked())


def _figures(api: _Api, burst: int, asked: list[Asked]) -> Iterator[Figure]:
    taken = sum(one.status != _REFUSED for one in asked)
    seconds = asked[-1].at - asked[0].at
    allowed = int(burst + seconds * PER_MINUTE / 60)
    name = f"{PER_MINUTE} a minute, {api.name}"
    note = f"{taken:,} of {allowed:,} requests in {seconds:.0f} s"
    yield Figure("limit", f"{name}: of what it allows", 100 * taken / allowed, "%", least=97,
                 note=note)  # fmt: skip
    yield Figure("limit", f"{name}: answers of 429", len(asked) - taken, most=api.refusals)

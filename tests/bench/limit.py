"""Under a rate limit: how much of what it allows is used, and how often it says no."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .figures import Figure
from .parts import Plan, say
from .process import Asked, Serving, sandbox, synced

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
    say(f"a rate limit of {PER_MINUTE} a minute: about {'half' if plan.small else 'two and a half'}"
        " minutes")  # fmt: skip
    with ThreadPoolExecutor() as both:
        runs = both.map(_run, _APIS, (plan.within(str(n)) for n in range(len(_APIS))))
        for api, (burst, asked) in zip(_APIS, runs, strict=True):
            taken = [one for one in asked if one.status != _REFUSED]
            seconds = asked[-1].at - asked[0].at
            allowed = burst + seconds * PER_MINUTE / 60
            name = f"{PER_MINUTE} a minute, {api.name}"
            note = f"{len(taken):,} of {int(allowed):,} requests in {seconds:.0f} s"
            yield Figure("limit", f"{name}: of what it allows", 100 * len(taken) / int(allowed),
                         "%", least=97, note=note)  # fmt: skip
            refused = len(asked) - len(taken)
            yield Figure("limit", f"{name}: answers of 429", refused, most=api.refusals)


def _run(api: _Api, plan: Plan) -> tuple[int, list[Asked]]:
    burst = BURST // 6 if plan.small else BURST
    entries = ENTRIES // 5 if plan.small else ENTRIES
    serving = Serving(entries, plan.days, per_minute=PER_MINUTE, burst=burst, dialect=api.dialect)
    with sandbox(serving, plan.folder) as source:
        synced(plan.folder, source.url)
        return burst, source.asked()

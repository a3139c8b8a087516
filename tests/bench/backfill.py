"""The first sync of a large history: CPU, memory and requests, and time where the API is far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from .figures import Figure
from .parts import Plan, pages, say
from .process import (
    TOKEN,
    Asked,
    BenchError,
    Sandbox,
    Serving,
    Took,
    helper,
    sandbox,
    synced,
)

MB = 1_000_000
CONCURRENCY = 8  # the default of ETL_CONCURRENCY
LATENCY = 0.05
START_UP = 0.6


@dataclass(frozen=True, slots=True)
class _Pair:
    """One backfill, and the same requests by bare httpx right after it."""

    etl: Took
    bare: Took
    requests: int


def backfill(plan: Plan) -> Iterator[Figure]:
    """100,000 entries without latency, beside a bare download of the same pages."""
    entries = plan.sized(100_000)
    with sandbox(Serving(entries, plan.days, keep=True), plan.folder) as source:
        _pair(plan, source, entries)  # so that every page has been made
        pairs = []
        for run in range(plan.runs):
            say(f"backfill of {entries:,} entries, run {run + 1} of {plan.runs}")
            pairs.append(_pair(plan, source, entries))
    what = f"{entries:,} entries"
    cpu, bare = median(p.etl.cpu for p in pairs), median(p.bare.cpu for p in pairs)
    yield _requests(what, entries, pairs[0].requests)
    yield Figure("backfill", f"{what}: CPU", cpu, "s", note=_spread([p.etl.cpu for p in pairs]))
    yield Figure("backfill", f"{what}: CPU of a bare download", bare, "s",
                 note=_spread([p.bare.cpu for p in pairs]))  # fmt: skip
    ratios = [p.etl.cpu / p.bare.cpu for p in pairs]
    yield Figure("backfill", f"{what}: CPU, of the bare download's", median(ratios), "x", most=3.0,
                 note=_spread(ratios))  # fmt: skip
    yield Figure("backfill", f"{what}: time", median(p.etl.wall for p in pairs), "s")
    yield Figure("backfill", f"{what}: time of a bare download",
                 median(p.bare.wall for p in pairs), "s")  # fmt: skip
    peak = median(p.etl.peak for p in pairs)
    yield Figure("backfill", f"{what}: peak memory", peak / MB, "MB", most=200)


def million(plan: Plan) -> Iterator[Figure]:
    """Memory at ten times as many entries, and all of them beside a bare download."""
    sizes = plan.sized(100_000), plan.sized(1_000_000)
    peaks = []
    for entries in sizes:
        say(f"memory at {entries:,} entries")
        with sandbox(Serving(entries, plan.days), plan.folder) as source:
            runs = [_backfill(plan, source, entries) for _ in range(3 if entries < 500_000 else 1)]
            took, asked = runs[-1]
            bare = _bare(plan, source, asked)
        peaks.append(median(took.peak for took, _ in runs))
    what = f"{sizes[1]:,} entries"
    yield _requests(what, sizes[1], len(asked))
    yield Figure("million", f"{what}: time", took.wall, "s")
    yield Figure("million", f"{what}: CPU", took.cpu, "s")
    yield Figure("million", f"{what}: time of a bare download", bare.wall, "s")
    yield Figure("million", f"{what}: CPU, of the bare download's", took.cpu / bare.cpu, "x")
    yield Figure("million", f"{what}: peak memory", peaks[1] / MB, "MB")
    yield Figure("million", f"{what}: peak memory, of that at {sizes[0]:,}", peaks[1] / peaks[0],
                 "x", most=1.3)  # fmt: skip


def latency(plan: Plan) -> Iterator[Figure]:
    """20,000 entries where each page takes 50 ms to come."""
    entries = plan.sized(20_000)
    bare = []
    with sandbox(
        Serving(entries, plan.days, latency_ms=LATENCY * 1000, keep=True), plan.folder
    ) as source:
        runs = []
        for run in range(plan.runs):
            say(f"{entries:,} entries at 50 ms a page, run {run + 1} of {plan.runs}")
            runs.append(_backfill(plan, source, entries))
            bare.append(_bare(plan, source, runs[-1][1]))
    what = f"{entries:,} entries at 50 ms, {CONCURRENCY} in flight"
    ideal = pages(entries) * LATENCY / CONCURRENCY
    walls = [took.wall for took, _ in runs]
    yield _requests(f"{entries:,} entries", entries, len(runs[-1][1]), "latency")
    yield Figure("latency", f"{what}: time", median(walls), "s", most=1.3 * ideal + START_UP,
                 note=_spread(walls))  # fmt: skip
    yield Figure("latency", f"{what}: time of a bare download", median(b.wall for b in bare), "s")


def _pair(plan: Plan, source: Sandbox, entries: int) -> _Pair:
    took, asked = _backfill(plan, source, entries)
    return _Pair(took, _bare(plan, source, asked), len(asked))


def _backfill(plan: Plan, source: Sandbox, entries: int) -> tuple[Took, list[Asked]]:
    """A sync into a new warehouse, and what it asked for."""
    for old in plan.folder.glob("w.duckdb*"):
        old.unlink()
    source.asked()
    took, report = synced(plan.folder, source.url)
    asked = source.asked()
    if report["inserted"] != entries or report["requests"] != len(asked):
        raise BenchError(f"{entries} entries were to be copied, not as reported: {report}")
    return took, asked


def _bare(plan: Plan, source: Sandbox, asked: list[Asked]) -> Took:
    named = plan.folder / "targets"
    named.write_text("\n".join(one.target for one in asked), encoding="utf-8")
    return helper(plan.folder, "download", source.url, TOKEN, str(named), str(CONCURRENCY))


def _requests(what: str, entries: int, requests: int, part: str = "backfill") -> Figure:
    bound = int(1.03 * pages(entries)) + 10
    return Figure(part, f"{what}: requests", requests, most=bound)


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"

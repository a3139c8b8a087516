"""The first sync of a large history beside a bare download of the same pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from .figures import Figure, Plan, pages, say, spread
from .process import TOKEN, BenchError, Sandbox, Serving, Took, helper, sandbox, synced

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
    """100,000 entries without latency."""
    entries = plan.sized(100_000)
    with sandbox(Serving(entries, keep=True), plan.folder) as source:
        _pair(plan, source, entries)  # so that every page has been made
        pairs = [_pair(plan, source, entries) for _ in range(plan.runs)]
    yield from _figures("backfill", f"{entries:,} entries", entries, pairs, ratio=5.0, peak=190)


def latency(plan: Plan) -> Iterator[Figure]:
    """20,000 entries where each page takes 50 ms to come."""
    entries = plan.sized(20_000)
    serving = Serving(entries, latency_ms=LATENCY * 1000, keep=True)
    with sandbox(serving, plan.folder) as source:
        pairs = [_pair(plan, source, entries) for _ in range(plan.runs)]
    ideal = pages(entries) * LATENCY / CONCURRENCY
    what = f"{entries:,} entries at 50 ms, {CONCURRENCY} in flight"
    yield from _figures("latency", what, entries, pairs, time=1.3 * ideal + START_UP)


def million(plan: Plan) -> Iterator[Figure]:
    """1,000,000 entries: memory beside a tenth of them, a quiet sync beside a hundredth."""
    few, tenth, all_ = plan.sized(10_000), plan.sized(100_000), plan.sized(1_000_000)
    with sandbox(Serving(tenth), plan.folder) as source:
        small = [_pair(plan, source, tenth) for _ in range(3)]
    what = f"{all_:,} entries"
    with sandbox(Serving(all_), plan.folder) as source:
        pairs = [_pair(plan, source, all_)]
        yield from _figures("million", what, all_, pairs)
        ratio = pairs[0].etl.peak / median(pair.etl.peak for pair in small)
        yield Figure("million", f"{what}: peak memory, of that at {tenth:,}", ratio, "x", most=1.3)
        other = plan.within("few")
        with sandbox(Serving(few), other.folder) as beside:
            walls = _quiet(plan, source, other, beside)
    ratios = [large / little for large, little in walls]
    yield Figure("million", f"{what}: quiet sync", median(large for large, _ in walls), "s")
    name = f"{what}: quiet sync, of that at {few:,}"
    yield Figure("million", name, median(ratios), "x", most=1.3, note=spread(ratios))


def _quiet(plan: Plan, source: Sandbox, other: Plan, beside: Sandbox) -> list[list[float]]:
    """Seconds of syncs that find nothing new, of two warehouses in turn."""
    say("quiet runs in turn")
    synced(other.folder, beside.url)
    places = (plan, source), (other, beside)
    times = 1 + 2 * plan.runs  # the first makes the views
    return [[synced(it.folder, api.url)[0].wall for it, api in places] for _ in range(times)][1:]


def _pair(plan: Plan, source: Sandbox, entries: int) -> _Pair:
    """A sync into a new warehouse, and then all that it asked for by bare httpx."""
    say(f"a first sync of {entries:,} entries")
    for old in plan.folder.glob("w.duckdb*"):
        old.unlink()
    source.asked()
    took, report = synced(plan.folder, source.url)
    asked = source.asked()
    if report["inserted"] != entries or report["requests"] != len(asked):
        raise BenchError(f"{entries} entries were to be copied, not as reported: {report}")
    named = plan.folder / "targets"
    named.write_text("\n".join(one.target for one in asked), encoding="utf-8")
    bare = helper(plan.folder, "download", source.url, TOKEN, str(named), str(CONCURRENCY))
    return _Pair(took, bare, len(asked))


def _figures(
    part: str, what: str, entries: int, pairs: list[_Pair], **most: float
) -> Iterator[Figure]:
    """`most`: what `time`, `ratio` and `peak` may be."""
    time, ratio, peak = map(most.get, ("time", "ratio", "peak"))
    ours, bare = [pair.etl for pair in pairs], [pair.bare for pair in pairs]
    ratios = [pair.etl.cpu / pair.bare.cpu for pair in pairs]
    walls, cpus = [took.wall for took in ours], [took.cpu for took in ours]
    requests = median(pair.requests for pair in pairs)
    yield Figure(part, f"{what}: requests", requests, most=int(1.03 * pages(entries)) + 12)
    yield Figure(part, f"{what}: time", median(walls), "s", most=time, note=spread(walls))
    yield Figure(part, f"{what}: time of a bare download", median(b.wall for b in bare), "s")
    yield Figure(part, f"{what}: CPU", median(cpus), "s", note=spread(cpus))
    yield Figure(part, f"{what}: CPU of a bare download", median(b.cpu for b in bare), "s")
    yield Figure(part, f"{what}: CPU, of the bare download's", median(ratios), "x", most=ratio,
                 note=spread(ratios))  # fmt: skip
    yield Figure(part, f"{what}: peak memory", median(t.peak for t in ours) / MB, "MB", most=peak)

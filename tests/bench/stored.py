"""Warehouses of millions of rows: what a batch costs there, and how fast they answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

from .figures import Figure
from .parts import Plan, say
from .process import helper

BATCH = 10_000
ACTIVITY = ("activity_by_actor", "activity_by_department", "activity_by_action")


def merge(plan: Plan) -> Iterator[Figure]:
    """A batch of 10,000 entries at 1 and at 5 million rows."""
    small, large = plan.sized(1_000_000), plan.sized(5_000_000)
    say(f"batches at {small:,} and {large:,} rows, which are made first")
    sizes = str(small), str(large)
    batches = str(2 * plan.runs)
    took = json.loads(helper(plan.folder, "merging", str(plan.folder), batches, *sizes).out)
    walls, cpus = ([[batch[n] for batch in took[size]] for size in sizes] for n in (0, 1))
    for rows, times in zip((small, large), walls, strict=True):
        yield Figure("merge", f"{BATCH:,} entries at {rows:,} rows: time", median(times), "s")
    for rows, times in zip((small, large), cpus, strict=True):
        yield Figure("merge", f"{BATCH:,} entries at {rows:,} rows: CPU", median(times), "s")
    what = f"{BATCH:,} entries at {large:,} rows, of that at {small:,}"
    yield Figure("merge", f"{what}: time", _ratio(*walls), "x", most=1.3)
    yield Figure("merge", f"{what}: CPU", _ratio(*cpus), "x", most=1.3)


def views(plan: Plan) -> Iterator[Figure]:
    """The three activity views at 1 and 5 million rows."""
    yield from _asked(plan, "views", plan.sized(1_000_000), dict.fromkeys(ACTIVITY))
    yield from _asked(plan, "views", plan.sized(5_000_000), dict.fromkeys(ACTIVITY, 1.0))


def answers(plan: Plan) -> Iterator[Figure]:
    """Every view and macro at 10 million entries of 2,000 actors."""
    yield from _asked(plan, "answers", plan.sized(10_000_000), {})


def _asked(plan: Plan, part: str, rows: int, most: dict[str, float | None]) -> Iterator[Figure]:
    say(f"{part} at {rows:,} rows, which are made first")
    path = plan.folder / "asked.duckdb"
    took = json.loads(
        helper(plan.folder, "asking", str(path), str(rows), str(plan.runs), *most).out
    )
    for name, times in took.items():
        bound = most.get(name, 10.0 if name == "findings" else 2.0)
        what = f"{name} at {rows:,} rows"
        if not times:
            yield Figure(part, what, None, most=bound, note="the warehouse has no such object")
            continue
        walls, cpus = zip(*times, strict=True)
        note = f"{min(walls):.2f} to {max(walls):.2f}, CPU {median(cpus):.2f} s"
        yield Figure(part, what, median(walls), "s", most=bound, note=note)
    path.unlink()


def _ratio(few: list[float], many: list[float]) -> float:
    """Of batches that took turns; so what slows the machine for a while slows both."""
    return median(large / small for small, large in zip(few, many, strict=True))

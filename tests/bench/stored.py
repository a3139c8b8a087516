"""Warehouses of millions of rows: what a batch costs there, and how fast they answer."""

import json
from collections.abc import Iterator
from statistics import median

from .figures import Figure, Plan, say
from .process import helper

BATCH = 10_000
ACTIVITY = ("activity_by_actor", "activity_by_department", "activity_by_action")


def merge(plan: Plan) -> Iterator[Figure]:
    """A batch of 10,000 entries at 1 and at 5 million rows."""
    small, large = plan.sized(1_000_000), plan.sized(5_000_000)
    say(f"batches at {small:,} and {large:,} rows, which are made first")
    batches = (str(2 * plan.runs), str(small), str(large))
    took = json.loads(helper(plan.folder, "merging", str(plan.folder), *batches).out)
    for n, what in enumerate(("time", "CPU")):
        few, many = ([batch[n] for batch in took[str(rows)]] for rows in (small, large))
        for rows, times in ((small, few), (large, many)):
            name = f"{BATCH:,} entries at {rows:,} rows: {what}"
            yield Figure("merge", name, median(times), "s")
        # They took turns, so what slows the machine for a while slows both.
        ratio = median(large / small for small, large in zip(few, many, strict=True))
        name = f"{BATCH:,} entries at {large:,} rows, of that at {small:,}: {what}"
        yield Figure("merge", name, ratio, "x", most=1.3)


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
    asked = helper(plan.folder, "asking", str(path), str(rows), str(plan.runs), *most)
    for name, times in json.loads(asked.out).items():
        bound = most.get(name, 10.0 if name == "findings" else 2.0)
        what = f"{name} at {rows:,} rows"
        walls, cpus = zip(*times, strict=True)
        note = f"{min(walls):.2f} to {max(walls):.2f}, CPU {median(cpus):.2f} s"
        yield Figure(part, what, median(walls), "s", most=bound, note=note)
    path.unlink()

"""`python -m tests.bench`."""

import argparse
import json
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import backfill, limit, small, stored
from .figures import Figure, Part, Plan, machine, say, table
from .process import BenchError

PARTS = (
    Part("start", "start-up of the command line", small.start),
    Part("quiet", "a sync that finds nothing new", small.quiet),
    Part("news", "requests for 1, 100 and 250 new entries", small.news),
    Part("late", "requests for entries that come late", small.late),
    Part("backfill", "100,000 entries beside a bare download", backfill.backfill),
    Part("latency", "20,000 entries at 50 ms a page", backfill.latency),
    Part("million", "1,000,000 entries: memory, quiet syncs", backfill.million),
    Part("limit", "600 requests a minute: 2.5 minutes", limit.limit),
    Part("merge", "batches at 1 and 5 million rows: 4 GB of disk", stored.merge),
    Part("views", "the activity views at 1 and 5 million rows: 1 GB", stored.views),
    Part("answers", "if named: all views and macros at 10 million rows", stored.answers, True),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints; returns 0 where every bound was reached, 1 where not, 130 on Ctrl-C."""
    options = _parser().parse_args(argv)
    parts = [p for p in PARTS if p.name in options.only or not (options.only or p.asked_for)]
    # An end from outside is an end like another: the programs are ended, the folder goes.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    figures, failed = list[Figure](), False
    try:
        with tempfile.TemporaryDirectory(prefix="etl-bench-") as folder:
            plan = Plan(Path(folder), options.quick, options.runs or (1 if options.quick else 5))
            for part in parts:
                try:
                    figures.extend(part.measure(plan.within(part.name)))
                except BenchError as error:
                    failed = True
                    say(f"{part.name} was not measured to its end: {error}")
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    _print(figures, as_json=options.json, small=options.quick)
    return 1 if failed or (not options.quick and any(f.reached is False for f in figures)) else 0


def _print(figures: Sequence[Figure], *, as_json: bool, small: bool) -> None:
    about = machine()
    if as_json:
        measured = [figure.as_json() for figure in figures]
        print(json.dumps({"machine": about, "quick": small, "figures": measured}, indent=1))
        return
    print("\n".join(f"{name}: {value}" for name, value in about.items()), end="\n\n")
    print(table(figures, small=small))
    if small:
        print("\nA tenth of the sizes: the bounds are those of the whole, so nothing is judged.")


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {part.name:<9} {part.summary}" for part in PARTS)
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measures on this machine what etl/docs/speed.md says. About ten minutes.",
        epilog=f"parts:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [part.name for part in PARTS]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=(), metavar="PART", help="measure these parts"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, once")
    parser.add_argument("--runs", type=int, metavar="N", help="medians of so many runs (5)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

"""How fast, how small and how frugal: `python -m tests.bench` in a checkout, no token needed.

Each figure of `etl/docs/speed.md` is measured here again, on this machine: the sandbox in a process
of its own, `etl` as its users run it, and what the kernel says that its process took. Where a
figure is a ratio, both sides are measured in turn in the same run, so that a machine that is busy
with something else slows them alike; everything is the median of several runs.

    __main__ → backfill, small, limit, stored → process → server, download   programs of their own
                                                        → asking, merging → rows.sql

This process itself stays small: Linux counts its memory into the peak of each child.
"""

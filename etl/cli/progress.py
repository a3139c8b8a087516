"""Progress of a sync on stderr: a bar on a terminal, otherwise a log line every 30 seconds."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from etl.cli.text import count, duration

LINE_SECONDS = 30.0

log = logging.getLogger("etl.progress")

Report = Callable[[str, int, int | None, int], None]


@contextmanager
def progress(*, quiet: bool) -> Iterator[Report]:
    """Yields the function that a job calls after each page."""
    if quiet or not sys.stderr.isatty():
        yield Lines().tell
    else:
        with _bar() as tell:
            yield tell


class Lines:
    """Logs a line at most every `LINE_SECONDS`, for cron and CI. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._last = clock()

    def tell(self, organization_id: str, entries: int, total: int | None, requests: int) -> None:
        now = self._clock()
        if now - self._last < LINE_SECONDS:
            return
        self._last = now
        log.info("%s: %s", organization_id, line(entries, total, requests, now - self._began))


def line(entries: int, total: int | None, requests: int, seconds: float) -> str:
    """`12,000 of 40,000 entries, 121 requests, 5.1 requests/s, 2 min left`."""
    rate = requests / seconds if seconds else 0.0
    text = f"{count(entries)} of {count(total)} entries, {count(requests, 'request')}"
    text += f", {rate:.1f} requests/s"
    if total and entries and total > entries:
        text += f", {duration(timedelta(seconds=seconds * (total - entries) / entries))} left"
    return text


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    began = time.monotonic()
    columns = (
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[line]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def tell(organization_id: str, entries: int, total: int | None, requests: int) -> None:
            if organization_id not in tasks:
                tasks[organization_id] = bar.add_task("", name=organization_id, line="")
            told = line(entries, total, requests, time.monotonic() - began)
            task = tasks[organization_id]
            bar.update(task, completed=entries, total=total or None, line=told)  # type: ignore[arg-type]

        yield tell

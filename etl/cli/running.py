"""A job run from the command line: logs, progress, and an orderly end on Ctrl-C and SIGTERM."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable

from etl.cli import logs
from etl.cli.progress import progress
from etl.cli.text import plain
from etl.plan.learned import Learned
from etl.plan.model import Plan
from etl.plan.sync import sync_plan
from etl.run.job import Job
from etl.run.result import SYNC, StreamResult
from etl.settings import Settings


def run_job(
    settings: Settings,
    *,
    quiet: bool,
    command: str = SYNC,
    plan: Callable[[Learned], Plan] = sync_plan,
) -> list[StreamResult]:
    """Runs a job to its end; `quiet` keeps the progress bar from the terminal."""
    logs.set_up(settings)
    # What has been imported stays as long as the program: the collector need not look at it again.
    gc.freeze()
    with progress(quiet=quiet or settings.log_format == "json") as report:
        return asyncio.run(_interruptible(Job(settings, command, plan, report)))


def report_errors(results: list[StreamResult]) -> None:
    """One line on stderr for each stream that is not as it should be, and why."""
    for result in results:
        if result.exit_code and result.message:
            print(f"etl: {plain(result.organization_id)}: {plain(result.message)}", file=sys.stderr)


async def _interruptible(job: Job) -> list[StreamResult]:
    """Ctrl-C and SIGTERM cancel the run, which commits what was fetched before it ends."""
    task = asyncio.ensure_future(job.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await task

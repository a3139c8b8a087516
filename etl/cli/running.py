"""Runs a job from the command line: logs, progress, and graceful exit on SIGINT and SIGTERM."""

import asyncio
import gc
import signal
from collections.abc import Callable

from etl.cli import logs
from etl.cli.output import complain, is_output_lost, output_lost
from etl.cli.progress import progress
from etl.errors import EtlError
from etl.run.job import Job, Work, sync_work
from etl.run.result import SYNC, StreamResult, exit_code
from etl.settings import Settings


def run_job(
    settings: Settings,
    tell: Callable[[StreamResult], None],
    *,
    as_json: bool,
    command: str = SYNC,
    work: Work = sync_work,
) -> int:
    """Runs a job, passes the result of each stream to `tell`, and returns the exit code.

    Results are reported even if the run fails afterwards, since they are in the warehouse. Raises
    EtlError if the run fails before the first stream; with `as_json`, each stream is reported as
    failed instead, so that there is an object for each. `as_json` also turns off the progress bar.
    """
    logs.set_up(settings)
    # Modules live until the process exits: the garbage collector can skip them.
    gc.freeze()
    results: list[StreamResult] = []
    failure: EtlError | None = None
    try:
        with progress(quiet=as_json or settings.log_format == "json") as report:
            asyncio.run(_interruptible(Job(settings, command, work, report, results.append)))
    except EtlError as error:
        if not results and not (as_json and settings.organization_id):
            raise
        failure = error if results else None
        results += [] if results else _not_started(settings, command, error)
    finally:
        lost = _tell_all(results, tell)
    if failure is not None:
        complain(str(failure))
    return exit_code(results, failure) or lost


def _not_started(settings: Settings, command: str, error: EtlError) -> list[StreamResult]:
    status = "incomplete" if error.exit_code == 6 else "failed"
    return [
        StreamResult(organization, status, command=command, message=str(error), error=error)
        for organization in settings.organization_id
    ]


def _tell_all(results: list[StreamResult], tell: Callable[[StreamResult], None]) -> int:
    """Reports each stream. Returns 0, or the exit code if stdout cannot be written to."""
    try:
        for result in results:
            tell(result)
    except OSError as error:
        if not is_output_lost(error):
            raise
        return output_lost(error)
    return 0


def tell_error(result: StreamResult) -> None:
    """Prints why a stream failed or is incomplete, as one line on stderr."""
    if result.exit_code and result.message:
        complain(f"{result.organization_id}: {result.message}")


async def _interruptible(job: Job) -> None:
    """SIGINT and SIGTERM cancel the run, which commits what it has fetched before it ends."""
    task = asyncio.ensure_future(job.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await task

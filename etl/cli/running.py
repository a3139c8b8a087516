"""A job run from the command line: logs, progress, and an orderly end on Ctrl-C and SIGTERM."""

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
    """Runs a job to its end, tells of each stream and returns the exit code.

    What streams have come to is told though the run fails afterwards: it is in the warehouse.
    EtlError where none has been begun; `as_json`, each is told as failed then, for other programs
    want an object for each. It also keeps the progress bar from the terminal.
    """
    logs.set_up(settings)
    # What has been imported stays as long as the program: the collector need not look at it again.
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
        results += [] if results else _not_begun(settings, command, error)
    finally:
        lost = _tell_all(results, tell)
    if failure is not None:
        complain(str(failure))
    return exit_code(results, failure) or lost


def _not_begun(settings: Settings, command: str, error: EtlError) -> list[StreamResult]:
    status = "incomplete" if error.exit_code == 6 else "failed"
    return [
        StreamResult(organization, status, command=command, message=str(error), error=error)
        for organization in settings.organization_id
    ]


def _tell_all(results: list[StreamResult], tell: Callable[[StreamResult], None]) -> int:
    """Tells of each stream; the exit code where that could not be written, else 0."""
    try:
        for result in results:
            tell(result)
    except OSError as error:
        if not is_output_lost(error):
            raise
        return output_lost(error)
    return 0


def tell_error(result: StreamResult) -> None:
    """One line on stderr, where a stream is not as it should be, and why."""
    if result.exit_code and result.message:
        complain(f"{result.organization_id}: {result.message}")


async def _interruptible(job: Job) -> None:
    """Ctrl-C and SIGTERM cancel the run, which commits what was fetched before it ends."""
    task = asyncio.ensure_future(job.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await task

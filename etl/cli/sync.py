"""`etl sync`."""

import argparse
import asyncio
import json
import signal

from etl.cli.flags import add_settings, settings_from
from etl.cli.text import count, duration, plain
from etl.run.result import StreamResult, exit_code

EXAMPLES = """\
examples:
  etl sync
  etl sync --from-date 2025-01-01 --warehouse audit.duckdb
  etl sync --json                one JSON object a line for each organization, on stdout
  etl sync --max-requests 500    spend no more today; the next sync goes on there
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    from etl.cli import logs
    from etl.cli.progress import progress
    from etl.run.job import Job

    settings = settings_from(options)
    logs.set_up(settings)
    with progress(quiet=options.json or settings.log_format == "json") as report:
        results = asyncio.run(_interruptible(Job(settings, report=report)))
    for result in results:
        print(json.dumps(result.as_json()) if options.json else sentence(result), flush=True)
    return exit_code(results)


async def _interruptible(job: "Job") -> list[StreamResult]:  # type: ignore[name-defined]  # noqa: F821
    """Ctrl-C and SIGTERM end the run in good order: what was fetched is committed first."""
    task = asyncio.ensure_future(job.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await task


def sentence(result: StreamResult) -> str:
    """What happened, in one line that a person understands."""
    news = [f"{count(result.inserted)} new"]
    news += [
        f"{count(number)} {what}"
        for number, what in (
            (result.changed, "changed"),
            (result.vanished, "gone at the source"),
            (result.quarantined, "quarantined"),
        )
        if number
    ]
    if result.late:
        news.append(f"{count(result.late)} came late, by up to {duration(result.latest_by)}")
    proven = "proven complete" if result.status == "complete" else "NOT proven"
    text = (
        f"{result.organization_id}: {', '.join(news)}; {count(result.warehouse_total)} held here, "
        f"{count(result.source_total)} stated there, {proven}; "
        f"{count(result.requests, 'request')}, {result.seconds:.1f} s"
    )
    return plain(f"{text}. {result.message}" if result.message else text)

"""`etl sync`."""

import argparse
import json

from etl.cli.flags import add_settings, settings_from
from etl.cli.news import news
from etl.cli.output import complain
from etl.cli.text import count, plain
from etl.run.result import StreamResult

EXAMPLES = """\
examples:
  etl sync
  etl sync --from-date 2025-01-01 --warehouse audit.duckdb
  etl sync --plan                estimate the cost of a sync with one request; write nothing
  etl sync --json                print one JSON object per organization
  etl sync --max-requests 500    stop after 500 requests; the next sync resumes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--plan", action="store_true", help="estimate the cost of a sync, and exit")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    settings = settings_from(options)
    if options.plan:
        from etl.cli.forecast import forecast

        return forecast(settings, as_json=options.json)
    from etl.cli.running import run_job, tell_error

    def tell(result: StreamResult) -> None:
        for warning in () if result.error else result.warnings:
            complain(f"{result.organization_id}: warning: {warning}")
        print(json.dumps(result.as_json()) if options.json else sentence(result), flush=True)
        tell_error(result)

    return run_job(settings, tell, as_json=options.json)


def sentence(result: StreamResult) -> str:
    """The result of a sync, in one line."""
    if result.error is not None and not (result.requests or result.warehouse_total):
        return plain(f"{result.organization_id}: stopped before the first request")
    source = "unknown" if result.source_total is None else count(result.source_total)
    proven = "proven complete" if result.status == "complete" else "NOT proven"
    text = (
        f"{result.organization_id}: {news(result)}; local {count(result.warehouse_total)}, "
        f"source {source}, {proven}; {count(result.requests, 'request')}, {result.seconds:.1f} s"
    )
    return plain(text)

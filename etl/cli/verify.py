"""`etl verify`."""

import argparse
import json
from datetime import date, datetime

from etl.cli.flags import add_settings, settings_from
from etl.cli.news import news
from etl.cli.running import run_job, tell_error
from etl.cli.text import count, plain
from etl.errors import UsageError
from etl.plan.learned import Learned
from etl.plan.model import Plan
from etl.plan.ranges import ONE_DAY, Range
from etl.run.result import DEEP, VERIFY, StreamResult

EXAMPLES = """\
examples:
  etl verify                     compare counts: one request where all is equal
  etl verify --from 2025-01-01 --to 2025-03-31
  etl verify --deep              read everything again, and apply what has changed

Differences are recorded: the next sync heals what verify calls unproven.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--deep", action="store_true", help="read every entry again")
    parser.add_argument("--from", dest="begin", type=_day, metavar="DAY", help="first day")
    parser.add_argument("--to", dest="end", type=_day, metavar="DAY", help="last day")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    if options.begin and options.end and options.begin > options.end:
        raise UsageError("--from is after --to")
    settings = settings_from(options)
    # What is older than ETL_FROM_DATE is not copied: it is no difference that it is not here.
    begin = max(filter(None, (options.begin, settings.from_date)), default=None)
    if begin and options.end and begin > options.end:
        raise UsageError("--to is before ETL_FROM_DATE: nothing of these days is copied")

    window_given = options.begin is not None or options.end is not None
    # What lies far ahead ends nothing, and no day comes after the last.
    end = options.end if options.end and options.end.year < date.max.year else None

    def plan(learned: Learned) -> Plan:
        from etl.plan.verify import deep_plan, verify_plan

        window = Range(begin, end and end + ONE_DAY)
        return deep_plan(learned, window) if options.deep else verify_plan(learned, window)

    command = DEEP if options.deep else VERIFY

    def tell(result: StreamResult) -> None:
        if options.json:
            print(json.dumps(result.as_json()), flush=True)
        else:
            _print(result, part=window_given)
        if result.error or not result.differences:  # what days differ has been said already
            tell_error(result)

    return run_job(settings, tell, as_json=options.json, command=command, plan=plan)


def _print(result: StreamResult, *, part: bool) -> None:
    organization = plain(result.organization_id)
    for place in result.differences:
        here = f"{count(place.known)} here"
        if place.known == place.source:
            here = "as many here, but not the same"
        print(f"{organization}: {place.range}: {count(place.source)} at the source, {here}")
    if result.error is not None:
        verdict = "not verified"
    elif result.differences:
        verdict = count(
            len(result.differences),
            "place differs; the next sync heals it",
            "places differ; the next sync heals them",
        )
    elif result.differed:
        verdict = f"differed and was brought up to date: {news(result)}"
        verdict += "" if result.status == "complete" else "; NOT proven"
    elif result.exit_code:
        verdict = f"NOT proven: {count(result.warehouse_total, 'entry', 'entries')} held here"
    else:
        held = count(result.warehouse_total, "entry", "entries")
        verdict = "equal in the days asked for" if part else f"equal: {held}"
    requests = count(result.requests, "request")
    print(f"{organization}: {plain(verdict)}; {requests}, {result.seconds:.1f} s")


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: wants a day as YYYY-MM-DD") from None
    if day.year < 1970:
        raise argparse.ArgumentTypeError(f"{text!r}: wants a day from 1970-01-01 on")
    return day

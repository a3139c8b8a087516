"""`etl verify`."""

import argparse
import json
from contextlib import closing
from datetime import date, datetime

from etl.cli.flags import add_settings, settings_from
from etl.cli.news import news
from etl.cli.running import run_job, tell_error
from etl.cli.text import count, plain
from etl.engine.model import ALL, ALWAYS, ONE_DAY, Days
from etl.engine.run import Run
from etl.engine.verify import Difference, deep, verify
from etl.errors import UsageError
from etl.run.result import DEEP, VERIFY, StreamResult
from etl.settings import Settings

EXAMPLES = """\
examples:
  etl verify                     compare counts: one request if they are equal
  etl verify --from 2025-01-01 --to 2025-03-31
  etl verify --deep              read every entry again, and apply changes
  etl verify --local             check the copy itself, without a request or a token

Days are compared in groups (windows): a window that overlaps the given days is compared as a whole.
The next `etl sync` fetches what differs. See `etl help checking`.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--deep", action="store_true", help="read every entry again, and update the copy"
    )
    parser.add_argument(
        "--local", action="store_true", help="check the file alone, for rows changed by hand"
    )
    parser.add_argument(
        "--from", dest="begin", type=_day, metavar="DAY", help="first day, as YYYY-MM-DD"
    )
    parser.add_argument(
        "--to", dest="end", type=_day, metavar="DAY", help="last day, as YYYY-MM-DD"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    if options.begin and options.end and options.begin > options.end:
        raise UsageError(f"--from {options.begin} is after --to {options.end}")
    if options.local:
        if options.deep or options.begin or options.end:
            raise UsageError("--local checks the whole copy; leave out --deep, --from and --to")
        from etl.cli.local import run as check

        return check(settings_from(options), as_json=options.json)
    settings = settings_from(options)
    if settings.from_date and options.end and settings.from_date > options.end:
        raise UsageError(
            f"--to {options.end} is before ETL_FROM_DATE {settings.from_date}; entries of these "
            "days are not copied"
        )
    # `date.max` has no next day.
    end = options.end if options.end and options.end.year < date.max.year else None
    days: Days = (options.begin, end and end + ONE_DAY)
    part = days != ALL

    async def work(run: Run) -> list[Difference]:
        if not options.deep:
            return await verify(run, days)
        await deep(run, days)
        return []

    def tell(result: StreamResult) -> None:
        if options.json:
            print(json.dumps(result.as_json()), flush=True)
        else:
            _print(result, part=part)
            if part and not (result.exit_code or _held(settings, result.organization_id, days)):
                told = "no entry of the given days is held"
                print(f"{plain(result.organization_id)}: {told}; check --from and --to")
        if result.error or not result.differences:  # the differences are printed already
            tell_error(result)

    command = DEEP if options.deep else VERIFY
    return run_job(settings, tell, as_json=options.json, command=command, work=work)


def _print(result: StreamResult, *, part: bool) -> None:
    organization = plain(result.organization_id)
    for place in result.differences:
        print(f"{organization}: {_days(place)}: source {count(place.source)}, {_local(place)}")
    held = count(result.warehouse_total, "entry", "entries")
    if result.error is not None:
        verdict = "not verified"
    elif result.problems:
        verdict = f"changed by hand: {count(len(result.problems), 'problem')}; not compared"
    elif result.differences:
        number = count(len(result.differences), "difference")
        verdict = f"{number}; run `etl sync` to fetch what differs"
    elif result.differed:
        verdict = f"differed and was updated: {news(result)}"
        verdict += "" if result.status == "complete" else "; NOT proven"
    elif result.exit_code:
        verdict = f"NOT proven: local {held}"
    else:
        verdict = "equal on the given days" if part else f"equal: {held}"
    requests = count(result.requests, "request")
    print(f"{organization}: {plain(verdict)}; {requests}, {result.seconds:.1f} s")


def _held(settings: Settings, organization_id: str, days: Days) -> int:
    """How many entries of these days are held, by their time in UTC."""
    from etl.warehouse.reading import read_only
    from etl.warehouse.sqlfiles import text

    low, high = days
    values = {"organization_id": organization_id, "low": low, "high": high}
    with closing(read_only(settings.warehouse, settings.lock_wait_seconds)) as connection:
        ((held,),) = connection.execute(text("ledger/held_of_days.sql"), values).fetchall()
    return int(held)


def _days(place: Difference) -> str:
    low, high = place.days
    first = "the beginning" if low is None or low <= ALWAYS else str(low)
    return f"{first} to {high - ONE_DAY if high else 'now'}"


def _local(place: Difference) -> str:
    return "local not proven" if place.local is None else f"local {count(place.local)}"


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} must be a date as YYYY-MM-DD") from None
    if day.year < 1970:
        raise argparse.ArgumentTypeError(f"{text!r} must not be before 1970-01-01")
    return day

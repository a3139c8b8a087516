"""`etl sandbox`: serves made-up entries, or those of a file, until Ctrl-C."""

import argparse
import math
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from etl.errors import UsageError
from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.bucket import Limit
from etl.sandbox.dialect import Dialect, Switch, switches
from etl.sandbox.entries import made_up
from etl.sandbox.entry import Entry
from etl.sandbox.file import load
from etl.sandbox.server import serve
from etl.sandbox.service import Service
from etl.sandbox.source import Source

EXAMPLES = """\
examples:
  etl sandbox --entries 5000
  etl sandbox --file audit.ndjson.gz --order oldest --names camel
  etl sandbox --rate-limit 600 --latency-ms 50
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `etl sandbox`."""
    parser.epilog = EXAMPLES
    served = parser.add_argument_group("what is served").add_argument
    served("--entries", type=_at_least(0), default=1000, help="number of made-up entries (1000)")
    served("--days", type=_at_least(1), default=90, help="days over which they are spread (90)")
    served("--seed", type=int, default=0, help="another seed makes other entries (0)")
    served("--file", type=Path, help="serve this .ndjson or .ndjson.gz file instead")
    served("--organization-id", help=f"{ORGANIZATION_ID}, or with --file the one in the file")
    served("--token", default=TOKEN, help=f"access token ({TOKEN})")
    served("--port", type=_at_least(0), default=0, help="port on loopback (0: a free one)")
    speed = parser.add_argument_group("how fast").add_argument
    speed("--latency-ms", type=_at_least(0), default=0, help="wait before each answer (0)")
    speed("--rate-limit", type=_at_least(1), help="requests a minute (no limit)")
    speed("--burst", type=_at_least(1), help="requests at once (1.2 x the rate limit)")
    dialect = parser.add_argument_group("the dialect: what the API's page leaves open").add_argument
    for switch in switches():
        dialect("--" + switch.name.replace("_", "-"), default=switch.default, **_taking(switch))


def run(args: argparse.Namespace) -> int:
    """Prints one line of settings to copy, then serves until Ctrl-C. Raises UsageError."""
    dialect, limit = _dialect(args), _limit(args)
    name, entries = _entries(args)
    source = Source(entries, organizations=[name])
    service = Service(source, dialect, token=args.token, limit=limit, record=False)
    settings = f"ETL_ORGANIZATION_ID={shlex.quote(name)} ETL_API_TOKEN={shlex.quote(args.token)}"

    def announce(url: str) -> None:
        print(f"export ETL_API_BASE_URL={url} {settings}", flush=True)

    try:
        serve(service, port=args.port, latency_ms=args.latency_ms, ready=announce)
    except KeyboardInterrupt:
        pass
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen on port {args.port}: {error}") from error
    return 0


def _taking(switch: Switch) -> dict[str, Any]:
    told = {"help": f"{switch.help} ({'none' if switch.default is None else switch.default})"}
    if switch.choices:
        return {**told, "choices": switch.choices, "metavar": "|".join(switch.choices)}
    return {**told, "type": _at_least(switch.least), "metavar": "N"} if switch.number else told


def _at_least(least: int) -> Any:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least}, not {text!r}")
        return int(text)

    return number


def _dialect(args: argparse.Namespace) -> Dialect:
    try:
        return Dialect(**{switch.name: vars(args)[switch.name] for switch in switches()})
    except ValueError as error:
        raise UsageError(f"--{error}") from error


def _limit(args: argparse.Namespace) -> Limit | None:
    if args.rate_limit is not None:
        return Limit(args.rate_limit, args.burst or math.ceil(args.rate_limit * 1.2))
    if args.burst is not None:
        raise UsageError("--burst needs --rate-limit")
    return None


def _entries(args: argparse.Namespace) -> tuple[str, list[Entry]]:
    """The organization that is served, and its entries."""
    name, now = args.organization_id or ORGANIZATION_ID, datetime.now(UTC)
    if args.file is None:
        try:
            return name, made_up(args.entries, args.days, args.seed, now, name)
        except ValueError as error:
            raise UsageError(f"--entries {args.entries} --days {args.days}: {error}") from error
    held: dict[str, list[Entry]] = {}
    for entry in load(args.file):
        if args.organization_id in (None, entry.organization_id):
            held.setdefault(entry.organization_id, []).append(entry)
    if len(held) != 1:
        what = "several organizations' entries" if held else "none of its entries"
        raise UsageError(f"{args.file} holds {what}; name one with --organization-id")
    return held.popitem()

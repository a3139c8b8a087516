"""`etl sandbox`: serves made-up entries, or those of a file, until Ctrl-C."""

from __future__ import annotations

import argparse
import math
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import UsageError
from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.dialect import Dialect, Switch, switches

if TYPE_CHECKING:
    from etl.sandbox.bucket import Limit
    from etl.sandbox.source import Source


EXAMPLES = """\
examples:
  etl sandbox --entries 5000
  etl sandbox --file audit.ndjson.gz --order oldest --names camel
  etl sandbox --rate-limit 600 --latency-ms 50
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `etl sandbox`: what is served, how fast, and in which dialect."""
    parser.epilog = EXAMPLES
    served = parser.add_argument_group("what is served")
    served.add_argument("--entries", type=_at_least(0), default=1000, help="made-up entries (1000)")
    served.add_argument("--days", type=_at_least(1), default=90, help="days they span (90)")
    served.add_argument("--seed", type=int, default=0, help="another seed, other entries (0)")
    served.add_argument("--file", type=Path, help="serve this .ndjson or .ndjson.gz instead")
    served.add_argument(
        "--organization-id", help=f"{ORGANIZATION_ID}, or with --file the one in the file"
    )
    served.add_argument("--token", default=TOKEN, help=f"the access token ({TOKEN})")
    served.add_argument("--port", type=_at_least(0), default=0, help="on loopback; 0: a free one")
    speed = parser.add_argument_group("how fast")
    speed.add_argument("--latency-ms", type=_at_least(0), default=0, help="wait before each answer")
    speed.add_argument("--rate-limit", type=_at_least(1), help="requests a minute (no limit)")
    speed.add_argument("--burst", type=_at_least(1), help="requests at once (1.2 x the rate limit)")
    dialect = parser.add_argument_group("the dialect: what the API's page leaves open")
    for switch in switches():
        dialect.add_argument(_flag(switch.name), default=switch.default, **_taking(switch))


def run(args: argparse.Namespace) -> int:
    """Prints one line of settings to copy, then serves until Ctrl-C. Raises UsageError."""
    from etl.sandbox.server import serve
    from etl.sandbox.service import Service

    dialect = _dialect(args)
    limit = _limit(args)
    organization_id, source = _source(args)
    settings = {"ETL_ORGANIZATION_ID": organization_id, "ETL_API_TOKEN": args.token}

    def announce(url: str) -> None:
        assigned = {"ETL_API_BASE_URL": url, **settings}
        line = " ".join(f"{name}={shlex.quote(value)}" for name, value in assigned.items())
        print("export", line, flush=True)

    try:
        service = Service(source, dialect, token=args.token, limit=limit, record=False)
        serve(service, port=args.port, latency_ms=args.latency_ms, ready=announce)
    except KeyboardInterrupt:
        pass
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen on port {args.port}: {error}") from error
    return 0


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _taking(switch: Switch) -> dict[str, Any]:
    if switch.choices:
        return {
            "choices": switch.choices,
            "metavar": "|".join(switch.choices),
            "help": f"{switch.help} ({switch.default})",
        }
    usual = "none" if switch.default is None else switch.default
    kind = {"type": _at_least(switch.least), "metavar": "N"} if switch.number else {}
    return {**kind, "help": f"{switch.help} ({usual})"}


def _at_least(least: int) -> Any:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least}, not {text!r}")
        return value

    return number


def _dialect(args: argparse.Namespace) -> Dialect:
    try:
        return Dialect(**{switch.name: getattr(args, switch.name) for switch in switches()})
    except ValueError as error:
        raise UsageError(f"--{error}") from error


def _limit(args: argparse.Namespace) -> Limit | None:
    from etl.sandbox.bucket import Limit

    if args.rate_limit is None:
        if args.burst is not None:
            raise UsageError("--burst needs --rate-limit")
        return None
    return Limit(args.rate_limit, args.burst or math.ceil(args.rate_limit * 1.2))


def _source(args: argparse.Namespace) -> tuple[str, Source]:
    """The organization that is served, and its log."""
    from etl.sandbox.source import Source

    if args.file is None:
        from etl.sandbox.entries import made_up

        organization_id = args.organization_id or ORGANIZATION_ID
        end = datetime.now(UTC)
        try:
            entries = made_up(args.entries, args.days, args.seed, end, organization_id)
        except ValueError as error:
            raise UsageError(f"--entries {args.entries} --days {args.days}: {error}") from error
        return organization_id, Source(entries, organizations=[organization_id])
    from etl.sandbox.file import load

    entries = load(args.file)
    organizations = {entry.organization_id for entry in entries}
    if args.organization_id is not None:
        organizations &= {args.organization_id}
    if len(organizations) != 1:
        held = "none of its entries" if not organizations else "several organizations' entries"
        raise UsageError(f"{args.file} holds {held}; name one with --organization-id")
    (organization_id,) = organizations
    return organization_id, Source(
        entry for entry in entries if entry.organization_id == organization_id
    )

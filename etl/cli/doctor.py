"""`etl doctor`."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Iterator

from etl.cli.flags import add_settings, settings_from
from etl.cli.text import count, plain
from etl.errors import EtlError
from etl.run.doctor import Finding, examine
from etl.setting_messages import source_of
from etl.settings import Settings, unknown_variables, variables

EXAMPLES = """\
examples:
  etl doctor                     examine settings, warehouse and API; write nothing
  etl doctor --json              print one JSON object per line

At most five requests are sent. ✓ works, ! works but may not be what you meant, ✗ does not work.
The exit code is that of the first ✗, as `etl sync` would exit.
"""
_MARKS = {True: "✓", None: "!", False: "✗"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    return asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> int:
    code = problems = 0
    async for finding in _findings(options):
        _tell(finding, as_json=options.json)
        if finding.error is not None:
            problems += 1
            code = code or finding.error.exit_code
    if not options.json:
        end = f"{count(problems, 'problem')} to solve" if problems else "`etl sync` can start"
        print(f"\n{end}")
    return code


async def _findings(options: argparse.Namespace) -> AsyncIterator[Finding]:
    try:
        settings = settings_from(options)
    except EtlError as error:
        yield Finding(str(error), good=False, error=error)
        return
    for finding in _of_settings(settings, options):
        yield finding
    async for finding in examine(settings):
        yield finding


def _of_settings(settings: Settings, options: argparse.Namespace) -> Iterator[Finding]:
    """Which settings were found, and where."""
    found = []
    for variable in variables():
        if getattr(options, f"setting_{variable.field}", None) is not None:
            found.append(f"{variable.flag} (command line)")
        elif variable.field in settings.model_fields_set:
            found.append(f"{variable.env} ({source_of(variable)})")
    yield Finding(f"settings: {', '.join(found) or 'none found, all have their defaults'}")
    for warning in unknown_variables():
        yield Finding(warning, good=None)


def _tell(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        named = {True: "ok", None: "warning", False: "problem"}[finding.good]
        print(json.dumps({"result": named, "message": finding.what}), flush=True)
    else:
        print(f"{_MARKS[finding.good]} {plain(finding.what)}", flush=True)

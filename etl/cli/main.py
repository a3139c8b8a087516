"""`etl`: which command, and what an error looks like."""

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from etl import __version__
from etl.cli.output import complain, is_output_lost, output_lost
from etl.errors import EtlError

COMMANDS = {
    "sync": ("etl.cli.sync", "bring the copy up to date and prove that it is complete"),
    "status": ("etl.cli.status", "say how fresh and how complete the copy is"),
    "verify": ("etl.cli.verify", "compare the copy with the source"),
    "query": ("etl.cli.query", "ask the copy in SQL"),
    "demo": ("etl.cli.demo", "see it all at work on made-up entries, in demo.duckdb"),
    "sandbox": ("etl.sandbox.command", "serve a stand-in for the API on this machine"),
}

EXIT_CODES = (
    (0, "complete"),
    (1, "a bug in this program"),
    (2, "usage: an unknown command or flag, or a bad value on the command line"),
    (3, "a setting is missing or wrong"),
    (4, "refused by the API: 401, 403, 404"),
    (5, "the API is unavailable or makes no sense, after all retries"),
    (6, "incomplete: budget spent, interrupted, or the source contradicts itself"),
    (7, "the warehouse is locked, unreadable or of a newer schema"),
    (8, "verify found a difference"),
)

EXAMPLES = """\
examples:
  etl demo                       a tour, no token needed
  etl sync                       copy what is new, with the settings of .env
  etl status --max-age 26h       exit 6 if the copy is older or not proven
  etl query "FROM activity_by_actor LIMIT 10"

Settings come from flags, ETL_* variables, .env and secret files; `etl sync --help` lists them.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code; an expected error is one line on stderr."""
    # What is imported stays as long as the program: it is not to be gone through again and again.
    gc.set_threshold(30_000)
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A name in another script must not end the program where the locale cannot write it.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except EtlError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return 6
    except Exception as error:
        if is_output_lost(error):
            return output_lost(error)
        if isinstance(error, RuntimeError) and "interrupted" in str(error):  # amid DuckDB's work
            complain("interrupted")
            return 6
        if os.environ.get("ETL_LOG_LEVEL", "").lower() == "debug":
            raise
        where = _innermost(error)
        hint = "ETL_LOG_LEVEL=debug shows where it comes from"
        complain(f"a bug: {type(error).__name__} {where}; {hint}")
        return 1


def _run(arguments: list[str]) -> int:
    parser = _Parser(
        prog="etl",
        description="Keeps a proven-complete SQL copy of an Aitronos organization's audit log.",
        epilog=EXAMPLES + "\nexit codes:\n" + "\n".join(f"  {n}  {what}" for n, what in EXIT_CODES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"etl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    # Only the command that is asked for is imported: what it needs takes its time.
    named = next((word for word in arguments if not word.startswith("-")), None)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == named:
            import_module(module).add_arguments(command)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        # What stands behind a flag may be a secret: only its name is repeated.
        flags = [word.split("=")[0] for word in unknown if word.startswith("-")]
        what = ", ".join(flags) or "an argument too many"
        hint = "; a token is set in ETL_API_TOKEN or a secret file" if "oken" in what else ""
        parser.error(f"unknown: {what}{hint}")
    code: int = import_module(COMMANDS[options.command][0]).run(options)
    return code


class _Parser(argparse.ArgumentParser):
    """One line for a wrong command line, and where to look."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see `{self.prog} --help`)")
        raise SystemExit(2)


def _innermost(error: BaseException) -> str:
    """Where an error was raised. Its message is left out: nobody knows what it holds."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return ""
    return f"in {os.path.basename(step.tb_frame.f_code.co_filename)}:{step.tb_lineno}"

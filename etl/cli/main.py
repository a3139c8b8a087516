"""The entry point `etl`: command dispatch, error messages and exit codes."""

import argparse
import gc
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

from etl import __version__
from etl.cli.output import complain, is_output_lost, output_lost
from etl.errors import EtlError, SqlError

COMMANDS = {
    "doctor": ("etl.cli.doctor", "examine settings, warehouse and API; write nothing"),
    "sync": ("etl.cli.sync", "bring the copy up to date and prove that it is complete"),
    "status": ("etl.cli.status", "show how fresh and how complete the copy is"),
    "verify": ("etl.cli.verify", "check that the copy is complete and unchanged"),
    "query": ("etl.cli.query", "query the copy in SQL"),
    "demo": ("etl.cli.demo", "try everything on generated entries, in demo.duckdb"),
    "sandbox": ("etl.sandbox.command", "serve a simulated API on this machine"),
    "help": ("etl.cli.help", "explain a topic, such as schedule, privacy or mapping"),
    "completion": ("etl.cli.completion", "print a completion script for bash, zsh or fish"),
}

EXIT_CODES = (
    (0, "complete"),
    (1, "a bug in this program"),
    (2, "usage: an unknown command or flag, or an invalid value on the command line"),
    (3, "a setting is missing or invalid"),
    (4, "refused by the API: 401, 403, 404"),
    (5, "the API is unavailable, or its responses stay invalid after all retries"),
    (6, "incomplete: not proven, budget used up, or interrupted"),
    (7, "the warehouse is missing, locked, unreadable, or of another version"),
    (8, "`verify` found a difference, or rows that were changed by hand"),
)

EXAMPLES = """\
examples:
  etl demo                       a short tour; needs no token
  etl sync                       copy new entries, with the settings in .env
  etl status --max-age 26h       exit 6 if the copy is older than 26 hours or not proven
  etl query "FROM activity_by_actor LIMIT 10"

Settings come from flags, ETL_* variables, .env and secret files: `etl help settings` lists them.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code. An expected error is one line on stderr."""
    # Modules live until the process exits: collecting less often saves time.
    gc.set_threshold(30_000)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if threading.current_thread() is threading.main_thread():
        # The first process of a container ignores SIGTERM unless it has a handler.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        # A character that the locale cannot encode must not end the program.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except SqlError as error:
        complain(*str(error).splitlines())
        return error.exit_code
    except EtlError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return 6
    except Exception as error:
        if is_output_lost(error):
            return output_lost(error)
        if isinstance(error, RuntimeError) and "interrupted" in str(error):  # by DuckDB
            complain("interrupted")
            return 6
        if os.environ.get("ETL_LOG_LEVEL", "").lower() == "debug":
            raise
        where = _innermost(error)
        hint = "set ETL_LOG_LEVEL=debug to see the traceback"
        complain(f"internal error: {type(error).__name__} {where}; {hint}")
        return 1


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        _refuse(arguments)
    parser = parser_of(name)
    options, unknown = parser.parse_known_args(arguments[1:])
    if unknown:
        known = re.findall(r"--[\w-]+", parser.format_help())
        parser.error(_unexpected(name, unknown, known))
    code: int = import_module(COMMANDS[name][0]).run(options)
    return code


def parser_of(name: str) -> "_Parser":
    """The parser of a command. Only its module is imported, since imports take time."""
    module, summary = COMMANDS[name]
    parser = _Parser(
        prog=f"etl {name}",
        description=summary[0].upper() + summary[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    import_module(module).add_arguments(parser)
    return parser


def _refuse(arguments: list[str]) -> NoReturn:
    """Answers what names no command: `etl --help`, `etl --version`, and mistakes."""
    parser = _Parser(
        prog="etl",
        description="Keeps a proven-complete SQL copy of an Aitronos organization's audit log.",
        epilog=EXAMPLES + "\nexit codes:\n" + "\n".join(f"  {n}  {what}" for n, what in EXIT_CODES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"etl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary)
    word = arguments[0] if arguments else ""
    if word and not word.startswith("-"):
        parser.error(f"unknown command {word!r}{_did_you_mean(word, COMMANDS)}")
    if word.startswith("-") and word not in ("-h", "--help", "--version"):
        parser.error(f"unknown flag {word.split('=')[0]}: a command comes first, such as etl sync")
    parser.parse_args(arguments[:1])
    parser.error("a command is missing")


def _unexpected(command: str, words: list[str], known: list[str]) -> str:
    """What to say of arguments that a command does not have."""
    # The value of a flag may be a secret: only its name is repeated.
    flags = [word.split("=")[0] for word in words if word.startswith("-")]
    if not flags and command == "query":
        return 'the SQL must be one argument: put it in quotes, as in etl query "FROM findings"'
    if not flags:
        return f"unexpected argument {words[0]!r}"
    hint = "; set the token in ETL_API_TOKEN or in a secret file" if "oken" in flags[0] else ""
    return f"unknown flag {flags[0]}{hint or _did_you_mean(flags[0], known)}"


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see `{self.prog} --help`)")
        raise SystemExit(2)


def _innermost(error: BaseException) -> str:
    """The file and line that raised an error. Its message may hold a secret, so it is left out."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return ""
    return f"in {os.path.basename(step.tb_frame.f_code.co_filename)}:{step.tb_lineno}"

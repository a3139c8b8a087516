"""`etl help`: the pages of `etl/docs`."""

import argparse
import sys
from difflib import get_close_matches
from pathlib import Path

from etl.errors import UsageError
from etl.warehouse.sqlfiles import ROOT

EXAMPLES = """\
examples:
  etl help                       list the topics
  etl help schedule              print a page
  etl help sync                  the same as `etl sync --help`
"""
DOCS = Path(__file__).parent.parent / "docs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("topic", nargs="?", help="a topic or a command; without one, list all")


def run(options: argparse.Namespace) -> int:
    from etl.cli.main import COMMANDS, main

    pages = topics()
    if options.topic is None:
        print("topics:")
        for name, page in pages.items():
            print(f"  {name:14} {title(page)}")
        print("\n`etl help TOPIC` prints a page; `etl COMMAND --help` explains a command.")
        return 0
    if options.topic in COMMANDS:
        return main([options.topic, "--help"])
    if options.topic not in pages:
        near = get_close_matches(options.topic, [*pages, *COMMANDS], n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `etl help` lists them"
        raise UsageError(f"there is no topic {options.topic!r}{hint}")
    _show(pages[options.topic].read_text(encoding="utf-8"))
    return 0


def topics() -> dict[str, Path]:
    """The pages by topic."""
    return {page.stem: page for page in sorted(DOCS.glob("*.md"))} | {"sql": ROOT / "README.md"}


def title(page: Path) -> str:
    """The heading of a page."""
    with page.open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# ").strip()


def _show(text: str) -> None:
    """Prints Markdown: laid out on a terminal, else as it is."""
    if not sys.stdout.isatty():
        print(text, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))

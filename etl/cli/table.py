"""Rows as a table, CSV, JSON or Markdown."""

import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import IO, Any, Literal

from etl.cli.text import plain

FORMATS = ("table", "csv", "json", "markdown")
_GAP, _PROSE, _LEAST = 3, 4, 20
"""Columns between two columns of a table; words from which on a text is cut into lines, and how
wide these are at least."""

_MOST = 10_000
"""The maximum number of rows of a table, since its column widths depend on all of its rows."""

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9.]+(e[+-]?[0-9]+)?$)")
"""How a cell begins that a spreadsheet would compute: a name can be `=HYPERLINK(…)`."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

Rows = Iterable[Sequence[Any]]


class Json(str):
    """A value written as JSON."""

    __slots__ = ()


def write(names: Sequence[str], rows: Rows, form: str, out: IO[str] | None = None) -> None:
    """Writes rows in one of `FORMATS`. Values are text, numbers, booleans, None or `Json`.

    Control characters are escaped, since a terminal would interpret them. CSV to a file or a pipe
    keeps every character, but puts ' before a text that a spreadsheet would compute.
    """
    target = out or sys.stdout
    {"table": _table, "csv": _csv, "json": _json, "markdown": _markdown}[form](names, rows, target)


def text(value: object) -> str:
    """Formats a value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _table(names: Sequence[str], rows: Rows, out: IO[str]) -> None:
    kept = [list(row) for row in islice(rows, _MOST + 1)]
    more = len(kept) > _MOST
    cells = [[plain(text(value)) for value in row] for row in kept[:_MOST]]
    numbers = [any(isinstance(row[n], int | float) for row in kept) for n in range(len(names))]
    heads = [plain(name) for name in names]
    # Only what has spaces is cut into lines: no id and no time.
    least = [max(map(_narrowest, column)) for column in zip(heads, *cells, strict=True)]
    # A file has no maximum width.
    width = shutil.get_terminal_size().columns if out.isatty() else 10_000
    if sum(map(len, heads)) < width and sum(least) + _GAP * len(least) <= width:
        _print_table(heads, cells, least, numbers, out, width)
    else:
        _print_records(heads, cells, out)
    told = f"{len(cells):,} row{'' if len(cells) == 1 else 's'}"
    print(f"(first {told}; --format csv prints all)" if more else f"({told})", file=out)


def _narrowest(cell: str) -> int:
    """The width that a cell must have: its own, or that of its longest word in a longer text."""
    from rich.cells import cell_len

    words = cell.split(" ")
    if len(words) < _PROSE:
        return cell_len(cell)
    return max(_LEAST, max(map(cell_len, words)))


def _print_table(
    heads: Sequence[str],
    cells: Sequence[Sequence[str]],
    least: Sequence[int],
    numbers: Sequence[bool],
    out: IO[str],
    width: int,
) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    for head, narrowest, number in zip(heads, least, numbers, strict=True):
        justify: Literal["left", "right"] = "right" if number else "left"
        table.add_column(Text(head), justify=justify, min_width=narrowest, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    # With a height too: else rich believes that a dumb terminal has 80 columns.
    console = Console(file=out, width=width, height=25, highlight=False, emoji=False, markup=False)
    console.print(table)


def _print_records(heads: Sequence[str], cells: Sequence[Sequence[str]], out: IO[str]) -> None:
    """One field a line, where a row is wider than the terminal."""
    longest = max(map(len, heads), default=0)
    for number, row in enumerate(cells, start=1):
        print(f"─[ {number} ]".ljust(longest + 12, "─"), file=out)
        for head, cell in zip(heads, row, strict=True):
            print(f"{head:{longest}}  {cell}".rstrip(), file=out)


def _csv(names: Sequence[str], rows: Rows, out: IO[str]) -> None:
    safe = plain if out.isatty() else str
    for row in chain([names], rows):
        out.write(",".join(safe(_cell(value)) for value in row) + "\n")


def _cell(value: object) -> str:
    """A value in CSV (RFC 4180). NULL is an empty cell, an empty text is `""`."""
    if not isinstance(value, str):
        return text(value)
    if _FORMULA.match(value):
        value = f"'{value}"
    if value == "" or any(character in value for character in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def _json(names: Sequence[str], rows: Rows, out: IO[str]) -> None:
    opening = "["
    names = _unique(names)
    for row in rows:
        members = (
            f"{_dumped(name)}: {value if isinstance(value, Json) else _dumped(value)}"
            for name, value in zip(names, row, strict=True)
        )
        line = _visible("{" + ", ".join(members) + "}")
        if not _utf8(out):
            line = _NOT_ASCII.sub(lambda it: json.dumps(it[0])[1:-1], line)
        out.write(f"{opening}\n  {line}")
        opening = ","
    out.write("[]\n" if opening == "[" else "\n]\n")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _markdown(names: Sequence[str], rows: Rows, out: IO[str]) -> None:
    def cells(values: Iterable[str]) -> str:
        escaped = (plain(value).replace("\\", "\\\\").replace("|", "\\|") for value in values)
        return "| " + " | ".join(escaped) + " |\n"

    out.write(cells(names) + "|" + " --- |" * len(names) + "\n")
    for row in rows:
        out.write(cells(text(value) for value in row))


def _unique(names: Sequence[str]) -> list[str]:
    """Makes names unique with the suffixes `_1`, `_2`, …, as DuckDB does."""
    apart: list[str] = []
    for name in names:
        candidate, number = name, 0
        while candidate in apart:
            number += 1
            candidate = f"{name}_{number}"
        apart.append(candidate)
    return apart


def _utf8(out: IO[str]) -> bool:
    return (getattr(out, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


def _visible(line: str) -> str:
    """Escapes DEL, C1 controls and bidirectional marks; `json` escapes C0 controls itself."""
    if line.isascii() and "\x7f" not in line:
        return line
    return "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 and plain(c) != c else c for c in line)

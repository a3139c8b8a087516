"""Rows as a table, CSV, JSON or Markdown."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import IO, Any

from etl.cli.text import plain

FORMATS = ("table", "csv", "json", "markdown")
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
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    kept = [list(row) for row in islice(rows, _MOST + 1)]
    more = len(kept) > _MOST
    del kept[_MOST:]
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    for place, name in enumerate(names):
        numbers = any(isinstance(row[place], int | float) for row in kept)
        table.add_column(Text(plain(name)), justify="right" if numbers else "left")
    for row in kept:
        table.add_row(*(Text(plain(text(value))) for value in row))
    # A file has no maximum width.
    width = None if out.isatty() else 10_000
    Console(file=out, width=width, highlight=False, emoji=False, markup=False).print(table)
    told = f"{len(kept):,} row{'' if len(kept) == 1 else 's'}"
    print(f"(first {told}; --format csv prints all)" if more else f"({told})", file=out)


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

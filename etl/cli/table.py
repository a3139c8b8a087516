"""Rows as a table, CSV, JSON or Markdown."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import IO, Any

from etl.cli.text import plain

FORMATS = ("table", "csv", "json", "markdown")
_MOST = 10_000
"""The maximum number of rows of a table, since its column widths depend on all of its rows."""

Rows = Iterable[Sequence[Any]]


def write(names: Sequence[str], rows: Rows, form: str, out: IO[str] | None = None) -> None:
    """Writes rows in one of `FORMATS`. Values are text, numbers, booleans, None, lists or dicts.

    Control characters are escaped, since a terminal would interpret them. CSV to a file or a pipe
    keeps every character.
    """
    target = out or sys.stdout
    {"table": _table, "csv": _csv, "json": _json, "markdown": _markdown}[form](names, rows, target)


def text(value: object) -> str:
    """Formats a value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
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
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([safe(name) for name in names])
    for row in rows:
        writer.writerow([safe(text(value)) for value in row])


def _json(names: Sequence[str], rows: Rows, out: IO[str]) -> None:
    opening = "["
    names = _unique(names)
    for row in rows:
        line = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=not _utf8(out))
        out.write(f"{opening}\n  {_visible(line)}")
        opening = ","
    out.write("[]\n" if opening == "[" else "\n]\n")


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

"""sql/README.md: the columns and the printed results in it are made, not typed.

`python tests/answers/readme.py` from the checkout's root writes them anew.
"""

from __future__ import annotations

import io
import re
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from answering import MADE, ORGANIZATION, Warehouse, insert, prepared  # noqa: E402

from etl.cli import query, table  # noqa: E402
from etl.sandbox.entries import made_up  # noqa: E402
from etl.warehouse import sqlfiles  # noqa: E402

README = sqlfiles.ROOT / "README.md"
_QUESTION = re.compile(r"```sql\n(?P<sql>.*?)```\n(\n(\|[^\n]*\n)+)?", re.DOTALL)
_COLUMNS = re.compile(r"### `(?P<call>[^`]+)`\n(?P<between>.*?)^Columns:.*?\n", re.DOTALL | re.M)


def demo(path: Path) -> None:
    """The warehouse that README asks: 1,000 made-up entries, and a ledger as syncs leave it, in
    which one entry has changed at the source and one has vanished."""
    prepared(path)
    warehouse = Warehouse(path)
    entries = made_up(1_000, 90, 7, MADE, ORGANIZATION)
    insert(warehouse, entries)
    changed, gone, late = (str(entries[n].id) for n in (700, 800, 990))
    own = {"organization": ORGANIZATION, "made": MADE, "run": MADE - timedelta(minutes=1)}
    for statement in (
        "INSERT INTO streams "
        "VALUES ($organization, 'https://api.aitronos.com', '{}', $made, $made)",
        "INSERT INTO audit_log_versions SELECT * REPLACE ('Unknown' AS actor_name), $made, 'run-2' "
        f"FROM audit_log WHERE id = '{changed}' AND $organization IS NOT NULL",
        f"INSERT INTO absences VALUES ($organization, '{gone}', 'vanished', $made, 'run-2')",
        "INSERT INTO quarantine VALUES ($organization, 'aud_unreadable', 'unreadable_time', "
        "$made, '{\"id\": \"aud_unreadable\"}', '', $made, 'run-2', NULL, NULL)",
        f"INSERT INTO placements VALUES ($organization, '{late}', $made, $made, 'run-2')",
        "INSERT INTO windows (seq, run_id, organization_id, verdict, proof, total, "
        "distinct_entries, requests, day_zone, run_started_at, recorded_at) VALUES "
        "(1, 'run-2', $organization, 'complete', 'walk', 1000, 1000, 10, 'UTC', $run, $made)",
        "INSERT INTO runs VALUES ('run-2', $organization, 'sync', 'complete', NULL, $run, $made, "
        "10, 1000, 1000, 1, 1, 1, 0, NULL, 1000, 1000, '0.1.0')",
    ):
        named = {name: value for name, value in own.items() if f"${name}" in statement}
        warehouse.connection.execute(statement, named)
    warehouse.close()


def refreshed(text: str, path: Path) -> str:
    """README's text with the columns and results that the warehouse at `path` gives."""
    text = _COLUMNS.sub(lambda found: _columns(found, path), text)
    return _QUESTION.sub(lambda found: _result(found, path), text)


def _result(found: re.Match[str], path: Path) -> str:
    printed = io.StringIO()
    names, rows = query.ask(path, found["sql"], 0.0)
    table.write(names, rows, "markdown", printed)
    return f"```sql\n{found['sql']}```\n\n{printed.getvalue()}"


def _columns(found: re.Match[str], path: Path) -> str:
    source = re.sub(r"(?<=[(,]) ?\w+(?=[,)])", "NULL", found["call"])
    _, rows = query.ask(path, f"DESCRIBE FROM {source}", 0.0)
    names = ", ".join(f"`{row[0]}`" for row in rows)
    return f"### `{found['call']}`\n{found['between']}Columns: {names}\n"


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        made = Path(folder) / "demo.duckdb"
        demo(made)
        README.write_text(refreshed(README.read_text(encoding="utf-8"), made), encoding="utf-8")

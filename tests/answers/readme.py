"""sql/README.md: the columns and the printed results in it are made, not typed.

`python tests/answers/readme.py` from the checkout's root writes them anew.
"""

import io
import re
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from answering import MADE, ORGANIZATION, Warehouse, prepared  # noqa: E402

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
    with warehouse.at_once():
        for entry in entries:
            texts = {name: value for name in entry.__struct_fields__
                     if isinstance(value := getattr(entry, name), str)}  # fmt: skip
            warehouse.add(entry.occurred_at, **texts)
    changed, gone = (str(entries[n].id) for n in (700, 800))
    run = {"run_id": "run-2", "run_started_at": MADE - timedelta(minutes=1)}
    warehouse.record("streams", api_base_url="https://api.aitronos.com", newest_first=True,
                     to_day_included=True)  # fmt: skip
    warehouse.version(changed, actor_name="Unknown")
    warehouse.absent(gone)
    warehouse.record("quarantine", id="aud_unreadable", reason="unreadable_time", **run)
    times = [entry.occurred_at.date() for entry in entries]
    for low, high in pairwise((date(1970, 1, 1), date(2026, 4, 1), date(2026, 5, 23), None)):
        stated = sum(low <= day < (high or date.max) for day in times)
        days = {"from_day": low, "to_day": high, "stated": stated}
        warehouse.record("windows", **days, counted_on=MADE.date())
        warehouse.record("proofs", **days, how="walk", held=stated, seq=low.month, **run)
    whole = {"stated": 1_000, "held": 1_000, "watermark": max(e.occurred_at for e in entries)}
    warehouse.record("proofs", **whole, how="count", seq=9, **run)
    warehouse.record("mappings", seq=1, definition="{}", version="0.1.0", reread=0)
    warehouse.record("runs", run_id="run-2", command="sync", requests=13, fetched=1_000,
                     inserted=1_000, changed=1, quarantined=1, vanished=1)  # fmt: skip
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

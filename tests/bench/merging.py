"""What it costs to store a batch of 10,000 entries in a small and in a large warehouse.

Prints, for each size, the seconds of each batch by the clock and of CPU as JSON. The batches are
those of a backfill that has come down to the days before all that is stored: two closed windows
each, with their proofs, their ledger rows and the run's. The sizes take turns, batch by batch.
"""

import json
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from etl.engine.model import ONE_DAY, Proof, Window
from etl.sandbox.entries import made_up
from etl.warehouse import mapping
from etl.warehouse.database import Database
from etl.warehouse.ledger import read_state
from etl.warehouse.load import Loader
from etl.warehouse.staging import Served

from .process import ORGANIZATION
from .rows import made

_PAGE, _PAGES, _WINDOWS = 100, 50, 2  # 10,000 entries


class Backfill:
    """A backfill of a warehouse that holds everything but the days before its first window."""

    def __init__(self, database: Database) -> None:
        now = datetime.now(UTC)
        run: dict[str, object] = {
            "run_id": "measured", "organization_id": ORGANIZATION, "command": "sync",
            "run_started_at": now.isoformat(), "version": "0",
            "api_base_url": "http://127.0.0.1", "filters": "{}",
        }  # fmt: skip
        self._database = database
        with database.attached(read_only=True):
            state = read_state(database, ORGANIZATION, now)
            known = mapping.read(database, None)
            self._loader = Loader(database, run, state, known, lambda: datetime.now(UTC))
        self._ledger = state.ledger

    def batch(self) -> tuple[float, float]:
        """Stages and commits the next batch; seconds by the clock and of CPU."""
        staging, windows = self._loader.staging, self._ledger.windows
        held, walks, pages = self._loader.held, [], []
        for _ in range(_WINDOWS):
            walks.append(staging.begin(compare=False))
            day = windows[0].from_day - ONE_DAY
            windows.insert(0, Window(day, day + ONE_DAY))
            pages += _pages(walks[-1], day)
        wall, cpu = time.perf_counter(), time.process_time()
        with self._database.attached(read_only=True):
            staging.take(pages)
        proofs = []
        for window, walk in zip(reversed(windows[:_WINDOWS]), walks, strict=True):
            served = staging.seen(walk).distinct
            window.stated = served
            proofs.append(Proof(window.days, served, served, "walk", "complete"))
            staging.end(walk)
        self._loader.commit(self._ledger, proofs, 2 * _PAGES)
        took = time.perf_counter() - wall, time.process_time() - cpu
        if self._loader.held - held != _WINDOWS * _PAGES * _PAGE:
            raise ValueError(f"the batch has brought {self._loader.held - held} entries")
        return took


def _pages(walk: int, day: date) -> list[Served]:
    """Entries of a day. Their ids are hashes, as those that are stored: so no row group can be
    passed over when they are looked for."""
    end = datetime.combine(day + ONE_DAY, datetime.min.time(), UTC)
    made = [
        msgspec.json.encode(msgspec.structs.asdict(entry) | {"created_at": entry.occurred_at})
        for entry in reversed(made_up(_PAGE * _PAGES, 1, walk, end, ORGANIZATION))
    ]
    texts = tuple(text.decode() for text in made)
    return [Served(walk, 0, texts[n : n + _PAGE]) for n in range(0, len(texts), _PAGE)]


def main(folder: Path, sizes: list[int], batches: int) -> None:
    """Prints `{size: [[wall, cpu], …]}`; the first batch of each size is not among them."""
    backfills = {size: Backfill(made(folder / f"{size}.duckdb", size)) for size in sizes}
    for backfill in backfills.values():
        backfill.batch()
    took: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
    for _ in range(batches):
        for size, backfill in backfills.items():
            took[size].append(backfill.batch())
    print(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(size) for size in sys.argv[3:]], int(sys.argv[2]))

"""What it costs to store a batch of 10,000 entries in a small and in a large warehouse.

Prints, for each size, the seconds of each batch by the clock and of CPU as JSON. The batches are
those of a backfill that has come down to the days before all that is stored: two closed windows
each, with their proofs, their ledger rows and the run's. The sizes take turns, batch by batch.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from etl.plan.learned import Learned, StreamState
from etl.plan.model import Commit
from etl.plan.ranges import ONE_DAY, Proof, Range, Verdict
from etl.warehouse import spellings
from etl.warehouse.database import Database
from etl.warehouse.load import Loader
from etl.warehouse.settling import Claim
from etl.warehouse.staging import Served

from .process import ORGANIZATION
from .rows import WEEKS, made

_PAGE, _PAGES, _WINDOWS = 100, 50, 2  # 10,000 entries
_TEXT = (
    '{{"id":"aud_{digits:.20}","organization_id":"org_demo","entity_type":"role_assignment",'
    '"entity_id":"rol_{role:012d}","entity_name":"Role {role}","action_type":"assigned",'
    '"actor_id":"usr_{actor:012d}","actor_name":"Person {actor}",'
    '"actor_email":"person{actor}@example.com","target_type":"user",'
    '"target_id":"usr_{target:012d}","target_name":"Person {target}",'
    '"department_id":"dep_{role:012d}","department_name":"Department {role}",'
    '"previous_value":null,"new_value":{{"role":"Role {role}"}},"metadata":{{"ip_address":'
    '"192.0.2.{role}","user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"}},'
    '"created_at":"{at}"}}'
)


class Backfill:
    """A backfill of a warehouse that holds everything but the days before `first`."""

    def __init__(self, database: Database, first: date) -> None:
        now = datetime.now(UTC)
        run: dict[str, object] = {
            "run_id": "measured",
            "organization_id": ORGANIZATION,
            "command": "sync",
            "run_started_at": now.isoformat(),
            "history_from": None,
            "version": "0",
            "api_base_url": "http://127.0.0.1",
            "filters": "{}",
        }
        state = StreamState(now.date(), None, None, 7, newest_first=True, to_day_included=True)
        known = spellings.read(database, None)
        with database.attached(read_only=True):
            self._loader = Loader(database, run, "UTC", state, known, lambda: datetime.now(UTC))
        self._learned = Learned.of(state)
        self._first = first
        self._batches = 0
        before = Commit(Range(None, first), Verdict.PLANNED, None)
        self._loader.commit([Claim(before, None)], self._learned, 1, 1)

    def batch(self) -> tuple[float, float]:
        """Stages and commits the next batch; seconds by the clock and of CPU."""
        walks = [self._batches * _WINDOWS + n for n in range(_WINDOWS)]
        self._batches += 1
        pages = [_page(walk, page, self._first) for walk in walks for page in range(_PAGES)]
        claims = [Claim(_claim(walk, self._first), walk) for walk in walks]
        wall, cpu = time.perf_counter(), time.process_time()
        self._loader.staging.take(pages)
        answers = self._loader.commit(claims, self._learned, 2 * _PAGES, 2 * _PAGES)
        self._loader.staging.forget(walks)
        took = time.perf_counter() - wall, time.process_time() - cpu
        if any(answer.verdict is not Verdict.COMPLETE for answer in answers):
            raise ValueError(f"the batch was not proven: {answers}")
        return took


def _day(walk: int, first: date) -> date:
    return first - (walk + 1) * ONE_DAY


def _claim(walk: int, first: date) -> Commit:
    day = _day(walk, first)
    pages = frozenset(range(_PAGES))
    return Commit(
        Range(day, day + ONE_DAY),
        Verdict.COMPLETE,
        _PAGE * _PAGES,
        Proof.WALK,
        pages_done=pages,
    )


def _page(walk: int, page: int, first: date) -> Served:
    midnight = datetime.combine(_day(walk, first), datetime.min.time(), UTC)
    entries = []
    for place in range(_PAGE):
        number = page * _PAGE + place
        at = midnight + timedelta(hours=20) - timedelta(seconds=8 * number)
        text = _TEXT.format(
            # among those that are stored: else no row group would have to be searched for them
            digits=sha256(f"{walk} {number}".encode()).hexdigest(),
            role=number % 12,
            actor=number % 2_000,
            target=number * 7 % 20_000,
            at=at.isoformat(),
        )
        entries.append(text)
    return Served(walk, tuple(entries), skip=page * _PAGE, steady=True)


def main(folder: Path, sizes: list[int], batches: int) -> None:
    """Prints `{size: [[wall, cpu], …]}`; the first batch of each size is not among them."""
    now = datetime.now(UTC).date()
    first = now - timedelta(days=now.weekday(), weeks=WEEKS)
    backfills = {size: Backfill(made(folder / f"{size}.duckdb", size), first) for size in sizes}
    for backfill in backfills.values():
        backfill.batch()
    took: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
    for _ in range(batches):
        for size, backfill in backfills.items():
            took[size].append(backfill.batch())
    print(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(size) for size in sys.argv[3:]], int(sys.argv[2]))

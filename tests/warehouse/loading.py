"""Pages loaded into a real warehouse, the way a run does it but without plan or network."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from etl.plan.learned import Learned, StreamState
from etl.plan.model import Commit, Committed
from etl.plan.ranges import Proof, Range, Verdict
from etl.warehouse import spellings
from etl.warehouse.database import Database
from etl.warehouse.load import Loader
from etl.warehouse.settling import Claim
from etl.warehouse.staging import Served

ORGANIZATION = "org"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
EVERYTHING = Range(None, None)


def entry(id_: str | None, time: object = "2025-06-01T10:00:00Z", **fields: object) -> str:
    """An entry's text, in the flat spelling."""
    named: dict[str, object] = {"id": id_, "created_at": time, **fields}
    return json.dumps({name: value for name, value in named.items() if value is not None})


@dataclass(slots=True)
class Load:
    """One run on a warehouse: pages go in, one commit ends it."""

    database: Database
    run_id: str = "run-1"
    now: datetime = NOW
    newest_known: datetime | None = None

    def pages(
        self,
        *pages: Sequence[str],
        range_: Range = EVERYTHING,
        verdict: Verdict = Verdict.UNPROVEN,
        proof: Proof | None = None,
        total: int | None = None,
    ) -> Committed:
        """Loads pages as one walk of a range, and claims a verdict."""
        state = StreamState(NOW.date(), None, None, 7, newest_known=self.newest_known)
        run: dict[str, object] = {
            "run_id": self.run_id,
            "organization_id": ORGANIZATION,
            "command": "sync",
            "run_started_at": self.now.isoformat(),
            "history_from": None,
            "version": "0",
            "api_base_url": "https://api.example.com",
            "filters": "{}",
        }
        known = spellings.read(self.database, None)
        with self.database.attached(read_only=True):
            loader = Loader(self.database, run, "UTC", state, known, lambda: self.now)
        walked = [Served(1, tuple(page), n * 100, True) for n, page in enumerate(pages)]
        loader.staging.take(walked)
        commit = Commit(range_, verdict, total, proof)
        (done,) = loader.commit([Claim(commit, 1)], Learned.of(state), 1, 1)
        return done


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query over the warehouse."""
    with database.attached(read_only=True):
        return database.execute(sql)


def day(number: int) -> date:
    """The days of June 2025, and on into July."""
    return date.fromordinal(date(2025, 5, 31).toordinal() + number)

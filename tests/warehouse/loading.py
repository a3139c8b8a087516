"""Pages loaded into a real warehouse as a run does it, but without engine or network."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from etl.engine.model import ALWAYS, Window
from etl.warehouse import mapping
from etl.warehouse.database import Database
from etl.warehouse.ledger import read_state
from etl.warehouse.load import Claim, Loader
from etl.warehouse.mapping import Mapping
from etl.warehouse.staging import Served

ORGANIZATION = "org"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
HELD = """
SELECT 'row' AS kind, id, raw FROM audit_log
UNION ALL SELECT reason, id, raw FROM quarantine
UNION ALL SELECT 'version', id, raw FROM audit_log_versions
ORDER BY ALL
"""


def entry(id_: str | None, time: object = "2025-06-01T10:00:00Z", **fields: object) -> str:
    """An entry's text, in the flat spelling."""
    named: dict[str, object] = {"id": id_, "created_at": time, **fields}
    return json.dumps({name: value for name, value in named.items() if value is not None})


class Run:
    """The `number`th run, an hour after the one before it: pages are served to its one walk."""

    def __init__(self, database: Database, number: int = 1, by: Mapping | None = None) -> None:
        self.database, self.now = database, NOW + timedelta(hours=number)
        values: dict[str, object] = {
            "run_id": f"run-{number}", "organization_id": ORGANIZATION, "command": "sync",
            "run_started_at": self.now.isoformat(), "version": "0", "filters": "{}",
            "api_base_url": "https://api.example.com",
        }  # fmt: skip
        known = by or mapping.read(database, None)
        with database.attached(read_only=True):
            self.state = read_state(database, ORGANIZATION, self.now)
            self.loader = Loader(database, values, self.state, known, self._clock)
        self.loader.answered = True
        self.walk = self.loader.staging.begin(compare=True)

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def reread(self) -> "Run":
        """What is served from here on is remembered, to tell what has gone."""
        self.loader.forgetting, self.state.ledger.rereading_since = True, self.now
        return self

    def serve(self, *pages: Sequence[str], turn: int = 0) -> "Run":
        """Takes pages in, without a commit."""
        with self.database.attached(read_only=True):
            served = [Served(self.walk, turn, tuple(page)) for page in pages]
            self.loader.staging.take(served)
        return self

    def load(self, *pages: Sequence[str], turn: int = 0) -> "Run":
        """Takes pages in and commits them."""
        self.serve(*pages, turn=turn)
        self.loader.commit(self.state.ledger, [], 1)
        return self

    def prove(self, stated: int, claim: Claim | None = None) -> bool:
        """Commits with one window that states so many, and claims that this is everything."""
        self.state.ledger.windows = [Window(ALWAYS, None, stated)]
        return self.loader.commit(self.state.ledger, [], 1, claim or Claim(stated))


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query over the warehouse."""
    with database.attached(read_only=True):
        return database.execute(sql)


@contextmanager
def rolled_back(database: Database) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Asks an attached warehouse in a transaction of which nothing stays."""
    database.execute("BEGIN")
    try:
        yield database.execute
    finally:
        database.execute("ROLLBACK")

"""A source, an API in some dialect, a warehouse, a clock: all that a test of a promise needs."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import duckdb
import msgspec

from etl.client.http import Client
from etl.engine.model import Days
from etl.engine.run import Run
from etl.engine.verify import ALL, Difference, deep, verify
from etl.run.job import Job, Work, sync_work
from etl.run.result import DEEP, SYNC, VERIFY, StreamResult
from etl.sandbox import TOKEN
from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry
from etl.sandbox.render import renderer
from etl.sandbox.service import Service
from etl.sandbox.source import Source
from etl.settings import Settings, load
from etl.warehouse.database import Database, start
from promises.adversary import QUIET, Adversary, Script
from promises.clock import Clock

ORGANIZATION = "org_promised"

SHARED = Path("/dev") / "shm"
MEMORY = SHARED if os.access(SHARED, os.W_OK) else None
"""Where to keep the files: a run waits for the disk several times, and DuckDB spins meanwhile."""

_encode = msgspec.json.Encoder().encode


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """One for all runs, since to start one takes as long as a quiet sync; each run has a connection
    of its own to it, and so its own buffers."""
    return start(Path(tempfile.gettempdir()) / "promises")


RUNS_READ = ("absent_entries", "coverage", "held_entries", "purges", "watermark")
"""The views and macros that runs read. DuckDB reads all there are each time it opens a file."""


@cache
def prepared() -> Path:
    """A warehouse without a row, and without the views that no run reads."""
    path = Path(tempfile.mkdtemp(prefix="prepared-")) / "warehouse.duckdb"
    database = Database(path, engine=engine())
    database.prepare(datetime(2025, 1, 1, tzinfo=UTC))
    with database.attached():
        for kind, name in database.execute(
            "SELECT 'VIEW', view_name FROM duckdb_views() "
            "WHERE database_name = current_database() AND NOT internal UNION "
            "SELECT if(function_type = 'macro', 'MACRO', 'MACRO TABLE'), function_name "
            "FROM duckdb_functions() WHERE database_name = current_database() AND NOT internal"
        ):
            if name not in RUNS_READ:
                database.execute(f"DROP {kind} {name}")
    database.close()
    return path


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse to look at, as any other reader would."""
    connection = engine().cursor()
    connection.execute(f"ATTACH '{warehouse}' AS warehouse (READ_ONLY)")
    try:
        connection.execute("USE warehouse")
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.execute("USE memory")
        connection.execute("DETACH warehouse")
        connection.close()


@dataclass(frozen=True, slots=True)
class Held:
    """What a warehouse holds, but for the ledger: each table as a sorted list of its rows."""

    audit_log: list[tuple[object, ...]]
    audit_log_versions: list[tuple[object, ...]]
    absences: list[tuple[object, ...]]
    quarantine: list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """The outcome of one run."""

    result: StreamResult
    requests: int

    @property
    def complete(self) -> bool:
        return self.result.status == "complete"


class World:
    """`sync`, `verify` and `deep` run the real job against the source as it stands."""

    def __init__(
        self,
        folder: Path,
        entries: Iterable[Entry] = (),
        dialect: Dialect | None = None,
        **settings: object,
    ) -> None:
        self.clock = Clock()
        self.source = Source(entries, organizations=[ORGANIZATION], clock=self.clock.timestamp)
        self.service = Service(self.source, dialect, clock=self.clock.timestamp, record=False)
        self.api = Adversary(self.service)
        self.warehouse = folder / "warehouse.duckdb"
        self.job_clock: Callable[[], datetime] | None = None
        self.told: list[tuple[int, int | None]] = []
        """What the last run told of its progress: entries fetched, and of how many."""
        self._loaded: dict[str, Settings] = {}
        self.settings: dict[str, object] = {
            "api_token": TOKEN,
            "organization_id": ORGANIZATION,
            "api_base_url": "http://127.0.0.1:9",
            "warehouse": str(self.warehouse),
            "lock_wait_seconds": "0",
            **settings,
        }

    @property
    def dialect(self) -> Dialect:
        return self.service.dialect

    def sync(self, script: Script = QUIET, *, most: int = 10**9, **settings: object) -> Seen:
        """One `etl sync`; `most` bounds its requests, `settings` are this run's alone."""
        return self._run(SYNC, sync_work, script, most, settings)

    def verify(
        self,
        script: Script = QUIET,
        *,
        most: int = 10**9,
        begin: date | None = None,
        **settings: object,
    ) -> Seen:
        """One `etl verify`, of days from `begin` on if that is given."""
        return self._run(VERIFY, _verifying(begin), script, most, settings)

    def deep(
        self,
        script: Script = QUIET,
        *,
        most: int = 10**9,
        begin: date | None = None,
        **settings: object,
    ) -> Seen:
        """One `etl verify --deep`, of days from `begin` on if that is given."""
        return self._run(DEEP, _reading(begin), script, most, settings)

    def _run(
        self,
        command: str,
        work: Work,
        script: Script,
        most: int,
        settings: dict[str, object],
    ) -> Seen:
        self.api.begin(script, most=most)
        self.told = []
        job = Job(
            self._load(settings),
            command,
            work,
            report=lambda _, entries, total, __: self.told.append((entries, total)),
            client=self._client,
            engine=engine(),
            clock=self.job_clock or self.clock.now,
        )
        (result,) = asyncio.run(job.run())
        return Seen(result, self.api.requests)

    def _load(self, settings: dict[str, object]) -> Settings:
        """Settings are the same for most of a world's runs, and take as long as a quiet sync."""
        wanted = self.settings | settings
        if repr(wanted) not in self._loaded:
            self._loaded[repr(wanted)] = load(wanted)
        return self._loaded[repr(wanted)]

    def _client(self, settings: Settings) -> Client:
        return Client(
            settings,
            transport=self.api,
            sleep=self.clock.sleep,
            clock=self.clock.seconds,
            jitter=lambda: 1.0,
        )

    def text(self, entry: Entry) -> str:
        """An entry as the API serves it now, to the byte; what is no UTF-8 as `Page` has it."""
        return str(_encode(renderer(self.dialect)(entry)), "utf-8", "backslashreplace")

    def texts(self) -> list[str]:
        """What the source holds, as the API serves it now."""
        return sorted(self.text(entry) for entry in self.source.entries(ORGANIZATION))

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Rows of a query over the warehouse."""
        with opened(self.warehouse) as connection:
            return connection.execute(query).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Changes the warehouse by hand, as its owner may."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(statement, list(values))

    def held(self) -> Held:
        with opened(self.warehouse) as connection:
            return Held(
                *(
                    connection.execute(
                        f"SELECT COLUMNS(*)::VARCHAR FROM {table} ORDER BY ALL"
                    ).fetchall()
                    for table in Held.__dataclass_fields__
                )
            )

    def stored(self) -> list[str]:
        """The texts of all known entries, sorted: what `texts` should equal."""
        rows = self.ask(
            "SELECT raw FROM held_entries JOIN audit_log USING (organization_id, id) "
            "UNION ALL SELECT any_value(raw) FROM quarantine ANTI JOIN audit_log USING "
            "(organization_id, id) JOIN held_entries USING (organization_id, id) GROUP BY id"
        )
        return sorted(str(raw) for (raw,) in rows)


def _days(begin: date | None) -> Days:
    return (begin, None) if begin else ALL


def _verifying(begin: date | None) -> Work:
    async def work(run: Run) -> list[Difference]:
        return await verify(run, _days(begin))

    return work


def _reading(begin: date | None) -> Work:
    async def work(run: Run) -> None:
        await deep(run, _days(begin))

    return work


def day(text: str) -> date:
    return date.fromisoformat(text)

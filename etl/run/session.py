"""One stream of a run: what the engine asks for is answered by the client and the warehouse."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TypeVar

from etl.client.http import Client
from etl.client.page import Page
from etl.client.query import Query
from etl.engine.model import Days, Seen
from etl.engine.run import Run
from etl.errors import EtlError, RejectedError, WarehouseError
from etl.run.waiting import to_its_end
from etl.warehouse.ledger import rows_of
from etl.warehouse.load import Claim, Loader
from etl.warehouse.staging import Served

T = TypeVar("T")

BATCH = 12_288
"""Entries that are committed at a time; fewer where they are long (`Served.weight`). One and a half
row groups of DuckDB: it stores a row group that is not full again with the next commit."""

Report = Callable[[int, int | None, int], None]


class Api:
    """`engine.model.Source`: the client, with the stream's filters.

    `report` is called after each page, with the entries fetched, the total (the largest stated, or
    `expected`, whichever is larger) and the requests made. After the first error no further request
    is sent, as it would fail in the same way.
    """

    def __init__(
        self,
        client: Client,
        organization_id: str,
        filters: dict[str, str],
        report: Report = lambda *_: None,
    ) -> None:
        self.served_at: datetime | None = None
        self.expected: Callable[[], int] = lambda: 0
        self.room: Callable[[], Awaitable[None]] | None = None
        self.heard: Callable[[datetime], None] = lambda _: None
        self._client = client
        self._before = client.requests
        self._organization_id = organization_id
        self._filters = filters
        self._report = report
        self._entries = 0
        self._largest = 0
        self._stopped: EtlError | None = None
        self._places = asyncio.Semaphore(client.concurrency)

    @property
    def requests(self) -> int:
        """Requests of this stream so far, retries too."""
        return self._client.requests - self._before

    async def page(
        self, from_date: date | None, to_date: date | None, skip: int, limit: int
    ) -> Page:
        """See `engine.model.Source`."""
        query = Query(from_date, to_date, skip, limit, **self._filters)
        async with self._places:
            if self.room is not None and limit > 1:
                await self.room()
            if self._stopped is not None:
                raise self._stopped
            page = await self._ask(query)
        if self.served_at is None and page.served_at is not None:
            self.served_at = page.served_at
            self.heard(page.served_at)
        self._largest = max(self._largest, page.total)
        if limit > 1:
            self._entries += len(page.items)
        total = max(self._largest, self.expected())
        # An entry may be fetched twice: progress must not exceed the total.
        self._report(min(self._entries, total), total, self.requests)
        return page

    async def _ask(self, query: Query) -> Page:
        try:
            return await self._client.page(self._organization_id, query)
        except RejectedError:
            raise  # it concerns this request only
        except EtlError as error:
            self._stopped = error
            raise


class Keeper:
    """`engine.model.Copy`: keeps pages in memory, and commits them in batches as they come.

    The warehouse is used by one call at a time, in a thread, so that signals are heard meanwhile.
    """

    def __init__(self, loader: Loader, api: Api) -> None:
        self.run: Run
        self._loader = loader
        self._api = api
        api.room = self.room
        self._pending: list[Served] = []
        self._weight = 0
        """Of what is pending or staged, as `BATCH` counts."""
        self._lock = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None

    @property
    def held(self) -> int:
        return self._loader.held

    def begin_walk(self, *, compare: bool = False) -> int:
        return self._loader.staging.begin(compare=compare)

    def end_walk(self, walk: int) -> None:
        self._loader.staging.end(walk)

    async def add(self, walk: int, turn: int, page: Page) -> None:
        served = Served(walk, turn, page.items)
        self._pending.append(served)
        self._weight += served.weight
        if self._weight >= BATCH and (self._flushing is None or self._flushing.done()):
            await self._settled()
            self._flushing = asyncio.ensure_future(self.commit())

    async def room(self) -> None:
        """Waits as long as pages come faster than they are stored."""
        while self._flushing is not None and not self._flushing.done():
            if self._weight < BATCH // 2:
                break
            await asyncio.wait([self._flushing])

    async def seen(self, walk: int) -> Seen:
        await self._settled()
        async with self._lock:
            if self._pending:
                await self._stage()
            return self._loader.staging.seen(walk)

    async def time_of(self, entry: str) -> datetime | None:
        async with self._lock:
            return await to_its_end(lambda: self._loader.staging.time_of(entry))

    async def commit(self) -> None:
        async with self._lock:
            if self._weight:
                await self._commit(None)

    async def prove(self, whole: int | None) -> bool:
        await self._settled()
        windows, today = self.run.ledger.windows, self.run.today
        counted = all(window.counted_on == today for window in windows)
        async with self._lock:
            self._loader.source_total = whole
            return await self._commit(Claim(whole, counted))

    async def begin_rereading(self) -> None:
        await self._settled()
        async with self._lock:
            self._loader.forgetting = True
            await self._commit(None)

    async def note_gone(
        self, spans: Sequence[Days] | None, lacking: int, *, excluded_before: date | None = None
    ) -> bool:
        note = self._loader.note_gone
        async with self._lock:
            return await to_its_end(lambda: note(spans, lacking, excluded_before))

    async def note_expired(self, before: datetime, most: int) -> int:
        async with self._lock:
            return await to_its_end(lambda: self._loader.note_expired(before, most))

    async def salvage(self) -> None:
        """Keeps what was fetched before an interruption, and how far each window was read."""
        with suppress(WarehouseError):
            await self._settled()
            async with self._lock:
                if self._weight or self._loader.changed(self.run.ledger):
                    await self._commit(None)

    async def _settled(self) -> None:
        """Waits for the batch that is being committed, and raises what went wrong with it."""
        if self._flushing is not None:
            flushing, self._flushing = self._flushing, None
            await flushing

    def _taken(self) -> list[Served]:
        pending, self._pending = self._pending, []
        return pending

    async def _stage(self) -> None:
        pending, loader = self._taken(), self._loader
        await to_its_end(lambda: loader.take(pending))
        self._learn()

    async def _commit(self, claim: Claim | None) -> bool:
        pending, loader, run = self._taken(), self._loader, self.run
        # In one step with the pages: what comes meanwhile is not in this transaction.
        windows, proofs, self._weight = rows_of(run.ledger.windows), list(run.proofs), 0
        del run.proofs[:]
        loader.answered = loader.answered or self._api.requests > 0

        def work() -> bool:
            loader.take(pending)
            self._learn()
            loader.begun(run.started_at)
            return loader.commit(run.ledger, proofs, self._api.requests, claim, windows)

        return await to_its_end(work)

    def _learn(self) -> None:
        """What the pages have shown of the source, into the ledger."""
        staging, ledger = self._loader.staging, self.run.ledger
        if staging.newest_first is not None:
            ledger.newest_first = staging.newest_first
        if not staging.ordered:
            ledger.ordered, staging.ordered = False, True

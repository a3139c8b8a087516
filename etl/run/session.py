"""What the asks of a plan have in common: pages with the stream's filters, walks, batches."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from etl.client.http import Client
from etl.client.page import Page
from etl.client.query import Query
from etl.errors import WarehouseError
from etl.plan.learned import Learned
from etl.plan.model import Commit, Committed
from etl.plan.ranges import PAGE, Proof, Range, Verdict, closing_day
from etl.run.waiting import to_its_end
from etl.run.walks import Walk
from etl.warehouse.load import Loader
from etl.warehouse.reach import reach
from etl.warehouse.settling import Claim
from etl.warehouse.staging import Served

T = TypeVar("T")

BATCH = 7_000
"""Entries that are staged and committed at a time; fewer where they are long (`Served.load`)."""


class Session:
    """One stream's side of a run. `report` is told after each page: (entries, total, requests).

    The total is the largest that was stated, or what is `foreseen` of ranges that make up more.
    """

    def __init__(
        self,
        client: Client,
        loader: Loader,
        organization_id: str,
        filters: dict[str, str],
        learned: Learned,
        report: Callable[[int, int | None, int], None] = lambda *_: None,
    ) -> None:
        self.client = client
        self.loader = loader
        self.learned = learned
        self.foreseen = 0
        self._entries = 0
        self._largest = 0
        self._organization_id = organization_id
        self._filters = filters
        self._report = report
        self._walks: dict[Range, Walk] = {}
        self._pending: list[Served] = []
        self._ended: list[int] = []
        self._owed: list[Claim] = []
        self._numbers = 0
        self._accounted = client.requests

    async def page(
        self, range_: Range, skip: int, limit: int = PAGE, *, walk: Walk | None = None
    ) -> Page:
        """One page of a range, with the stream's filters and the days as the source wants them.

        What is learned of `to_date` while a walk is under way does not change what it asks for.
        """
        included = walk.included if walk else self.learned.to_day_included
        types = {"entity_type": range_.entity_type, "action_type": range_.action_type}
        # The stream's own filters come last: what they keep out must never be asked for.
        filters = {name: value for name, value in types.items() if value} | self._filters
        query = Query(
            from_date=range_.from_day,
            to_date=range_.to_day and closing_day(range_.to_day, included),
            skip=skip,
            limit=limit,
            **filters,
        )
        page = await self.client.page(self._organization_id, query)
        self.loader.hear_clock(page.served_at)
        self.learned.hear_total(page.total)
        self._largest = max(self._largest, page.total)
        total = max(self._largest, self.foreseen)
        if walk is not None:
            self._entries += len(page.items)  # now, for a batch is full only after many pages
        # What is fetched once more, in another window, is not told as more than there is.
        self._report(min(self._entries, total), total, self.client.requests)
        return page

    def walk(self, range_: Range) -> Walk | None:
        """The walk of a range that has begun and not ended."""
        return self._walks.get(range_)

    def go_on(self, range_: Range, *, shifted: bool = False) -> Walk:
        """A walk that counts together with the last of this range, if its total has not moved."""
        last = self._walks.get(range_)
        included = self.learned.to_day_included
        if last is None or last.moved or last.bounded or last.included != included:
            return self.new_walk(range_)
        walk = self._walks[range_] = Walk(last.number, range_, shifted, included)
        return walk

    def new_walk(self, range_: Range) -> Walk:
        """A walk that forgets what was served of the range before."""
        self._numbers += 1
        included = self.learned.to_day_included
        walk = self._walks[range_] = Walk(self._numbers, range_, included=included)
        return walk

    def end_walk(self, walk: Walk) -> None:
        """What a walk was served need not be remembered any longer."""
        if self._walks.get(walk.range) is walk:
            del self._walks[walk.range]
        self._ended.append(walk.number)

    def add(self, served: Served) -> None:
        """Takes a page in; it is staged with the next batch."""
        self._pending.append(served)

    @property
    def pending(self) -> int:
        """How much is fetched and not yet staged, as `BATCH` counts."""
        return sum(served.load for served in self._pending)

    async def stage(self) -> None:
        """Stages what is pending, so that its facts can be asked for."""
        pending, self._pending = self._pending, []
        await self.blocking(lambda: self.loader.staging.take(pending))

    def owe(self, claims: Sequence[Claim]) -> None:
        """Takes claims that only say what is to be done: they are committed with the next ones.

        A commit costs about as much as two requests, and nothing is lost without these: a run that
        is killed before has fetched hardly anything.
        """
        self._owed += claims

    async def pay(self) -> None:
        """Commits what is pending or owed."""
        if self._pending or self._owed:
            await self.flush([])

    async def flush(self, claims: Sequence[Claim]) -> list[Committed]:
        """Stages what is pending and commits it with the claims, in one transaction."""
        owed, self._owed = self._owed, []
        pending, self._pending = self._pending, []
        ended, self._ended = self._ended, []
        requests = self.client.requests - self._accounted
        self._accounted = self.client.requests

        def work() -> list[Committed]:
            self.loader.staging.forget(ended)
            if pending:
                self.loader.staging.take(pending)
                self.learned.hear_order(self.loader.staging.newest_first)
            all_claims = [*owed, *claims]
            return self.loader.commit(all_claims, self.learned, requests, self.client.requests)

        return (await self.blocking(work))[len(owed) :]

    async def reading(self, work: Callable[[], T]) -> T:
        """Runs work that reads the warehouse, which is open for as long as that takes."""

        def attached() -> T:
            with self.loader.database.attached(read_only=True):
                return work()

        return await self.blocking(attached)

    async def blocking(self, work: Callable[[], T]) -> T:
        """Runs work on the warehouse in a thread, to its end even where this task is cancelled."""
        return await to_its_end(work)

    async def salvage(self) -> None:
        """Keeps what was fetched before an interruption, and how far each walk came."""
        begun = [walk for walk in self._walks.values() if walk.progress != walk.recorded]
        claims = [Claim(partial(walk), walk.number, walk.included) for walk in begun]
        if claims or self._pending or self._owed:
            with suppress(WarehouseError):
                await self.flush(claims)


def served_by(walk: Walk, page: Page) -> Served:
    """A page's entries with their place in its walk, which stands while the total does."""
    bounds = reach(walk.range, walk.included)
    return Served(walk.number, page.items, page.query.skip, not walk.moved, bounds)


def partial(walk: Walk) -> Commit:
    """The ledger row of a walk that is to be gone on with."""
    pages = walk.pages_stored
    walk.recorded = walk.progress
    return Commit(
        walk.range,
        Verdict.PARTIAL,
        walk.total,
        Proof.WALK if walk.whole else None,
        reason="interrupted",
        pages_done=pages,
        depth=walk.depth,
    )

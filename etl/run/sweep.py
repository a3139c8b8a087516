"""Closed ranges, fetched many pages at a time, loaded and proven as they come in."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from etl.errors import EtlError, RejectedError
from etl.plan.learned import Learned
from etl.plan.model import Commit, Sweep, Swept
from etl.plan.ranges import DEEPEST_SKIP, Proof, Unfinished, Verdict
from etl.run.session import BATCH, Session, partial, served_by
from etl.run.walks import Walk
from etl.warehouse.settling import Claim
from etl.warehouse.staging import Served

MOST_BEYOND = 1_000
"""Pages of a single day that are fetched beyond the end that its total states."""


@dataclass(slots=True)
class _Box:
    """A range on its way: its walk, and what is fetched but not yet committed."""

    task: Unfinished
    walk: Walk
    resumed: bool
    learned: Learned
    fetched: bool = False  # every page is in, or the range was given up
    too_large: bool = False
    rejected: bool = False
    waiting: list[Served] = field(default_factory=list)
    result: Swept | None = None

    @property
    def all_in(self) -> bool:
        """Every page up to the stated total has come in, and that is the end."""
        whole = self.walk.heard and self.walk.complete
        return whole and not (self.given_up or self.bounded)

    @property
    def given_up(self) -> bool:
        """Nothing more of it is to be fetched. A single day cannot be cut: it is fetched on."""
        cut = self.bounded and not self.task.range.single_day
        return self.too_large or self.rejected or cut

    @property
    def bounded(self) -> bool:
        """`total` seems to be only a lower bound, by `has_more` or by what was served."""
        return self.learned.bounds(self.task.range, self.walk)


async def sweep(session: Session, ask: Sweep) -> tuple[Swept, ...]:
    """Fetches all ranges of the ask; the answer is in its order.

    As many pages are under way at once as the client allows, those of the first ranges first.
    A full batch is committed while fetching goes on; if the next one is full before that is done,
    fetching waits, so that memory does not grow with the history.
    """
    return await _Sweep(session, ask).run()


class _Sweep:
    def __init__(self, session: Session, ask: Sweep) -> None:
        self._session = session
        self._slots = asyncio.Semaphore(session.client.concurrency)
        self._active = asyncio.Semaphore(session.client.concurrency)
        self._loading = asyncio.Lock()
        self._buffered = 0
        self._stopped: EtlError | None = None
        self._boxes = [self._box(task) for task in ask.tasks]

    def _box(self, task: Unfinished) -> _Box:
        walk = self._session.go_on(task.range, shifted=task.shifted)
        walk.pages_done.update(task.pages_done)
        walk.total = task.total if task.pages_done else None
        return _Box(task, walk, bool(task.pages_done), self._session.learned)

    async def run(self) -> tuple[Swept, ...]:
        try:
            async with asyncio.TaskGroup() as group:
                for box in self._boxes:
                    await self._active.acquire()
                    group.create_task(self._fetch(box))
        except BaseExceptionGroup as errors:
            await self._load(interrupted=True)
            raise _first(errors) from None
        except asyncio.CancelledError:
            await self._load(interrupted=True)
            raise
        await self._load(interrupted=self._stopped is not None)
        if self._stopped is not None:
            raise self._stopped
        return tuple(box.result for box in self._boxes if box.result is not None)

    async def _fetch(self, box: _Box) -> None:
        try:
            await self._page(box, next(box.walk.missing_skips(), 0))
            if box.resumed and box.walk.moved:
                self._begin_again(box)
                await self._page(box, 0)
            if not box.walk.heard:
                return
            total = box.walk.total or 0
            if total > DEEPEST_SKIP + box.walk.size and not box.task.range.single_day:
                box.too_large = True
                return
            rest = box.walk.missing_skips()
            async with asyncio.TaskGroup() as group:
                for _ in range(self._session.client.concurrency):
                    group.create_task(self._pages(box, rest))
            if box.bounded:
                await self._pages(box, islice(box.walk.skips_beyond(), MOST_BEYOND))
        finally:
            box.fetched = True
            self._active.release()

    async def _pages(self, box: _Box, skips: Iterator[int]) -> None:
        """One of several that take the pages of a range in turn."""
        for skip in skips:
            await self._page(box, skip)
            if box.walk.hollow or box.given_up:
                return

    def _begin_again(self, box: _Box) -> None:
        """The total has changed since the pages of an earlier run were stored: their numbers no
        longer say what they hold."""
        box.resumed = False
        box.walk = self._session.new_walk(box.task.range)

    async def _page(self, box: _Box, skip: int) -> None:
        async with self._slots:
            if box.given_up or self._stopped is not None:
                return
            try:
                page = await self._session.page(box.task.range, skip, walk=box.walk)
            except RejectedError as error:
                box.rejected = skip > 0
                self._stopped = self._stopped or (None if skip else error)
                return
            except EtlError as error:
                # The pages that are under way have been asked for: let them come in.
                self._stopped = self._stopped or error
                return
        box.walk.note(page)
        served = served_by(box.walk, page)
        box.waiting.append(served)
        self._buffered += served.load
        if self._buffered >= BATCH:
            await self._load_batch()

    async def _load_batch(self) -> None:
        """Loads a full batch; who comes while it is being loaded waits only if another is full."""
        if self._loading.locked() and self._buffered < BATCH:
            return
        async with self._loading:
            if self._buffered >= BATCH:
                await self._load()

    async def _load(self, *, interrupted: bool = False) -> None:
        """Commits what has come in: finished ranges with their proof, others as far as they are."""
        claims: list[Claim] = []
        settled: list[_Box] = []
        for box in self._boxes:
            done = box.result is None and (box.all_in or (box.fetched and not interrupted))
            if not box.waiting and not done:
                continue
            for served in box.waiting:
                self._session.add(served)
            box.waiting = []
            if done:
                settled.append(box)
            commit = _claim(box) if done else partial(box.walk)
            claims.append(Claim(commit, box.walk.number, box.walk.included))
        self._buffered = 0
        if not claims:
            return
        answers = await self._session.flush(claims)
        verdicts = {claim.walk: answer for claim, answer in zip(claims, answers, strict=True)}
        for box in settled:
            answer = verdicts[box.walk.number]
            box.result = Swept(
                box.task.range, answer.verdict, box.walk.total or 0, answer.known,
                too_large=box.too_large, capped=box.walk.capped, rejected=box.rejected,
                served_all=answer.served_all, exceeded=box.walk.exceeded,
            )  # fmt: skip
            if answer.verdict is Verdict.COMPLETE or box.given_up or box.bounded:
                self._session.end_walk(box.walk)


def _claim(box: _Box) -> Commit:
    walk = box.walk
    if box.given_up or box.bounded:
        reason = "more entries than the API's paging reaches"
        return Commit(walk.range, Verdict.UNPROVEN, walk.total, reason=reason)
    if walk.moved or not box.all_in:
        reason = "the total moved" if walk.moved else "pages before the stated end came empty"
        return Commit(walk.range, Verdict.UNPROVEN, walk.total, reason=reason)
    proof = Proof.COUNT if box.resumed else Proof.WALK
    return Commit(walk.range, Verdict.COMPLETE, walk.total, proof, pages_done=walk.pages_stored)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first real error of a group: cancellations are only its echo."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
        if not isinstance(error, asyncio.CancelledError):
            return error
    return errors.exceptions[0]

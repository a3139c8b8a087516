"""Closed ranges, fetched many pages at a time, loaded and proven as they come in."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from etl.errors import BudgetSpentError, EtlError, RejectedError
from etl.plan.learned import Learned
from etl.plan.model import Commit, Sweep, Swept
from etl.plan.ranges import DEEPEST_SKIP, Proof, Unfinished, Verdict
from etl.run.session import BATCH, Session, partial, served_by
from etl.run.walks import Walk
from etl.warehouse.settling import Claim
from etl.warehouse.staging import Served

MOST_BEYOND = 1_000
"""Pages of a single day that are fetched beyond the end that its total states."""

GRACE_SECONDS = 0.5
"""How long a sweep that is to end waits for pages that are under way: they have been asked for."""


@dataclass(slots=True)
class _Box:
    """A range on its way: its walk, and what is fetched but not yet committed."""

    task: Unfinished
    walk: Walk
    resumed: bool
    learned: Learned
    under_way: int = 0  # requests that are not answered yet
    barred: bool = False  # what comes next depends on those
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
        self._loading = False
        self._news = asyncio.Event()
        self._buffered = 0
        self._heard = self._stated = 0
        self._stopped: EtlError | None = None
        self._ending = False
        self._boxes = [self._box(task) for task in ask.tasks]
        self._open = deque((box, self._skips(box)) for box in self._boxes)

    def _box(self, task: Unfinished) -> _Box:
        walk = self._session.go_on(task.range, shifted=task.shifted)
        walk.pages_done.update(task.pages_done)
        walk.total = task.total if task.pages_done else None
        return _Box(task, walk, bool(task.pages_done), self._session.learned)

    async def run(self) -> tuple[Swept, ...]:
        fetching = asyncio.ensure_future(self._fetch())
        try:
            await asyncio.shield(fetching)
        except BaseExceptionGroup as errors:
            await self._load(interrupted=True)
            raise _first(errors) from None
        except asyncio.CancelledError:
            try:
                await self._end(fetching)
            finally:  # also where it is cancelled once more
                await self._load(interrupted=True)
            raise
        await self._load(interrupted=self._stopped is not None)
        if self._stopped is not None and not self._to_be_cut():
            raise self._stopped
        return tuple(box.result or _so_far(box) for box in self._boxes)

    def _to_be_cut(self) -> bool:
        """Whether the budget ended, and ranges were found to be too large: they are cut before the
        run meets its end, else each run with so small a budget would only find that out again."""
        spent = isinstance(self._stopped, BudgetSpentError)
        return spent and any(box.result and box.given_up for box in self._boxes)

    async def _fetch(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._session.client.concurrency + 1):  # as one may be loading
                group.create_task(self._work())

    async def _end(self, fetching: asyncio.Future[None]) -> None:
        """Asks for nothing more, and lets come in for a moment what has been asked for."""
        self._ending = True
        self._news.set()
        try:
            await asyncio.wait([fetching], timeout=GRACE_SECONDS)
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    async def _work(self) -> None:
        """One of several that fetch a page after the other."""
        while (page := await self._next()) is not None:
            await self._page(*page)
            if self._buffered >= BATCH:
                await self._load_batch()

    async def _next(self) -> tuple[_Box, int] | None:
        """The next page to fetch, by its range and skip; None where there is none any more."""
        while self._stopped is None and not self._ending:
            while self._open and self._open[0][0].fetched:
                self._open.popleft()
            for box, skips in self._open:
                skip = _ready(box, skips)
                if skip is not None:
                    return box, skip
            if all(box.fetched for box, _ in self._open):
                break
            self._news.clear()
            await self._news.wait()
        self._news.set()
        return None

    def _skips(self, box: _Box) -> Iterator[int | None]:
        """Where the pages of a range begin that are to be fetched; None where what comes next
        depends on those that are under way."""
        yield next(box.walk.missing_skips(), 0)
        yield None
        if box.resumed and box.walk.moved:
            self._begin_again(box)
            yield 0
            yield None
        if not box.walk.heard:
            return
        total = box.walk.total or 0
        if total > DEEPEST_SKIP + box.walk.size and not box.task.range.single_day:
            box.too_large = True
            return
        for skip in box.walk.missing_skips():
            if box.walk.hollow or box.given_up:
                break
            yield skip
        yield None
        for skip in islice(box.walk.skips_beyond(), MOST_BEYOND):
            if not box.bounded or box.given_up:
                return
            yield skip
            yield None
            if box.walk.hollow:
                return

    def _begin_again(self, box: _Box) -> None:
        """The total has changed since the pages of an earlier run were stored: their numbers no
        longer say what they hold."""
        box.resumed = False
        box.walk = self._session.new_walk(box.task.range)

    async def _page(self, box: _Box, skip: int) -> None:
        box.under_way += 1
        try:
            page = await self._session.page(box.task.range, skip, walk=box.walk)
            if not box.walk.heard:
                self._foresee(page.total)
            box.walk.note(page)
            served = served_by(box.walk, page)
            box.waiting.append(served)
            self._buffered += served.load
        except RejectedError as error:
            box.rejected = skip > 0
            self._stopped = self._stopped or (None if skip else error)
        except EtlError as error:
            # The pages that are under way have been asked for: let them come in.
            self._stopped = self._stopped or error
        finally:
            box.under_way -= 1
            self._news.set()

    def _foresee(self, total: int) -> None:
        """One more range has told how many entries it holds: the others are taken to hold as many
        each, for an interrupted backfill that goes on is not told how many there are in all."""
        self._heard += 1
        self._stated += total
        self._session.foreseen = self._stated * len(self._boxes) // self._heard

    async def _load_batch(self) -> None:
        """Loads a full batch. While that lasts, whoever comes waits only if another one is full."""
        while self._buffered >= BATCH:
            if self._loading:
                self._news.clear()
                await self._news.wait()
                continue
            self._loading = True
            try:
                await self._load()
            finally:
                self._loading = False
                self._news.set()

    async def _load(self, *, interrupted: bool = False) -> None:
        """Commits what has come in: finished ranges with their proof, others as far as they are."""
        claims: list[Claim] = []
        settled: list[_Box] = []
        for box in self._boxes:
            over = box.given_up if interrupted else box.fetched
            done = box.result is None and (box.all_in or over)
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
        self._news.set()
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


def _ready(box: _Box, skips: Iterator[int | None]) -> int | None:
    """Where the next page of a range begins; None where there is none now, or none any more."""
    if box.fetched or (box.barred and box.under_way):
        return None
    for skip in skips:
        box.barred = skip is None and box.under_way > 0
        if skip is not None or box.barred:
            return skip
    box.fetched = True
    return None


def _claim(box: _Box) -> Commit:
    walk = box.walk
    if box.given_up or box.bounded:
        return Commit(walk.range, Verdict.UNPROVEN, walk.total, reason=_why_not(box))
    if walk.moved or not box.all_in:
        reason = "the total moved" if walk.moved else "pages before the stated end came empty"
        return Commit(walk.range, Verdict.UNPROVEN, walk.total, reason=reason)
    proof = Proof.COUNT if box.resumed else Proof.WALK
    return Commit(walk.range, Verdict.COMPLETE, walk.total, proof, pages_done=walk.pages_stored)


def _so_far(box: _Box) -> Swept:
    """What is told of a range that the budget was too small for."""
    return Swept(box.task.range, Verdict.PARTIAL, box.walk.total or 0, 0)


def _why_not(box: _Box) -> str:
    """Why a range cannot be fetched as it stands."""
    if box.rejected:
        return "more entries than the API's paging reaches"
    if box.bounded:
        return "the total that is stated is only a lower bound"
    return f"{box.walk.total} entries, too many for one window"


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first real error of a group: cancellations are only its echo."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
        if not isinstance(error, asyncio.CancelledError):
            return error
    return errors.exceptions[0]

"""Follows a plan: each of its asks answered from the client and the warehouse."""

from typing import Any

from etl.errors import RejectedError, WarehouseError
from etl.plan.model import (
    Ask,
    Checked,
    Commit,
    CommitAll,
    Committed,
    Count,
    Counted,
    Doubtful,
    Ends,
    Expire,
    Fetch,
    Fetched,
    Known,
    Oldest,
    OldestOf,
    Passed,
    Plan,
    Spread,
    Sweep,
    Watermark,
)
from etl.plan.ranges import Verdict
from etl.run.session import BATCH, Session, partial, served_by
from etl.run.sweep import sweep
from etl.run.walks import at_the_end, beyond
from etl.warehouse.settling import Claim


async def follow(plan: Plan, session: Session) -> None:
    """Runs a plan to its end; where it fails or is cancelled, what was fetched is kept."""
    answer: Any = None
    try:
        while True:
            answer = await _answer(plan.send(answer), session)
    except StopIteration:
        await session.pay()
    except WarehouseError:
        raise
    except BaseException:
        await session.salvage()
        raise


async def _answer(ask: Ask, session: Session) -> object:
    loader = session.loader
    match ask:
        case Fetch():
            return await _fetch(ask, session)
        case Sweep():
            return await sweep(session, ask)
        case Count():
            return await _count(ask, session)
        case Commit():
            return await _commit(ask, session)
        case CommitAll(commits):
            claims = [Claim(commit, None) for commit in commits]
            if all(commit.verdict in (Verdict.PLANNED, Verdict.COUNTED) for commit in commits):
                session.owe(claims)
            else:
                await session.flush(claims)
            return None
        case Doubtful(range_):
            return await session.reading(lambda: loader.counting.doubtful(range_))
        case Passed(range_):
            walk = session.walk(range_)
            passed = loader.counting.passed
            return await session.reading(lambda: passed(range_, walk.number)) if walk else 0
        case OldestOf(range_, total):
            return await session.reading(lambda: loader.counting.oldest_of(range_, total))
        case Ends(range_):
            return await session.reading(lambda: loader.counting.ends(range_))
        case Watermark():
            await session.pay()  # it is read from the ledger, where days that are planned end it
            return await session.reading(loader.counting.watermark)
        case Known(range_):
            return await session.reading(lambda: loader.counting.known(range_))
        case Oldest():
            return await session.reading(loader.counting.oldest)
        case Spread(range_, most):
            return await session.reading(lambda: loader.counting.spread(range_, most))
        case Expire(range_, before, most):
            return await session.blocking(lambda: loader.expire(range_, before, most))
        case Checked():
            return await session.blocking(loader.note_checked)


async def _fetch(ask: Fetch, session: Session) -> Fetched:
    """Pages one after the other, as entries may arrive while they are read."""
    walk = session.walk(ask.range)
    if walk is None or ask.fresh:
        walk = session.new_walk(ask.range)
        walk.pages_done.update(ask.done)
        walk.depth = ask.depth
        walk.recorded = walk.progress
    walk.whole |= ask.whole
    served, rejected = 0, False
    for skip in ask.skips:
        try:
            page = await session.page(ask.range, skip, walk=walk)
        except RejectedError:
            if skip == 0:
                raise
            rejected = True
            break
        walk.note(page)
        served += len(page.items)
        session.add(served_by(walk, page))
        if not page.items and skip < page.total:
            break  # the total makes no sense: nothing is to be had where it says there is
        if session.pending >= BATCH:
            await session.flush([Claim(partial(walk), walk.number, walk.included)])
    await session.stage()
    staging, counting = session.loader.staging, session.loader.counting
    facts, (held, doubtful) = await session.reading(
        lambda: (staging.facts(walk.number), counting.counts(ask.range))
    )
    return Fetched(
        total=walk.total or 0,
        fell=walk.fell,
        size=walk.size,
        served=served,
        capped=walk.capped,
        newest_first=facts.newest_first,
        walked=facts.walked,
        held=held,
        added=facts.walked - facts.known,
        contact=facts.known > 0,
        seam=facts.seam,
        doubtful=doubtful,
        busiest_day=facts.busiest_day,
        rejected=rejected,
        exceeded=walk.exceeded,
    )


async def _count(ask: Count, session: Session) -> Counted:
    try:
        page = await session.page(ask.range, ask.skip, limit=1)
    except RejectedError:
        if ask.skip == 0:
            raise
        return Counted(0, rejected=True)
    if not page.items:
        return Counted(page.total)
    position, known = await session.blocking(lambda: session.loader.staging.peek(page.items[0]))
    return Counted(
        page.total,
        position,
        known,
        served=True,
        capped=at_the_end(page),
        exceeded=beyond(page),
    )


async def _commit(ask: Commit, session: Session) -> Committed:
    walk = session.walk(ask.range)
    claim = Claim(ask, walk.number, walk.included) if walk else Claim(ask, None)
    if walk:
        walk.recorded = walk.progress  # so that an interruption meanwhile adds nothing
    (committed,) = await session.flush([claim])
    if walk and committed.verdict is not Verdict.PARTIAL:
        session.end_walk(walk)
    return committed

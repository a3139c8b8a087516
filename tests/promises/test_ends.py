"""A run that is asked to end, by an impatient operator."""

import asyncio
import threading
from datetime import datetime
from typing import Any

import pytest

from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import spread


def _run() -> asyncio.Task[Any]:
    (run,) = (task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Job.run")  # type: ignore[union-attr]
    return run


def _cancel_twice() -> None:
    """Cancels the run, and once more as soon as it has begun to end."""
    loop = asyncio.get_running_loop()
    run = _run()
    run.cancel()
    loop.call_soon(loop.call_soon, run.cancel)


def test_a_run_that_is_cancelled_twice_still_commits_all_that_was_answered(
    make: MakeWorld,
) -> None:
    world = make()
    world.source.insert(*spread(6_000, world.clock.now(), 60))
    seen = world.sync(Script(before={40: _cancel_twice}))
    assert seen.result.exit_code == 6
    assert len(world.stored()) >= 2_000  # but for what only counts, or was under way
    assert world.sync().complete
    assert world.stored() == world.texts()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_run_that_is_cancelled_while_it_commits_keeps_the_entries_and_their_proof(
    make: MakeWorld, times: int
) -> None:
    """The second cancellation closed the warehouse under the commit."""
    world = make()
    world.source.insert(*spread(50, world.clock.now(), 3))
    assert world.sync().complete
    world.source.insert(*spread(50, world.clock.now(), 0.1, "new"))
    now, loops = world.clock.now, list[asyncio.AbstractEventLoop]()

    def cancels() -> datetime:
        """The commit asks for the time, in a thread of its own, after all has been answered."""
        if loops and threading.current_thread() is not threading.main_thread():
            over = threading.Event()
            loops.pop().call_soon_threadsafe(_cancel, times, over)
            over.wait()
        return now()

    world.clock.now = cancels  # type: ignore[method-assign]
    seen = world.sync(Script(before={2: lambda: loops.append(asyncio.get_running_loop())}))
    assert seen.result.exit_code == 6
    assert world.stored() == world.texts()
    assert world.ask("SELECT complete FROM watermark") == [(True,)]


def _cancel(times: int, over: threading.Event) -> None:
    """Cancels the run so often, each time when it has taken the last one in."""
    loop = asyncio.get_running_loop()
    if times:
        _run().cancel()
        loop.call_soon(loop.call_soon, loop.call_soon, _cancel, times - 1, over)
    else:
        over.set()

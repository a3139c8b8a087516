"""A run that is asked to end, by an impatient operator."""

import asyncio

from promises.adversary import Script
from promises.conftest import MakeWorld
from promises.entries import spread


def _cancel_twice() -> None:
    """Cancels the run, and once more as soon as it has begun to end."""
    loop = asyncio.get_running_loop()
    (run,) = (task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Job.run")  # type: ignore[union-attr]
    run.cancel()
    loop.call_soon(loop.call_soon, run.cancel)


def test_a_run_that_is_cancelled_twice_still_commits_all_that_was_answered(
    make: MakeWorld,
) -> None:
    world = make()
    world.source.insert(*spread(6_000, world.clock.now(), 60))
    seen = world.sync(Script(before={40: _cancel_twice}))
    assert seen.result.exit_code == 6
    assert len(world.stored()) >= 2_000  # some of the forty only count, and eight were under way
    assert world.sync().complete
    assert world.stored() == world.texts()

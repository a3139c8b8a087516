"""`Pace` with a clock: the one place where requests wait for their turn."""

import asyncio
import math
from collections.abc import Awaitable, Callable

from etl.client.limits import Limits
from etl.client.pacing import Pace, Slot

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Gate:
    """Lets requests through in the order in which they come, each when `pace` allows it.

    `clock` gives seconds and never goes back; `sleep` must let it go forward.
    """

    def __init__(self, pace: Pace, sleep: Sleep, clock: Clock) -> None:
        self._pace = pace
        self._sleep = sleep
        self._clock = clock
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()

    @property
    def rate(self) -> float | None:
        """Requests a second that are believed to be allowed; None while no limit is known."""
        return self._pace.rate if math.isfinite(self._pace.rate) else None

    @property
    def stated(self) -> float | None:
        """Requests a minute that the API states as its limit; None as long as it states none."""
        return self._pace.stated

    @property
    def pause(self) -> float:
        """Seconds for which nobody is let through."""
        return self._pace.pause(self._clock())

    async def slot(self) -> Slot:
        """Return when the caller may send its request."""
        async with self._turn:
            while (wait := self._pace.wait(self._clock())) > 0:
                if math.isinf(wait):
                    self._news.clear()
                    await self._news.wait()
                else:
                    await self._sleep(wait)
            return self._pace.take(self._clock())

    def answered(self, slot: Slot, status: int, limits: Limits) -> None:
        self._pace.observe(slot, self._clock(), status, limits)
        self._news.set()

    def lost(self) -> None:
        """The request of a slot got no answer."""
        self._pace.lost()
        self._news.set()

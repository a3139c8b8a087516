"""Waits with `Pacer`: all requests of a process pass through one `RateLimiter`."""

import asyncio
import math
from collections.abc import Awaitable, Callable

from etl.client.limits import Limits
from etl.client.pacing import Pacer, Permit

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class RateLimiter:
    """Grants permits in the order of the calls, each as soon as `pacer` allows it.

    `clock` returns seconds and is monotonic; `sleep` must advance it.
    """

    def __init__(self, pacer: Pacer, sleep: Sleep, clock: Clock) -> None:
        self._pacer = pacer
        self._sleep = sleep
        self._clock = clock
        self._queue = asyncio.Lock()
        self._responded = asyncio.Event()

    @property
    def rate(self) -> float | None:
        """The estimated limit in requests per second; None while no limit is known."""
        return self._pacer.rate if math.isfinite(self._pacer.rate) else None

    @property
    def stated_limit(self) -> float | None:
        """The limit that the API states, in requests per minute; None until it states one."""
        return self._pacer.stated_limit

    @property
    def pause(self) -> float:
        """How long no request is sent, in seconds."""
        return self._pacer.pause(self._clock())

    async def acquire(self) -> Permit:
        """Return when the caller may send its request."""
        async with self._queue:
            while (wait := self._pacer.wait(self._clock())) > 0:
                if math.isinf(wait):
                    self._responded.clear()
                    await self._responded.wait()
                else:
                    await self._sleep(wait)
            return self._pacer.take(self._clock())

    def responded(self, permit: Permit, status: int, limits: Limits) -> None:
        """Record the response to the request of a permit."""
        self._pacer.observe(permit, self._clock(), status, limits)
        self._responded.set()

    def lost(self) -> None:
        """Record that the request of a permit got no response."""
        self._pacer.lost()
        self._responded.set()

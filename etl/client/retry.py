"""When a request is tried again: exponential waits with full jitter, and always an end.

Tried again: what raises a `Fault` (no connection, no answer in time, 429, 5xx, no envelope).
A 429 is flow control and no failure, so it does not count against the attempts; its wait is the
gate's, for everybody. But it has an end as well: MAX_THROTTLED times as many, or MAX_PAUSE seconds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from etl.client.faults import Fault, Hopeless, Throttled
from etl.client.gate import Sleep
from etl.client.pacing import MAX_PAUSE
from etl.client.page import Page
from etl.client.query import Query

FIRST_WAIT = 0.5  # seconds at most before the second attempt, doubled for each further one
LONGEST_WAIT = 30.0
MAX_THROTTLED = 10


@dataclass(slots=True)
class Call:
    """One request through all its attempts; `paused` is in seconds."""

    path: str
    url: str
    query: Query
    faults: int = 0
    throttled: int = 0
    paused: float = 0.0

    @property
    def attempts(self) -> int:
        """How many have ended, all of them in vain."""
        return self.faults + self.throttled

    def count(self, fault: Fault) -> None:
        """Note that one more attempt has ended with `fault`."""
        if isinstance(fault, Throttled):
            self.throttled += 1
            self.paused += fault.pause
        else:
            self.faults += 1


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to wait, how often to try, and whom to tell.

    `jitter` returns numbers from 0 to 1; `on_retry` is told the wait in seconds; `give_up` raises.
    One policy serves tasks that run at once: all that it remembers of a request is in the `Call`.
    """

    max_attempts: int
    sleep: Sleep
    jitter: Callable[[], float]
    on_retry: Callable[[Call, Fault, float], None]
    give_up: Callable[[Call, Fault], NoReturn]

    async def run(self, attempt: Callable[[Call], Awaitable[Page]], call: Call) -> Page:
        """Make attempts until one returns or there is no use in going on."""
        try:
            return await attempt(call)
        except Fault as fault:
            first = fault

        # Nearly every request ends above, without the 5 % of its CPU that tenacity would take.
        async def again(call: Call) -> Page:
            if call.attempts == 0:
                raise first
            return await attempt(call)

        page: Page = await self._retrying()(again, call)
        return page

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            sleep=self._sleep,
            retry=retry_if_exception_type(Fault),
            after=self._after,
            wait=self._wait,
            stop=self._stop,
            before_sleep=self._before_sleep,
            retry_error_callback=lambda state: self.give_up(*_of(state)),
        )

    async def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            await self.sleep(seconds)

    def _after(self, state: RetryCallState) -> None:
        call, fault = _of(state)
        call.count(fault)

    def _wait(self, state: RetryCallState) -> float:
        call, fault = _of(state)
        if isinstance(fault, Throttled):
            return 0.0
        return self.jitter() * min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(call.faults - 1, 10))

    def _stop(self, state: RetryCallState) -> bool:
        call, fault = _of(state)
        return (
            isinstance(fault, Hopeless)
            or call.faults >= self.max_attempts
            or call.throttled >= MAX_THROTTLED * self.max_attempts
            or call.paused > MAX_PAUSE
        )

    def _before_sleep(self, state: RetryCallState) -> None:
        call, fault = _of(state)
        wait = fault.pause if isinstance(fault, Throttled) else state.upcoming_sleep
        self.on_retry(call, fault, wait)


def _of(state: RetryCallState) -> tuple[Call, Fault]:
    call = state.args[0]
    fault = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(call, Call) or not isinstance(fault, Fault):
        raise TypeError("the policy is for attempts that take a Call and raise a Fault")
    return call, fault

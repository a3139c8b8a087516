"""The retry policy: exponential backoff with full jitter, and a limit for every kind of failure.

Each `AttemptError` is retried: no connection, a timeout, a retryable status, an invalid body. A 429
is flow control and does not count toward ETL_MAX_ATTEMPTS; the rate limiter makes all requests wait
for it. Its own limits are MAX_THROTTLED times as many attempts and MAX_PAUSE seconds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from etl.client.attempt_errors import AttemptError, NotRetryableError, ThrottledError
from etl.client.pacing import MAX_PAUSE
from etl.client.page import Page
from etl.client.query import Query
from etl.client.rate_limiter import Sleep

FIRST_BACKOFF = 0.5  # seconds, the longest wait before the second attempt; doubles from there
MAX_BACKOFF = 30.0
MAX_THROTTLED = 10


@dataclass(slots=True)
class Call:
    """One request with all its attempts; `paused` is in seconds."""

    path: str
    url: str
    query: Query
    failed: int = 0
    throttled: int = 0
    paused: float = 0.0

    @property
    def attempts(self) -> int:
        """How many attempts have failed."""
        return self.failed + self.throttled

    def count(self, error: AttemptError) -> None:
        """Record that one more attempt has failed with `error`."""
        if isinstance(error, ThrottledError):
            self.throttled += 1
            self.paused += error.pause
        else:
            self.failed += 1


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often to try and how long to wait.

    `jitter` returns numbers from 0 to 1; `on_retry` receives the wait in seconds; `give_up` raises
    the final error. The state of a request is in its `Call`, so concurrent tasks share one policy.
    """

    max_attempts: int
    sleep: Sleep
    jitter: Callable[[], float]
    on_retry: Callable[[Call, AttemptError, float], None]
    give_up: Callable[[Call, AttemptError], NoReturn]

    async def run(self, attempt: Callable[[Call], Awaitable[Page]], call: Call) -> Page:
        """Make attempts until one succeeds or a limit is reached."""
        try:
            return await attempt(call)
        except AttemptError as error:
            first = error

        # Nearly all requests succeed above and avoid tenacity, which takes 5 % of their CPU time.
        async def again(call: Call) -> Page:
            if call.attempts == 0:
                raise first
            return await attempt(call)

        page: Page = await self._retrying()(again, call)
        return page

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            sleep=self._sleep,
            retry=retry_if_exception_type(AttemptError),
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
        call, error = _of(state)
        call.count(error)

    def _wait(self, state: RetryCallState) -> float:
        call, error = _of(state)
        if isinstance(error, ThrottledError):
            return 0.0
        return self.jitter() * min(MAX_BACKOFF, FIRST_BACKOFF * 2.0 ** min(call.failed - 1, 10))

    def _stop(self, state: RetryCallState) -> bool:
        call, error = _of(state)
        return (
            isinstance(error, NotRetryableError)
            or call.failed >= self.max_attempts
            or call.throttled >= MAX_THROTTLED * self.max_attempts
            or call.paused > MAX_PAUSE
        )

    def _before_sleep(self, state: RetryCallState) -> None:
        call, error = _of(state)
        wait = error.pause if isinstance(error, ThrottledError) else state.upcoming_sleep
        self.on_retry(call, error, wait)


def _of(state: RetryCallState) -> tuple[Call, AttemptError]:
    call = state.args[0]
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(call, Call) or not isinstance(error, AttemptError):
        raise TypeError("an attempt must take a Call and raise an AttemptError")
    return call, error

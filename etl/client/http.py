"""The client: fetches pages concurrently; each call returns a page or raises an `EtlError`."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import quote

import httpx

from etl.client.attempt_errors import AttemptError, InvalidBodyError
from etl.client.connections import Connections
from etl.client.limits import parse_date, read_limits
from etl.client.pacing import Pacer, Permit
from etl.client.page import Page, read_page
from etl.client.query import Query
from etl.client.rate_limiter import Clock, RateLimiter, Sleep
from etl.client.responses import Classifier, Redactor, message
from etl.client.retry import Call, RetryPolicy
from etl.errors import BudgetSpentError, UnavailableError
from etl.settings import Settings

log = logging.getLogger("etl.client")


class Client:
    """An async context manager; its tasks share the connections, the rate limiter and the budget.

    `transport` replaces the network. `sleep` and `clock` replace time: `clock` returns seconds, and
    `sleep` must advance it. `jitter` returns numbers from 0 to 1. `requests` counts the requests
    sent, retries included. Raises ConfigurationError if the token or the organization is not set.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Clock = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        token = settings.require_source().get_secret_value()
        self.concurrency = settings.concurrency
        self.requests = 0
        self._settings = settings
        self._redactor = Redactor(token)
        self._clock = clock
        self._rate_limiter = RateLimiter(Pacer(settings.requests_per_minute), sleep, clock)
        self._in_flight = asyncio.Semaphore(settings.concurrency)
        self._connections = Connections(settings, token, self._redactor, transport)
        self._policy = RetryPolicy(
            max_attempts=settings.max_attempts,
            sleep=sleep,
            jitter=jitter,
            on_retry=self._on_retry,
            give_up=self._give_up,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._connections.close()

    @property
    def rate(self) -> float | None:
        """The estimated limit in requests per second; None while no limit is known."""
        return self._rate_limiter.rate

    @property
    def stated_limit(self) -> float | None:
        """The limit that the API states, in requests per minute; None until it states one."""
        return self._rate_limiter.stated_limit

    async def page(self, organization_id: str, query: Query) -> Page:
        """Fetch one page, with up to ETL_MAX_ATTEMPTS attempts.

        Raises RefusedError (401, 403, 404), RejectedError (any other 4xx that is not retried),
        UnavailableError (no valid response after all attempts) or BudgetSpentError (the next
        request would exceed ETL_MAX_REQUESTS).
        """
        path = f"/v1/organizations/{quote(organization_id, safe='')}/audit-log"
        url = f"{self._settings.api_base_url}{path}?{query.encoded()}"
        return await self._policy.run(self._attempt, Call(path, url, query))

    async def _attempt(self, call: Call) -> Page:
        async with self._in_flight:
            permit = await self._permit()
            began = self._clock()
            try:
                response = await self._connections.get(call.url)
            except BaseException:
                self._rate_limiter.lost()
                raise
            date = parse_date(response.headers.get("date", ""))
            served_at = date or datetime.now(UTC)
            limits = read_limits(response.headers, served_at)
            self._rate_limiter.responded(permit, response.status, limits)
        classifier = Classifier(self._redactor, call.path)
        request_id = classifier.request_id(response)
        if log.isEnabledFor(logging.DEBUG):
            params, took = call.query.params(), (self._clock() - began) * 1000
            line = "GET %s %s returned %d in %.0f ms (x-request-id %s)"
            log.debug(line, call.path, params, response.status, took, request_id)
        if response.status != 200:
            raise classifier.error(response, limits, served_at, self._rate_limiter.pause)
        try:
            return read_page(response.body, call.query, date, request_id)
        except InvalidBodyError as error:
            error.request_id = request_id
            raise

    async def _permit(self) -> Permit:
        budget = self._settings.max_requests
        if budget is not None and self.requests >= budget:
            requests = "request" if budget == 1 else "requests"
            text = f"the budget of {budget} {requests} (ETL_MAX_REQUESTS) is used up"
            raise BudgetSpentError(text)
        self.requests += 1
        try:
            return await self._rate_limiter.acquire()
        except BaseException:
            self.requests -= 1  # cancelled while waiting: nothing was sent
            raise

    def _on_retry(self, call: Call, error: AttemptError, wait: float) -> None:
        text = message(call.path, error.reason, error.request_id)
        log.warning("%s; attempt %d follows in %.1f s", text, call.attempts + 1, wait)

    def _give_up(self, call: Call, error: AttemptError) -> NoReturn:
        text = message(call.path, error.reason, error.request_id, error.hint, call.attempts)
        raise UnavailableError(text)

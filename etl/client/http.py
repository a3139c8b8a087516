"""The client: asks the endpoint for pages, many at once, and returns a page or raises an error."""

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

from etl.client.answers import Judge, Words, sentence
from etl.client.faults import Fault, NotAnEnvelope
from etl.client.gate import Clock, Gate, Sleep
from etl.client.limits import parse_date, read_limits
from etl.client.pacing import Pace, Slot
from etl.client.page import Page, read_page
from etl.client.query import Query
from etl.client.retry import Call, Policy
from etl.client.wire import Wire
from etl.errors import BudgetSpentError, UnavailableError
from etl.settings import Settings

log = logging.getLogger("etl.client")


class Client:
    """An async context manager; its tasks share one pool of connections, one gate, one budget.

    `transport` stands in for the network, `sleep` and `clock` for time (`clock` in seconds, and
    `sleep` must let it go forward); `jitter` returns numbers from 0 to 1. `requests` counts what
    was sent, retries too. Raises ConfigurationError where token or organization are not set.
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
        self._words = Words(token)
        self._clock = clock
        self._gate = Gate(Pace(settings.requests_per_minute), sleep, clock)
        self._places = asyncio.Semaphore(settings.concurrency)
        self._wire = Wire(settings, token, self._words, transport)
        self._policy = Policy(
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
        await self._wire.close()

    @property
    def rate(self) -> float | None:
        """Requests a second that are believed to be allowed; None while no limit is known."""
        return self._gate.rate

    @property
    def stated_limit(self) -> float | None:
        """Requests a minute that the API states as its limit; None as long as it states none."""
        return self._gate.stated

    async def page(self, organization_id: str, query: Query) -> Page:
        """Fetch one page, in as many attempts as it takes and ETL_MAX_ATTEMPTS allows.

        Raises RefusedError (401, 403, 404), RejectedError (other 4xx), UnavailableError (no sense
        after all attempts) or BudgetSpentError (instead of a request beyond ETL_MAX_REQUESTS).
        """
        path = f"/v1/organizations/{quote(organization_id, safe='')}/audit-log"
        url = f"{self._settings.api_base_url}{path}?{query.encoded()}"
        return await self._policy.run(self._attempt, Call(path, url, query))

    async def _attempt(self, call: Call) -> Page:
        async with self._places:
            slot = await self._turn()
            began = self._clock()
            try:
                answer = await self._wire.get(call.url)
            except BaseException:
                self._gate.lost()
                raise
            date = parse_date(answer.headers.get("date", ""))
            served_at = date or datetime.now(UTC)
            limits = read_limits(answer.headers, served_at)
            self._gate.answered(slot, answer.status, limits)
        judge = Judge(self._words, call.path)
        request_id = judge.request_id(answer)
        if log.isEnabledFor(logging.DEBUG):
            params, took = call.query.params(), (self._clock() - began) * 1000
            line = "GET %s %s answered %d in %.0f ms (x-request-id %s)"
            log.debug(line, call.path, params, answer.status, took, request_id)
        if answer.status != 200:
            raise judge.verdict(answer, limits, served_at, self._gate.pause)
        try:
            return read_page(answer.body, call.query, date, request_id)
        except NotAnEnvelope as fault:
            fault.request_id = request_id
            raise

    async def _turn(self) -> Slot:
        budget = self._settings.max_requests
        if budget is not None and self.requests >= budget:
            raise BudgetSpentError(f"the budget of {budget} requests is spent (ETL_MAX_REQUESTS)")
        self.requests += 1
        try:
            return await self._gate.slot()
        except BaseException:
            self.requests -= 1  # interrupted while it waited
            raise

    def _on_retry(self, call: Call, fault: Fault, wait: float) -> None:
        said = sentence(call.path, fault.reason, fault.request_id)
        log.warning("%s; attempt %d in %.1f s", said, call.attempts + 1, wait)

    def _give_up(self, call: Call, fault: Fault) -> NoReturn:
        tries = f", the last of {call.attempts} attempts" if call.attempts > 1 else ""
        reason = f"{fault.reason}{tries}"
        raise UnavailableError(sentence(call.path, reason, fault.request_id, fault.hint))

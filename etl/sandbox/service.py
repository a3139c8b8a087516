"""What remembers: numbers the requests, spends the rate limit, keeps the log, puts in faults."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from etl.sandbox import TOKEN
from etl.sandbox.bucket import Allowance, Bucket, Limit, full, take
from etl.sandbox.dialect import Dialect
from etl.sandbox.messages import Headers, Request, Response
from etl.sandbox.respond import respond
from etl.sandbox.source import Source


@dataclass(frozen=True, slots=True)
class Answer:
    """A fault: this is answered instead, whatever was asked."""

    status: int = 200
    body: bytes = b""
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Truncated:
    """A fault: the right answer, whose body ends after `sent` bytes."""

    sent: int


# An exception as a fault: `transport` raises it, `server` cuts the connection without a word.
Fault = Answer | Truncated | Exception


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it is remembered; `status` is None where a fault left it without answer."""

    path: str
    params: dict[str, str]
    status: int | None


class Service:
    """The sandbox behind either way in, a socket or `httpx.MockTransport`.

    `requests` holds what was asked, oldest first, unless `record` is off; empty it with `clear()`.
    `faults` is asked with the number of each request, the first being 1: `{3: Answer(503)}.get`.
    `dialect`, `token`, `limit` and `faults` may be set between two requests. The rate limit begins
    at the first request. `clock` (seconds since 1970): the source's, where that has one of its own.
    """

    def __init__(
        self,
        source: Source,
        dialect: Dialect | None = None,
        *,
        token: str = TOKEN,
        limit: Limit | None = None,
        clock: Callable[[], float] = time.time,
        faults: Callable[[int], Fault | None] = lambda _: None,
        record: bool = True,
    ) -> None:
        self.source = source
        self.dialect = dialect or Dialect()
        self.token = token
        self.limit = limit
        self.faults = faults
        self.requests: list[Asked] = []
        self._record = record
        self._clock = clock
        self._number = 0
        self._bucket: Bucket | None = None
        self._counting = Lock()

    def answer(self, method: str, target: str, authorization: str | None) -> Response | Exception:
        """The response to one request, or the exception that a fault puts in its place."""
        now = self._clock()
        with self._counting:
            self._number += 1
            number = self._number
            allowance = self._spend(now)
        request = Request(method, target, authorization, number)
        fault = self.faults(number)
        if isinstance(fault, Exception):
            self._note(request, None)
            return fault
        if isinstance(fault, Answer):
            response = Response(fault.status, fault.headers, fault.body)
        else:
            response = respond(
                self.source,
                self.dialect,
                request,
                now=now,
                allowance=allowance,
                token=self.token,
            )
            if fault is not None:
                response = replace(response, sent=fault.sent)
        self._note(request, response.status)
        return response

    def _spend(self, now: float) -> Allowance | None:
        if self.limit is None:
            return None
        if self._bucket is None:
            self._bucket = full(self.limit, now)
        self._bucket, allowance = take(self.limit, self._bucket, now)
        return allowance

    def _note(self, request: Request, status: int | None) -> None:
        if self._record:
            self.requests.append(Asked(request.path, request.parameters, status))

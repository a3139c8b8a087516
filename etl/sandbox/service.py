"""What the sandbox remembers between two requests: their number, the rate limit, the faults."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from etl.sandbox import TOKEN
from etl.sandbox.bucket import Bucket, Limit, take
from etl.sandbox.dialect import Dialect
from etl.sandbox.messages import Headers, Request, Response
from etl.sandbox.respond import respond
from etl.sandbox.source import Source


@dataclass(frozen=True, slots=True)
class Answer:
    """A fault: this is answered instead."""

    status: int = 200
    body: bytes = b""
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Truncated:
    """A fault: the right answer, but its body ends after `sent` bytes."""

    sent: int


# An exception as a fault: `transport` raises it, `server` cuts the connection.
Fault = Answer | Truncated | Exception


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in the record. `status` is None if a fault left it without an answer."""

    path: str
    params: dict[str, str]
    status: int | None


class Service:
    """The sandbox behind a socket or `httpx.MockTransport`. Answers one request at a time.

    `requests` records what was asked, oldest first, unless `record` is False. `faults` is called
    with the number of each request, the first being 1: `{3: Answer(503)}.get`. `source`,
    `dialect`, `token`, `limit` and `faults` may be set between two requests. The bucket is full at
    the first request. `clock` gives seconds since 1970.
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
        self.source, self.dialect = source, dialect or Dialect()
        self.token, self.limit, self.faults = token, limit, faults
        self.requests: list[Asked] = []
        self._record, self._clock = record, clock
        self._number = 0
        self._bucket: Bucket | None = None
        self._answering = Lock()

    def answer(self, method: str, target: str, authorization: str | None) -> Response | Exception:
        """The response to one request, or the exception that a fault puts in its place."""
        with self._answering:
            self._number += 1
            now, allowance = self._clock(), None
            if self.limit is not None:
                self._bucket, allowance = take(self.limit, self._bucket, now)
            request = Request(method, target, authorization, self._number, now, allowance)
            response = self._respond(request)
            if self._record:
                status = None if isinstance(response, Exception) else response.status
                self.requests.append(Asked(request.path, request.parameters, status))
            return response

    def _respond(self, request: Request) -> Response | Exception:
        fault = self.faults(request.number)
        if isinstance(fault, Exception):
            return fault
        if isinstance(fault, Answer):
            return Response(fault.status, fault.headers, fault.body)
        response = respond(self.source, self.dialect, request, self.token)
        return response if fault is None else replace(response, sent=fault.sent)

"""What stands between the client and the API: it changes answers, and the source between two."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import httpx
import msgspec

from etl.sandbox.messages import Response
from etl.sandbox.service import Service

Before = Callable[[], None]
"""What happens just before a request is answered: a change of the source, or the end of it all."""

Alter = Callable[[dict[str, Any]], None]
"""Changes the envelope of an answer in place; its entries are `msgspec.Raw`, kept to the byte."""

Fault = httpx.Response | Exception | Alter


@dataclass(slots=True)
class Script:
    """What happens at which request of one run, the first being 1."""

    before: Mapping[int, Before] = field(default_factory=dict)
    faults: Mapping[int, Fault] = field(default_factory=dict)


QUIET = Script()

MOST_TURNS = 24
"""Fewer turns of the event loop than this pass before an answer is made, and before it comes."""


class Adversary(httpx.AsyncBaseTransport):
    """A transport that answers from `service`, by a script that begins anew with each run.

    `most` is how many requests a run may make before AssertionError: no loop is without a bound.
    `refuse` tells which requests are answered with 422. `phantom` is a day of which, for good, one
    entry more is stated than is served. With `delays`
    each answer is made and comes after so many turns of the event loop, drawn anew, so that answers
    overtake each other. `most_open` and `most_closed` are how many requests were under way at once
    in a run, of windows without and with an end.
    """

    phantom: date | None = None
    refuse: Callable[[httpx.QueryParams], bool] = staticmethod(lambda _: False)
    delays: Random | None = None

    def __init__(self, service: Service) -> None:
        self.service = service
        self.requests = 0
        self.most = 10**9
        self.most_open = self.most_closed = 0
        self._under_way: Counter[bool] = Counter()
        self._script = QUIET

    def begin(self, script: Script, *, most: int = 10**9) -> None:
        self._script, self.requests, self.most = script, 0, most
        self.most_open = self.most_closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        closed = "to_date" in request.url.params
        self._under_way[closed] += 1
        self.most_open = max(self.most_open, self._under_way[False])
        self.most_closed = max(self.most_closed, self._under_way[True])
        try:
            await self._turns()
            answer = self._answer(request)
            await self._turns()
            return answer
        finally:
            self._under_way[closed] -= 1

    async def _turns(self) -> None:
        if self.delays is not None:
            for _ in range(self.delays.randrange(MOST_TURNS)):
                await asyncio.sleep(0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        number = self.requests
        assert number <= self.most, f"more than {self.most} requests in one run"
        if number in self._script.before:
            self._script.before[number]()
        fault = self._script.faults.get(number)
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, httpx.Response):
            return httpx.Response(fault.status_code, headers=fault.headers, content=fault.content)
        if self.refuse(request.url.params):
            return httpx.Response(422)
        target = request.url.raw_path.decode("ascii")
        response = self.service.answer(request.method, target, request.headers.get("authorization"))
        if isinstance(response, Exception):
            raise response
        body = response.body
        if fault is not None and response.status == 200:
            body = altered(body, fault)
        if self._asks_for_phantom(request.url.params):
            body = altered(body, total(1))
        return httpx.Response(response.status, headers=list(response.headers), content=body)

    def _asks_for_phantom(self, asked: httpx.QueryParams) -> bool:
        """Whether the phantom's day is among those asked for, `to_date` included."""
        if self.phantom is None:
            return False
        day = self.phantom.isoformat()
        return asked.get("from_date", day) <= day <= asked.get("to_date", day)


def total(by: int) -> Alter:
    """The total jumps for one answer."""

    def alter(envelope: dict[str, Any]) -> None:
        envelope["total"] = max(envelope["total"] + by, 0)

    return alter


def altered(body: bytes, alter: Alter) -> bytes:
    """The body of a page with another envelope around the same entries."""
    envelope = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    fields: dict[str, Any] = {
        name: msgspec.json.decode(raw, type=list[msgspec.Raw] if name == "items" else object)
        for name, raw in envelope.items()
    }
    alter(fields)
    return msgspec.json.encode(fields)


def pages_of(response: Response) -> list[str]:
    """The texts of the entries of a page."""
    items = msgspec.json.decode(response.body, type=dict[str, msgspec.Raw])["items"]
    return [bytes(raw).decode() for raw in msgspec.json.decode(items, type=list[msgspec.Raw])]

"""The sandbox behind a real socket: HTTP/1.1 with keep-alive, on loopback only.

Just enough of HTTP for a GET client, by hand, since a benchmark needs a server that is not its
bottleneck: h11 takes two thirds of the time in which a whole page is made. One request at a time
per connection; a pipelined one waits in the buffer.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from etl.sandbox import TOKEN
from etl.sandbox.bucket import Limit
from etl.sandbox.dialect import Dialect
from etl.sandbox.messages import Response
from etl.sandbox.service import Asked, Fault, Service
from etl.sandbox.source import Source

HOST = "127.0.0.1"
_MAX_HEAD = 64 * 1024


class _MalformedError(Exception):
    """Bytes that are no request this server serves: answered with `status`, then hung up."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Connection(asyncio.Protocol):
    def __init__(self, service: Service, latency: float, open_ones: set[_Connection]) -> None:
        self._service = service
        self._latency = latency
        self._open_ones = open_ones
        self._buffer = b""
        self._answering = False
        self._full = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._go_on()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._go_on()

    def cut(self) -> None:
        self._transport.abort()

    def _go_on(self) -> None:
        """Takes the next whole request from the buffer, unless one is still being answered."""
        while not (self._answering or self._full or self._transport.is_closing()):
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                if len(head) > _MAX_HEAD:
                    self._refuse(_MalformedError(431))
                return
            self._buffer = rest
            self._answering = True
            try:
                self._answer(head)
            except _MalformedError as malformed:
                self._refuse(malformed)

    def _answer(self, head: bytes) -> None:
        method, target, keep, authorization = _parse(head)
        response = self._service.answer(method, target, authorization)
        if self._latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._latency, self._send_late, method, response, keep)
        else:
            self._send(method, response, keep)

    def _send_late(self, method: str, response: Response | Exception, keep: bool) -> None:
        if not self._transport.is_closing():
            self._send(method, response, keep)
            self._go_on()

    def _send(self, method: str, response: Response | Exception, keep: bool) -> None:
        if isinstance(response, Exception):
            self.cut()
            return
        body = b"" if method == "HEAD" else response.body[: response.sent]
        self._transport.write(_head(response, keep) + body)
        self._answering = False
        if response.sent is not None or not keep:
            self._transport.close()

    def _refuse(self, malformed: _MalformedError) -> None:
        self._transport.write(_head(Response(malformed.status, (), b""), keep=False))
        self._transport.close()


def _parse(head: bytes) -> tuple[str, str, bool, str | None]:
    """Method, target, whether the connection is kept, and the authorization header.

    Raises _MalformedError for what is no HTTP/1.x request, and for a request with a body.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, version = first.split(" ")
    except ValueError:
        raise _MalformedError(400) from None
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise _MalformedError(505)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise _MalformedError(413)
    keep = version == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()
    return method, target, keep, headers.get("authorization")


def _head(response: Response, keep: bool) -> bytes:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines.append(f"content-length: {len(response.body)}")
    if not keep:
        lines.append("connection: close")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


async def _listen(
    service: Service,
    port: int,
    latency_ms: float,
    ready: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    open_ones: set[_Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(service, latency_ms / 1000, open_ones), HOST, port, backlog=1024
    )
    try:
        ready(f"http://{HOST}:{server.sockets[0].getsockname()[1]}")
        await stop.wait()
    finally:
        server.close()
        for connection in tuple(open_ones):
            connection.cut()


def serve(
    service: Service, *, port: int = 0, latency_ms: float = 0, ready: Callable[[str], None]
) -> None:
    """Serves until KeyboardInterrupt, which it raises; tells `ready` the base URL once it listens.

    Port 0 takes a free one. Each answer comes `latency_ms` after its request, without holding up
    other connections. Raises OSError where the port is not free, OverflowError where it is none.
    """
    asyncio.run(_listen(service, port, latency_ms, ready, asyncio.Event()))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its base URL, and what is behind it, to be changed while it runs."""

    url: str
    source: Source
    service: Service

    @property
    def requests(self) -> list[Asked]:
        """What was asked so far, oldest first."""
        return self.service.requests


@contextmanager
def running(
    source: Source,
    dialect: Dialect | None = None,
    *,
    token: str = TOKEN,
    limit: Limit | None = None,
    clock: Callable[[], float] = time.time,
    faults: Callable[[int], Fault | None] = lambda _: None,
    port: int = 0,
    latency_ms: float = 0,
) -> Iterator[Sandbox]:
    """The sandbox on a thread of its own for as long as the block runs; see `Service`.

    Raises OSError where the port is not free, OverflowError where it is none.
    """
    service = Service(source, dialect, token=token, limit=limit, clock=clock, faults=faults)
    listening: Future[tuple[str, Callable[[], object]]] = Future()

    async def listen() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        stopping = partial(loop.call_soon_threadsafe, stop.set)
        await _listen(
            service, port, latency_ms, lambda url: listening.set_result((url, stopping)), stop
        )

    def run() -> None:
        try:
            asyncio.run(listen())
        except Exception as error:
            if listening.done():
                raise
            listening.set_exception(error)

    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    url, stopping = listening.result()
    try:
        yield Sandbox(url, source, service)
    finally:
        stopping()
        thread.join()

"""The sandbox behind a real socket: HTTP/1.1 with keep-alive, on loopback only."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from etl.sandbox.dialect import Dialect
from etl.sandbox.service import Asked, Service
from etl.sandbox.source import Source


class _Server(ThreadingTCPServer):
    """Listens at once, with a thread for each connection. Port 0 takes a free one."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, service: Service, port: int, latency_ms: float) -> None:
        self.service, self.latency, self.closed = service, latency_ms / 1000, False
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def server_close(self) -> None:
        self.closed = True  # open connections end at their next request
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # which is a client that has hung up
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered: headers and body leave together
    server: _Server

    def do_GET(self) -> None:
        authorization = self.headers.get("authorization")
        response = self.server.service.answer(self.command, self.path, authorization)
        if self.server.latency:
            time.sleep(self.server.latency)
        if isinstance(response, Exception) or self.server.closed:
            self.close_connection = True
            return
        self.close_connection |= response.sent is not None
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(response.body[: response.sent])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Says nothing: requests are recorded by the service."""


def serve(
    service: Service, *, port: int = 0, latency_ms: float = 0, ready: Callable[[str], None]
) -> None:
    """Serves until KeyboardInterrupt, which it raises; calls `ready` with the URL once it listens.

    Each answer is held back for `latency_ms`. Raises OSError if the port is not free and
    OverflowError if there is no such port.
    """
    with _Server(service, port, latency_ms) as server:
        ready(server.url)
        server.serve_forever()


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox. `source` and `service` may be changed while it runs."""

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
    port: int = 0,
    latency_ms: float = 0,
    **options: Any,
) -> Iterator[Sandbox]:
    """Serves on a thread for as long as the block runs. `options` are those of `Service`."""
    service = Service(source, dialect, **options)
    with _Server(service, port, latency_ms) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield Sandbox(server.url, source, service)
        finally:
            server.shutdown()
            thread.join()

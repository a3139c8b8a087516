"""The client over real sockets: connections that are cut, that drip, that nobody answers."""

import asyncio
import gzip
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from etl.client.http import Client
from etl.client.page import Page
from etl.client.query import Query
from etl.errors import UnavailableError
from etl.settings import load

BODY = json.dumps({"items": [{"id": n} for n in range(100)], "total": 100}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _whole(body: bytes = BODY, head: bytes = HEAD) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Server:
    """A loopback server that treats its first connections by `handlers`, the last one for ever."""

    def __init__(self, *handlers: Handler) -> None:
        self._handlers = handlers
        self.requests: list[bytes] = []

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(request)
                number = min(len(self.requests), len(self._handlers)) - 1
                await self._handlers[number](reader, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def page(self, **overrides: object) -> Page:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = load(
            {
                "api_token": "tok",
                "organization_id": "org_1",
                "api_base_url": f"http://127.0.0.1:{port}",
                **overrides,
            }
        )
        async with server, Client(settings, jitter=lambda: 0.0) as client:
            return await client.page("org_1", Query())


async def _answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_whole())


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _cut_in_the_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_whole()[:-50])
    writer.close()


async def _cut_in_the_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD[:20])
    writer.close()


async def _cut_between_chunks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + BODY[:16] + b"\r\n")
    writer.close()


async def _end_early_without_a_length(
    _: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(HEAD + b"Connection: close\r\n\r\n" + BODY[:-50])
    writer.close()


async def _broken_gzip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_whole(gzip.compress(BODY)[:-20], HEAD + b"Content-Encoding: gzip\r\n"))


async def _no_http(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
    writer.close()


async def _silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "fault",
    [
        _hang_up,
        _reset,
        _cut_in_the_body,
        _cut_in_the_head,
        _cut_between_chunks,
        _end_early_without_a_length,
        _broken_gzip,
        _no_http,
    ],
)
def test_a_connection_that_breaks_is_tried_again_and_no_half_page_is_returned(
    fault: Handler,
) -> None:
    server = Server(fault, fault, _answer)
    page = asyncio.run(server.page())
    assert len(page.items) == page.total == 100
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (_silence, "got no answer within 0.1 s"),
        (_drip, "sent no whole answer within 0.4 s"),
    ],
)
def test_an_answer_that_does_not_end_is_ended(fault: Handler, told: str) -> None:
    began = time.monotonic()
    with pytest.raises(UnavailableError, match=f"{told}, the last of 2 attempts"):
        asyncio.run(Server(fault).page(timeout_seconds=0.1, max_attempts=2))
    assert time.monotonic() - began < 5


def test_a_compressed_page_is_the_same_page() -> None:
    async def compressed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_whole(gzip.compress(BODY), HEAD + b"Content-Encoding: gzip\r\n"))

    server = Server(compressed)
    assert len(asyncio.run(server.page()).items) == 100
    assert b"gzip" in server.requests[0].lower()


def test_nobody_listening_is_told_with_the_address() -> None:
    async def ask() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        base = f"http://127.0.0.1:{port}"
        settings = load(
            {"api_token": "tok", "organization_id": "o", "api_base_url": base, "max_attempts": 2}
        )
        async with Client(settings, jitter=lambda: 0.0) as client:
            with pytest.raises(UnavailableError, match=f"nobody is listening at {base}"):
                await client.page("o", Query())

    asyncio.run(ask())


def test_no_proxy_of_the_environment_sees_what_goes_to_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(asyncio.run(Server(_answer).page(max_attempts=1)).items) == 100


def test_netrc_does_not_replace_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    server = Server(_answer)
    asyncio.run(server.page())
    assert b"Authorization: Bearer tok\r\n" in server.requests[0]


def test_a_redirect_to_another_port_is_never_asked_with_the_token() -> None:
    async def scenario() -> tuple[int, str]:
        lured: list[bytes] = []

        async def lure(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lured.append(await reader.read(100))
            writer.close()

        other = await asyncio.start_server(lure, "127.0.0.1", 0)
        target = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/"

        async def redirect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = f"HTTP/1.1 307 Moved\r\nLocation: {target}\r\n".encode()
            writer.write(_whole(b"", head))

        async with other:
            with pytest.raises(UnavailableError) as caught:
                await Server(redirect).page()
        return len(lured), str(caught.value)

    visits, message = asyncio.run(scenario())
    assert visits == 0
    assert "answered 307" in message
    assert "a redirect to 127.0.0.1, where the token is not sent" in message

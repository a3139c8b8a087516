"""No secret in any output, however a request ends: messages, logs of all levels, tracebacks."""

import asyncio
import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from etl.client.http import Client
from etl.client.query import Query
from etl.errors import EtlError
from etl.settings import Settings, load

SECRET = "Tok-" + "V3ryS3cr3t" * 2
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _settings() -> Settings:
    return load({"api_token": SECRET, "organization_id": "org_1", "max_attempts": 2})


def _raise(error: type[httpx.RequestError]) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error(f"failed with {request.headers['authorization']}", request=request)

    return handler


def _echo(status: int) -> Handler:
    """A server that sends the token back wherever it can."""

    def handler(request: httpx.Request) -> httpx.Response:
        said = request.headers["authorization"]
        headers = {
            "x-request-id": said,
            "location": f"https://{SECRET}.example.com/{said}",
            "retry-after": said,
            "x-ratelimit-limit": said,
            "date": said,
        }
        return httpx.Response(status, json={"detail": said, "error": said}, headers=headers)

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        *map(_echo, (200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503)),
        *map(
            _raise,
            (
                httpx.ConnectError,
                httpx.ReadTimeout,
                httpx.RemoteProtocolError,
                httpx.ProxyError,
                httpx.DecodingError,
            ),
        ),
    ],
)
def test_however_a_request_fails_the_token_is_in_no_message_log_or_traceback(
    handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def ask() -> None:
        transport = httpx.MockTransport(handler)
        async with Client(
            _settings(), transport=transport, sleep=sleep, clock=lambda: now
        ) as client:
            await client.page("org_1", Query())

    with pytest.raises(EtlError) as caught:
        asyncio.run(ask())
    shown = "".join(traceback.TracebackException.from_exception(caught.value).format())
    logged = "".join(logging.Formatter().format(record) for record in caplog.records)
    assert "org_1" in logged
    for text in (str(caught.value), repr(caught.value), shown, logged):
        assert SECRET not in text
        assert SECRET.lower() not in text.lower()


def test_over_a_real_connection_no_log_of_any_library_holds_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(1)
    seen = b""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen = await reader.readuntil(b"\r\n\r\n")
        body = b'{"items": [], "total": 0}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = load({"api_token": SECRET, "organization_id": "org_1", "api_base_url": base})
        async with server, Client(settings) as client:
            await client.page("org_1", Query())

    asyncio.run(ask())
    assert SECRET.encode() in seen
    assert any("answered 200" in record.getMessage() for record in caplog.records)
    assert SECRET not in "".join(logging.Formatter().format(record) for record in caplog.records)
    assert not [record for record in caplog.records if record.name.startswith("http")]


def test_neither_client_nor_settings_show_the_token_when_printed() -> None:
    settings = _settings()
    client = Client(settings)
    assert SECRET not in repr(client) + str(client) + repr(settings) + str(settings)

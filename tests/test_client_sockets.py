"""The client over real sockets: broken connections, TLS, proxies, redirects and logs."""

import asyncio
import gzip
import json
import logging
import os
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from etl.client import connections
from etl.client.http import Client
from etl.client.page import Page
from etl.client.query import Query
from etl.errors import UnavailableError
from etl.settings import load

TOKEN = "V3ryS3cr3t"
GET = "GET /v1/organizations/org_1/audit-log"
BODY = json.dumps({"items": [{"id": n} for n in range(100)], "total": 100}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _response(body: bytes = BODY, head: bytes = HEAD) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _sends(response: bytes, close: bool = False) -> Handler:
    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response)
        if close:
            writer.close()

    return handler


async def _reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


class Server:
    """A loopback server: each request gets the next handler, and the last one repeatedly."""

    def __init__(self, *handlers: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handlers = handlers
        self._tls = tls
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

    def page(self, scheme: str = "http", **overrides: object) -> Page:
        async def ask() -> Page:
            server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
            url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            given = {"api_token": TOKEN, "organization_id": "org_1", "api_base_url": url}
            async with server, Client(load(given | overrides), jitter=lambda: 0.0) as client:
                return await client.page("org_1", Query())

        return asyncio.run(ask())


@pytest.mark.parametrize(
    "fault",
    [
        _sends(b"", close=True),
        _reset,
        _sends(_response()[:-50], close=True),
        _sends(HEAD[:20], close=True),
        _sends(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + BODY[:16] + b"\r\n", close=True
        ),
        _sends(HEAD + b"Connection: close\r\n\r\n" + BODY[:-50], close=True),
        _sends(_response(gzip.compress(BODY)[:-20], HEAD + b"Content-Encoding: gzip\r\n")),
        _sends(b"220 mail.example.com ESMTP\r\n\r\n", close=True),
    ],
)
def test_a_broken_connection_is_retried_and_never_gives_half_a_page(fault: Handler) -> None:
    compressed = _response(gzip.compress(BODY), HEAD + b"Content-Encoding: gzip\r\n")
    server = Server(fault, fault, _sends(compressed))
    assert len(server.page().items) == 100
    assert len(server.requests) == 3
    assert b"gzip" in server.requests[0].lower()


def test_a_server_that_sends_nothing_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RESPONSE_TIMEOUTS", 1_000_000)
    with pytest.raises(UnavailableError, match=r"audit-log timed out after 0\.05 s: check the"):
        Server(_silence).page(timeout_seconds=0.05, max_attempts=1)


def test_requests_to_this_machine_ignore_proxies_and_netrc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    server = Server(_sends(_response()))
    server.page(max_attempts=1)
    assert f"Authorization: Bearer {TOKEN}\r\n".encode() in server.requests[0]


def test_an_untrusted_certificate_is_reported_with_what_to_do(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to create a certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext"
    names = ["subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run([*command.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    with pytest.raises(UnavailableError) as caught:
        Server(_silence, tls=context).page("https")
    message = str(caught.value)
    assert message.startswith(f"{GET} got an untrusted TLS certificate ([SSL: CERTIFICATE_VERIFY")
    assert message.endswith("set SSL_CERT_FILE to that CA's certificate file")
    assert "gave up after" not in message


def test_no_log_of_any_library_has_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    server = Server(_sends(_response()))
    server.page()
    assert TOKEN.encode() in server.requests[0]
    assert any("returned 200" in record.getMessage() for record in caplog.records)
    assert TOKEN not in "".join(logging.Formatter().format(record) for record in caplog.records)
    assert not [record for record in caplog.records if record.name.startswith("http")]

"""What the client says of answers that no page is, and of none at all, word for word."""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from etl.client.http import Client
from etl.client.query import Query
from etl.errors import UnavailableError
from etl.settings import load

GET = "GET /v1/organizations/org_1/audit-log"
WRONG_URL = "is ETL_API_BASE_URL right?"
NOON = "Sun, 01 Jun 2025 12:00:00 GMT"
AGAIN = "the limit of the day may be spent"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _told(client: Client) -> str:
    async def ask() -> None:
        async with client:
            await client.page("org_1", Query())

    with pytest.raises(UnavailableError) as caught:
        asyncio.run(ask())
    return str(caught.value)


def _client(transport: httpx.AsyncBaseTransport | None = None, **settings: object) -> Client:
    given = {"api_token": "t0k3n", "organization_id": "org_1", "max_attempts": 1}
    return Client(load(given | settings), transport=transport)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(204), f"answered 204, which is not documented: {WRONG_URL}"),
        (httpx.Response(206), f"answered 206, which is not documented: {WRONG_URL}"),
        (
            httpx.Response(302, headers={"location": "https://["}),
            f"answered 302: a redirect to nowhere readable, where the token is not sent; "
            f"{WRONG_URL}",
        ),
        (
            httpx.Response(302),
            f"answered 302: a redirect to another path, where the token is not sent; {WRONG_URL}",
        ),
        (
            httpx.Response(429, headers={"retry-after": "1500", "date": NOON}),
            f"answered 429: come back in 25 min, at 2025-06-01 12:25 UTC; {AGAIN}",
        ),
        (
            httpx.Response(503, headers={"retry-after": "3600", "date": NOON}),
            f"answered 503: come back in 1 h 0 min, at 2025-06-01 13:00 UTC; {AGAIN}",
        ),
        (
            httpx.ConnectError("[Errno -2] Name or service not known"),
            f"found no connection ([Errno -2] Name or service not known): {WRONG_URL}",
        ),
        (httpx.ReadError(""), "broke off (ReadError)"),
        (httpx.ReadError("two\nlines with t0k3n"), "broke off (two lines with [token])"),
    ],
    ids=lambda part: part.partition(":")[0] if isinstance(part, str) else "",
)
def test_what_is_no_page_is_told_in_one_line(answer: httpx.Response | Exception, told: str) -> None:
    def server(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert _told(_client(httpx.MockTransport(server))) == f"{GET} {told}"


def _told_by(served: Callable[[], dict[str, object]], scheme: str) -> str:
    """What is said of a loopback server that hangs up on whoever has asked it."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0, **served())  # type: ignore[arg-type]
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, _client(api_base_url=url) as client:
            await client.page("org_1", Query())

    with pytest.raises(UnavailableError) as caught:
        asyncio.run(ask())
    return str(caught.value)


def test_a_server_that_hangs_up_is_told_with_what_it_did() -> None:
    gone = "Server disconnected without sending a response."
    assert _told_by(dict, "http") == f"{GET} broke off ({gone})"


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's, signed by nobody but itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext"
    names = ["subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run([*made.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_told_with_what_to_do(
    certificate: ssl.SSLContext,
) -> None:
    begin, said, end = _told_by(lambda: {"ssl": certificate}, "https").partition(
        "CERTIFICATE_VERIFY_FAILED"
    )
    assert begin == f"{GET} met a certificate that is not trusted ([SSL: "
    assert said
    assert end.endswith(
        "): if it is signed by your company's CA, name its file in SSL_CERT_FILE"
    ), end


def test_a_server_that_speaks_no_tls_is_told_apart_from_nobody_listening() -> None:
    told = _told_by(dict, "https")
    assert told.startswith(f"{GET} found no connection ("), told
    assert told.endswith(f"): {WRONG_URL}"), told
    assert "nobody is listening" not in told

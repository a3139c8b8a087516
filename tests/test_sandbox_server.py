"""The sandbox behind a real socket, asked by a real client."""

import json
import socket
import threading
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest

from etl.sandbox.entries import made_up
from etl.sandbox.server import running
from etl.sandbox.service import Answer, Fault, Truncated
from etl.sandbox.source import Source

PATH = "/v1/organizations/org_demo/audit-log"
MADE = made_up(entries=250, days=10, seed=3, end=datetime(2025, 6, 2, tzinfo=UTC))


def _client(url: str) -> httpx.Client:
    headers = {"authorization": "Bearer sandbox-token"}
    return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60)


def _sent(url: str, request: bytes) -> bytes:
    """All that the server sends for these bytes until it closes the connection."""
    host, port = url.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), timeout=60)) as raw:
        raw.sendall(request)
        return b"".join(iter(lambda: raw.recv(65536), b""))


def test_all_pages_come_over_one_connection_that_is_kept() -> None:
    with running(Source(MADE)) as sandbox, _client(sandbox.url) as client:
        served, connections = [], set()
        for skip in range(0, 250, 100):
            with client.stream("GET", PATH, params={"skip": skip, "limit": 100}) as response:
                stream = response.extensions["network_stream"]
                connections.add(stream.get_extra_info("client_addr"))
                served += json.loads(response.read())["items"]
        assert [item["id"] for item in served] == [entry.id for entry in reversed(MADE)]
        assert len(connections) == 1
        assert [asked.params["skip"] for asked in sandbox.requests] == ["0", "100", "200"]


def test_a_change_is_served_by_the_next_answer() -> None:
    with running(Source(MADE[:200])) as sandbox, _client(sandbox.url) as client:
        assert client.get(PATH).json()["total"] == 200
        sandbox.source.insert(*MADE[200:])
        assert client.get(PATH).json()["total"] == 250


def test_it_is_gone_when_the_block_ends_even_with_a_connection_open() -> None:
    with running(Source(MADE)) as sandbox:
        client = _client(sandbox.url)
        assert client.get(PATH).status_code == 200
    with closing(client), pytest.raises(httpx.TransportError):
        client.get(PATH)


def test_it_listens_on_one_loopback_address_only() -> None:
    with running(Source(MADE)) as sandbox, _client(sandbox.url) as client:
        assert client.get(PATH).status_code == 200
        with pytest.raises(OSError, match=r"refused|unreachable|assign"):
            _sent(sandbox.url.replace("127.0.0.1", "127.0.0.2"), b"")


def test_a_port_that_is_not_free_is_an_error() -> None:
    with running(Source(MADE)) as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"), running(Source(MADE), port=port):
            pass
    with pytest.raises(OverflowError), running(Source(MADE), port=70_000):
        pass


def test_latency_holds_back_no_other_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(4, timeout=60)
    monkeypatch.setattr("etl.sandbox.server.time.sleep", lambda seconds: together.wait())
    statuses = []

    def ask(url: str) -> None:
        with _client(url) as client:
            statuses.append(client.get(PATH).status_code)

    with running(Source(MADE), latency_ms=50) as sandbox:
        clients = [threading.Thread(target=ask, args=[sandbox.url]) for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert statuses == [200] * 4


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_a_bad_request_is_refused_and_harms_no_other(
    request_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(Source(MADE)) as sandbox, _client(sandbox.url) as client:
        _sent(sandbox.url, request_bytes)
        assert client.get(PATH).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_faults_cut_the_connection_or_the_body(capfd: pytest.CaptureFixture[str]) -> None:
    faults: dict[int, Fault] = {1: Truncated(100), 2: ConnectionError(), 3: Answer(502, b"<html>")}
    with running(Source(MADE), faults=faults.get) as sandbox, _client(sandbox.url) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            client.get(PATH)
        with pytest.raises(httpx.TransportError):
            client.get(PATH)
        assert client.get(PATH).text == "<html>"
        assert client.get(PATH).json()["total"] == 250
        assert [asked.status for asked in sandbox.requests] == [200, None, 502, 200]
    assert capfd.readouterr() == ("", "")

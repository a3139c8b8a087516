"""The sandbox behind a real socket, asked by a real client."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from etl.sandbox.bucket import Limit
from etl.sandbox.entries import made_up
from etl.sandbox.server import running
from etl.sandbox.service import Answer, Fault, Truncated
from etl.sandbox.source import Source

PATH = "/v1/organizations/org_demo/audit-log"
HEADERS = {"authorization": "Bearer sandbox-token"}
MADE = made_up(entries=250, days=10, seed=3, end=datetime(2025, 6, 2, tzinfo=UTC))
GET = f"GET {PATH}?limit=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sandbox-token\r\n\r\n"


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers=HEADERS, trust_env=False)


@contextmanager
def _socket(url: str) -> Iterator[socket.socket]:
    host, port = url.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), timeout=10)) as raw:
        yield raw


def _until_closed(raw: socket.socket) -> bytes:
    received = b""
    while chunk := raw.recv(65536):
        received += chunk
    return received


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


def test_entries_that_are_inserted_while_it_runs_are_served_by_the_next_answer() -> None:
    with running(Source(MADE[:200])) as sandbox, _client(sandbox.url) as client:
        assert client.get(PATH).json()["total"] == 200
        sandbox.source.insert(*MADE[200:])
        sandbox.source.vanish(str(MADE[0].id))
        assert client.get(PATH).json()["total"] == 249


def test_it_listens_on_loopback_only() -> None:
    with running(Source(MADE)) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")


def test_it_is_gone_when_the_block_ends_even_with_a_connection_open() -> None:
    with running(Source(MADE)) as sandbox:
        client = _client(sandbox.url)
        assert client.get(PATH).status_code == 200
    with pytest.raises(httpx.TransportError):
        client.get(PATH)
    client.close()


def test_a_port_in_use_is_an_error_of_the_one_who_asked_for_it() -> None:
    with running(Source(MADE)) as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"), running(Source(MADE), port=port):
            raise AssertionError("it must not run")
    with pytest.raises(OverflowError), running(Source(MADE), port=70_000):
        raise AssertionError("it must not run")


def test_latency_holds_up_each_answer_and_no_other_connection() -> None:
    async def ask_at_once(url: str, number: int) -> list[int]:
        async with httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
            answers = await asyncio.gather(*(client.get(f"{url}{PATH}") for _ in range(number)))
            return [answer.status_code for answer in answers]

    with running(Source(MADE), latency_ms=400) as sandbox:
        began = time.monotonic()
        assert asyncio.run(ask_at_once(sandbox.url, 20)) == [200] * 20
        assert 0.4 <= time.monotonic() - began < 20 * 0.4


def test_pipelined_requests_are_answered_in_their_order() -> None:
    asked = "".join(GET.replace("limit=1", f"limit=1&skip={skip}") for skip in range(5))
    for latency in (0, 5):
        with running(Source(MADE), latency_ms=latency) as sandbox, _socket(sandbox.url) as raw:
            last = GET.replace("host", "connection: close\r\nhost")
            raw.sendall((asked + last).encode())
            received = _until_closed(raw)
            positions = [received.index(f'"skip":{skip},'.encode()) for skip in range(1, 5)]
            assert positions == sorted(positions)
            assert received.count(b"HTTP/1.1 200 OK") == 6


def test_a_request_that_arrives_byte_by_byte_is_one_request() -> None:
    with running(Source(MADE)) as sandbox, _socket(sandbox.url) as raw:
        for byte in GET.replace("host", "connection: close\r\nhost").encode():
            raw.sendall(bytes([byte]))
        assert b'"total":250' in _until_closed(raw)
        assert len(sandbox.requests) == 1


def test_head_has_the_headers_of_its_answer_and_no_body() -> None:
    with running(Source(MADE)) as sandbox, _client(sandbox.url) as client:
        answer = client.head(PATH)
        assert (answer.status_code, answer.content) == (405, b"")
        assert client.get(PATH).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", 413),
        (b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000, 431),
    ],
)
def test_bytes_that_are_no_request_are_refused_and_the_connection_closed(
    sent: bytes, status: int
) -> None:
    with running(Source(MADE)) as sandbox, _socket(sandbox.url) as raw:
        raw.sendall(sent)
        assert _until_closed(raw).startswith(f"HTTP/1.1 {status} ".encode())
        with _client(sandbox.url) as client:
            assert client.get(PATH).status_code == 200


def test_http_1_0_and_connection_close_are_hung_up_on_after_the_answer() -> None:
    with running(Source(MADE)) as sandbox:
        for request in (GET.replace("1.1", "1.0"), GET.replace("host", "Connection: close\r\nx")):
            with _socket(sandbox.url) as raw:
                raw.sendall(request.encode())
                assert b"connection: close" in _until_closed(raw)


def test_a_body_cut_short_is_seen_as_such_by_the_client() -> None:
    faults: dict[int, Fault] = {1: Truncated(100), 2: ConnectionError(), 3: Answer(502, b"<html>")}
    with (
        running(Source(MADE), faults=faults.get) as sandbox,
        _client(sandbox.url) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            client.get(PATH)
        with pytest.raises(httpx.TransportError):
            client.get(PATH)
        assert client.get(PATH).status_code == 502
        assert client.get(PATH).json()["total"] == 250
        assert [asked.status for asked in sandbox.requests] == [200, None, 502, 200]


def test_a_client_that_hangs_up_before_its_answer_disturbs_nobody() -> None:
    with running(Source(MADE), latency_ms=50) as sandbox:
        with _socket(sandbox.url) as raw:
            raw.sendall(GET.encode())
        with _client(sandbox.url) as client:
            assert client.get(PATH).status_code == 200


def test_a_page_far_larger_than_the_buffers_between_is_delivered_whole() -> None:
    large = made_up(entries=100, days=2, seed=1, end=datetime(2025, 6, 2, tzinfo=UTC))
    source = Source(large)
    source.change(str(large[0].id), new_value="x" * 5_000_000)
    with running(source) as sandbox, _socket(sandbox.url) as raw:
        whole = GET.replace("limit=1", "limit=100")
        raw.sendall((whole + whole.replace("host", "connection: close\r\nhost")).encode())
        assert len(_until_closed(raw)) > 10_000_000


def test_the_rate_limit_holds_over_the_socket() -> None:
    limit = Limit(per_minute=1, burst=2)
    with running(Source(MADE), limit=limit) as sandbox, _client(sandbox.url) as client:
        assert [client.get(PATH).status_code for _ in range(3)] == [200, 200, 429]

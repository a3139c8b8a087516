"""The client over a simulated server and clock: attempts, waits, the budget and the messages."""

import asyncio
import logging
import os
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from etl.client import connections
from etl.client.http import Client
from etl.client.pacing import MAX_PAUSE
from etl.client.page import Page
from etl.client.query import Query
from etl.errors import BudgetSpentError, EtlError, RefusedError, RejectedError, UnavailableError
from etl.settings import load

BASE = "https://api.aitronos.com"
TOKEN = "T0k3n"
PATH = "/v1/organizations/org_1/audit-log"
CHECK_URL = ": check ETL_API_BASE_URL"
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
NOON_DATE = format_datetime(NOON, usegmt=True)
Answer = httpx.Response | Exception
Server = Callable[[httpx.Request], Any]  # may be async


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


class Time:
    """A clock that advances only during `sleep`, and a record of all waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds
        await asyncio.sleep(0)


def _ok(total: int = 0, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(200, json={"items": [], "total": total}, headers=headers)


def _client(
    server: Server,
    time: Time | None = None,
    jitter: Callable[[], float] = lambda: 1.0,
    **overrides: object,
) -> Client:
    time = time or Time()
    settings = load({"api_token": TOKEN, "organization_id": "org_1", **overrides})
    transport = httpx.MockTransport(server)
    return Client(
        settings, transport=transport, sleep=time.sleep, clock=lambda: time.now, jitter=jitter
    )


def _pages(client: Client, count: int = 1) -> list[Page | BaseException]:
    """Request `count` different pages concurrently."""

    async def ask() -> list[Page | BaseException]:
        async with client:
            pages = [client.page("org_1", Query(skip=skip)) for skip in range(count)]
            return await asyncio.gather(*pages, return_exceptions=True)

    return asyncio.run(ask())


def _total(client: Client) -> int:
    (page,) = _pages(client)
    assert isinstance(page, Page)
    return page.total


def _error(client: Client) -> EtlError:
    (error,) = _pages(client)
    assert isinstance(error, EtlError)
    assert str(error).isprintable()
    return error


def _in_turn(*answers: Answer) -> tuple[Server, list[httpx.Request]]:
    """A server that gives these answers, the last one repeatedly, and the requests it got."""
    requests: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        answer = answers[min(len(requests), len(answers) - 1)]
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return server, requests


@pytest.mark.parametrize(
    ("base", "organization", "url"),
    [
        (BASE, "org_1", f"{BASE}{PATH}"),
        ("https://example.com/api/", "org_1", f"https://example.com/api{PATH}"),
        (BASE, "../a?x=/", f"{BASE}/v1/organizations/..%2Fa%3Fx%3D%2F/audit-log"),
    ],
)
def test_a_request_is_sent_as_documented_and_the_page_has_its_metadata(
    base: str, organization: str, url: str
) -> None:
    server, requests = _in_turn(
        _ok(7, {"date": "Sun, 01 Jun 2025 14:00:00 +0200", "x-request-id": "req-1"})
    )

    async def ask() -> Page:
        async with _client(server, api_base_url=base) as client:
            return await client.page(organization, Query(skip=100, search_term="Zoë"))

    page = asyncio.run(ask())
    assert (page.total, page.request_id) == (7, "req-1")
    assert str(page.served_at) == "2025-06-01 12:00:00+00:00"
    (request,) = requests
    assert request.method == "GET"
    assert str(request.url) == f"{url}?skip=100&limit=100&search_term=Zo%C3%AB"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("aitronos-audit-etl/")


_TIMEOUT = ": check the network, or raise ETL_TIMEOUT_SECONDS"
_RETRIED: list[tuple[Answer, str, str]] = [
    (httpx.ConnectError("refused"), f"could not connect to {BASE} (refused)", CHECK_URL),
    (httpx.ReadTimeout(""), "timed out after 30 s", _TIMEOUT),
    (httpx.ReadError(""), "failed (ReadError)", ""),
    (httpx.ProxyError(f"two\nlines, {TOKEN}"), "failed (two lines, [token])", ""),
    (httpx.Response(408), "returned 408", ""),
    (httpx.Response(425), "returned 425", ""),
    (httpx.Response(500), "returned 500", ""),
    (httpx.Response(204), "returned 204, which the API does not document", CHECK_URL),
    (httpx.Response(200, text="<html>"), "returned 200 with HTML instead of JSON", CHECK_URL),
    (
        httpx.Response(200, headers={"x-request-id": "r"}),
        "returned 200 with an empty body (x-request-id r)",
        "",
    ),
]


@pytest.mark.parametrize(("answer", "reason", "hint"), _RETRIED)
def test_a_temporary_failure_is_retried_until_the_attempts_are_used_up(
    answer: Answer, reason: str, hint: str
) -> None:
    server, requests = _in_turn(*[answer] * 5, _ok(3))
    assert _total(_client(server)) == 3
    assert len(requests) == 6
    server, requests = _in_turn(answer)
    time = Time()
    error = _error(_client(server, time))
    assert type(error) is UnavailableError
    assert str(error) == f"GET {PATH} {reason}; gave up after 6 attempts{hint}"
    assert len(requests) == 6
    assert time.slept == [0.5, 1, 2, 4, 8]


def test_the_backoff_has_full_jitter_and_a_maximum() -> None:
    time = Time()
    server, _ = _in_turn(httpx.Response(500))
    jitter = iter([0.0, 0.5, *[1.0] * 10]).__next__
    _error(_client(server, time, jitter, max_attempts=12))
    assert time.slept == [0.5, 2, 4, 8, 16, 30, 30, 30, 30, 30]


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, b"", ": the token is invalid or has expired; check ETL_API_TOKEN"),
        (403, b"", ": the token has no access to this audit log; check ETL_API_TOKEN"),
        (404, b"", ": not found; check ETL_ORGANIZATION_ID and ETL_API_BASE_URL"),
        (400, b'{"detail": "skip is too large"}', ": skip is too large"),
        (422, b'{"error": {"code": 7, "message": "no date"}}', ": no date"),
        (422, b'{"detail": [{"loc": ["skip"]}]}', ': [{"loc":["skip"]}]'),
        (422, b'{"message": "two\\nlines \\u001b[31m"}', ": two lines [31m"),
        (422, b'{"message": "' + b"x" * 500 + b'"}', ": " + "x" * 200 + "…"),
        (422, b"<html>", ""),
    ],
)
def test_any_other_4xx_is_not_retried_and_says_which_request_failed_and_why(
    status: int, body: bytes, hint: str
) -> None:
    headers = {"x-request-id": "\x1b[2Jreq-9\x07"}
    server, requests = _in_turn(httpx.Response(status, headers=headers, content=body))
    error = _error(_client(server))
    assert str(error) == f"GET {PATH} returned {status} (x-request-id [2Jreq-9){hint}"
    assert type(error) is (RefusedError if status in (401, 403, 404) else RejectedError)
    assert getattr(error, "status", status) == status
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (302, {"location": "//user:pw@evil.example.com/x"}, "the redirect to evil.example.com was"),
        (302, {"location": "/login"}, "the redirect to another path was not followed, to protect"),
        (302, {"location": "https://["}, "the redirect to an invalid URL was not followed"),
        (429, {"retry-after": "25920"}, "retry in 7 h 12 min, at 2025-06-01 19:12 UTC; the daily"),
        (408, {"retry-after": "1500"}, "retry in 25 min, at 2025-06-01 12:25 UTC; the daily"),
    ],
)
def test_a_failure_that_a_retry_cannot_fix_is_reported_at_once(
    status: int, headers: dict[str, str], message: str
) -> None:
    server, requests = _in_turn(httpx.Response(status, headers={"date": NOON_DATE, **headers}))
    error = _error(_client(server))
    assert type(error) is UnavailableError
    assert str(error).startswith(f"GET {PATH} returned {status}: {message}")
    assert len(requests) == 1


_RETRY_AFTER = ["7", str(int(NOON.timestamp()) + 7), "Sun, 01 Jun 2025 12:00:07 GMT"]


@pytest.mark.parametrize("status", [408, 429, 503])
@pytest.mark.parametrize("retry_after", _RETRY_AFTER)
def test_retry_after_delays_the_next_attempt(retry_after: str, status: int) -> None:
    sent: list[float] = []
    time = Time()

    def server(_: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        headers = {"retry-after": retry_after, "date": NOON_DATE}
        return httpx.Response(status, headers=headers) if len(sent) == 1 else _ok()

    _total(_client(server, time))
    assert len(sent) == 2
    assert 7 <= sent[1] < 11


def test_429s_do_not_count_toward_the_attempts() -> None:
    throttled = httpx.Response(429, headers={"retry-after": "1"})
    server, requests = _in_turn(*[throttled] * 15, httpx.Response(500), _ok(5))
    assert _total(_client(server, max_attempts=2)) == 5
    assert len(requests) == 17


@pytest.mark.parametrize("headers", [{}, {"retry-after": "0.001"}, {"retry-after": "60"}])
def test_endless_429s_end_in_an_error(headers: dict[str, str]) -> None:
    server, requests = _in_turn(httpx.Response(429, headers=headers))
    time = Time()
    error = _error(_client(server, time))
    assert type(error) is UnavailableError
    assert "returned 429 (too many requests); gave up after " in str(error)
    assert len(requests) <= 60
    assert time.now <= 3 * MAX_PAUSE


@pytest.mark.parametrize(
    ("settings", "stated", "requests"),
    [({}, True, 30), ({"requests_per_minute": 60}, False, 12)],
)
def test_requests_keep_to_the_limit_of_the_headers_and_of_the_settings(
    settings: dict[str, Any], stated: bool, requests: int
) -> None:
    time = Time()
    sent: list[float] = []

    def server(_: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        remaining = str(int(20 + time.now - len(sent)))
        limit = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": remaining}
        return _ok(headers=limit if stated else {})

    client = _client(server, time, **settings)
    _pages(client, requests)
    assert client.rate == 1
    assert client.stated_limit == (60 if stated else None)
    assert sent[-1] == pytest.approx(10, abs=1)


def test_no_more_requests_are_in_flight_than_concurrency_allows() -> None:
    in_flight = most = 0

    async def server(_: httpx.Request) -> httpx.Response:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _step in range(5):
            await asyncio.sleep(0)
        in_flight -= 1
        return _ok()

    _pages(_client(server, concurrency=3), 20)
    assert most == 3


@pytest.mark.parametrize(("budget", "shown"), [(1, "1 request"), (5, "5 requests")])
def test_the_budget_covers_retries_and_concurrent_tasks(budget: int, shown: str) -> None:
    server, requests = _in_turn(httpx.Response(500), _ok())
    client = _client(server, max_requests=budget)
    results = _pages(client, 20)
    assert len(requests) == client.requests == budget
    assert sum(isinstance(result, Page) for result in results) == budget - 1
    errors = [result for result in results if isinstance(result, BudgetSpentError)]
    assert len(errors) == 21 - budget
    assert str(errors[0]) == f"the budget of {shown} (ETL_MAX_REQUESTS) is used up"


def test_a_cancelled_wait_counts_no_request_and_blocks_no_other_task() -> None:
    server, requests = _in_turn(httpx.Response(429, headers={"retry-after": "60"}), _ok(4))

    class Blocked(Time):
        async def sleep(self, seconds: float) -> None:
            waiting.set()
            await (super().sleep(seconds) if self.now else asyncio.Event().wait())

    time, waiting = Blocked(), asyncio.Event()

    async def ask() -> Page:
        async with _client(server, time) as client:
            task = asyncio.create_task(client.page("org_1", Query()))
            await waiting.wait()
            assert client.requests == 2
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert client.requests == len(requests) == 1
            time.now = 1.0
            return await client.page("org_1", Query())

    assert asyncio.run(ask()).total == 4


def test_each_request_has_a_debug_line_and_each_retry_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "etl.client")
    headers = {"x-request-id": "req-1"}
    server, _ = _in_turn(httpx.Response(503, headers=headers), _ok(headers=headers))
    _total(_client(server))
    params = "{'skip': '0', 'limit': '100'}"
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", f"GET {PATH} {params} returned 503 in 0 ms (x-request-id req-1)"),
        ("WARNING", f"GET {PATH} returned 503 (x-request-id req-1); attempt 2 follows in 0.5 s"),
        ("DEBUG", f"GET {PATH} {params} returned 200 in 0 ms (x-request-id req-1)"),
    ]


def test_a_lost_first_request_does_not_block_the_others() -> None:
    async def server(request: httpx.Request) -> httpx.Response:
        for _step in range(5):
            await asyncio.sleep(0)
        if request.url.params["skip"] == "0":
            raise httpx.ReadError("")
        return _ok()

    pages = _pages(_client(server, max_attempts=1), 3)
    assert [type(page) for page in pages] == [UnavailableError, Page, Page]


@pytest.mark.parametrize(
    ("chunks", "timeout", "message"),
    [
        (1000, 30, "returned more than 1 MB"),
        (1, 0.01, f"was not complete within 0.04 s{_TIMEOUT}"),
    ],
)
def test_an_endless_response_is_aborted(
    monkeypatch: pytest.MonkeyPatch, chunks: int, timeout: float, message: str
) -> None:
    monkeypatch.setattr(connections, "MAX_RESPONSE", 2**20)
    read = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal read
            while read < chunks:
                read += 1
                yield b" " * 2**16
            await asyncio.Event().wait()

    def server(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Endless())

    error = _error(_client(server, timeout_seconds=timeout, max_attempts=1))
    assert str(error) == f"GET {PATH} {message}"
    assert read <= 17


@pytest.mark.parametrize(
    "failure",
    [200, 302, 400, 401, 429, 500, httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError],
)
def test_the_token_is_in_no_message_log_or_traceback(
    failure: int | type[httpx.RequestError], caplog: pytest.LogCaptureFixture
) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        said = request.headers["authorization"]
        if not isinstance(failure, int):
            raise failure(f"failed with {said}", request=request)
        headers = dict.fromkeys(["x-request-id", "retry-after", "x-ratelimit-limit", "date"], said)
        headers["location"] = f"https://{TOKEN}.example.com/{said}"
        return httpx.Response(failure, json={"detail": said, "error": said}, headers=headers)

    caplog.set_level(1)
    error = _error(_client(server, max_attempts=2))
    shown = "".join(traceback.TracebackException.from_exception(error).format())
    logged = "".join(logging.Formatter().format(record) for record in caplog.records)
    assert "org_1" in logged
    assert TOKEN.lower() not in f"{error}{error!r}{shown}{logged}".lower()

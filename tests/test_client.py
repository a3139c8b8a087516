"""The client over a fake server: attempts, waits, budgets and words. Time is the test's own."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from etl.client.http import Client
from etl.client.pacing import MAX_PAUSE
from etl.client.page import Page
from etl.client.query import Query
from etl.errors import (
    BudgetSpentError,
    ConfigurationError,
    EtlError,
    RefusedError,
    RejectedError,
    UnavailableError,
)
from etl.settings import load

BEARER = "t0k3n"
PATH = "/v1/organizations/org_1/audit-log"
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
Server = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ETL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


class Time:
    """A clock that only goes on while someone sleeps, and remembers for how long."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds
        await asyncio.sleep(0)


def _ok(total: int = 0, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(200, json={"items": [], "total": total}, headers=headers)


def _client(server: Server, time: Time | None = None, **overrides: object) -> Client:
    time = time or Time()
    settings = load({"api_token": BEARER, "organization_id": "org_1", **overrides})
    return Client(
        settings,
        transport=httpx.MockTransport(server),
        sleep=time.sleep,
        clock=lambda: time.now,
        jitter=lambda: 1.0,
    )


def _ask(client: Client, *queries: Query) -> list[Page]:
    async def ask() -> list[Page]:
        async with client:
            pages = (client.page("org_1", query) for query in queries or (Query(),))
            return list(await asyncio.gather(*pages))

    return asyncio.run(ask())


def _fails(client: Client, *queries: Query) -> EtlError:
    with pytest.raises(EtlError) as caught:
        _ask(client, *queries)
    assert "\n" not in str(caught.value)
    return caught.value


def _in_turn(*answers: httpx.Response | Exception) -> tuple[Server, list[httpx.Request]]:
    """A server that gives these answers, the last of them for ever, and what it was asked."""
    asked: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return server, asked


def test_a_page_is_asked_for_as_documented_and_comes_back_with_its_circumstances() -> None:
    date = format_datetime(NOON, usegmt=True)
    server, asked = _in_turn(_ok(7, {"date": date, "x-request-id": "req-1"}))
    client = _client(server)
    (page,) = _ask(client, Query(skip=100, search_term="Zoë"))
    assert (page.total, page.served_at, page.request_id) == (7, NOON, "req-1")
    assert client.requests == 1
    (request,) = asked
    assert request.method == "GET"
    assert str(request.url) == (
        f"https://api.aitronos.com{PATH}?skip=100&limit=100&search_term=Zo%C3%AB"
    )
    assert request.headers["authorization"] == f"Bearer {BEARER}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("aitronos-audit-etl/")


def test_a_base_url_with_a_path_keeps_it() -> None:
    server, asked = _in_turn(_ok())
    _ask(_client(server, api_base_url="https://gateway.example.com/aitronos/"))
    assert asked[0].url.path == f"/aitronos{PATH}"


def test_an_organization_id_cannot_leave_its_place_in_the_path() -> None:
    server, asked = _in_turn(_ok())

    async def ask() -> None:
        async with _client(server) as client:
            await client.page("../admin?x=/", Query())

    asyncio.run(ask())
    assert asked[0].url.raw_path.startswith(b"/v1/organizations/..%2Fadmin%3Fx%3D%2F/audit-log?")


def test_a_client_without_token_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="ETL_API_TOKEN"):
        Client(load({"organization_id": "org_1"}))


_FAULTS: list[httpx.Response | Exception] = [
    httpx.ConnectError("All connection attempts failed"),
    httpx.ConnectTimeout(""),
    httpx.ReadTimeout(""),
    httpx.ReadError(""),
    httpx.WriteError(""),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.ProxyError("502 Bad Gateway"),
    httpx.DecodingError("incorrect header check"),
    httpx.Response(500),
    httpx.Response(502, text="<html>Bad Gateway</html>"),
    httpx.Response(503),
    httpx.Response(504),
    httpx.Response(204),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json={"items": [], "total": None}),
    httpx.Response(200, content=b'{"items": [{"id": 1}'),
    httpx.Response(200, json={"items": [], "total": 0, "skip": 100}),
]


@pytest.mark.parametrize("fault", _FAULTS, ids=str)
def test_a_fault_is_tried_again_and_the_next_answer_counts(
    fault: httpx.Response | Exception,
) -> None:
    server, asked = _in_turn(fault, _ok(3))
    time = Time()
    client = _client(server, time)
    assert _ask(client)[0].total == 3
    assert client.requests == len(asked) == 2
    assert time.slept == [0.5]


@pytest.mark.parametrize("fault", _FAULTS, ids=str)
def test_a_fault_that_lasts_ends_after_the_attempts_allowed_with_one_line_that_says_so(
    fault: httpx.Response | Exception,
) -> None:
    server, asked = _in_turn(fault)
    time = Time()
    error = _fails(_client(server, time))
    assert isinstance(error, UnavailableError)
    assert not isinstance(error, RejectedError)
    assert str(error).startswith(f"GET {PATH} ")
    assert ", the last of 6 attempts" in str(error)
    assert len(asked) == 6
    assert time.slept == [0.5, 1, 2, 4, 8]


def test_waits_are_jittered_over_their_whole_length_and_bounded() -> None:
    time = Time()
    client = Client(
        load({"api_token": BEARER, "organization_id": "org_1", "max_attempts": 12}),
        transport=httpx.MockTransport(lambda _: httpx.Response(500)),
        sleep=time.sleep,
        clock=lambda: time.now,
        jitter=iter([0.0, 0.5, *[1.0] * 10]).__next__,
    )
    _fails(client)
    assert time.slept == [0.5, 2, 4, 8, 16, 30, 30, 30, 30, 30]


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (401, RefusedError, "the token is wrong or has expired (ETL_API_TOKEN)"),
        (403, RefusedError, "the token may not read this organization's audit log"),
        (404, RefusedError, "no such organization (ETL_ORGANIZATION_ID)"),
        (400, RejectedError, ""),
        (408, RejectedError, ""),
        (416, RejectedError, ""),
        (422, RejectedError, ""),
    ],
)
def test_a_4xx_is_never_tried_again_and_names_method_path_status_and_request_id(
    status: int, kind: type[EtlError], hint: str
) -> None:
    server, asked = _in_turn(httpx.Response(status, headers={"x-request-id": "req-9"}))
    time = Time()
    error = _fails(_client(server, time))
    assert type(error) is kind
    assert str(error).startswith(f"GET {PATH} answered {status} (x-request-id req-9)")
    assert hint in str(error)
    assert len(asked) == 1
    assert time.slept == []
    if isinstance(error, RejectedError):
        assert error.status == status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "skip is too large"}, ": skip is too large"),
        ({"error": {"code": 7, "message": "no such date"}}, ": no such date"),
        ({"detail": [{"loc": ["query", "skip"]}]}, ': [{"loc":["query","skip"]}]'),
        ({"message": "two\nlines \x1b[31m"}, ": two lines [31m"),
        ({"message": "x" * 500}, ": " + "x" * 200 + "…"),
        ({"message": f"invalid token {BEARER}"}, ": invalid token [token]"),
    ],
)
def test_what_a_rejection_says_is_repeated_on_one_line_without_the_token(
    body: object, said: str
) -> None:
    server, _ = _in_turn(httpx.Response(422, json=body))
    assert str(_fails(_client(server))) == f"GET {PATH} answered 422{said}"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff"])
def test_a_rejection_without_a_readable_body_is_told_by_its_status_alone(body: bytes) -> None:
    server, _ = _in_turn(httpx.Response(422, content=body))
    assert str(_fails(_client(server))) == f"GET {PATH} answered 422"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://evil.example.com/collect?x=1", "evil.example.com"),
        ("//user:pw@evil.example.com/", "evil.example.com"),
        ("/login", "another path"),
        ("https://[", "nowhere readable"),
    ],
)
def test_a_redirect_is_an_error_that_names_its_target_and_is_not_followed(
    location: str, target: str
) -> None:
    server, asked = _in_turn(httpx.Response(302, headers={"location": location}), _ok())
    error = _fails(_client(server, max_attempts=1))
    assert isinstance(error, UnavailableError)
    assert len(asked) == 1
    if target != "nowhere readable":
        assert f"a redirect to {target}, where the token is not sent" in str(error)


def test_nobody_listening_says_where() -> None:
    server, _ = _in_turn(httpx.ConnectError("All connection attempts failed"))
    assert str(_fails(_client(server))) == (
        f"GET {PATH} found no connection (nobody is listening at https://api.aitronos.com), "
        "the last of 6 attempts: is ETL_API_BASE_URL right?"
    )


def test_html_says_that_the_address_may_be_wrong() -> None:
    server, _ = _in_turn(httpx.Response(200, text="<html>", headers={"x-request-id": "r"}))
    assert str(_fails(_client(server))) == (
        f"GET {PATH} answered 200 with HTML, not the documented envelope, "
        "the last of 6 attempts (x-request-id r): is ETL_API_BASE_URL right?"
    )


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    server, asked = _in_turn(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
    assert "SSL_CERT_FILE" in str(_fails(_client(server)))
    assert len(asked) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after", ["7", format_datetime(NOON.replace(second=7), usegmt=True)])
def test_retry_after_is_waited_for_be_it_seconds_or_a_date(retry_after: str, status: int) -> None:
    headers = {"retry-after": retry_after, "date": format_datetime(NOON, usegmt=True)}
    sent: list[float] = []
    time = Time()

    def server(_: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        return httpx.Response(status, headers=headers) if len(sent) == 1 else _ok()

    _ask(_client(server, time))
    assert len(sent) == 2
    assert 7 <= sent[1] < 11


def test_a_429_stops_all_tasks_until_its_time_has_come() -> None:
    time = Time()
    sent: list[float] = []

    def server(_: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        return httpx.Response(429, headers={"retry-after": "30"}) if len(sent) == 4 else _ok()

    _ask(_client(server, time, concurrency=1), *[Query(skip=skip) for skip in range(12)])
    assert sent[:4] == [0, 0, 0, 0]
    assert all(moment >= 30 for moment in sent[4:])
    assert len(sent) == 13


def test_429s_do_not_use_up_the_attempts() -> None:
    refused = httpx.Response(429, headers={"retry-after": "1"})
    server, asked = _in_turn(*[refused] * 15, httpx.Response(500), _ok(5))
    assert _ask(_client(server, max_attempts=2))[0].total == 5
    assert len(asked) == 17


@pytest.mark.parametrize("headers", [{}, {"retry-after": "0"}, {"retry-after": "60"}])
def test_an_api_that_answers_nothing_but_429_is_given_up_in_the_end(
    headers: dict[str, str],
) -> None:
    server, asked = _in_turn(httpx.Response(429, headers=headers))
    time = Time()
    error = _fails(_client(server, time))
    assert isinstance(error, UnavailableError)
    assert "answered 429 (too many requests), the last of " in str(error)
    assert len(asked) <= 60
    assert time.now <= 3 * MAX_PAUSE


def test_a_limit_of_the_day_is_not_waited_for_but_told() -> None:
    headers = {"retry-after": "25920", "date": format_datetime(NOON, usegmt=True)}
    server, asked = _in_turn(httpx.Response(429, headers=headers))
    time = Time()
    error = _fails(_client(server, time))
    assert isinstance(error, UnavailableError)
    assert "answered 429: come back in 7 h 12 min, at 2025-06-01 19:12 UTC" in str(error)
    assert (len(asked), time.slept) == (1, [])


def test_with_limit_headers_the_requests_keep_to_the_limit() -> None:
    time = Time()
    sent: list[float] = []

    def server(_: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        remaining = int(20 + time.now - len(sent))
        return _ok(headers={"x-ratelimit-limit": "60", "x-ratelimit-remaining": str(remaining)})

    client = _client(server, time)
    assert client.rate is None
    _ask(client, *[Query(skip=skip) for skip in range(30)])
    assert client.rate == 1
    assert sent[-1] == pytest.approx(10, abs=1)


def test_a_rate_set_by_hand_is_kept() -> None:
    time = Time()
    sent: list[float] = []

    def server(_: httpx.Request) -> httpx.Response:
        sent.append(time.now)
        return _ok()

    _ask(_client(server, time, requests_per_minute=60), *[Query(skip=n) for n in range(11)])
    assert sent[-1] == pytest.approx(9.5, abs=0.6)


def test_no_more_requests_are_under_way_than_concurrency_allows() -> None:
    under_way = most = 0

    async def server(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _step in range(5):
            await asyncio.sleep(0)
        under_way -= 1
        return _ok()

    client = Client(
        load({"api_token": BEARER, "organization_id": "org_1", "concurrency": 3}),
        transport=httpx.MockTransport(server),
    )
    _ask(client, *[Query(skip=skip) for skip in range(20)])
    assert most == 3


def test_the_budget_ends_before_the_request_that_would_exceed_it_retries_included() -> None:
    server, asked = _in_turn(httpx.Response(500), _ok(1), _ok(2))
    client = _client(server, max_requests=3)

    async def ask() -> None:
        async with client:
            await client.page("org_1", Query())
            await client.page("org_1", Query())
            with pytest.raises(BudgetSpentError, match=r"budget of 3 .*ETL_MAX_REQUESTS"):
                await client.page("org_1", Query())

    asyncio.run(ask())
    assert len(asked) == client.requests == 3


def test_the_budget_holds_when_many_ask_at_once() -> None:
    server, asked = _in_turn(_ok())
    client = _client(server, max_requests=5)

    async def ask() -> list[object]:
        async with client:
            pages = [client.page("org_1", Query(skip=skip)) for skip in range(20)]
            return list(await asyncio.gather(*pages, return_exceptions=True))

    results = asyncio.run(ask())
    assert sum(isinstance(result, Page) for result in results) == 5
    assert sum(isinstance(result, BudgetSpentError) for result in results) == 15
    assert len(asked) == client.requests == 5


def test_an_interrupted_wait_counts_no_request_and_holds_nobody_up() -> None:
    server, asked = _in_turn(httpx.Response(429, headers={"retry-after": "60"}), _ok(4))

    async def ask() -> Page:
        time, waiting = Time(), asyncio.Event()

        async def sleep(seconds: float) -> None:
            waiting.set()
            await (time.sleep(seconds) if time.now else asyncio.Event().wait())

        settings = load({"api_token": BEARER, "organization_id": "org_1"})
        transport = httpx.MockTransport(server)
        async with Client(
            settings, transport=transport, sleep=sleep, clock=lambda: time.now
        ) as client:
            task = asyncio.create_task(client.page("org_1", Query()))
            await waiting.wait()
            assert client.requests == 2
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert client.requests == len(asked) == 1
            time.now = 1.0
            return await client.page("org_1", Query())

    assert asyncio.run(ask()).total == 4


def test_words_of_the_server_drive_no_terminal() -> None:
    headers = [(b"x-request-id", b"\x1b[2Jreq\x07")]
    server, _ = _in_turn(httpx.Response(401, headers=headers))
    message = str(_fails(_client(server)))
    assert message.isprintable()
    assert "(x-request-id [2Jreq)" in message


def test_each_request_is_one_debug_line_and_each_retry_a_warning_with_its_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "etl.client")
    headers = {"x-request-id": "req-1"}
    server, _ = _in_turn(httpx.Response(503, headers=headers), _ok(headers=headers))
    _ask(_client(server))
    params = "{'skip': '0', 'limit': '100'}"
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", f"GET {PATH} {params} answered 503 in 0 ms (x-request-id req-1)"),
        ("WARNING", f"GET {PATH} answered 503 (x-request-id req-1); attempt 2 in 0.5 s"),
        ("DEBUG", f"GET {PATH} {params} answered 200 in 0 ms (x-request-id req-1)"),
    ]


def test_cookies_are_neither_kept_nor_sent() -> None:
    server, asked = _in_turn(_ok(headers={"set-cookie": "session=1"}))
    _ask(_client(server), Query(), Query(skip=100))
    assert all("cookie" not in request.headers for request in asked)


def test_an_answer_beyond_the_largest_size_is_not_read_to_its_end() -> None:
    read = 0
    asked = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 2**24
                yield b" " * 2**24

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=Endless())

    assert "answered with more than 256 MB" in str(_fails(_client(server)))
    assert len(asked) == 1
    assert read <= 2**28 + 2**25

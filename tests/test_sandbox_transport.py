"""The sandbox in-process: what it remembers, and the faults that a test can put in."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from etl.sandbox.bucket import Limit
from etl.sandbox.dialect import Dialect
from etl.sandbox.entries import made_up
from etl.sandbox.service import Answer, Asked, Fault, Service, Truncated
from etl.sandbox.source import Source
from etl.sandbox.transport import transport

PATH = "/v1/organizations/org_demo/audit-log"
SOURCE = Source(made_up(entries=120, days=3, seed=1, end=datetime(2025, 6, 2, tzinfo=UTC)))
AUTHORIZED = {"authorization": "Bearer sandbox-token"}


def _client(service: Service) -> httpx.Client:
    return httpx.Client(
        transport=transport(service), base_url="https://sandbox.invalid", headers=AUTHORIZED
    )


def test_sync_and_async_clients_get_the_same_page() -> None:
    service = Service(SOURCE)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport(service), headers=AUTHORIZED) as client:
            return await client.get(f"https://sandbox.invalid{PATH}")

    response = _client(service).get(PATH)
    assert (response.status_code, response.json()["total"]) == (200, 120)
    assert response.headers["content-type"] == "application/json"
    assert asyncio.run(ask()).content == response.content


def test_requests_are_recorded_in_order_unless_that_is_off() -> None:
    for record in (True, False):
        service = Service(SOURCE, record=record)
        client = _client(service)
        client.get(PATH, params={"skip": 100, "search_term": "a b+c"})
        client.get(PATH, params={"limit": 500})
        asked = [
            Asked(PATH, {"skip": "100", "search_term": "a b+c"}, 200),
            Asked(PATH, {"limit": "500"}, 422),
        ]
        assert service.requests == (asked if record else [])


def test_token_dialect_and_zone_may_be_set_between_two_requests() -> None:
    service = Service(SOURCE)
    client = _client(service)
    utc = client.get(PATH, params={"from_date": "2025-06-01"}).json()
    service.dialect = Dialect(names="nested", zone="Pacific/Auckland")
    auckland = client.get(PATH, params={"from_date": "2025-06-01"}).json()
    assert "actor_id" in utc["items"][0]
    assert "actor" in auckland["items"][0]
    assert utc["total"] < auckland["total"]
    service.token = "another"
    assert client.get(PATH).status_code == 401


def test_a_burst_is_served_then_429_and_after_the_wait_one_more() -> None:
    now = [1_000_000.0]
    service = Service(SOURCE, limit=Limit(per_minute=60, burst=3), clock=lambda: now[0])
    client = _client(service)
    answers = [client.get(PATH) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    now[0] += int(answers[-1].headers["retry-after"])
    assert [client.get(PATH).status_code for _ in range(2)] == [200, 429]


def test_each_fault_replaces_the_answer_to_its_request_only() -> None:
    faults: dict[int, Fault] = {
        1: Answer(503, b"upstream", (("retry-after", "7"),)),
        2: Truncated(40),
        3: httpx.ReadTimeout("too slow"),
    }
    service = Service(SOURCE, faults=faults.get)
    client = _client(service)
    unavailable, cut = client.get(PATH), client.get(PATH)
    assert (unavailable.text, unavailable.headers["retry-after"]) == ("upstream", "7")
    assert (cut.status_code, len(cut.content)) == (200, 40)
    with pytest.raises(httpx.ReadTimeout, match="too slow"):
        client.get(PATH)
    assert client.get(PATH).json()["total"] == 120
    assert [asked.status for asked in service.requests] == [503, 200, None, 200]

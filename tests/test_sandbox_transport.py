"""The sandbox in-process: its rate limit, its memory, and the faults that a test can put in."""

from __future__ import annotations

import asyncio
import json
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


def _client(service: Service) -> httpx.Client:
    return httpx.Client(
        transport=transport(service),
        base_url="https://sandbox.invalid",
        headers={"authorization": f"Bearer {service.token}"},
    )


def test_a_page_arrives_as_it_would_over_the_network() -> None:
    response = _client(Service(SOURCE)).get(PATH, params={"limit": 100})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert (len(response.json()["items"]), response.json()["has_more"]) == (100, True)


def test_an_async_client_is_served_too() -> None:
    service = Service(SOURCE)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport(service)) as client:
            return await client.get(
                f"https://sandbox.invalid{PATH}", headers={"authorization": "Bearer sandbox-token"}
            )

    assert asyncio.run(ask()).json()["total"] == 120


def test_what_was_asked_is_remembered_in_order() -> None:
    service = Service(SOURCE)
    client = _client(service)
    client.get(PATH, params={"skip": 100, "search_term": "a b+c"})
    client.get(PATH, params={"limit": 500})
    assert service.requests == [
        Asked(PATH, {"skip": "100", "search_term": "a b+c"}, 200),
        Asked(PATH, {"limit": "500"}, 422),
    ]


def test_a_service_that_does_not_record_remembers_nothing() -> None:
    service = Service(SOURCE, record=False)
    _client(service).get(PATH)
    assert service.requests == []


def test_a_token_that_is_changed_in_mid_run_is_refused_from_then_on() -> None:
    service = Service(SOURCE)
    client = _client(service)
    assert client.get(PATH).status_code == 200
    service.token = "another"
    assert client.get(PATH).status_code == 401


def test_the_dialect_can_be_switched_between_two_requests() -> None:
    service = Service(SOURCE)
    client = _client(service)
    newest = client.get(PATH, params={"limit": 1}).json()["items"][0]
    service.dialect = Dialect(order="oldest", names="nested")
    oldest = client.get(PATH, params={"limit": 1}).json()["items"][0]
    assert "actor_id" in newest
    assert "actor" in oldest
    assert oldest["created_at"] < newest["created_at"]


def test_a_burst_is_served_then_429_and_after_the_wait_one_more() -> None:
    now = [1_000_000.0]
    service = Service(SOURCE, limit=Limit(per_minute=60, burst=3), clock=lambda: now[0])
    client = _client(service)
    statuses = [client.get(PATH).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    wait = int(client.get(PATH).headers["retry-after"])
    now[0] += wait
    assert [client.get(PATH).status_code for _ in range(2)] == [200, 429]


def test_each_fault_replaces_the_answer_to_its_request_only() -> None:
    faults: dict[int, Fault] = {
        2: Answer(503, b"upstream", (("retry-after", "7"),)),
        3: Answer(200, b"<html>"),
        4: Truncated(40),
        5: httpx.ReadTimeout("too slow"),
    }
    service = Service(SOURCE, faults=faults.get)
    client = _client(service)
    assert client.get(PATH).status_code == 200
    unavailable = client.get(PATH)
    assert (unavailable.status_code, unavailable.headers["retry-after"]) == (503, "7")
    assert client.get(PATH).text == "<html>"
    cut = client.get(PATH)
    assert (cut.status_code, len(cut.content)) == (200, 40)
    with pytest.raises(json.JSONDecodeError):
        cut.json()
    with pytest.raises(httpx.ReadTimeout, match="too slow"):
        client.get(PATH)
    assert client.get(PATH).json()["total"] == 120
    assert [asked.status for asked in service.requests] == [200, 503, 200, 200, None, 200]

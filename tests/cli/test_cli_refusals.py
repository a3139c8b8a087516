"""A source that refuses, is unavailable or responds with garbage: one line, and nothing is lost."""

import json
import socket

import pytest
from shell import Shell, at_request

from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer, Fault, Truncated

HTML = Answer(200, b"<!doctype html><title>Welcome</title>", (("content-type", "text/html"),))
ENVELOPE = b'{"items": [], "total": %s, "skip": 0, "limit": 100, "has_more": false}'


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("ETL_API_TOKEN", "another-token", "401"), ("ETL_ORGANIZATION_ID", "org_unknown", "404")],
)
def test_a_refusal_names_the_status_and_the_setting_and_is_not_retried(
    prepared: Shell, name: str, value: str, status: str
) -> None:
    ran = prepared.having(**{name: value, "ETL_MAX_ATTEMPTS": "5"}).run("sync", "--json")
    assert ran.code == 4
    assert status in ran.complaint
    assert name in ran.complaint
    told = json.loads(ran.out)
    assert told["status"] == "failed"
    assert told["message"] in ran.complaint
    assert len(prepared.requests) == 1


def test_an_address_where_nothing_listens_is_named(prepared: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # but does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ran = prepared.having(ETL_API_BASE_URL=url).run("sync")
    assert ran.code == 5
    assert url in ran.complaint
    assert "ETL_API_BASE_URL" in ran.complaint


FAULTS = [
    HTML, Answer(200, b""), Answer(200, b"{}"), Answer(200, b"[1, 2]"), Truncated(40),
    Answer(200, ENVELOPE % b"-3"), Answer(200, ENVELOPE % b'"many"'), ConnectionError("cut"),
    Answer(302, b"", (("location", "https://login.example.com/"),)), Answer(503),
    Answer(422, b'{"detail": "no"}'), Answer(500, b"oops"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: repr(fault)[:50])
def test_an_invalid_response_leaves_the_copy_unchanged(
    synced: Shell, sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.service.faults = lambda _: fault
    ran = synced.run("sync")
    assert ran.code == 5
    assert "/v1/organizations/org_demo/audit-log" in ran.complaint
    assert ("ETL_API_BASE_URL" in ran.complaint) or fault is not HTML
    assert synced.held == 250


def test_entries_from_before_a_failure_are_not_fetched_again(
    prepared: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.faults = at_request(5, Answer(500))
    ran = prepared.run("sync", "--json", "--concurrency", "1")
    told = json.loads(ran.out)
    assert (ran.code, told["status"], told["inserted"]) == (5, "failed", 200)
    assert prepared.held == 200
    sandbox.requests.clear()
    (told,) = prepared.objects("sync")
    assert (told["status"], told["inserted"], told["warehouse_total"]) == ("complete", 50, 250)
    assert "100" not in {asked.params["skip"] for asked in sandbox.requests}

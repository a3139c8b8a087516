"""A source that refuses, is not there, or talks nonsense: one line, its exit code, nothing lost."""

import json
import socket
from collections.abc import Callable

import pytest
from shell import Shell, at_request

from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer, Fault, Truncated

HTML = Answer(200, b"<!doctype html><title>Welcome</title>", (("content-type", "text/html"),))
ENVELOPE = b'{"items": [], "total": %s, "skip": 0, "limit": 100, "has_more": false}'


def _always(fault: Fault) -> Callable[[int], Fault | None]:
    return lambda _: fault


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def _entries(shell: Shell) -> int:
    return int(shell.run("query", "SELECT count(*) FROM audit_log").out.splitlines()[1])


def test_a_wrong_token_is_refused_with_what_to_look_at(prepared: Shell) -> None:
    ran = prepared.having(ETL_API_TOKEN="another-token").run("sync")
    assert ran.code == 4
    assert "401" in ran.complaint
    assert "ETL_API_TOKEN" in ran.complaint
    assert "another-token" not in ran.out + ran.err


def test_an_unknown_organization_is_refused_with_what_to_look_at(prepared: Shell) -> None:
    ran = prepared.having(ETL_ORGANIZATION_ID="org_unknown").run("sync")
    assert ran.code == 4
    assert "404" in ran.complaint
    assert "ETL_ORGANIZATION_ID" in ran.complaint


def test_nobody_listening_is_said_with_the_address(prepared: Shell) -> None:
    url = f"http://127.0.0.1:{_free_port()}"
    ran = prepared.having(ETL_API_BASE_URL=url).run("sync")
    assert ran.code == 5
    assert f"nobody is listening at {url}" in ran.complaint


@pytest.mark.parametrize(
    "fault",
    [
        HTML,
        Answer(200, b""),
        Answer(200, b"{}"),
        Answer(200, b"[1, 2]"),
        Answer(200, ENVELOPE % b"-3"),
        Answer(200, ENVELOPE % b'"many"'),
        Answer(500, b"oops"),
        Answer(503, b""),
        Answer(302, b"", (("location", "https://login.example.com/"),)),
        Answer(422, b'{"detail": "no"}'),
        Truncated(40),
        ConnectionError("cut"),
    ],
    ids=lambda fault: repr(fault)[:50],
)
def test_what_makes_no_sense_is_said_once_and_leaves_the_copy_as_it_was(
    synced: Shell, sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.service.faults = _always(fault)
    ran = synced.run("sync")
    assert ran.code == 5
    assert "/v1/organizations/org_demo/audit-log" in ran.complaint
    assert _entries(synced) == 250


def test_html_in_place_of_json_points_at_the_base_url(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = _always(HTML)
    ran = prepared.process("sync")
    assert ran.code == 5
    assert "HTML" in ran.complaint
    assert "is ETL_API_BASE_URL right?" in ran.complaint


def test_what_came_before_a_failure_is_kept_and_gone_on_from(
    prepared: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.faults = at_request(3, Answer(500))
    ran = prepared.run("sync", "--json", "--concurrency", "1")
    assert ran.code == 5
    told = json.loads(ran.out)
    assert (told["status"], told["inserted"]) == ("failed", 200)
    assert _entries(prepared) == 200
    sandbox.service.faults = _always_right
    again = prepared.run("sync", "--json")
    assert again.code == 0
    told = json.loads(again.out)
    assert (told["status"], told["inserted"], told["warehouse_total"]) == ("complete", 50, 250)


def _always_right(_: int) -> None:
    return None


def test_a_refusal_is_in_the_json_object_as_well(prepared: Shell) -> None:
    ran = prepared.having(ETL_API_TOKEN="another-token").run("sync", "--json")
    assert ran.code == 4
    told = json.loads(ran.out)
    assert told["status"] == "failed"
    assert told["message"] in ran.complaint


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_not_asked_for_again(prepared: Shell, sandbox: Sandbox, status: int) -> None:
    sandbox.service.faults = _always(Answer(status))
    assert prepared.having(ETL_MAX_ATTEMPTS="5").run("sync").code == 4
    assert len(sandbox.requests) == 1

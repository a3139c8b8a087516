"""How the sandbox writes entries, errors and headers: one test for each open question."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from etl.sandbox.bucket import Allowance
from etl.sandbox.dialect import Dialect, switches
from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.messages import Request, Response
from etl.sandbox.respond import respond
from etl.sandbox.source import Source

NOW = datetime(2025, 6, 2, 12, 0, 0, 250_000, tzinfo=UTC)
PATH = "/v1/organizations/org_demo/audit-log"
ENTRY = Entry(
    at=microseconds(datetime(2025, 5, 1, 8, 30, 15, 123_000, tzinfo=UTC)),
    id="aud_1",
    organization_id="org_demo",
    action_type="assigned",
    actor_id="usr_1",
    actor_name="Zoë Müller",
    actor_email="zoe.mueller@example.com",
    new_value={"role_name": "Editor"},
)
PLAIN = Dialect()
SPENT = Allowance(allowed=False, limit=100, remaining=0, wait=2.4, full_in=72.0)
REQUEST = Request("GET", PATH, "Bearer sandbox-token", 5, NOW.timestamp())


def _get(query: str = "", dialect: Dialect = PLAIN, entry: Entry = ENTRY, **more: Any) -> Response:
    request = replace(REQUEST, **{"target": f"{PATH}?{query}", **more})
    return respond(Source([entry]), dialect, request)


def _item(dialect: Dialect, **fields: Any) -> Any:
    body = _get(dialect=dialect, entry=msgspec.structs.replace(ENTRY, **fields)).body
    return json.loads(body)["items"][0]


def _headers(**more: Any) -> dict[str, str]:
    return dict(_get(**more).headers)


ACTOR = {"id": "usr_1", "name": "Zoë Müller", "email": "zoe.mueller@example.com"}
PLACE = {"id": "aud_1", "new_value": {"role_name": "Editor"}, "action_type": "assigned"}


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        ("flat", {**PLACE, **{f"actor_{part}": value for part, value in ACTOR.items()}}),
        ("nested", {**PLACE, "actor": ACTOR, "target": None}),
        ("camel", {"newValue": {"role_name": "Editor"}, "actorName": "Zoë Müller"}),
    ],
)
def test_fields_are_spelled_as_chosen_and_values_left_alone(
    names: Any, fields: dict[str, object]
) -> None:
    item = _item(Dialect(names=names))
    assert fields.items() <= item.items()
    assert len(item) == len(Entry.__struct_fields__) - 2 - (7 if names == "nested" else 0)
    assert names != "camel" or not [name for name in item if "_" in name]


@pytest.mark.parametrize("names", ["flat", "nested", "camel"])
def test_time_and_action_stand_in_the_fields_that_were_chosen(names: Any) -> None:
    item = _item(Dialect(names=names, time_field="occurred_at", action_field="action"))
    time = item["occurredAt" if names == "camel" else "occurred_at"]
    assert (time, item["action"]) == ("2025-05-01T08:30:15.123000Z", "assigned")
    assert not {"created_at", "createdAt", "action_type", "actionType"} & set(item)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("iso-z", "2025-05-01T08:30:15.123000Z"),
        ("naive", "2025-05-01T08:30:15.123000"),
        ("epoch-s", 1746088215),
        ("epoch-ms", 1746088215123),
    ],
)
def test_the_time_is_written_in_the_style_that_was_chosen(style: Any, expected: object) -> None:
    assert _item(Dialect(time_style=style))["created_at"] == expected


def test_offsets_differ_between_entries_and_never_change_the_instant() -> None:
    offsets = set()
    for second in range(8):
        at = (ENTRY.at or 0) + second * 1_000_000
        text = _item(Dialect(time_style="iso-offset"), at=at)["created_at"]
        assert microseconds(datetime.fromisoformat(text)) == at
        offsets.add(datetime.fromisoformat(text).utcoffset())
    assert len(offsets) == 4


@pytest.mark.parametrize("style", ["iso-z", "iso-offset", "naive", "epoch-s", "epoch-ms"])
@pytest.mark.parametrize("names", ["flat", "nested"])
def test_an_entry_without_a_time_has_null_as_its_time(names: Any, style: Any) -> None:
    assert _item(Dialect(names=names, time_style=style), at=None)["created_at"] is None


def test_further_fields_and_whole_texts_are_served_as_they_are() -> None:
    assert _item(Dialect(names="camel"), extra={"risk_score": 0.7})["risk_score"] == 0.7
    odd = b'{"id":"\\ud800", "n": 123456789012345678901234567890 , "n":2}'
    assert odd in _get(entry=msgspec.structs.replace(ENTRY, text=odd)).body


@pytest.mark.parametrize(
    ("change", "status", "header"),
    [
        ({"authorization": None}, 401, ("www-authenticate", "Bearer")),
        ({"authorization": "sandbox-token"}, 401, ("www-authenticate", "Bearer")),
        ({"target": "/v1/organizations/org_other/audit-log"}, 404, None),
        ({"target": "/v1/organizations//audit-log"}, 404, None),
        ({"target": f"{PATH}/export"}, 404, None),
        ({"target": PATH.replace("_", "%5F")}, 200, None),
        ({"method": "POST"}, 405, ("allow", "GET")),
        ({"allowance": SPENT}, 429, ("retry-after", "3")),
        ({"allowance": SPENT._replace(wait=0.0)}, 429, ("retry-after", "1")),
    ],
)
def test_what_is_not_allowed_is_refused_and_says_why(
    change: dict[str, Any], status: int, header: tuple[str, str] | None
) -> None:
    response = _get(**change)
    assert response.status == status
    assert header is None or header in response.headers


BAD = ["skip=-1", "skip=many", "skip=1_0", f"skip={'9' * 5000}", "limit=101", "limit=0", "limit="]
BAD += [
    f"{name}_date={day}"
    for name in ("from", "to")
    for day in ("", "yesterday", "2025-02-30", "20250101", "2025-01-01T00:00:00Z")
]


@pytest.mark.parametrize("query", BAD)
def test_a_malformed_parameter_is_422_and_named(query: str) -> None:
    response = _get(query)
    (detail,) = json.loads(response.body)["detail"]
    assert (response.status, detail["loc"]) == (422, ["query", query.split("=")[0]])


def test_the_largest_skip_and_limit_are_the_dialects() -> None:
    dialect = Dialect(max_skip=200, max_limit=20)
    queries = ("skip=200", "skip=201", "limit=20", "limit=21")
    assert [_get(query, dialect).status for query in queries] == [200, 422, 200, 422]
    assert json.loads(_get("", dialect).body)["limit"] == 20


@pytest.mark.parametrize(
    ("errors", "content_type", "body"),
    [
        ("json", "application/json", b'{"detail":"Not Found"}'),
        ("html", "text/html", b"<html><head><title>404 Not Found</title>"),
        ("empty", None, b""),
    ],
)
def test_an_error_has_the_body_that_was_chosen(
    errors: Any, content_type: str | None, body: bytes
) -> None:
    response = _get(target="/", dialect=Dialect(errors=errors))
    assert dict(response.headers).get("content-type") == content_type
    assert response.body[: len(body) or None] == body


def test_every_answer_has_its_date_and_request_id() -> None:
    for query in ("", "skip=x"):
        headers = _headers(query=query)
        assert headers["date"] == "Mon, 02 Jun 2025 12:00:00 GMT"
        assert headers["x-request-id"] == "req_000000000005"


SAID = {"limit": "100", "remaining": "0", "reset": str(int(NOW.timestamp()) + 73)}
RESET = {f"x-ratelimit-{name}": value for name, value in SAID.items()}
REQUESTS = {f"{name}-requests": value for name, value in RESET.items()}
REQUESTS["x-ratelimit-reset-requests"] = "1m12s"


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [("both", RESET | REQUESTS), ("reset", RESET), ("requests", REQUESTS), ("none", {})],
)
def test_the_limit_is_told_in_the_spelling_that_was_chosen(spelling: Any, expected: object) -> None:
    headers = _headers(dialect=Dialect(limit_headers=spelling), allowance=SPENT)
    assert {n: value for n, value in headers.items() if n.startswith("x-ratelimit")} == expected
    assert not [name for name in _headers() if name.startswith("x-ratelimit")]


def test_retry_after_is_written_in_the_style_that_was_chosen() -> None:
    for style, value in (
        ("seconds", "3"),
        ("date", "Mon, 02 Jun 2025 12:00:03 GMT"),
        ("none", None),
    ):
        headers = _headers(dialect=Dialect(retry_after=style), allowance=SPENT)
        assert headers.get("retry-after") == value


@pytest.mark.parametrize(
    ("switch", "value", "takes"),
    [
        ("names", "kebab", "names is one of flat, nested, camel"),
        ("zone", "Mars/Olympus", "zone is an IANA time zone, not 'Mars/Olympus'"),
        ("zone", "../etc/passwd", "zone is an IANA time zone"),
        ("max_limit", 0, "max_limit is a whole number of at least 1"),
        ("page_cap", 0, "page_cap is a whole number of at least 1"),
    ],
)
def test_an_impossible_dialect_is_refused_and_says_what_it_takes(
    switch: str, value: Any, takes: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(takes)):
        Dialect(**{switch: value})


def test_every_switch_is_explained() -> None:
    assert all(switch.help for switch in switches())

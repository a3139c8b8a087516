"""Each open question of the API's page as the sandbox answers it, one test for each answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

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
    entity_type="role_assignment",
    entity_id="rol_1",
    entity_name="Editor",
    action_type="assigned",
    actor_id="usr_1",
    actor_name="Zoë Müller",
    actor_email="zoe.mueller@example.com",
    target_type="user",
    target_id="usr_2",
    target_name="高橋 健太",
    new_value={"role_name": "Editor"},
    metadata={"ip_address": "192.0.2.1"},
)
SPENT = Allowance(allowed=False, limit=100, remaining=0, wait=2.4, full_in=72.0)
PLENTY = Allowance(allowed=True, limit=100, remaining=119, wait=0, full_in=0.6)


def _get(
    query: str = "",
    dialect: Dialect | None = None,
    *,
    source: Source | None = None,
    method: str = "GET",
    path: str = PATH,
    authorization: str | None = "Bearer sandbox-token",
    allowance: Allowance | None = None,
) -> Response:
    return respond(
        source or Source([ENTRY]),
        dialect or Dialect(),
        Request(method, f"{path}?{query}", authorization, 5),
        now=NOW.timestamp(),
        allowance=allowance,
    )


def _item(dialect: Dialect, entry: Entry = ENTRY) -> Any:
    response = _get(dialect=dialect, source=Source([entry]))
    return json.loads(response.body)["items"][0]


def _headers(response: Response) -> dict[str, str]:
    return dict(response.headers)


def test_flat_names_are_those_of_the_page() -> None:
    assert _item(Dialect()) == {
        "id": "aud_1",
        "organization_id": "org_demo",
        "entity_type": "role_assignment",
        "entity_id": "rol_1",
        "entity_name": "Editor",
        "action_type": "assigned",
        "actor_id": "usr_1",
        "actor_name": "Zoë Müller",
        "actor_email": "zoe.mueller@example.com",
        "target_type": "user",
        "target_id": "usr_2",
        "target_name": "高橋 健太",
        "department_id": None,
        "department_name": None,
        "previous_value": None,
        "new_value": {"role_name": "Editor"},
        "metadata": {"ip_address": "192.0.2.1"},
        "created_at": "2025-05-01T08:30:15.123000Z",
    }


def test_camel_names_spell_the_entry_and_leave_its_values_alone() -> None:
    item = _item(Dialect(names="camel"))
    assert item["actorEmail"] == "zoe.mueller@example.com"
    assert item["actionType"] == "assigned"
    assert item["createdAt"] == "2025-05-01T08:30:15.123000Z"
    assert item["newValue"] == {"role_name": "Editor"}
    assert not [name for name in item if "_" in name]


def test_nested_names_make_objects_and_null_where_there_is_nobody() -> None:
    item = _item(Dialect(names="nested"))
    assert item["actor"] == {
        "id": "usr_1",
        "name": "Zoë Müller",
        "email": "zoe.mueller@example.com",
    }
    assert item["entity"] == {"type": "role_assignment", "id": "rol_1", "name": "Editor"}
    assert item["target"] == {"type": "user", "id": "usr_2", "name": "高橋 健太"}
    assert item["department"] is None
    assert item["action_type"] == "assigned"


@pytest.mark.parametrize("names", ["flat", "nested", "camel"])
@pytest.mark.parametrize("field", ["created_at", "timestamp", "occurred_at"])
@pytest.mark.parametrize("action", ["action_type", "action"])
def test_time_and_action_stand_in_the_field_that_was_chosen(
    names: Any, field: Any, action: Any
) -> None:
    item = _item(Dialect(names=names, time_field=field, action_field=action))
    lower = {name.lower(): value for name, value in item.items()}
    squeezed = (lambda name: name.replace("_", "")) if names == "camel" else str
    times = {squeezed(name) for name in ("created_at", "timestamp", "occurred_at")}
    assert times & set(lower) == {squeezed(field)}
    assert lower[squeezed(action)] == "assigned"


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


def test_offsets_differ_from_entry_to_entry_and_never_change_the_instant() -> None:
    offsets = set()
    for second in range(8):
        entry = Entry(at=ENTRY.at + second * 1_000_000, id="e", organization_id="org_demo")
        text = _item(Dialect(time_style="iso-offset"), entry)["created_at"]
        moment = datetime.fromisoformat(text)
        assert microseconds(moment) == entry.at
        offsets.add(moment.utcoffset())
    assert len(offsets) == 4


def test_a_whole_second_is_written_without_a_fraction() -> None:
    entry = Entry(at=1_746_088_215_000_000, id="e", organization_id="org_demo")
    assert _item(Dialect(), entry)["created_at"] == "2025-05-01T08:30:15Z"


@pytest.mark.parametrize("names", ["flat", "nested", "camel"])
def test_fields_that_nobody_knows_are_served_as_they_are(names: Any) -> None:
    entry = Entry(at=ENTRY.at, id="e", organization_id="org_demo", extra={"risk_score": 0.7})
    item = _item(Dialect(names=names), entry)
    assert (item["risk_score"], item["id"]) == (0.7, "e")


def test_a_verbatim_entry_is_served_byte_for_byte_and_its_neighbours_beside_it() -> None:
    odd = b'{"id":"\\ud800", "n": 123456789012345678901234567890 , "n":2}'
    source = Source([Entry(at=0, organization_id="org_demo", text=odd), ENTRY])
    body = _get(source=source).body
    assert odd in body
    assert b'"aud_1"' in body


@pytest.mark.parametrize("authorization", [None, "", "Bearer wrong", "sandbox-token", "Basic x"])
def test_a_wrong_or_missing_token_is_401(authorization: str | None) -> None:
    response = _get(authorization=authorization)
    assert response.status == 401
    assert _headers(response)["www-authenticate"] == "Bearer"


def test_an_unknown_organization_is_404() -> None:
    response = _get(path="/v1/organizations/org_other/audit-log")
    assert (response.status, json.loads(response.body)["detail"]) == (404, "Organization not found")


@pytest.mark.parametrize(
    "path",
    ["/", "/v1/organizations/org_demo", "/v1/organizations//audit-log", f"{PATH}/export", "/v2"],
)
def test_any_other_path_is_404(path: str) -> None:
    assert _get(path=path).status == 404


def test_an_organization_id_may_be_percent_encoded() -> None:
    assert _get(path="/v1/organizations/org%5Fdemo/audit-log").status == 200


def test_any_other_method_is_405() -> None:
    response = _get(method="POST")
    assert (response.status, _headers(response)["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("skip=-1", "skip"),
        ("skip=many", "skip"),
        ("limit=101", "limit"),
        ("limit=0", "limit"),
        ("limit=", "limit"),
        ("from_date=yesterday", "from_date"),
        ("from_date=2025-02-30", "from_date"),
        ("to_date=2025-13-01", "to_date"),
        ("to_date=", "to_date"),
    ],
)
def test_a_malformed_parameter_is_422_and_named(query: str, parameter: str) -> None:
    response = _get(query)
    detail = json.loads(response.body)["detail"][0]
    assert (response.status, detail["loc"]) == (422, ["query", parameter])
    assert set(detail) == {"type", "loc", "msg", "input"}


@pytest.mark.parametrize("value", ["2025-01-01T00:00:00Z", "20250101", "2025-W01-1"])
def test_anything_but_a_plain_day_is_422_where_times_are_refused(value: str) -> None:
    assert _get(f"from_date={value}", Dialect(dates="refuse")).status == 422
    assert _get(f"to_date={value}", Dialect(dates="refuse")).status == 422
    assert _get("from_date=2025-01-01", Dialect(dates="refuse")).status == 200


def test_a_skip_beyond_the_largest_is_422() -> None:
    dialect = Dialect(max_skip=200)
    assert (_get("skip=200", dialect).status, _get("skip=201", dialect).status) == (200, 422)


def test_a_limit_beyond_the_largest_is_422_and_the_default_is_within_it() -> None:
    dialect = Dialect(max_limit=20)
    assert (_get("limit=20", dialect).status, _get("limit=21", dialect).status) == (200, 422)
    assert json.loads(_get("", dialect).body)["limit"] == 20


@pytest.mark.parametrize(
    ("errors", "content_type", "body"),
    [
        ("json", "application/json", b'{"detail":"Organization not found"}'),
        ("html", "text/html", b"<html><head><title>404 Not Found</title>"),
        ("empty", None, b""),
    ],
)
def test_an_error_has_the_body_that_was_chosen(
    errors: Any, content_type: str | None, body: bytes
) -> None:
    response = _get(path="/v1/organizations/x/audit-log", dialect=Dialect(errors=errors))
    assert response.status == 404
    assert _headers(response).get("content-type") == content_type
    assert response.body.startswith(body)
    assert bool(response.body) == bool(body)


@pytest.mark.parametrize("response", [_get(), _get("skip=x"), _get(authorization=None)])
def test_every_answer_bears_its_date_and_request_id(response: Response) -> None:
    headers = _headers(response)
    assert parsedate_to_datetime(headers["date"]) == NOW.replace(microsecond=0)
    assert headers["x-request-id"] == "req_000000000005"


RESET = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
REQUESTS = {f"{name}-requests" for name in RESET}


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [("both", RESET | REQUESTS), ("reset", RESET), ("requests", REQUESTS), ("none", set())],
)
def test_the_limit_is_told_in_the_spelling_that_was_chosen(
    spelling: Any, expected: set[str]
) -> None:
    headers = _headers(_get(dialect=Dialect(limit_headers=spelling), allowance=PLENTY))
    assert {name for name in headers if name.startswith("x-ratelimit")} == expected


def test_without_a_limit_there_are_no_limit_headers() -> None:
    assert not [name for name in _headers(_get()) if "ratelimit" in name]


def test_reset_is_when_the_bucket_is_full_as_an_epoch_and_as_a_duration() -> None:
    headers = _headers(_get(allowance=SPENT))
    assert headers["x-ratelimit-limit"] == headers["x-ratelimit-limit-requests"] == "100"
    assert headers["x-ratelimit-remaining"] == headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-ratelimit-reset"] == str(int(NOW.timestamp()) + 73)
    assert headers["x-ratelimit-reset-requests"] == "1m12s"
    assert _headers(_get(allowance=PLENTY))["x-ratelimit-reset-requests"] == "1s"


@pytest.mark.parametrize(
    ("style", "expected"),
    [("seconds", "3"), ("date", "Mon, 02 Jun 2025 12:00:03 GMT"), ("none", None)],
)
def test_over_the_limit_is_429_with_retry_after_in_the_style_that_was_chosen(
    style: Any, expected: str | None
) -> None:
    response = _get(dialect=Dialect(retry_after=style), allowance=SPENT)
    assert (response.status, _headers(response).get("retry-after")) == (429, expected)


def test_retry_after_never_says_at_once() -> None:
    response = _get(allowance=replace(SPENT, wait=0.0))
    assert _headers(response)["retry-after"] == "1"


@pytest.mark.parametrize(
    ("switch", "value", "takes"),
    [
        ("names", "kebab", "names is one of flat, nested, camel"),
        ("order", "random", "order is one of newest, oldest"),
        ("zone", "Mars/Olympus", "zone is an IANA time zone, not 'Mars/Olympus'"),
        ("zone", "../etc/passwd", "zone is an IANA time zone"),
        ("max_limit", 0, "max_limit is a whole number of at least 1"),
        ("total_cap", -1, "total_cap is a whole number of at least 0"),
    ],
)
def test_a_dialect_that_cannot_be_is_refused_and_says_what_it_takes(
    switch: str, value: Any, takes: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(takes)):
        Dialect(**{switch: value})


def test_every_switch_is_explained() -> None:
    assert all(switch.help for switch in switches())

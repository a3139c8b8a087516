"""What the sandbox serves for a query, against the plainest model of it: a sorted list."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.sandbox.dialect import Dialect
from etl.sandbox.entries import made_up
from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.messages import Request
from etl.sandbox.respond import respond
from etl.sandbox.source import Source

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
LOG = made_up(entries=600, days=30, seed=7, end=NOW)
SOURCE = Source(LOG)
PLAIN = Dialect()


def _ask(source: Source, dialect: Dialect = PLAIN, number: int = 1, /, **query: Any) -> Any:
    target = f"/v1/organizations/org_demo/audit-log?{urlencode(query)}"
    request = Request("GET", target, "Bearer sandbox-token", number)
    response = respond(source, dialect, request, now=NOW.timestamp())
    assert response.status == 200, response.body
    return json.loads(response.body)


def _ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer["items"]]


def _at(*moments: datetime) -> list[Entry]:
    return [
        Entry(at=microseconds(moment), id=f"e{number}", organization_id="org_demo")
        for number, moment in enumerate(moments)
    ]


@given(
    limit=st.integers(1, 100),
    order=st.sampled_from(["newest", "oldest"]),
    since=st.integers(0, 31),
    length=st.integers(0, 31),
)
@settings(max_examples=60, deadline=None)
def test_the_pages_of_any_size_add_up_to_exactly_the_entries_of_the_days_asked_for(
    limit: int, order: Any, since: int, length: int
) -> None:
    first = date(2025, 5, 3) + timedelta(days=since)
    last = first + timedelta(days=length)
    expected = [e.id for e in LOG if first <= e.occurred_at.date() <= last]
    if order == "newest":
        expected.reverse()
    served: list[str] = []
    more = True
    while more:
        page = _ask(
            SOURCE,
            Dialect(order=order),
            skip=len(served),
            limit=limit,
            from_date=first,
            to_date=last,
        )
        assert (page["total"], page["skip"], page["limit"]) == (len(expected), len(served), limit)
        served += _ids(page)
        more = page["has_more"]
    assert served == expected


@pytest.mark.parametrize("past", [600, 601, 10**12])
def test_a_page_behind_the_end_is_empty_and_says_so(past: int) -> None:
    page = _ask(SOURCE, skip=past)
    assert (page["items"], page["total"], page["has_more"]) == ([], 600, False)


def test_limit_is_50_unless_given() -> None:
    page = _ask(SOURCE)
    assert (len(page["items"]), page["limit"], page["has_more"]) == (50, 50, True)


def test_an_organization_without_entries_has_an_empty_page() -> None:
    page = _ask(Source(organizations=["org_demo"]))
    assert page == {"items": [], "total": 0, "skip": 0, "limit": 50, "has_more": False}


@pytest.mark.parametrize(
    "field", ["entity_type", "action_type", "actor_id", "target_id", "department_id"]
)
def test_each_filter_serves_exactly_the_entries_with_that_value(field: str) -> None:
    values = {getattr(entry, field) for entry in LOG} - {None}
    assert values
    for value in values:
        expected = [entry.id for entry in LOG if getattr(entry, field) == value]
        page = _ask(SOURCE, Dialect(order="oldest"), limit=100, **{field: value})
        assert page["total"] == len(expected)
        assert _ids(page) == expected[:100]
    assert _ask(SOURCE, **{field: "nobody"})["total"] == 0


@pytest.mark.parametrize("field", ["entity_name", "actor_name", "actor_email"])
def test_search_term_finds_a_part_of_each_of_three_fields_in_any_case(field: str) -> None:
    text = getattr(LOG[0], field)
    term = text[1:-1].upper()
    expected = {
        entry.id
        for entry in LOG
        if any(
            term.casefold() in (value or "").casefold()
            for value in (entry.entity_name, entry.actor_name, entry.actor_email)
        )
    }
    page = _ask(SOURCE, limit=100, search_term=term)
    assert LOG[0].id in expected
    assert page["total"] == len(expected)
    assert set(_ids(page)) <= expected


def test_filters_and_dates_hold_together() -> None:
    wanted = [
        entry
        for entry in LOG
        if entry.entity_type == "user"
        and entry.action_type == "updated"
        and entry.occurred_at.date() >= date(2025, 5, 20)
    ]
    page = _ask(SOURCE, entity_type="user", action_type="updated", from_date="2025-05-20")
    assert page["total"] == len(wanted) > 0


def test_a_parameter_that_nobody_knows_is_ignored() -> None:
    assert _ask(SOURCE, page=3)["total"] == 600


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (Dialect(), ["e1", "e2"]),
        (Dialect(to_date="exclusive"), []),
    ],
)
def test_the_day_of_to_date_is_served_or_not(dialect: Dialect, expected: list[str]) -> None:
    source = Source(
        _at(
            datetime(2025, 1, 9, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2025, 1, 10, tzinfo=UTC),
            datetime(2025, 1, 10, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(2025, 1, 11, tzinfo=UTC),
        )
    )
    page = _ask(source, dialect, from_date="2025-01-10", to_date="2025-01-10")
    assert sorted(_ids(page)) == expected


@given(st.integers(0, 3 * 365), st.sampled_from(["America/New_York", "Europe/Zurich"]))
@settings(max_examples=50, deadline=None)
def test_days_begin_at_midnight_of_the_zone_also_where_summer_time_begins_or_ends(
    offset: int, zone: str
) -> None:
    day = date(2023, 1, 1) + timedelta(days=offset)
    midnights = [
        datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for d in (day, day + timedelta(days=1))
    ]
    just_before = [midnight - timedelta(microseconds=1) for midnight in midnights]
    source = Source(_at(just_before[0], midnights[0], just_before[1], midnights[1]))
    page = _ask(source, Dialect(zone=zone), from_date=day, to_date=day)
    assert sorted(_ids(page)) == ["e1", "e2"]


def test_the_last_day_of_all_is_a_day_too() -> None:
    assert _ask(SOURCE, to_date="9999-12-31")["total"] == 600
    assert _ask(SOURCE, Dialect(zone="Asia/Tokyo"), from_date="0001-01-01")["total"] == 600


TWO_HOURS = _at(datetime(2025, 1, 10, 9, tzinfo=UTC), datetime(2025, 1, 10, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("dates", "zone", "query", "expected"),
    [
        ("day", "UTC", {"from_date": "2025-01-10T10:00:00Z"}, ["e0", "e1"]),
        ("time", "UTC", {"from_date": "2025-01-10T10:00:00Z"}, ["e1"]),
        ("time", "UTC", {"from_date": "2025-01-10T10:00:00+02:00"}, ["e0", "e1"]),
        ("time", "Asia/Tokyo", {"from_date": "2025-01-10T19:00:00"}, ["e1"]),
        ("time", "UTC", {"to_date": "2025-01-10T09:00:00Z"}, ["e0"]),
        ("time", "UTC", {"to_date": "2025-01-10"}, ["e0", "e1"]),
    ],
)
def test_a_time_of_day_is_cut_to_the_day_or_honoured(
    dates: Any, zone: str, query: dict[str, str], expected: list[str]
) -> None:
    page = _ask(Source(TWO_HOURS), Dialect(dates=dates, zone=zone), **query)
    assert sorted(_ids(page)) == expected


def test_an_exclusive_to_date_with_a_time_excludes_that_very_instant() -> None:
    dialect = Dialect(dates="time", to_date="exclusive")
    page = _ask(Source(TWO_HOURS), dialect, to_date="2025-01-10T11:00:00Z")
    assert _ids(page) == ["e0"]


def test_a_capped_total_leaves_has_more_honest() -> None:
    dialect = Dialect(total_cap=120)
    assert _ask(SOURCE, dialect, limit=100, skip=100)["total"] == 120
    assert _ask(SOURCE, dialect, limit=100, skip=400)["has_more"]
    assert not _ask(SOURCE, dialect, limit=100, skip=500)["has_more"]


def test_a_lagging_total_states_what_the_log_held_some_seconds_ago() -> None:
    clock = [NOW.timestamp() - 30]
    source = Source(LOG[:500], clock=lambda: clock[0])
    source.insert(*LOG[500:])
    assert _ask(source, Dialect(total_lag=60), limit=100, skip=400)["total"] == 500
    assert _ask(source, Dialect(total_lag=60), limit=100, skip=400)["has_more"]
    assert _ask(source, Dialect(total_lag=30))["total"] == 600
    assert _ask(source)["total"] == 600


@pytest.mark.parametrize(("says", "told"), [("always", True), ("never", False)])
def test_has_more_can_lie(says: Any, told: bool) -> None:
    answers = [_ask(SOURCE, Dialect(has_more=says), skip=skip)["has_more"] for skip in (0, 599)]
    assert answers == [told, told]


@given(st.integers(1, 2**32), st.integers(1, 30), st.sampled_from(["newest", "oldest"]))
@settings(max_examples=50, deadline=None)
def test_shuffled_ties_keep_the_order_of_time_and_every_entry_its_instant(
    number: int, limit: int, order: Any
) -> None:
    instants = [datetime(2025, 1, 1, minute=n // 7, tzinfo=UTC) for n in range(40)]
    source = Source(_at(*instants))
    dialect = Dialect(ties="shuffled", order=order)
    whole = _ask(source, dialect, number, limit=40)
    times = [item["created_at"] for item in whole["items"]]
    assert times == sorted(times, reverse=order == "newest")
    assert sorted(_ids(whole)) == sorted(_ids(_ask(source, limit=40)))
    part = _ask(source, dialect, number, limit=limit, skip=3)
    assert [item["created_at"] for item in part["items"]] == times[3 : 3 + limit]
    assert len(set(_ids(part))) == len(part["items"])


def test_shuffled_ties_are_in_another_order_at_another_request() -> None:
    source = Source(_at(*[NOW] * 30))
    first, again, other = (
        _ids(_ask(source, Dialect(ties="shuffled"), number)) for number in (1, 1, 2)
    )
    assert first == again != other


def test_shuffled_ties_stay_within_the_days_that_were_asked_for() -> None:
    midnight = datetime(2025, 1, 2, tzinfo=UTC)
    source = Source(_at(*[midnight - timedelta(microseconds=1)] * 5, *[midnight] * 5))
    page = _ask(source, Dialect(ties="shuffled"), from_date="2025-01-02", limit=3)
    assert page["total"] == 5
    assert set(_ids(page)) <= {"e5", "e6", "e7", "e8", "e9"}


def test_stable_ties_are_served_in_the_order_in_which_they_came() -> None:
    source = Source(_at(NOW, NOW))
    source.insert(Entry(at=microseconds(NOW), id="late", organization_id="org_demo"))
    assert _ids(_ask(source, Dialect(order="oldest"))) == ["e0", "e1", "late"]
    assert _ids(_ask(source)) == ["late", "e1", "e0"]

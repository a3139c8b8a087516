"""What the sandbox serves for a query, compared with a plain list."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
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
FIRST_DAY = date(1969, 12, 31)  # the days asked for lie on either side of 1970-01-01


def _ask(source: Source, dialect: Dialect = PLAIN, number: int = 1, /, **query: Any) -> Any:
    target = f"/v1/organizations/org_demo/audit-log?{urlencode(query)}"
    request = Request("GET", target, "Bearer sandbox-token", number, NOW.timestamp())
    response = respond(source, dialect, request)
    assert response.status == 200, response.body
    return json.loads(response.body)


def _ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer["items"]]


def _at(*moments: datetime | None) -> list[Entry]:
    return [
        Entry(at=moment and microseconds(moment), id=f"e{number}", organization_id="org_demo")
        for number, moment in enumerate(moments)
    ]


def _walk(source: Source, dialect: Dialect, **query: Any) -> list[str]:
    """All pages, the next one beginning behind what has come; the envelope of each is checked."""
    served: list[str] = []
    while True:
        page = _ask(source, dialect, len(served) + 1, skip=len(served), **query)
        served += _ids(page)
        used = min(query["limit"], dialect.page_cap or 100)
        said = {"asked": query["limit"], "used": used, "none": None}[dialect.says_limit]
        assert (page["skip"], page.get("limit")) == (len(served) - len(page["items"]), said)
        assert len(page["items"]) == min(used, page["total"] - page["skip"])
        if not page["has_more"]:
            assert len(served) == page["total"]
            assert _ask(source, dialect, **query, skip=10**12)["items"] == []
            return served


def _expected(entries: Sequence[Entry], dialect: Dialect, query: dict[str, Any]) -> list[str]:
    """What a plain list gives for the orders `newest`, `oldest` and `stored`."""
    if "from_date" in query or "to_date" in query:
        end = query.get("to_date", date.max - timedelta(days=1))
        end += timedelta(days=dialect.to_date == "inclusive")
        begin = query.get("from_date", date.min)
        entries = [e for e in entries if e.at is not None and begin <= e.occurred_at.date() < end]
    if dialect.order != "stored":
        untimed = -1 if dialect.untimed == "oldest" else 10**18
        entries = sorted(entries, key=lambda e: untimed if e.at is None else e.at + 10**14)
    ids = [str(entry.id) for entry in entries]
    return ids if dialect.order == "oldest" else ids[::-1]


moments = st.none() | st.integers(0, 60).map(
    lambda hours: datetime(1969, 12, 31, tzinfo=UTC) + timedelta(hours=hours)
)
dialects = st.builds(
    Dialect,
    order=st.sampled_from(["newest", "oldest", "stored"]),
    untimed=st.sampled_from(["oldest", "newest"]),
    to_date=st.sampled_from(["inclusive", "exclusive"]),
    page_cap=st.none() | st.integers(1, 9),
    says_limit=st.sampled_from(["asked", "used", "none"]),
)
days = st.integers(0, 3).map(lambda days: FIRST_DAY + timedelta(days=days))
queries = st.fixed_dictionaries(
    {"limit": st.integers(1, 12)}, optional={"from_date": days, "to_date": days}
)


@given(st.lists(moments, max_size=30), dialects, queries)
@settings(max_examples=200, deadline=None)
def test_the_pages_of_a_query_add_up_to_its_entries_in_the_order_of_the_dialect(
    moments: list[datetime | None], dialect: Dialect, query: dict[str, Any]
) -> None:
    entries = _at(*moments)
    source = Source(entries, organizations=["org_demo"])
    assert _walk(source, dialect, **query) == _expected(entries, dialect, query)
    served = _walk(source, replace(dialect, order="random"), **query)
    assert sorted(served) == sorted(_expected(entries, dialect, query))


def test_a_random_order_is_fixed_and_has_nothing_to_do_with_time_or_storage() -> None:
    items = _ask(SOURCE, Dialect(order="random"), limit=100)["items"]
    assert _ask(Source(LOG[::-1]), Dialect(order="random"), limit=100)["items"] == items
    times = [item["created_at"] for item in items]
    assert 30 < sum(first < second for first, second in pairwise(times)) < 70
    assert (max(times) > "2025-05-28", min(times) < "2025-05-08") == (True, True)


@given(st.integers(1, 2**32), st.integers(1, 30), dialects)
@settings(max_examples=50, deadline=None)
def test_shuffled_ties_differ_between_requests_within_their_instant(
    number: int, limit: int, dialect: Dialect
) -> None:
    source = Source(
        _at(None, *(datetime(2025, 1, 1, minute=n // 7, tzinfo=UTC) for n in range(40)))
    )
    shuffled = Dialect(order=dialect.order, untimed=dialect.untimed, ties="shuffled")
    stable = replace(shuffled, ties="stable")
    part, same = (_ask(source, d, number, limit=limit, skip=3)["items"] for d in (shuffled, stable))
    assert [item["created_at"] for item in part] == [item["created_at"] for item in same]
    whole = [_ids(_ask(source, shuffled, n, limit=41)) for n in (number, number, number + 1)]
    assert whole[0] == whole[1]
    assert (whole[0] == whole[2]) == (dialect.order == "stored")
    assert len(set(whole[0])) == 41


@pytest.mark.parametrize("skip", [0, 4, 8])
def test_shuffled_ties_may_stand_on_any_page_of_their_instant(skip: int) -> None:
    source = Source(_at(*[NOW] * 10))
    pages = [_ask(source, Dialect(ties="shuffled"), n, skip=skip, limit=2) for n in range(99)]
    assert len({name for page in pages for name in _ids(page)}) == 10


@given(st.integers(0, 3 * 365), st.sampled_from(["UTC", "America/New_York", "Europe/Zurich"]))
@settings(max_examples=50, deadline=None)
def test_days_begin_at_midnight_of_the_zone_also_in_summer_time(offset: int, zone: str) -> None:
    day = date(2023, 1, 1) + timedelta(days=offset)
    midnights = [
        datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for d in (day, day + timedelta(days=1))
    ]
    before = [midnight - timedelta(microseconds=1) for midnight in midnights]
    source = Source(_at(before[0], midnights[0], before[1], midnights[1]))
    page = _ask(source, Dialect(zone=zone), from_date=day, to_date=day)
    assert sorted(_ids(page)) == ["e1", "e2"]


def test_the_first_and_the_last_day_of_all_are_days_too() -> None:
    tokyo = Dialect(zone="Asia/Tokyo")
    assert _ask(SOURCE, tokyo, from_date="0001-01-01", to_date="9999-12-31")["total"] == 600


def test_without_parameters_a_page_has_50_entries_and_unknown_ones_are_ignored() -> None:
    page = _ask(SOURCE, page=3)
    assert (len(page["items"]), page["limit"], page["total"]) == (50, 50, 600)


FILTERS = ("entity_type", "action_type", "actor_id", "target_id", "department_id")


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(LOG) for name in FILTERS}))
@settings(max_examples=50, deadline=None)
def test_filters_serve_exactly_the_entries_with_all_those_values(like: dict[str, Entry]) -> None:
    wanted = {name: str(getattr(entry, name)) for name, entry in like.items()}
    expected = [
        entry.id for entry in LOG if all(getattr(entry, n) == value for n, value in wanted.items())
    ]
    page = _ask(SOURCE, Dialect(order="oldest"), limit=100, **wanted)
    assert (page["total"], _ids(page)) == (len(expected), expected[:100])


@pytest.mark.parametrize("field", ["entity_name", "actor_name", "actor_email"])
def test_search_term_finds_a_part_of_each_of_three_fields_in_any_case(field: str) -> None:
    (found,) = Source([LOG[0]]).entries()
    only = Source([Entry(at=0, organization_id="org_demo", **{field: getattr(found, field)})])
    assert _ask(only, search_term=getattr(found, field)[1:-1].upper())["total"] == 1
    assert _ask(only, search_term="nobody's name")["total"] == 0


def test_a_capped_total_leaves_has_more_true() -> None:
    pages = [_ask(SOURCE, Dialect(total_cap=120), limit=100, skip=skip) for skip in (400, 500)]
    assert [(page["total"], page["has_more"]) for page in pages] == [(120, True), (120, False)]


def test_a_lagging_total_counts_what_the_log_held_some_seconds_ago() -> None:
    source = Source(LOG[:500], clock=lambda: NOW.timestamp() - 30)
    source.insert(*LOG[500:])
    totals = [_ask(source, Dialect(total_lag=lag), skip=450)["total"] for lag in (0, 30, 60)]
    assert totals == [600, 600, 500]
    assert _ask(source, Dialect(total_lag=60), limit=100, skip=450)["has_more"]


@pytest.mark.parametrize(("says", "told"), [("always", True), ("never", False)])
def test_has_more_can_lie(says: Any, told: bool) -> None:
    answers = [_ask(SOURCE, Dialect(has_more=says), skip=skip)["has_more"] for skip in (0, 599)]
    assert answers == [told, told]

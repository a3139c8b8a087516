"""`sync --plan`: the estimated cost of a sync, from one request, and without writing anything."""

import json
import re
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from shell import Shell, entry, now

from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer


def of(total: int, per_minute: int | None) -> Callable[[int], Answer]:
    """Responses that state a total, without entries, and a rate limit or none."""
    limit = {} if per_minute is None else {"X-RateLimit-Limit": str(per_minute)}
    headers = limit and {**limit, "X-RateLimit-Remaining": "99", "X-RateLimit-Reset": "1"}
    body = {"items": [], "total": total, "skip": 0, "limit": 1, "has_more": False}
    return lambda _: Answer(200, json.dumps(body).encode(), tuple(headers.items()))


def planned(shell: Shell) -> dict[str, Any]:
    (told,) = shell.objects("sync", "--plan")
    return told


def test_a_plan_writes_nothing_and_makes_one_request(shell: Shell) -> None:
    ran = shell.run("sync", "--plan")
    assert (ran.code, ran.err) == (0, "")
    line = r"org_demo: local 0, source 250; a sync takes about \d+ requests in 1 window; "
    assert re.fullmatch(f"{line}the rate limit is not known yet\n", ran.out)
    assert len(shell.requests) == 1
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize("arriving", [0, 150])
def test_a_later_sync_takes_what_the_plan_says(
    synced: Shell, sandbox: Sandbox, arriving: int
) -> None:
    sandbox.source.insert(*(entry(900 + n, now()) for n in range(arriving)))
    before = synced.warehouse.read_bytes()
    told = planned(synced)
    assert synced.warehouse.read_bytes() == before
    assert (told["source_total"], told["held"]) == (250 + arriving, 250)
    assert told["missing"] == arriving
    (ran,) = synced.objects("sync")
    assert abs(ran["requests"] - told["requests"]) <= 1


@pytest.mark.parametrize(
    ("total", "limit", "told"),
    [
        (250, 100, r"\d+\.\d s at 100 requests per minute; the limit is 10,000 requests per day"),
        (250, 600, r"\S+ s at 600 requests per minute"),
        (
            2_500_000,
            1_000,
            r"\d+ min at 1,000 requests per minute; the limit is 100,000 requests .*",
        ),
        (2_500_000, 100, r"4 h \d+ min at .*; the limit is 10,000 requests .*, so it takes 3 days"),
    ],
)
def test_the_duration_and_the_daily_limit_follow_from_the_stated_rate_limit(
    prepared: Shell, sandbox: Sandbox, total: int, limit: int, told: str
) -> None:
    sandbox.service.faults = of(total, limit)
    ran = prepared.run("sync", "--plan")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        rf"org_demo: local 0, source {total:,}; a sync takes about [\d,]+ requests in \d+ windows?"
        rf"[,;] {told}\n",
        ran.out,
    ), ran.out
    told = planned(prepared)
    assert told["requests_per_minute"] == limit
    assert told["minutes"] == round(told["requests"] / limit, 1)
    assert told["requests_per_day"] == {100: 10_000, 1_000: 100_000}.get(limit)


def test_a_small_budget_tells_how_many_syncs_it_takes(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = of(12_000, 100)
    tight = prepared.having(ETL_MAX_REQUESTS="50", ETL_REQUESTS_PER_MINUTE="90")
    figures = ("max_requests", "requests_per_minute", "requests_per_day")
    assert [planned(tight)[name] for name in figures] == [50, 90, 10_000]
    told = "; ETL_MAX_REQUESTS allows 50 per sync, so it takes 3 syncs\n"
    assert tight.run("sync", "--plan").out.endswith(told)
    wide = prepared.having(ETL_MAX_REQUESTS="500")
    assert "ETL_MAX_REQUESTS" not in wide.run("sync", "--plan").out


def test_a_plan_is_refused_where_the_sync_would_be(synced: Shell) -> None:
    with duckdb.connect(str(synced.folder / "other.duckdb")) as other:
        other.execute("CREATE TABLE theirs (n INTEGER)")
    for settings, code in (
        ({"ETL_ACTOR_ID": "user_1"}, 3),
        ({"ETL_WAREHOUSE": "other.duckdb"}, 7),
    ):
        plan, sync = (synced.having(**settings).run("sync", *more) for more in (["--plan"], []))
        assert (plan.code, sync.code) == (code, code)
        assert plan.complaint in sync.complaint
    assert not synced.requests

"""`etl sync --plan`: what a sync would take, by what the API and the user say, and no guesses."""

import json
from collections.abc import Callable
from typing import Any

import duckdb
from shell import Shell

from etl.sandbox.bucket import Limit
from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer


def of(total: int, per_minute: int | None) -> Callable[[int], Answer]:
    """Answers that state so many entries, though they serve none, and a limit or none."""
    limit = {} if per_minute is None else {"X-RateLimit-Limit": str(per_minute)}
    headers = limit and {**limit, "X-RateLimit-Remaining": "99", "X-RateLimit-Reset": "1"}
    body = {"items": [], "total": total, "skip": 0, "limit": 1, "has_more": False}
    return lambda _: Answer(200, json.dumps(body).encode(), tuple(headers.items()))


def planned(shell: Shell) -> dict[str, Any]:
    (told,) = map(json.loads, shell.run("sync", "--plan", "--json").out.splitlines())
    assert isinstance(told, dict)
    return told


def test_a_plan_tells_windows_requests_and_minutes(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = of(12_000, 100)
    told = planned(prepared)
    assert told["windows"] == 3
    assert 120 <= told["requests"] <= 1.03 * 120 + 10
    assert told["minutes"] == round(told["requests"] / 100, 1)
    assert told["requests_per_day"] == 10_000
    assert told["max_requests"] is None


def test_a_plan_says_how_many_days_a_long_history_needs(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = of(2_500_000, 100)
    assert "; needs 3 days of 10,000 requests a day\n" in prepared.run("sync", "--plan").out
    sandbox.service.faults = of(2_500_000, 1_000)
    assert "; fits 100,000 requests a day\n" in prepared.run("sync", "--plan").out


def test_a_pace_set_by_hand_says_nothing_of_the_days_budget(
    prepared: Shell, sandbox: Sandbox
) -> None:
    """90 a minute passed for the slowest tier, and its 10,000 a day for the budget."""
    slow = prepared.having(ETL_REQUESTS_PER_MINUTE="90")
    sandbox.service.faults = of(2_500_000, None)
    assert "a day" not in slow.run("sync", "--plan").out
    told = planned(slow)
    assert told["requests_per_day"] is None
    assert told["minutes"] == round(told["requests"] / 90, 1)
    sandbox.service.faults = of(2_500_000, 1_000)
    assert planned(slow)["requests_per_day"] == 100_000
    assert "; fits 100,000 requests a day\n" in slow.run("sync", "--plan").out


def test_a_limit_of_no_published_tier_says_nothing_of_the_days_budget(
    prepared: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.limit = Limit(600, 600)
    told = planned(prepared)
    assert told["requests_per_minute"] == 600
    assert told["requests_per_day"] is None


def test_a_plan_says_how_many_syncs_a_budget_makes_of_it(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = of(12_000, 100)
    tight = prepared.having(ETL_MAX_REQUESTS="50")
    assert planned(tight)["max_requests"] == 50
    said = "; ETL_MAX_REQUESTS allows 50 a sync, so it takes 3 of them\n"
    assert tight.run("sync", "--plan").out.endswith(said)
    wide = prepared.having(ETL_MAX_REQUESTS="500")
    assert "ETL_MAX_REQUESTS" not in wide.run("sync", "--plan").out


def test_a_plan_for_a_warehouse_that_a_sync_would_refuse_is_refused_alike(
    synced: Shell, sandbox: Sandbox
) -> None:
    """It compared what one stream holds with what another states."""
    asked = len(sandbox.requests)
    for settings, code in (
        ({"ETL_ACTOR_ID": "user_1"}, 3),
        ({"ETL_WAREHOUSE": "other.duckdb"}, 7),
    ):
        with duckdb.connect(str(synced.folder / "other.duckdb")) as other:
            other.execute("CREATE TABLE IF NOT EXISTS theirs (n INTEGER)")
        plan, sync = (synced.having(**settings).run("sync", *more) for more in (["--plan"], []))
        assert (plan.code, sync.code) == (code, code)
        assert plan.complaint in sync.complaint
    assert len(sandbox.requests) == asked

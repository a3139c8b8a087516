"""The token bucket, against every sequence of requests that hypothesis can think of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sandbox.bucket import Bucket, Limit, full, take

limits = st.builds(Limit, st.integers(1, 6_000), st.integers(1, 2_000))
pauses = st.lists(st.floats(0, 120, allow_nan=False), min_size=1, max_size=200)


def _allowed_at(limit: Limit, instants: list[float], bucket: Bucket | None = None) -> list[float]:
    bucket, allowed = bucket or full(limit, instants[0]), []
    for now in instants:
        bucket, allowance = take(limit, bucket, now)
        if allowance.allowed:
            allowed.append(now)
    return allowed


def _running_sum(pauses: list[float]) -> list[float]:
    instants = [0.0]
    for pause in pauses:
        instants.append(instants[-1] + pause)
    return instants


@given(limits, pauses)
def test_no_span_of_time_allows_more_than_the_burst_and_what_it_refills(
    limit: Limit, pauses: list[float]
) -> None:
    allowed = _allowed_at(limit, _running_sum(pauses))
    for position, begin in enumerate(allowed):
        end = allowed[-1]
        refilled = (end - begin) * limit.per_minute / 60
        assert len(allowed) - position <= limit.burst + refilled + 1e-6


@given(limits)
def test_a_full_bucket_allows_exactly_its_burst_at_once(limit: Limit) -> None:
    assert len(_allowed_at(limit, [0.0] * (limit.burst + 5))) == limit.burst


@given(limits, st.integers(0, 300))
def test_whoever_waits_as_long_as_told_is_allowed(limit: Limit, refused_first: int) -> None:
    bucket = full(limit, 0)
    for _ in range(limit.burst + refused_first):
        bucket, allowance = take(limit, bucket, 0)
    now = allowance.wait
    _, allowance = take(limit, bucket, now + 1e-6)
    assert allowance.allowed


@given(limits, pauses)
def test_remaining_is_how_many_more_would_be_allowed_now(limit: Limit, pauses: list[float]) -> None:
    bucket = full(limit, 0)
    for now in _running_sum(pauses):
        bucket, allowance = take(limit, bucket, now)
    following = 0
    while allowance.remaining - following > 0:
        bucket, next_one = take(limit, bucket, now)
        assert next_one.allowed
        following += 1
    assert not take(limit, bucket, now)[1].allowed


@given(limits, pauses)
def test_the_bucket_is_full_again_when_it_says(limit: Limit, pauses: list[float]) -> None:
    bucket = full(limit, 0)
    for now in _running_sum(pauses):
        bucket, allowance = take(limit, bucket, now)
    later = now + allowance.full_in + 1e-3
    assert len(_allowed_at(limit, [later] * (limit.burst + 1), bucket)) >= limit.burst


def test_a_clock_set_back_gives_no_tokens_and_takes_none() -> None:
    limit = Limit(per_minute=60, burst=2)
    bucket, _ = take(limit, full(limit, 100), 100)
    after, allowance = take(limit, bucket, 40)
    assert (after.tokens, after.at, allowance.allowed) == (0, 100, True)


@pytest.mark.parametrize(("per_minute", "burst"), [(0, 1), (1, 0), (-5, 5)])
def test_a_limit_that_allows_nothing_is_refused(per_minute: int, burst: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limit(per_minute, burst)

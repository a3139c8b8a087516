"""The token bucket, with every sequence of requests that hypothesis finds."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sandbox.bucket import Allowance, Bucket, Limit, take

limits = st.builds(Limit, st.integers(1, 6_000), st.integers(1, 200))
instants = st.lists(st.floats(0, 120), min_size=1, max_size=200).map(lambda p: [*accumulate(p)])


def _take_all(
    limit: Limit, instants: list[float], bucket: Bucket | None = None
) -> tuple[Bucket, list[Allowance]]:
    told = []
    for now in instants:
        bucket, allowance = take(limit, bucket, now)
        told.append(allowance)
    assert bucket is not None
    return bucket, told


@given(limits, instants)
def test_no_span_of_time_allows_more_than_the_burst_and_its_refill(
    limit: Limit, instants: list[float]
) -> None:
    _, told = _take_all(limit, instants)
    allowed = [now for now, one in zip(instants, told, strict=True) if one.allowed]
    for position, begin in enumerate(allowed):
        refilled = (allowed[-1] - begin) * limit.per_minute / 60
        assert len(allowed) - position <= limit.burst + refilled + 1e-6


@given(limits, instants)
def test_remaining_is_how_many_more_are_allowed_now(limit: Limit, instants: list[float]) -> None:
    bucket, told = _take_all(limit, instants)
    left = told[-1].remaining
    _, more = _take_all(limit, [instants[-1]] * (left + 1), bucket)
    assert [one.allowed for one in more] == [True] * left + [False]


@given(limits, instants)
def test_wait_and_full_in_are_when_one_request_and_a_burst_are_allowed(
    limit: Limit, instants: list[float]
) -> None:
    bucket, told = _take_all(limit, instants)
    now = instants[-1]
    assert take(limit, bucket, now + told[-1].wait + 1e-3)[1].allowed
    _, more = _take_all(limit, [now + told[-1].full_in + 1e-3] * limit.burst, bucket)
    assert all(one.allowed for one in more)


def test_a_clock_set_back_gives_no_tokens_and_takes_none() -> None:
    after, allowance = take(Limit(per_minute=60, burst=2), Bucket(1, 100), 40)
    assert (after, allowance.allowed) == (Bucket(0, 100), True)


@pytest.mark.parametrize(("per_minute", "burst"), [(0, 1), (1, 0), (-5, 5)])
def test_a_limit_that_allows_nothing_is_refused(per_minute: int, burst: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limit(per_minute, burst)

"""The rules of the pacer, one by one, with times given by the test."""

import math

import pytest

from etl.client.limits import Limits
from etl.client.pacing import MAX_PAUSE, Pacer, Permit

NOTHING = Limits()


def _send(pacer: Pacer, now: float) -> Permit:
    assert pacer.wait(now) == 0
    return pacer.take(now)


def _turn(pacer: Pacer, now: float) -> float:
    """When the next request may be sent."""
    while (wait := pacer.wait(now)) > 0:
        now += wait
    return now


def _ask(pacer: Pacer, now: float, status: int = 200, limits: Limits = NOTHING) -> None:
    """A request with an immediate response."""
    pacer.observe(_send(pacer, now), now, status, limits)


def _limited(remaining: float, full_in: float | None = None, per_minute: float = 60) -> Pacer:
    """A pacer after the first response, which stated a limit."""
    pacer = Pacer()
    _ask(pacer, 0, limits=Limits(per_minute, remaining, full_in))
    return pacer


def test_without_a_limit_no_request_waits() -> None:
    pacer = Pacer()
    for _ in range(10_000):
        _ask(pacer, 0)
    assert pacer.rate == math.inf


@pytest.mark.parametrize("full_in", [None, 1, 60])
def test_an_empty_bucket_is_waited_for_only_until_it_has_one_token(full_in: float | None) -> None:
    pacer = _limited(0, full_in)
    assert 0 < pacer.wait(0) < 1.3
    assert pacer.wait(1.3) == 0


def test_requests_of_other_clients_are_seen_in_the_headers() -> None:
    pacer = _limited(50)
    _ask(pacer, 1, limits=Limits(per_minute=60, remaining=0))
    assert pacer.wait(1) > 0


def test_a_429_pauses_all_requests_and_a_later_response_does_not_shorten_the_pause() -> None:
    pacer = Pacer()
    _ask(pacer, 0)
    first, second, third = (_send(pacer, 0) for _ in range(3))
    pacer.observe(first, 1, 429, Limits(retry_after=60))
    pacer.observe(second, 2, 429, Limits(retry_after=1))
    pacer.observe(third, 3, 200, NOTHING)
    assert pacer.wait(3) == pacer.pause(3) == 58
    assert pacer.pause(61) == 0


def test_without_retry_after_the_pause_doubles_until_a_request_is_accepted() -> None:
    pacer, now, pauses = Pacer(), 0.0, []
    for status in [429] * 10 + [200, 429]:
        now = _turn(pacer, now)
        _ask(pacer, now, status)
        pauses.append(pacer.pause(now))
    assert pauses == pytest.approx([1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 0, 1])


def test_no_pause_is_longer_than_the_maximum() -> None:
    pacer = Pacer()
    _ask(pacer, 0, 429, Limits(retry_after=86_400))
    assert pacer.wait(0) == MAX_PAUSE


@pytest.mark.parametrize(("status", "pause"), [(408, 20), (425, 20), (503, 20), (400, 0)])
def test_a_temporary_failure_pauses_all_requests_only_if_it_has_retry_after(
    status: int, pause: float
) -> None:
    pacer = Pacer()
    _ask(pacer, 0, status)
    assert pacer.wait(0) == 0
    _ask(pacer, 0, status, Limits(retry_after=20))
    assert pacer.wait(0) == pause


def test_the_rate_of_the_settings_is_kept_evenly_and_headers_only_lower_it() -> None:
    pacer, now = Pacer(requests_per_minute=60), 0.0
    for _ in range(61):
        now = _turn(pacer, now)
        _ask(pacer, now, limits=Limits(per_minute=6000, remaining=5000, full_in=1))
    assert 59 <= now <= 60.5
    assert pacer.rate == 1
    _ask(pacer, _turn(pacer, now), limits=Limits(per_minute=6, remaining=0))
    assert pacer.rate == 0.1

"""The gate's rules, one by one, without a clock."""

import math

import pytest

from etl.client.limits import Limits
from etl.client.pacing import MAX_PAUSE, Pace, Slot

NOTHING = Limits()


def _send(pace: Pace, now: float) -> Slot:
    assert pace.wait(now) == 0
    return pace.take(now)


def _turn(pace: Pace, now: float) -> float:
    """When the next request may be sent."""
    while (wait := pace.wait(now)) > 0:
        now += wait
    return now


def _ask(pace: Pace, now: float, status: int = 200, limits: Limits = NOTHING) -> None:
    """A request that is answered at once."""
    pace.observe(_send(pace, now), now, status, limits)


def test_one_question_is_asked_before_eight_since_its_answer_may_name_a_limit() -> None:
    pace = Pace()
    slot = _send(pace, 0)
    assert pace.wait(0) == math.inf
    pace.observe(slot, 1, 200, Limits(per_minute=60, remaining=0))
    assert 0 < pace.wait(1) < math.inf


def test_a_first_question_that_is_lost_does_not_block_the_others() -> None:
    pace = Pace()
    _send(pace, 0)
    pace.lost()
    assert pace.wait(1) == 0


def test_without_any_limit_nothing_is_held_back() -> None:
    pace = Pace()
    for _ in range(10_000):
        _ask(pace, 0)
    assert pace.rate == math.inf


def test_what_remains_may_be_sent_at_once_and_then_it_goes_at_the_pace_of_the_limit() -> None:
    pace = Pace()
    _ask(pace, 0, limits=Limits(per_minute=600, remaining=100, full_in=2))
    sent = 0
    while pace.wait(0) == 0:
        pace.take(0)
        sent += 1
    assert 95 <= sent <= 100
    now = waited = 0.0
    for _ in range(50):
        waited = pace.wait(now)
        now += waited
        pace.take(now)
    assert waited == pytest.approx(0.1)
    assert now == pytest.approx(5, abs=0.3)


def test_the_time_until_the_bucket_is_full_is_not_waited_for() -> None:
    pace = Pace()
    _ask(pace, 0, limits=Limits(per_minute=600, remaining=0, full_in=60))
    assert pace.wait(0) < 1


def test_an_answer_that_was_overtaken_does_not_bring_spent_requests_back() -> None:
    pace = Pace()
    _ask(pace, 0, limits=Limits(per_minute=60, remaining=50))
    slots = [_send(pace, 0) for _ in range(49)]
    last, *others = reversed(slots)
    pace.observe(last, 0.1, 200, Limits(per_minute=60, remaining=1))
    for number, slot in enumerate(others):
        pace.observe(slot, 0.1, 200, Limits(per_minute=60, remaining=2 + number))
    assert pace.wait(0.1) > 0


def test_requests_under_way_are_counted_before_the_server_has_counted_them() -> None:
    pace = Pace()
    _ask(pace, 0, limits=Limits(per_minute=60, remaining=8))
    slots = []
    while pace.wait(0) == 0:
        slots.append(pace.take(0))
    pace.observe(slots[0], 0.05, 200, Limits(per_minute=60, remaining=7))
    assert pace.wait(0.05) > 0


def test_a_429_pauses_everybody_for_as_long_as_retry_after_says() -> None:
    pace = Pace()
    _ask(pace, 0)
    first, second = _send(pace, 0), _send(pace, 0)
    pace.observe(first, 1, 429, Limits(retry_after=7))
    assert pace.wait(1) == 7
    pace.observe(second, 2, 200, NOTHING)
    assert pace.wait(2) == 6
    assert pace.pause(2) == 6
    assert pace.pause(9) == 0


def test_a_429_that_comes_late_does_not_shorten_the_pause() -> None:
    pace = Pace()
    _ask(pace, 0)
    first, second = _send(pace, 0), _send(pace, 0)
    pace.observe(first, 1, 429, Limits(retry_after=60))
    pace.observe(second, 1.1, 429, Limits(retry_after=1))
    assert pace.pause(1.1) == pytest.approx(59.9)


def test_429s_of_requests_that_were_under_way_together_slow_down_only_once() -> None:
    pace = Pace()
    for step in range(720):
        _ask(pace, step / 100)
    slots = [_send(pace, 7.2) for _ in range(8)]
    pace.observe(slots[0], 7.3, 429, NOTHING)
    slowed = pace.rate
    for slot in slots[1:]:
        pace.observe(slot, 7.3, 429, NOTHING)
    assert pace.rate == slowed


def test_without_retry_after_the_pauses_grow_as_long_as_nothing_is_accepted() -> None:
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(10):
        now = _turn(pace, now)
        _ask(pace, now, 429)
        pauses.append(pace.pause(now))
    assert pauses == pytest.approx([1, 1, 2, 4, 8, 16, 32, 60, 60, 60])
    now = _turn(pace, now)
    _ask(pace, now, 200)
    now = _turn(pace, now)
    _ask(pace, now, 429)
    assert pace.pause(now) == 1


def test_no_pause_is_longer_than_the_cap() -> None:
    pace = Pace()
    _ask(pace, 0, 429, Limits(retry_after=86_400))
    assert pace.wait(0) == MAX_PAUSE


def test_a_503_with_retry_after_pauses_everybody_and_without_it_nobody() -> None:
    pace = Pace()
    _ask(pace, 0, 503)
    assert pace.wait(0) == 0
    _ask(pace, 0, 503, Limits(retry_after=20))
    assert pace.wait(0) == 20


def test_a_rate_set_by_hand_is_kept_evenly_and_no_header_raises_it() -> None:
    pace, now = Pace(requests_per_minute=60), 0.0
    for _ in range(61):
        now = _turn(pace, now)
        _ask(pace, now, limits=Limits(per_minute=6000, remaining=5000, full_in=1))
    assert 59 <= now <= 60.5
    assert pace.rate == 1


def test_a_rate_set_by_hand_is_lowered_by_a_limit_that_is_lower() -> None:
    pace = Pace(requests_per_minute=600)
    _ask(pace, 0, limits=Limits(per_minute=60, remaining=0))
    assert pace.rate == 1


def test_idle_time_is_saved_up_only_as_far_as_the_bucket_goes() -> None:
    pace = Pace()
    _ask(pace, 0, limits=Limits(per_minute=60, remaining=9, full_in=1))
    sent = 0
    while pace.wait(10_000) == 0:
        pace.take(10_000)
        sent += 1
    assert sent <= 10


def test_a_bucket_that_holds_a_single_request_is_no_dead_end() -> None:
    pace = Pace()
    _ask(pace, 0, limits=Limits(per_minute=60, remaining=0, full_in=1))
    assert pace.wait(0) == pytest.approx(1)
    assert pace.wait(1) == 0

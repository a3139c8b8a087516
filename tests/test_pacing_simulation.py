"""The pacer against a simulated token bucket: it uses what the limit allows, and no more.

Requests take time, overtake each other, and share the limit with other clients. The server states
its limit or not, and sends Retry-After or not.
"""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.client.limits import Limits
from etl.client.pacing import Pacer, Permit


@dataclass
class Bucket:
    """The server: `per_minute` tokens per minute, at most `burst` of them."""

    per_minute: float
    burst: float
    stated: bool = False
    retry_after: bool = True
    full: bool = True
    accepted: int = 0
    refused: int = 0
    taken_by_others: int = 0
    _at: float = 0
    _tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.burst if self.full else 0.0

    def take(self, now: float) -> bool:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.per_minute / 60)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def answer(self, now: float) -> tuple[int, Limits]:
        allowed = self.take(now)
        self.accepted += allowed
        self.refused += not allowed
        wait = math.ceil((1 - self._tokens) * 60 / self.per_minute)
        limits = Limits(retry_after=wait if self.retry_after and not allowed else None)
        if self.stated:
            full_in = math.ceil((self.burst - self._tokens) * 60 / self.per_minute)
            limits = Limits(self.per_minute, int(self._tokens), full_in, limits.retry_after)
        return 200 if allowed else 429, limits


@dataclass
class Simulation:
    """`workers` that send as fast as `pacer` allows; `latency` is the round trip in seconds."""

    server: Bucket
    latency: Callable[[random.Random], float]
    pacer: Pacer = field(default_factory=Pacer)
    workers: int = 8
    others_per_second: float = 0
    seed: int = 0

    def run(self, seconds: float) -> "Simulation":
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._random = random.Random(self.seed)
        self._now, self._count, self._waiting = 0.0, 0, self.workers
        self._asked = math.inf  # when the first in the queue asks the pacer again
        self._ask_pacer()
        if self.others_per_second:
            self._at(0, self._other)
        return self.resume(seconds)

    def resume(self, until: float) -> "Simulation":
        while self._events[0][0] <= until:
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        return self

    def _at(self, delay: float, happen: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self._now + delay, self._count, happen))

    def _other(self) -> None:
        self.server.taken_by_others += self.server.take(self._now)
        self._at(self._random.expovariate(self.others_per_second), self._other)

    def _ask_pacer(self) -> None:
        self._asked = math.inf
        while self._waiting and (wait := self.pacer.wait(self._now)) == 0:
            self._waiting -= 1
            self._send(self.pacer.take(self._now))
        if self._waiting and math.isfinite(wait):
            self._asked = self._now + wait
            self._at(wait, self._ask_pacer)

    def _send(self, permit: Permit) -> None:
        way = self.latency(self._random) / 2

        def arrive() -> None:
            status, limits = self.server.answer(self._now)
            self._at(way, lambda: self._responded(permit, status, limits))

        self._at(way, arrive)

    def _responded(self, permit: Permit, status: int, limits: Limits) -> None:
        self.pacer.observe(permit, self._now, status, limits)
        self._waiting += 1
        if math.isinf(self._asked):
            self._ask_pacer()

    @property
    def share(self) -> float:
        """The share of the limit, less what others took, that was used."""
        allowed = self.server.burst * self.server.full + self._now * self.server.per_minute / 60
        return self.server.accepted / (allowed - self.server.taken_by_others)


def _around(seconds: float) -> Callable[[random.Random], float]:
    return lambda chance: seconds * chance.uniform(0.6, 1.4)


LATENCY = st.sampled_from([0.002, 0.01, 0.05, 0.15])
PER_MINUTE = st.sampled_from([100.0, 600.0, 1000.0])
SEEDS = st.integers(0, 2**32)


@settings(max_examples=25)
@given(PER_MINUTE, st.sampled_from([0.1, 0.5, 1, 1.2]), st.booleans(), LATENCY, SEEDS)
def test_with_headers_97_percent_of_the_limit_is_used_with_at_most_three_429s(
    per_minute: float, burst: float, retry_after: bool, latency: float, seed: int
) -> None:
    server = Bucket(per_minute, max(5, per_minute * burst), True, retry_after)
    simulation = Simulation(server, _around(latency), seed=seed).run(120)
    assert simulation.share >= 0.97
    assert server.refused <= 3


@settings(max_examples=15)
@given(
    PER_MINUTE, st.sampled_from([1, 1.2]), st.booleans(), LATENCY, SEEDS, st.sampled_from([90, 240])
)
def test_without_headers_97_percent_of_the_limit_is_used_with_at_most_fifteen_429s(
    per_minute: float, burst: float, retry_after: bool, latency: float, seed: int, seconds: int
) -> None:
    server = Bucket(per_minute, per_minute * burst, False, retry_after)
    simulation = Simulation(server, _around(latency), seed=seed).run(seconds)
    assert simulation.share >= 0.97
    assert server.refused <= 15


@pytest.mark.parametrize(
    ("server", "others", "most"),
    [
        pytest.param(Bucket(600, 720, True, full=False), 0, 3, id="empty at first"),
        pytest.param(Bucket(600, 720, full=False), 0, 15, id="empty at first, no headers"),
        pytest.param(Bucket(600, 10), 0, 15, id="small, no headers"),
        pytest.param(Bucket(600, 720, True), 5, 15, id="shared"),
        pytest.param(Bucket(600, 720), 5, 16, id="shared, no headers"),
    ],
)
def test_an_empty_a_small_and_a_shared_bucket_are_used_as_well(
    server: Bucket, others: float, most: int
) -> None:
    simulation = Simulation(server, _around(0.05), others_per_second=others).run(300)
    assert simulation.share >= 0.97
    assert server.refused <= most
    assert server.taken_by_others >= 0.95 * others * 290


def test_responses_that_overtake_each_other_do_no_harm() -> None:
    server = Bucket(600, 720, True)
    wild = Simulation(server, lambda chance: min(2, chance.lognormvariate(-3, 1.2))).run(180)
    assert wild.share >= 0.97
    assert server.refused <= 3


def test_a_raised_limit_is_found_without_headers() -> None:
    server = Bucket(300, 360)
    simulation = Simulation(server, _around(0.05)).run(120)
    assert simulation.pacer.rate == pytest.approx(5, rel=0.05)
    server.per_minute = 600
    simulation.resume(720)
    assert simulation.pacer.rate == pytest.approx(10, rel=0.1)
    assert server.refused <= 20


@dataclass
class Unpredictable(Bucket):
    """Returns 429 at random, independent of the rate."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def take(self, now: float) -> bool:
        return self.chance.random() >= 0.05


def test_429s_that_do_not_depend_on_the_rate_do_not_stop_the_requests() -> None:
    server = Unpredictable(600, 600)
    Simulation(server, _around(0.05)).run(60)
    assert server.accepted >= 2 * 60

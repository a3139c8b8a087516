"""The gate against a token bucket, in simulated time: what the limit gives is used, no more.

The server answers as `api/NOTES.md` has it: headers in either spelling or none, Retry-After, a
clock that may be wrong; requests travel for a while, overtake each other, and others may use the
same limit.
"""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.client.limits import Limits, read_limits
from etl.client.pacing import Pace, Slot

START = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass
class Bucket:
    """The server: `per_minute` tokens a minute, at most `burst` of them; `skew` in seconds."""

    per_minute: float
    burst: float
    spelling: str = "none"
    retry_after: str = "seconds"
    skew: float = 0
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

    def others(self, now: float) -> None:
        self.taken_by_others += self.take(now)

    def answer(self, now: float) -> tuple[int, Limits]:
        allowed = self.take(now)
        self.accepted += allowed
        self.refused += not allowed
        clock = START + timedelta(seconds=now + self.skew)
        headers = self._headers(clock) | ({} if allowed else self._wait())
        return 200 if allowed else 429, read_limits(headers, clock.replace(microsecond=0))

    def _wait(self) -> dict[str, str]:
        seconds = math.ceil((1 - self._tokens) * 60 / self.per_minute)
        return {"retry-after": str(seconds)} if self.retry_after == "seconds" else {}

    def _headers(self, clock: datetime) -> dict[str, str]:
        full_in = (self.burst - self._tokens) * 60 / self.per_minute
        limit, remaining = f"{self.per_minute:g}", str(int(self._tokens))
        plain = {
            "x-ratelimit-limit": limit,
            "x-ratelimit-remaining": remaining,
            "x-ratelimit-reset": str(math.ceil(clock.timestamp() + full_in)),
        }
        requests = {
            "x-ratelimit-limit-requests": limit,
            "x-ratelimit-remaining-requests": remaining,
            "x-ratelimit-reset-requests": f"{int(full_in // 60)}m{full_in % 60:.3f}s",
        }
        return {"plain": plain, "requests": requests, "both": plain | requests, "none": {}}[
            self.spelling
        ]


@dataclass
class Simulation:
    """`workers` that ask as fast as `pace` lets them; `latency` in seconds, each way half of it."""

    server: Bucket
    latency: Callable[[random.Random], float]
    pace: Pace = field(default_factory=Pace)
    workers: int = 8
    others_per_second: float = 0
    seed: int = 0

    def run(self, seconds: float) -> "Simulation":
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._random = random.Random(self.seed)
        self._now, self._count, self._waiting = 0.0, 0, self.workers
        self._asked = math.inf  # when the first in the queue asks the gate again
        self._ask_gate()
        if self.others_per_second:
            self._at(0, self._other)
        return self.go_on(seconds)

    def go_on(self, until: float) -> "Simulation":
        while self._events[0][0] <= until:
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        return self

    def _at(self, delay: float, happen: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self._now + delay, self._count, happen))

    def _other(self) -> None:
        self.server.others(self._now)
        self._at(self._random.expovariate(self.others_per_second), self._other)

    def _ask_gate(self) -> None:
        self._asked = math.inf
        while self._waiting and (wait := self.pace.wait(self._now)) == 0:
            self._waiting -= 1
            self._send(self.pace.take(self._now))
        if self._waiting and math.isfinite(wait):
            self._asked = self._now + wait
            self._at(wait, self._ask_gate)

    def _send(self, slot: Slot) -> None:
        way = self.latency(self._random) / 2

        def arrive() -> None:
            status, limits = self.server.answer(self._now)
            self._at(way, lambda: self._answered(slot, status, limits))

        self._at(way, arrive)

    def _answered(self, slot: Slot, status: int, limits: Limits) -> None:
        self.pace.observe(slot, self._now, status, limits)
        self._waiting += 1
        if math.isinf(self._asked):
            self._ask_gate()

    @property
    def share(self) -> float:
        """The part of what the limit gave, after the others, that was used."""
        allowed = self.server.burst * self.server.full + self._now * self.server.per_minute / 60
        return self.server.accepted / (allowed - self.server.taken_by_others)


def _around(seconds: float) -> Callable[[random.Random], float]:
    return lambda chance: seconds * chance.uniform(0.6, 1.4)


LATENCY = st.sampled_from([0.002, 0.01, 0.05, 0.15])
WITH_HEADERS = st.sampled_from(["plain", "requests", "both"])
PER_MINUTE = st.sampled_from([100.0, 600.0, 1000.0])
SEEDS = st.integers(0, 2**32)
RETRY_AFTER = st.sampled_from(["seconds", "none"])


@settings(max_examples=25, deadline=None)
@given(PER_MINUTE, st.sampled_from([0.1, 0.5, 1, 1.2]), WITH_HEADERS, RETRY_AFTER, LATENCY, SEEDS)
def test_with_headers_at_least_97_percent_is_used_with_at_most_three_429s(
    per_minute: float, burst: float, spelling: str, retry_after: str, latency: float, seed: int
) -> None:
    server = Bucket(per_minute, max(5, per_minute * burst), spelling, retry_after)
    simulation = Simulation(server, _around(latency), seed=seed).run(120)
    assert simulation.share >= 0.97
    assert server.refused <= 3


@settings(max_examples=15, deadline=None)
@given(
    PER_MINUTE, st.sampled_from([1, 1.2]), RETRY_AFTER, LATENCY, SEEDS, st.sampled_from([90, 240])
)
def test_without_headers_at_least_97_percent_is_used_with_at_most_fifteen_429s(
    per_minute: float, burst: float, retry_after: str, latency: float, seed: int, seconds: int
) -> None:
    server = Bucket(per_minute, per_minute * burst, "none", retry_after)
    simulation = Simulation(server, _around(latency), seed=seed).run(seconds)
    assert simulation.share >= 0.97
    assert server.refused <= 15


@pytest.mark.parametrize("spelling", ["plain", "requests", "both", "none"])
def test_a_wrong_clock_of_the_server_makes_no_difference(spelling: str) -> None:
    def run(skew: float) -> tuple[int, int]:
        server = Bucket(600, 720, spelling, skew=skew)
        Simulation(server, _around(0.05)).run(120)
        return server.accepted, server.refused

    assert run(0) == run(-86_400) == run(3_600)


@pytest.mark.parametrize(("spelling", "most"), [("both", 3), ("none", 15)])
def test_a_bucket_that_the_last_run_has_emptied_is_no_trouble(spelling: str, most: int) -> None:
    server = Bucket(600, 720, spelling, full=False)
    simulation = Simulation(server, _around(0.05)).run(180)
    assert simulation.share >= 0.97
    assert server.refused <= most


@pytest.mark.parametrize("spelling", ["both", "none"])
@pytest.mark.parametrize("others", [2, 5])
def test_others_who_use_the_limit_too_get_their_share_and_the_rest_is_used(
    spelling: str, others: float
) -> None:
    server = Bucket(600, 720, spelling)
    simulation = Simulation(server, _around(0.05), others_per_second=others).run(300)
    assert simulation.share >= 0.97
    assert server.refused <= 15
    assert server.taken_by_others >= 0.95 * others * 290


def test_answers_that_overtake_each_other_wildly_do_no_harm() -> None:
    server = Bucket(600, 720, "both")
    wild = Simulation(server, lambda chance: min(2, chance.lognormvariate(-3, 1.2))).run(180)
    assert wild.share >= 0.97
    assert server.refused <= 3


def test_a_limit_that_is_raised_is_found_without_headers() -> None:
    server = Bucket(300, 360)
    simulation = Simulation(server, _around(0.05))
    simulation.run(120)
    assert simulation.pace.rate == pytest.approx(5, rel=0.05)
    server.per_minute = 600
    simulation.go_on(720)
    assert simulation.pace.rate == pytest.approx(10, rel=0.1)
    assert server.refused <= 20


def test_by_hand_the_limit_is_never_met() -> None:
    server = Bucket(600, 720)
    Simulation(server, _around(0.05), pace=Pace(300)).run(120)
    assert server.refused == 0
    assert server.accepted == pytest.approx(600, rel=0.03)


@pytest.mark.parametrize("burst", [10, 20, 100])
def test_a_bucket_with_hardly_any_burst_is_learned_as_well(burst: float) -> None:
    server = Bucket(600, burst)
    simulation = Simulation(server, _around(0.05)).run(300)
    assert simulation.share >= 0.97
    assert server.refused <= 15


@dataclass
class Moody(Bucket):
    """Answers 429 at random, whatever the pace."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def take(self, now: float) -> bool:
        return self.chance.random() >= 0.05


def test_429s_that_do_not_depend_on_the_pace_do_not_bring_it_to_a_standstill() -> None:
    server = Moody(600, 600)
    Simulation(server, _around(0.05)).run(60)
    assert server.accepted >= 2 * 60

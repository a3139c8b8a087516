"""When the next request may be sent. One `Pacer` serves all requests of a process.

Pure: no clock and no network. Times are seconds of any monotonic clock.

The API's limit is a token bucket: each request takes a token, and tokens return at a constant rate
until the bucket is full. `Pacer` models that bucket and sends a request only if a token is left.

* Rate-limit headers correct the model. Requests run concurrently, so a response may be outdated
  when it arrives: its `remaining` may include any number of the other requests in flight. This
  gives a lower and an upper bound for the tokens left, and the model is only moved into the bounds.
* Without headers, the rate is estimated from 429 responses (`rate_estimator.py`).
* A 429 pauses all requests. So does another retryable status that has Retry-After.
"""

import math
from dataclasses import dataclass

from etl.client.attempt_errors import is_retryable
from etl.client.limits import Limits
from etl.client.rate_estimator import MIN_BURST, RateEstimator

MAX_PAUSE = 300.0  # seconds

_FIRST_PAUSE = 1.0  # seconds after a 429 without Retry-After; doubles until a request is accepted
_MAX_DEFAULT_PAUSE = 60.0
_MARGIN = 0.25  # seconds of refill to leave in the bucket, since requests can arrive in bursts
_MARGIN_HALF_LIFE = 60.0  # seconds; each 429 doubles the margin, then it decays


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to send one request: when it was granted, and after how many responses."""

    at: float
    responses: int


class Pacer:
    """Decides when the next request may be sent.

    For each request: call `wait(now)` until it returns 0, then `take(now)`, send the request, and
    report the outcome with `observe` or `lost`. `requests_per_minute` is the user's own limit:
    headers and 429 responses can lower it, and nothing can raise it.
    """

    def __init__(self, requests_per_minute: float | None = None) -> None:
        self._configured = math.inf if requests_per_minute is None else requests_per_minute / 60
        self._stated = math.inf
        self._estimator = RateEstimator()
        # A configured rate gets two tokens: an even pace that tolerates a sleep that ends late.
        self._capacity = math.inf if requests_per_minute is None else 2.0
        self._tokens = self._capacity
        self._refilled = -math.inf
        self._paused_until = -math.inf
        self._last_cut = -math.inf
        self._cuts_in_a_row = 0
        self._margin_factor = 1.0
        self._granted = 0
        self._responses = 0

    @property
    def rate(self) -> float:
        """The estimated limit in requests per second; infinite while no limit is known."""
        return min(self._configured, self._stated, self._estimator.rate)

    @property
    def stated_limit(self) -> float | None:
        """The limit that the API states, in requests per minute; None until it states one."""
        return self._stated * 60 if math.isfinite(self._stated) else None

    def wait(self, now: float) -> float:
        """Seconds until the next call of `wait`; 0: send now; infinite: after the next response."""
        if now < self._paused_until:
            return self._paused_until - now
        if self._responses == 0 and self._granted > 0:
            return math.inf  # the first response may state a limit, so send no other before it
        rate = self.rate
        if math.isinf(rate):
            return 0.0
        self._refill(now)
        margin = min(rate * _MARGIN * self._margin_at(now), (self._capacity - 1) / 4)
        missing = 1 + margin - self._tokens
        return missing / rate if missing > 1e-6 else 0.0

    def pause(self, now: float) -> float:
        """How long a 429 or a Retry-After still holds back all requests, in seconds."""
        return max(0.0, self._paused_until - now)

    def take(self, now: float) -> Permit:
        """Take the permit that `wait(now)` has just allowed."""
        self._refill(now)
        self._estimator.sent(now, self.rate)
        self._tokens -= 1
        self._granted += 1
        return Permit(now, self._responses)

    def lost(self) -> None:
        """Record that a request got no response. Whether the API counted it is unknown."""
        self._responses += 1

    def observe(self, permit: Permit, now: float, status: int, limits: Limits) -> None:
        """Record the response to the request of `permit`."""
        self._refill(now)
        self._apply_headers(permit, now, limits)
        self._responses += 1
        if status == 429:
            self._throttled(permit, now, limits)
            return
        self._cuts_in_a_row = 0
        self._estimator.accepted(permit.at)
        if limits.retry_after is not None and is_retryable(status):
            self._pause(now, limits.retry_after)

    def _refill(self, now: float) -> None:
        if math.isfinite(self.rate) and now > self._refilled > -math.inf:
            self._tokens += self.rate * (now - self._refilled)
            self._tokens = min(self._tokens, self._capacity)
        self._refilled = max(self._refilled, now)

    def _apply_headers(self, permit: Permit, now: float, limits: Limits) -> None:
        if limits.per_minute is None or limits.remaining is None:
            return
        self._stated = limits.per_minute / 60
        # Requests that the server may have counted after this one.
        others = self._granted - 1 - permit.responses
        at_least = limits.remaining - others
        at_most = limits.remaining + self.rate * (now - permit.at)
        if math.isinf(self._configured):
            full = limits.remaining + max(1.0, self._stated * (limits.full_in or 0.0))
            self._capacity = full if math.isinf(self._capacity) else max(self._capacity, full)
            self._tokens = at_least if math.isinf(self._tokens) else max(self._tokens, at_least)
        self._tokens = min(self._tokens, at_most, self._capacity)

    def _throttled(self, permit: Permit, now: float, limits: Limits) -> None:
        pause = limits.retry_after
        if pause is None or (pause == 0 and self._cuts_in_a_row > 0):
            doublings = max(0, self._cuts_in_a_row - 1)
            pause = min(_FIRST_PAUSE * math.exp2(doublings), _MAX_DEFAULT_PAUSE)
        if permit.at > self._last_cut:  # otherwise it was in flight during the previous cut
            self._cut(permit, now, pause)
        self._pause(now, pause)

    def _cut(self, permit: Permit, now: float, pause: float) -> None:
        if math.isfinite(self._stated):
            # A 429 despite the headers: other clients share the limit, so leave them more.
            self._margin_factor = 2 * self._margin_at(now)
        self._cuts_in_a_row = min(self._cuts_in_a_row + 1, 10)
        self._last_cut = now
        self._estimator.throttled(permit.at, self._stated)
        self._tokens = min(self._tokens, 0.0)
        if math.isinf(self._capacity):
            self._capacity = max(self._estimator.burst, MIN_BURST * self._estimator.rate)
            # The rate is only a first guess, so do not spend the tokens of the pause at once.
            self._tokens = -pause * self.rate

    def _margin_at(self, now: float) -> float:
        decay = math.exp2((self._last_cut - now) / _MARGIN_HALF_LIFE)
        return max(1.0, self._margin_factor * decay)

    def _pause(self, now: float, seconds: float) -> None:
        self._paused_until = max(self._paused_until, now + min(seconds, MAX_PAUSE))

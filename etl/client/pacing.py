"""How long to wait before the next request: one gate for all requests of a process.

Pure: it knows neither clock nor network; times are seconds of any clock that only goes forward.

The API's limit is a token bucket: a request takes a token, tokens come back at a steady rate up to
a full bucket. `Pace` keeps its own picture of that bucket and sends nothing without a token in it.

* Headers keep the picture true. But requests run in parallel, and an answer is old news when it
  arrives: of the others under way, none to all may be counted in its `remaining`. That gives a
  lower and an upper bound of what is left, and the picture moves no further than they demand: so a
  stale answer cannot fool it.
* Without headers the rate is found from answers of 429 (`search.py`).
* A 429 pauses everybody, and so does a 5xx with Retry-After.
"""

import math
from dataclasses import dataclass

from etl.client.limits import Limits
from etl.client.search import LEAST_BURST, Search

MAX_PAUSE = 300.0  # seconds

_FIRST_PAUSE = 1.0  # after a 429 without Retry-After, doubled while nothing is accepted
_LONGEST_GUESS = 60.0
_SPARE = 0.25  # seconds of refill left in the bucket, since requests can arrive bunched
_CALM = 60.0  # seconds in which a caution that a 429 has doubled is halved again


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to send one request: when it was given, and how many answers had come until then."""

    at: float
    answered: int


class Pace:
    """Decides when the next request may be sent.

    For each request: `wait(now)` until it returns 0, `take(now)`, send, and tell what became of it
    by `observe` or `lost`. `requests_per_minute` is the user's own limit, which headers and answers
    of 429 can lower and nothing can raise.
    """

    def __init__(self, requests_per_minute: float | None = None) -> None:
        self._by_hand = math.inf if requests_per_minute is None else requests_per_minute / 60
        self._stated = math.inf
        self._search = Search()
        # Two tokens by hand: an even pace, with room for a sleep that ends late.
        self._full = math.inf if requests_per_minute is None else 2.0
        self._tokens = self._full
        self._refilled = -math.inf
        self._paused_until = -math.inf
        self._last_cut = -math.inf
        self._cuts_in_a_row = 0
        self._caution = 1.0
        self._granted = 0
        self._answered = 0

    @property
    def rate(self) -> float:
        """Requests a second that are believed to be allowed; infinite while no limit is known."""
        return min(self._by_hand, self._stated, self._search.rate)

    @property
    def stated(self) -> float | None:
        """Requests a minute that the API states as its limit; None as long as it states none."""
        return self._stated * 60 if math.isfinite(self._stated) else None

    def wait(self, now: float) -> float:
        """Seconds after which to ask again; 0: go; infinite: after the next answer."""
        if now < self._paused_until:
            return self._paused_until - now
        if self._answered == 0 and self._granted > 0:
            return math.inf  # the first answer may name a limit: ask one question before eight
        rate = self.rate
        if math.isinf(rate):
            return 0.0
        self._refill(now)
        spare = min(rate * _SPARE * self._cautious(now), (self._full - 1) / 4)
        missing = 1 + spare - self._tokens
        return missing / rate if missing > 1e-6 else 0.0

    def pause(self, now: float) -> float:
        """Seconds for which a 429 or a Retry-After still holds everybody."""
        return max(0.0, self._paused_until - now)

    def take(self, now: float) -> Slot:
        """Take the slot that `wait(now)` has just allowed."""
        self._refill(now)
        self._search.sent(now, self.rate)
        self._tokens -= 1
        self._granted += 1
        return Slot(now, self._answered)

    def lost(self) -> None:
        """Tell that a request got no answer; whether the API counted it is unknown."""
        self._answered += 1

    def observe(self, slot: Slot, now: float, status: int, limits: Limits) -> None:
        """Tell the answer to the request of `slot`: its HTTP status and its word on the limit."""
        self._refill(now)
        self._learn(slot, now, limits)
        self._answered += 1
        if status == 429:
            self._refused(slot, now, limits)
            return
        self._cuts_in_a_row = 0
        self._search.accepted(slot.at)
        if limits.retry_after is not None and status >= 500:
            self._pause(now, limits.retry_after)

    def _refill(self, now: float) -> None:
        if math.isfinite(self.rate) and now > self._refilled > -math.inf:
            self._tokens += self.rate * (now - self._refilled)
            self._tokens = min(self._tokens, self._full)
        self._refilled = max(self._refilled, now)

    def _learn(self, slot: Slot, now: float, limits: Limits) -> None:
        if limits.per_minute is None or limits.remaining is None:
            return
        self._stated = limits.per_minute / 60
        others = self._granted - 1 - slot.answered  # that may have been counted after this one
        at_least = limits.remaining - others
        at_most = limits.remaining + self.rate * (now - slot.at)
        if math.isinf(self._by_hand):
            full = limits.remaining + max(1.0, self._stated * (limits.full_in or 0.0))
            self._full = full if math.isinf(self._full) else max(self._full, full)
            self._tokens = at_least if math.isinf(self._tokens) else max(self._tokens, at_least)
        self._tokens = min(self._tokens, at_most, self._full)

    def _refused(self, slot: Slot, now: float, limits: Limits) -> None:
        pause = limits.retry_after
        if pause is None or (pause == 0 and self._cuts_in_a_row > 0):
            again = max(0, self._cuts_in_a_row - 1)
            pause = min(_FIRST_PAUSE * math.exp2(again), _LONGEST_GUESS)
        if slot.at > self._last_cut:  # else it was under way when the last one was learned from
            self._cut(slot, now, pause)
        self._pause(now, pause)

    def _cut(self, slot: Slot, now: float, pause: float) -> None:
        if math.isfinite(self._stated):
            # A 429 despite the headers: others use the limit too. Leave them more room.
            self._caution = 2 * self._cautious(now)
        self._cuts_in_a_row = min(self._cuts_in_a_row + 1, 10)
        self._last_cut = now
        self._search.refused(slot.at, self._stated)
        self._tokens = min(self._tokens, 0.0)
        if math.isinf(self._full):
            self._full = max(self._search.burst, LEAST_BURST * self._search.rate)
            # The rate is a mere guess yet: no reason to spend what comes back during the pause.
            self._tokens = -pause * self.rate

    def _cautious(self, now: float) -> float:
        return max(1.0, self._caution * math.exp2((self._last_cut - now) / _CALM))

    def _pause(self, now: float, seconds: float) -> None:
        self._paused_until = max(self._paused_until, now + min(seconds, MAX_PAUSE))

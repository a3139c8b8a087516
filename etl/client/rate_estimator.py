"""Estimates a rate limit that no header states, from 429 responses alone. Pure.

A 429 means that the token bucket was empty when the request was sent. Between two 429s the bucket
released exactly what it refilled, so the accepted requests divided by the time are the rate.

1. Until the first 429, nothing is held back, which uses the burst. The number of requests accepted
   by then gives a first guess, since a full bucket holds 72 seconds of refill in all published
   tiers. If the number is too small for a full bucket, the bucket was not full or the 429 has
   another cause. The guess is then a rate between the published limits.
2. From the first guess, the rate doubles every 1.5 seconds until the next 429, and is measured. The
   measurement is uncertain if it covers few requests, or if the bucket is so small that it
   overflowed while the rate was low. The search then continues at a slower growth.
3. After the measurement, the rate follows TCP CUBIC: it starts slightly below the measured rate,
   stays near it for about a minute, and then grows faster, so that a raised limit is found.
"""

import math
from collections import deque
from collections.abc import Sequence

MIN_BURST = 4.0  # seconds of refill that every bucket is assumed to hold

_USUAL_BURST = 72.0  # seconds of refill in a full bucket: 120 at 100 a minute, 1,200 at 1,000
_SMALL_BURST = 60  # requests; a full bucket of each published tier holds more
_DEFAULT_RATE = 5.0  # requests per second, between the published 100 and 1,000 per minute
_MIN_RATE = 1 / 6

_DOUBLING = 1.5  # seconds
_SLOWDOWN = 4  # factor on the doubling time after an uncertain measurement
_MIN_SAMPLE = 20  # requests in a first measurement
_MAX_SPREAD = 1.25  # highest / lowest possible rate of a first measurement
_PRIOR_WEIGHT = 10  # the previous rate counts as much as this many requests
_MAX_CUT = 0.7  # the factor by which one 429 lowers the rate at most

_DIP = 0.02  # the rate starts this far below the measured rate
_PLATEAU = 60.0  # and returns to it after this many seconds of use, then exceeds it
_MAX_TIMES = 2048  # send times to keep; beyond that, the plain quotient is accurate enough


class RateEstimator:
    """Estimates the rate in requests per second; infinite until the first 429.

    Report each request with `sent`, then with `accepted` or `throttled` and its send time.
    """

    def __init__(self) -> None:
        self.burst = math.inf
        self._burst_took = 0.0
        self._base: float | None = None
        self._measured = False
        self._doubling = _DOUBLING
        self._first_sent = math.inf
        self._last_sent = -math.inf
        self._used = 0.0  # seconds since the last 429 in which requests were sent at the rate
        self._emptied = -math.inf  # send time of the last 429
        self._accepted = 0  # accepted requests that were sent after it
        self._recent: deque[float] = deque(maxlen=_MAX_TIMES)  # their send times

    @property
    def rate(self) -> float:
        if self._base is None:
            return math.inf
        if not self._measured:
            return self._base * math.exp2(min(self._used / self._doubling, 60.0))
        return self._base * (1 + _DIP * (self._used / _PLATEAU - 1) ** 3)

    def sent(self, now: float, allowed: float) -> None:
        """Record a request sent at `now`, while the pacer allows `allowed` requests per second."""
        self._first_sent = min(self._first_sent, now)
        # Only time in use counts: the rate does not grow while idle.
        self._used += min(now - self._last_sent, 1 / allowed)
        self._last_sent = now

    def accepted(self, sent: float) -> None:
        if sent > self._emptied:
            self._accepted += 1
            self._recent.append(sent)

    def throttled(self, sent: float, stated: float) -> None:
        """Update the rate after a 429, once for 429s of one batch. `stated` is the header rate."""
        later = [other for other in self._recent if other > sent]
        accepted = self._accepted - len(later)
        if self._base is not None:
            self._base = max(_MIN_RATE, self._measure(self._base, sent, accepted))
        elif math.isfinite(stated):
            # Another client shares the limit. The next 429 measures what is left for this one.
            self._base, self._measured = 0.9 * stated, True
        else:
            self.burst = max(1.0, accepted)
            self._burst_took = sent - self._first_sent
            self._base = accepted / (_USUAL_BURST + self._burst_took)
            if accepted < _SMALL_BURST:
                self._base = max(self._base, _DEFAULT_RATE)
        self._emptied, self._accepted, self._used = sent, len(later), 0.0
        self._recent = deque(later, maxlen=_MAX_TIMES)

    def _measure(self, base: float, sent: float, accepted: int) -> float:
        """Return the rate since the last 429; set whether it counts as measured."""
        seconds = max(sent - self._emptied, 1e-3)
        complete = accepted <= len(self._recent) < _MAX_TIMES
        times = sorted(time - self._emptied for time in self._recent if time <= sent)
        low = found = accepted / seconds
        if self._measured:
            base = self.rate
            found = self._rate_that_empties(times, seconds, MIN_BURST) if complete else low
        else:
            high = self._rate_that_empties(times, seconds, 0.0) if complete else low
            self._measured = accepted >= _MIN_SAMPLE and high <= _MAX_SPREAD * low
            if self._measured:
                return math.sqrt(low * high)
            self._doubling *= _SLOWDOWN
        weight = accepted / (accepted + _PRIOR_WEIGHT)
        return max(weight * found + (1 - weight) * base, _MAX_CUT * base)

    def _rate_that_empties(self, times: Sequence[float], seconds: float, min_burst: float) -> float:
        """Return the rate at which a bucket, empty at 0, is empty again at `seconds`.

        It is the plain quotient unless the bucket overflowed in between. The capacity is what was
        accepted before the first 429 minus the refill in that time, or `min_burst` seconds of
        refill if that is more.
        """
        low, high = len(times) / seconds, max(self.rate, len(times) / seconds)
        for _ in range(20):
            rate = (low + high) / 2
            full = max(1.0, self.burst - rate * self._burst_took, rate * min_burst)
            left, last = 0.0, 0.0
            for time in (*times, seconds):
                left = min(full, left + rate * (time - last)) - 1
                last = time
            low, high = (rate, high) if left < 0 else (low, rate)
        return low

"""Finding a rate limit that no header states, from nothing but answers of 429. Pure.

A 429 says that the token bucket was empty when the request was sent. Between two of them the bucket
gave exactly what it refilled, so what was accepted in between, divided by the time, is the rate.

1. Until the first 429 nothing is held back, which uses the burst. How much was accepted by then
   gives a first guess, since the published buckets hold 72 seconds of their refill. If it was less
   than any of them holds, the bucket was not full or the 429 has another reason; then the guess
   lies between the published limits.
2. From the guess the rate doubles every 1.5 seconds up to the next 429, and is measured. If that
   took few requests, or the bucket is so small that it overflowed while the rate was low, it is
   uncertain; then the search goes on from there, more slowly.
3. Once measured, the rate follows TCP CUBIC: a little below what was measured, flat around it for
   about a minute, then bolder, so that a limit that was raised is found.
"""

import math
from collections import deque
from collections.abc import Sequence

LEAST_BURST = 4.0  # seconds of refill that a bucket is taken to hold at least

_USUAL_BURST = 72.0  # seconds of refill in a full bucket: 120 at 100 a minute, 1,200 at 1,000
_SMALL_BURST = 60  # requests; fewer are no full bucket of any published limit
_BLIND_GUESS = 5.0  # requests a second, between 100 and 1,000 a minute
_SLOWEST = 1 / 6

_DOUBLING = 1.5  # seconds
_SLOWER = 4
_ENOUGH = 20  # requests that a first measurement needs
_SURE = 1.25  # the ratio of the highest to the lowest possible rate that counts as measured
_DOUBT = 10  # requests over which a measurement and what was thought before count alike
_LARGEST_CUT = 0.7

_DIP = 0.02  # the pace starts this far below the measured rate,
_PLATEAU = 60.0  # is back at it after so many seconds of use, then exceeds it
_REMEMBERED = 2048  # send times, for the measurement: beyond that the plain quotient does


class Search:
    """The rate in requests a second; infinite until the first 429.

    Tell every request by `sent`, then by `accepted` or `refused` with the time it was sent.
    """

    def __init__(self) -> None:
        self.burst = math.inf
        self._burst_took = 0.0
        self._base: float | None = None
        self._measured = False
        self._doubling = _DOUBLING
        self._first_sent = math.inf
        self._last_sent = -math.inf
        self._used = 0.0  # seconds since the last 429 in which the rate was made use of
        self._emptied = -math.inf
        self._accepted = 0  # of the requests sent since then
        self._recent: deque[float] = deque(maxlen=_REMEMBERED)  # when they were sent

    @property
    def rate(self) -> float:
        if self._base is None:
            return math.inf
        if not self._measured:
            return self._base * math.exp2(min(self._used / self._doubling, 60.0))
        return self._base * (1 + _DIP * (self._used / _PLATEAU - 1) ** 3)

    def sent(self, now: float, pace: float) -> None:
        """A request goes out at `now`, while the gate as a whole allows `pace` a second."""
        self._first_sent = min(self._first_sent, now)
        # Only what is used counts: an idle hour does not make the rate bolder.
        self._used += min(now - self._last_sent, 1 / pace)
        self._last_sent = now

    def accepted(self, sent: float) -> None:
        if sent > self._emptied:
            self._accepted += 1
            self._recent.append(sent)

    def refused(self, sent: float, stated: float) -> None:
        """Learn from a 429, once for those that come together; `stated` is the headers' rate."""
        later = [other for other in self._recent if other > sent]
        accepted = self._accepted - len(later)
        if self._base is not None:
            self._base = max(_SLOWEST, self._measure(self._base, sent, accepted))
        elif math.isfinite(stated):
            # Someone else uses the limit too; how much is left for us will be measured.
            self._base, self._measured = 0.9 * stated, True
        else:
            self.burst = max(1.0, accepted)
            self._burst_took = sent - self._first_sent
            self._base = accepted / (_USUAL_BURST + self._burst_took)
            if accepted < _SMALL_BURST:
                self._base = max(self._base, _BLIND_GUESS)
        self._emptied, self._accepted, self._used = sent, len(later), 0.0
        self._recent = deque(later, maxlen=_REMEMBERED)

    def _measure(self, base: float, sent: float, accepted: int) -> float:
        """The rate since the last 429; sets whether it counts as measured."""
        seconds = max(sent - self._emptied, 1e-3)
        whole = accepted <= len(self._recent) < _REMEMBERED
        times = sorted(time - self._emptied for time in self._recent if time <= sent)
        low = found = accepted / seconds
        if self._measured:
            base = self.rate
            found = self._emptying(times, seconds, LEAST_BURST) if whole else low
        else:
            high = self._emptying(times, seconds, 0.0) if whole else low
            self._measured = accepted >= _ENOUGH and high <= _SURE * low
            if self._measured:
                return math.sqrt(low * high)
            self._doubling *= _SLOWER
        weight = accepted / (accepted + _DOUBT)
        return max(weight * found + (1 - weight) * base, _LARGEST_CUT * base)

    def _emptying(self, times: Sequence[float], seconds: float, least_burst: float) -> float:
        """The rate at which a bucket, empty at 0, is empty again at `seconds` by these requests.

        It is the plain quotient unless the bucket overflowed on the way. The bucket holds what was
        accepted before the first 429 less what was refilled meanwhile, or `least_burst` seconds.
        """
        low, high = len(times) / seconds, max(self.rate, len(times) / seconds)
        for _ in range(20):
            rate = (low + high) / 2
            full = max(1.0, self.burst - rate * self._burst_took, rate * least_burst)
            left, last = 0.0, 0.0
            for time in (*times, seconds):
                left = min(full, left + rate * (time - last)) - 1
                last = time
            low, high = (rate, high) if left < 0 else (low, rate)
        return low

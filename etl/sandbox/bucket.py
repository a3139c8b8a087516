"""The rate limit: a token bucket without a clock. Times are seconds and are passed in.

A bucket holds at most `burst` tokens and gains `per_minute` of them a minute. Each request takes
one; a request that finds less than one is refused and takes none.
"""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Limit:
    """`per_minute` requests a minute on average, `burst` of them at once. Raises ValueError."""

    per_minute: int
    burst: int

    def __post_init__(self) -> None:
        if self.per_minute < 1 or self.burst < 1:
            raise ValueError("a rate limit and its burst are at least 1")


class Bucket(NamedTuple):
    """`tokens` held at the instant `at`."""

    tokens: float
    at: float


class Allowance(NamedTuple):
    """What the limit says to one request.

    `wait` is the seconds until the next request is allowed (0 if it is now), `full_in` the seconds
    until the bucket is full.
    """

    allowed: bool
    limit: int
    remaining: int
    wait: float
    full_in: float


def take(limit: Limit, bucket: Bucket | None, now: float) -> tuple[Bucket, Allowance]:
    """The bucket after one request at `now`, and what the request is told. None is a full bucket.

    A `now` before the bucket's own instant counts as that instant.
    """
    rate = limit.per_minute / 60
    held, at = bucket or Bucket(float(limit.burst), now)
    now = max(now, at)
    tokens = min(float(limit.burst), held + (now - at) * rate)
    allowed = tokens >= 1
    if allowed:
        tokens -= 1
    wait, full_in = max(0.0, (1 - tokens) / rate), (limit.burst - tokens) / rate
    return Bucket(tokens, now), Allowance(allowed, limit.per_minute, int(tokens), wait, full_in)

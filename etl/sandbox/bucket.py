"""The rate limit: a token bucket without a clock. Time comes in as seconds and only ever counts up.

A bucket holds at most `burst` tokens and gains `per_minute` of them a minute; each request takes
one, and a request that finds less than one is refused and takes none.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """`per_minute` requests a minute on average, `burst` of them at once. Raises ValueError."""

    per_minute: int
    burst: int

    def __post_init__(self) -> None:
        if self.per_minute < 1 or self.burst < 1:
            raise ValueError("a rate limit and its burst are at least 1")


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` held at the instant `at` (seconds)."""

    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the limit says to one request.

    `wait` is how many seconds until a next request would be allowed (0 where it is now), `full_in`
    how many until the bucket is full again.
    """

    allowed: bool
    limit: int
    remaining: int
    wait: float
    full_in: float


def full(limit: Limit, now: float) -> Bucket:
    """The bucket before the first request."""
    return Bucket(float(limit.burst), now)


def take(limit: Limit, bucket: Bucket, now: float) -> tuple[Bucket, Allowance]:
    """One request at `now`: the bucket after it, and what it is told.

    A `now` before the bucket's own instant (a clock set back) counts as that instant.
    """
    rate = limit.per_minute / 60
    now = max(now, bucket.at)
    tokens = min(float(limit.burst), bucket.tokens + (now - bucket.at) * rate)
    allowed = tokens >= 1
    if allowed:
        tokens -= 1
    return Bucket(tokens, now), Allowance(
        allowed=allowed,
        limit=limit.per_minute,
        remaining=int(tokens),
        wait=max(0.0, (1 - tokens) / rate),
        full_in=(limit.burst - tokens) / rate,
    )

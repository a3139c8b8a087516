"""Reads the rate-limit headers of a response; times are in seconds after that response."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_NUMBER = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(?:[,;].*)?")
_DURATION = re.compile(r"\s*(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|[dhms]))+\s*")
_PART = re.compile(r"([0-9.]+)(ms|[dhms])")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_EPOCH = 1e8  # a larger number is a Unix timestamp, not a duration


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate limit as one response states it; None where it states nothing readable.

    `per_minute` is the refill rate in requests per minute; `remaining` requests may follow at once;
    the bucket is full again in `full_in` seconds (the next request may be allowed earlier); no
    request should be sent for `retry_after` seconds.
    """

    per_minute: float | None = None
    remaining: float | None = None
    full_in: float | None = None
    retry_after: float | None = None


def read_limits(headers: Mapping[str, str], served_at: datetime) -> Limits:
    """Read the limit from `headers`, whose names are in lower case.

    `served_at` is the server's time. Timestamps are relative to it, so a wrong clock on either side
    does no harm. If both spellings are present, the one with fewer remaining requests counts.
    """
    plain = _spelling(headers, "", served_at)
    requests = _spelling(headers, "-requests", served_at)
    limit, remaining, full_in = min(plain, requests, key=_remaining)
    retry_after = _retry_after(headers.get("retry-after"), served_at)
    return Limits(limit, remaining, full_in, retry_after)


_Spelling = tuple[float | None, float | None, float | None]


def _spelling(headers: Mapping[str, str], suffix: str, served_at: datetime) -> _Spelling:
    limit = _number(headers.get("x-ratelimit-limit" + suffix))
    remaining = _number(headers.get("x-ratelimit-remaining" + suffix))
    full_in = _seconds_until(headers.get("x-ratelimit-reset" + suffix), served_at)
    return limit or None, remaining, full_in


def _remaining(spelling: _Spelling) -> float:
    return float("inf") if spelling[1] is None else spelling[1]


def _number(text: str | None) -> float | None:
    match = _NUMBER.fullmatch(text) if text else None
    return float(match[1]) if match else None


def _seconds_until(text: str | None, served_at: datetime) -> float | None:
    """Seconds from a duration or a Unix timestamp; 0 for a timestamp in the past."""
    seconds = _duration(text)
    if seconds is not None and seconds > _EPOCH:
        return max(0.0, seconds - served_at.timestamp())
    return seconds


def _duration(text: str | None) -> float | None:
    """Seconds from `60`, `1s`, `6m0s` or `1.5s`; None for anything else."""
    if text and _DURATION.fullmatch(text):
        try:
            return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
        except ValueError:
            return None
    return _number(text)


def _retry_after(text: str | None, served_at: datetime) -> float | None:
    """Seconds from a Retry-After header: a duration, a Unix timestamp or an HTTP date."""
    seconds = _seconds_until(text, served_at)
    if text is None or seconds is not None:
        return seconds
    date = parse_date(text)
    return None if date is None else max(0.0, (date - served_at).total_seconds())


@lru_cache(maxsize=8)  # parsing is slow, and many responses per second have the same date
def parse_date(text: str) -> datetime | None:
    """Parse an HTTP date and return it in UTC; None if it is invalid."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)

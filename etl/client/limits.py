"""What an answer says about the rate limit, in whichever spelling, as seconds from that answer."""

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
_EPOCH = 1e8  # a larger reset is no duration but an instant, in seconds since 1970


@dataclass(frozen=True, slots=True)
class Limits:
    """One answer's word on the limit; None where it says nothing that can be read.

    `per_minute` requests are refilled each minute; `remaining` could have followed at once;
    `full_in` seconds after the answer the bucket is full again (that is not when the next request
    is allowed); before `retry_after` seconds no request is welcome.
    """

    per_minute: float | None = None
    remaining: float | None = None
    full_in: float | None = None
    retry_after: float | None = None


def read_limits(headers: Mapping[str, str], served_at: datetime) -> Limits:
    """Read the limit from `headers`, whose names are in lower case.

    `served_at` is the server's own time, from which its instants are measured: so a clock that is
    wrong, here or there, does no harm. Of two spellings the one with less remaining counts.
    """
    plain = _spelling(headers, "", served_at)
    requests = _spelling(headers, "-requests", served_at)
    limit, remaining, full_in = min(plain, requests, key=_remaining)
    retry_after = _wait(headers.get("retry-after"), served_at)
    return Limits(limit, remaining, full_in, retry_after)


_Spelling = tuple[float | None, float | None, float | None]


def _spelling(headers: Mapping[str, str], ending: str, served_at: datetime) -> _Spelling:
    limit = _number(headers.get("x-ratelimit-limit" + ending))
    remaining = _number(headers.get("x-ratelimit-remaining" + ending))
    full_in = _duration(headers.get("x-ratelimit-reset" + ending))
    if full_in is not None and full_in > _EPOCH:
        full_in = max(0.0, full_in - served_at.timestamp())
    return limit or None, remaining, full_in


def _remaining(spelling: _Spelling) -> float:
    return float("inf") if spelling[1] is None else spelling[1]


def _number(text: str | None) -> float | None:
    match = _NUMBER.fullmatch(text) if text else None
    return float(match[1]) if match else None


def _duration(text: str | None) -> float | None:
    """Seconds in `60`, `1s`, `6m0s` or `1.5s`; None for anything else."""
    if text and _DURATION.fullmatch(text):
        try:
            return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
        except ValueError:
            return None
    return _number(text)


def _wait(text: str | None, served_at: datetime) -> float | None:
    """Seconds to wait by a Retry-After of seconds or of a date, which may have passed (0.0)."""
    if text is None:
        return None
    seconds = _duration(text)
    if seconds is not None:
        return seconds
    date = parse_date(text)
    return None if date is None else max(0.0, (date - served_at).total_seconds())


@lru_cache(maxsize=8)  # answers come many in a second, and parsing a date is slow
def parse_date(text: str) -> datetime | None:
    """Read an HTTP date, in UTC; None if it is none."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)

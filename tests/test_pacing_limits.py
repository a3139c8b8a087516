"""Rate-limit headers: both spellings, all forms of a duration, and invalid values."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.client.limits import Limits, read_limits

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
EPOCH = int(NOON.timestamp())


def _read(**headers: str) -> Limits:
    return read_limits({name.replace("_", "-"): text for name, text in headers.items()}, NOON)


_DURATIONS = {"0": 0, "60": 60, "1s": 1, "6m0s": 360, "1h2m3s": 3723, "120ms": 0.12, "1.5s": 1.5}
_DURATIONS |= {"2d": 172800, str(EPOCH + 58): 58, str(EPOCH - 5): 0}


@pytest.mark.parametrize("suffix", ["", "_requests"])
@pytest.mark.parametrize(("text", "seconds"), _DURATIONS.items())
def test_both_spellings_are_read_and_a_reset_is_a_duration_or_a_unix_timestamp(
    suffix: str, text: str, seconds: float
) -> None:
    limits = _read(
        **{
            f"x_ratelimit_limit{suffix}": "100, 100;w=60",
            f"x_ratelimit_remaining{suffix}": "3",
            f"x_ratelimit_reset{suffix}": text,
        }
    )
    assert (limits.per_minute, limits.remaining) == (100, 3)
    assert limits.full_in == pytest.approx(seconds)


def test_of_two_spellings_the_one_with_fewer_remaining_requests_counts() -> None:
    minute = {"x_ratelimit_limit": "600", "x_ratelimit_remaining": "599"}
    other = {"x_ratelimit_limit_requests": "100", "x_ratelimit_remaining_requests": "3"}
    assert _read(**minute, **other) == Limits(per_minute=100, remaining=3)


_RETRY_AFTER = {"2": 2, "0": 0, "1.5": 1.5, "soon": None, "-1": None, "": None}
_RETRY_AFTER |= {str(EPOCH + 90): 90, str(EPOCH - 90): 0}
_RETRY_AFTER |= {"Sun, 01 Jun 2025 12:01:30 GMT": 90, "Sun, 01 Jun 2025 11:58:30 GMT": 0}
_RETRY_AFTER |= {"Sun, 01 Jun 2025 14:00:30 +0200": 30, "Sun, 01 Jun 2025 12:00:30 -0000": 30}


@pytest.mark.parametrize(("text", "seconds"), _RETRY_AFTER.items())
def test_retry_after_is_a_duration_a_unix_timestamp_or_a_date_of_the_servers_clock(
    text: str, seconds: float | None
) -> None:
    assert _read(retry_after=text).retry_after == seconds


@pytest.mark.parametrize("text", ["many", "-5", "nan", "inf", "1e9", "٣", "0x10", "9" * 400])
def test_an_invalid_number_is_ignored(text: str) -> None:
    assert _read(x_ratelimit_limit=text, x_ratelimit_remaining=text) == Limits()
    assert _read(x_ratelimit_limit="0") == Limits()


_NAMES = st.sampled_from(
    ["retry-after"]
    + [f"x-ratelimit-{what}" for what in ("limit", "remaining", "reset", "reset-requests")]
)
_ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.dictionaries(_NAMES, st.text(max_size=30)), st.datetimes(timezones=_ZONES))
def test_no_header_text_causes_an_error_or_a_negative_number(
    headers: dict[str, str], served_at: datetime
) -> None:
    limits = read_limits(headers, served_at)
    for value in (limits.per_minute, limits.remaining, limits.full_in, limits.retry_after):
        assert value is None or 0 <= value < float("inf")

"""What the headers say: either spelling, every way to write a duration, and nonsense."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.client.limits import Limits, parse_date, read_limits

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def _read(**headers: str) -> Limits:
    return read_limits({name.replace("_", "-"): text for name, text in headers.items()}, NOON)


def test_without_headers_nothing_is_known() -> None:
    assert _read() == Limits(None, None, None, None)


def test_the_plain_spelling_is_read_and_its_reset_is_an_instant_of_the_servers_clock() -> None:
    limits = _read(
        x_ratelimit_limit="600",
        x_ratelimit_remaining="12",
        x_ratelimit_reset=str(int(NOON.timestamp()) + 58),
    )
    assert limits == Limits(per_minute=600, remaining=12, full_in=58)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60),
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3s", 3723),
        ("120ms", 0.12),
        ("1.5s", 1.5),
        ("2d", 172800),
        ("0", 0),
    ],
)
def test_the_spelling_of_requests_is_read_and_its_reset_is_a_duration(
    text: str, seconds: float
) -> None:
    limits = _read(
        x_ratelimit_limit_requests="100",
        x_ratelimit_remaining_requests="0",
        x_ratelimit_reset_requests=text,
    )
    assert (limits.per_minute, limits.remaining) == (100, 0)
    assert limits.full_in == pytest.approx(seconds)


def test_of_both_spellings_the_one_with_less_remaining_counts_as_a_whole() -> None:
    minute = {"x_ratelimit_limit": "600", "x_ratelimit_remaining": "599"}
    other = {"x_ratelimit_limit_requests": "100", "x_ratelimit_remaining_requests": "3"}
    assert _read(**minute, **other) == Limits(per_minute=100, remaining=3)


def test_a_reset_that_has_passed_is_now() -> None:
    assert _read(x_ratelimit_reset=str(int(NOON.timestamp()) - 5)).full_in == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOON - timedelta(seconds=90), usegmt=True), 0.0),
        ("Sun, 01 Jun 2025 14:00:30 +0200", 30.0),
        ("Sun, 01 Jun 2025 12:00:30 -0000", 30.0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_of_the_servers_clock(
    text: str, seconds: float | None
) -> None:
    assert _read(retry_after=text).retry_after == seconds


@pytest.mark.parametrize("text", ["", "many", "-5", "nan", "inf", "1e9", "٣", "0x10", "9" * 400])
def test_a_number_that_is_none_is_not_known(text: str) -> None:
    assert _read(x_ratelimit_limit=text, x_ratelimit_remaining=text) == Limits()


def test_a_number_may_be_followed_by_its_policy() -> None:
    assert _read(x_ratelimit_limit="600, 600;w=60").per_minute == 600


def test_a_limit_of_zero_is_no_limit_that_can_be_kept() -> None:
    assert _read(x_ratelimit_limit="0").per_minute is None


def test_dates_are_in_utc_whatever_zone_they_are_written_in() -> None:
    date = parse_date("Sun, 01 Jun 2025 14:00:00 +0200")
    assert date == NOON
    assert date is not None
    assert date.tzinfo is UTC
    assert parse_date("yesterday") is None


_NAMES = st.sampled_from(
    [
        f"x-ratelimit-{what}{ending}"
        for what in ("limit", "remaining", "reset")
        for ending in ("", "-requests")
    ]
    + ["retry-after"]
)
_ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@settings(deadline=None)
@given(st.dictionaries(_NAMES, st.text(max_size=30)), st.datetimes(timezones=_ZONES))
def test_no_header_however_odd_is_an_error_or_a_negative_number(
    headers: dict[str, str], served_at: datetime
) -> None:
    limits = read_limits(headers, served_at)
    for value in (limits.per_minute, limits.remaining, limits.full_in, limits.retry_after):
        assert value is None or 0 <= value < float("inf")

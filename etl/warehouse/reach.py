"""Instants that days can reach, in whatever zone they are counted. Pure."""

from datetime import UTC, date, datetime, timedelta

from etl.plan.ranges import EASTMOST, ONE_DAY, WESTMOST, Range

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Reach = tuple[datetime | None, datetime | None]
"""From when on and until when; None where there is no bound."""


def reach(range_: Range, included: bool | None) -> Reach:
    """The instants that a range can reach at all, in whatever zone its days begin, and however
    `to_date` is read. `included`: see `Claim`."""
    begin, end = range_.from_day, range_.to_day
    if end is not None and not included:
        end += ONE_DAY
    return instant(begin, -EASTMOST), instant(end, WESTMOST)


def inside(reach: Reach, now: datetime) -> datetime:
    """An instant that lies within a reach in whatever zone, as far as the reach is long enough; now
    where there is no bound."""
    begin, end = reach
    if begin is not None:
        return begin + WESTMOST + EASTMOST
    return now if end is None else end - WESTMOST - EASTMOST


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def instant(day: date | None, shift: timedelta) -> datetime | None:
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + shift

"""`from_date` and `to_date` as half-open bounds in microseconds, the way a dialect reads them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from etl.sandbox.dialect import Dialect, zone
from etl.sandbox.entry import microseconds

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_END_OF_TIME = 2**63


@lru_cache(maxsize=4096)
def lower_bound(value: str, dialect: Dialect) -> int:
    """The first instant that `from_date=value` admits. Raises ValueError where it is refused."""
    return _begin(_read(value, dialect), dialect)


@lru_cache(maxsize=4096)
def upper_bound(value: str, dialect: Dialect) -> int:
    """The first instant that `to_date=value` no longer admits. Raises ValueError likewise."""
    moment = _read(value, dialect)
    if dialect.to_date == "exclusive":
        return _begin(moment, dialect)
    if isinstance(moment, datetime):
        return _begin(moment, dialect) + 1
    if moment == date.max:
        return _END_OF_TIME
    return _begin(moment + timedelta(days=1), dialect)


def _read(value: str, dialect: Dialect) -> date | datetime:
    """A day or, where times are honoured, an instant; the dialect decides what is refused."""
    if _DAY.fullmatch(value):
        return date.fromisoformat(value)
    if dialect.dates == "refuse":
        raise ValueError("Input should be a valid date in the format YYYY-MM-DD")
    moment = datetime.fromisoformat(value)
    return moment if dialect.dates == "time" else moment.date()


def _begin(moment: date | datetime, dialect: Dialect) -> int:
    """The instant itself, or the first one of a day; without a zone, in the dialect's."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone(dialect.zone))
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(dialect.zone))
    return microseconds(moment)

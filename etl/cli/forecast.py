"""`etl sync --plan`: estimates the cost of a sync. Writes nothing."""

import asyncio
import json
from dataclasses import asdict
from datetime import timedelta

from etl.cli import logs
from etl.cli.text import count, duration, plain
from etl.run.forecast import Outlook, ask
from etl.settings import Settings

DAILY = {100: 10_000, 1_000: 100_000}
"""Requests per day by requests per minute, for each tier that the vendor publishes."""


def forecast(settings: Settings, *, as_json: bool) -> int:
    """Prints a line for each organization. Always returns 0."""
    logs.set_up(settings)
    for outlook in asyncio.run(ask(settings)):
        if as_json:
            print(json.dumps(_object(outlook, settings.max_requests)))
        else:
            print(plain(_sentence(outlook, settings.max_requests)))
    return 0


def _object(outlook: Outlook, budget: int | None) -> dict[str, object]:
    found, rate = outlook.forecast, outlook.rate
    return {
        "organization_id": outlook.organization_id,
        **asdict(found),
        "requests_per_minute": rate and round(rate * 60, 1),
        "minutes": rate and round(found.requests / rate / 60, 1),
        "requests_per_day": _daily(outlook),
        "max_requests": budget,
    }


def _sentence(outlook: Outlook, budget: int | None) -> str:
    found, rate, daily = outlook.forecast, outlook.rate, _daily(outlook)
    text = (
        f"{outlook.organization_id}: local {count(found.held)}, source "
        f"{count(found.source_total)}; a sync takes about {count(found.requests, 'request')} in "
        f"{count(found.windows, 'window')}"
    )
    if rate is None:
        text += "; the rate limit is not known yet"
    else:
        took = duration(timedelta(seconds=found.requests / rate))
        text += f", {took} at {count(round(rate * 60))} requests per minute"
    if daily is not None:
        days = -(-found.requests // daily)
        text += f"; the limit is {count(daily)} requests per day"
        text += f", so it takes {days} days" if days > 1 else ""
    if budget is not None and found.requests > budget:
        text += (
            f"; ETL_MAX_REQUESTS allows {count(budget)} per sync, so it takes "
            f"{-(-found.requests // budget)} syncs"
        )
    return text


def _daily(outlook: Outlook) -> int | None:
    """The daily limit of the tier that has the rate limit stated by the API; None if unknown.

    ETL_REQUESTS_PER_MINUTE is the user's own choice, and does not tell the tier.
    """
    limit = outlook.stated_limit
    return None if limit is None else DAILY.get(round(limit))

"""`etl sync --plan`: what a sync would take. Writes nothing."""

import asyncio
import json
from dataclasses import asdict
from datetime import timedelta

from etl.cli import logs
from etl.cli.text import count, duration, plain
from etl.run.forecast import Outlook, ask
from etl.settings import Settings

DAILY = {100: 10_000, 1_000: 100_000}
"""Requests a day by requests a minute, of the tiers that the vendor publishes."""


def forecast(settings: Settings, *, as_json: bool) -> int:
    """Prints a line for each organization; always 0: nothing is done that could be incomplete."""
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
        text += "; no rate limit is known yet"
    else:
        took = duration(timedelta(seconds=found.requests / rate))
        text += f", {took} at {count(round(rate * 60))} requests a minute"
    if daily is not None:
        days = -(-found.requests // daily)
        fits = "fits" if days <= 1 else f"needs {days} days of"
        text += f"; {fits} {count(daily)} requests a day"
    if budget is not None and found.requests > budget:
        text += (
            f"; ETL_MAX_REQUESTS allows {count(budget)} a sync, so it takes "
            f"{-(-found.requests // budget)} of them"
        )
    return text


def _daily(outlook: Outlook) -> int | None:
    """The day's allowance of the tier with the limit that the API states; None where it states none
    or another. The pace at which a sync goes may be the user's own, and tells of no tier."""
    limit = outlook.stated_limit
    return None if limit is None else DAILY.get(round(limit))

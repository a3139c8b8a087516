"""`etl sync --plan`: what a sync would take. Writes nothing."""

import asyncio
import json
from dataclasses import asdict
from datetime import timedelta

from etl.cli import logs
from etl.cli.text import count, duration, plain
from etl.plan.forecast import Forecast
from etl.run.forecast import ask
from etl.settings import Settings

DAILY = ((100, 10_000), (1_000, 100_000))
"""Requests a day by requests a minute, of the tiers that the vendor publishes."""


def forecast(settings: Settings, *, as_json: bool) -> int:
    """Prints a line for each organization; always 0: nothing is done that could be incomplete."""
    logs.set_up(settings)
    for organization, found, rate in asyncio.run(ask(settings)):
        if as_json:
            print(json.dumps(_object(organization, found, rate)))
        else:
            print(plain(_sentence(organization, found, rate)))
    return 0


def _object(organization: str, found: Forecast, rate: float | None) -> dict[str, object]:
    return {
        "organization_id": organization,
        **asdict(found),
        "requests_per_minute": rate and round(rate * 60, 1),
        "minutes": rate and round(found.requests / rate / 60, 1),
        "requests_per_day": _daily(rate),
    }


def _sentence(organization: str, found: Forecast, rate: float | None) -> str:
    text = (
        f"{organization}: {count(found.source_total)} stated there, {count(found.known)} held "
        f"here; a sync takes about {count(found.requests, 'request')} in "
        f"{count(found.windows, 'window')}"
    )
    if rate is None:
        return f"{text}; no rate limit is known yet"
    took = duration(timedelta(seconds=found.requests / rate))
    text += f", {took} at {count(round(rate * 60))} requests a minute"
    daily = _daily(rate)
    if daily is None:
        return text
    fits = "fits" if found.requests <= daily else f"needs {-(-found.requests // daily)} days of"
    return f"{text}; {fits} {count(daily)} requests a day"


def _daily(rate: float | None) -> int | None:
    """The day's allowance of the tier that has this rate, None where no tier is so fast."""
    if rate is None:
        return None
    return next((daily for minute, daily in DAILY if rate * 60 <= minute * 1.01), None)

"""The few questions of `etl sync --plan`, answered without writing anything."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from etl.client.http import Client
from etl.client.query import Query
from etl.plan.forecast import Forecast, forecast_plan
from etl.plan.learned import Learned, StreamState
from etl.plan.model import Count, Counted, Known
from etl.plan.ranges import Range
from etl.run.binding import check_binding
from etl.run.job import open_database
from etl.settings import Settings
from etl.warehouse import ledger
from etl.warehouse.database import Database, present


@dataclass(frozen=True, slots=True)
class Outlook:
    """One organization's forecast, the requests a second that a sync would make, and the requests a
    minute that the API states as its limit; None where they are not known."""

    organization_id: str
    forecast: Forecast
    rate: float | None
    stated_limit: float | None


async def ask(settings: Settings) -> list[Outlook]:
    """The outlook for each organization."""
    settings.require_source()
    database = open_database(settings)
    try:
        async with Client(settings) as client:
            return [
                Outlook(
                    organization,
                    await _forecast(settings, database, client, organization),
                    client.rate,
                    client.stated_limit,
                )
                for organization in settings.organization_id
            ]
    finally:
        database.close()


async def _forecast(
    settings: Settings, database: Database, client: Client, organization: str
) -> Forecast:
    today = datetime.now(UTC).date()
    state, zone = _state(settings, database, organization, today)
    plan = forecast_plan(Learned.of(state))
    answer: Any = None
    while True:
        try:
            question = plan.send(answer)
        except StopIteration as end:
            forecast: Forecast = end.value
            return forecast
        if isinstance(question, Count):
            query = Query(
                from_date=question.range.from_day,
                limit=1,
                **settings.filters(),  # type: ignore[arg-type]
            )
            answer = Counted((await client.page(organization, query)).total)
        elif isinstance(question, Known):
            answer = _known(database, settings, organization, question.range, zone)


def _state(
    settings: Settings, database: Database, organization: str, today: date
) -> tuple[StreamState, str]:
    nothing = StreamState(today, settings.from_date, None, settings.lookback_days), "UTC"
    if not _begun(settings):
        return nothing
    stream = ledger.Stream(organization, settings.from_date)
    with database.attached(read_only=True):
        if not database.holds_anything():
            return nothing
        check_binding(database, settings, organization)
        return ledger.read_state(database, stream, today, settings.lookback_days)


def _known(
    database: Database, settings: Settings, organization: str, range_: Range, zone: str
) -> int:
    if not _begun(settings):
        return 0
    parameters = {"organization_id": organization} | ledger.range_parameters(range_, zone)
    with database.attached(read_only=True):
        if not database.holds_anything():
            return 0
        ((known, _),) = database.run("load/known.sql", parameters)
    return int(known)


def _begun(settings: Settings) -> bool:
    """Whether there is a file; an empty one is begun by the sync."""
    return present(settings.warehouse) and settings.warehouse.stat().st_size > 0

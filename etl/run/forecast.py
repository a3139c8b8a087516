"""The one question of `etl sync --plan`, answered without writing anything."""

from dataclasses import dataclass
from datetime import UTC, datetime

from etl.client.http import Client
from etl.client.query import Query
from etl.engine.forecast import Forecast, forecast
from etl.run.binding import check_binding
from etl.run.opening import open_database
from etl.settings import Settings
from etl.warehouse import ledger, schema
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
    held = _held(settings, database, organization)
    query = Query(from_date=settings.from_date, limit=1, **settings.filters())  # type: ignore[arg-type]
    return forecast((await client.page(organization, query)).total, held)


def _held(settings: Settings, database: Database, organization: str) -> int:
    """Rows held that the source is asked for; 0 where no sync has begun."""
    path = settings.warehouse
    if not present(path) or path.stat().st_size == 0:
        return 0
    with database.attached(read_only=True):
        if not database.holds_anything():
            return 0
        schema.refuse_older(database.version(), path)
        state = ledger.read_state(database, organization, datetime.now(UTC))
        check_binding(settings, organization, state)
    return state.held

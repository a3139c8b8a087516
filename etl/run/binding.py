"""A warehouse holds an organization's log from one host and with one set of filters."""

import json

from etl.errors import ConfigurationError
from etl.settings import Settings
from etl.warehouse.database import Database


def filters_text(settings: Settings) -> str:
    """The filters of a stream as `streams` has them."""
    return json.dumps(settings.filters(), sort_keys=True)


def check_binding(database: Database, settings: Settings, organization_id: str) -> None:
    """Raises ConfigurationError where the warehouse, which is attached, holds another stream."""
    bound = database.execute(
        "SELECT api_base_url, filters::VARCHAR FROM streams "
        "WHERE organization_id = $organization_id",
        {"organization_id": organization_id},
    )
    wanted = (settings.api_base_url, filters_text(settings))
    if bound and bound[0] != wanted:
        raise ConfigurationError(
            f"{settings.warehouse} holds {organization_id} from {bound[0][0]} with filters "
            f"{bound[0][1]}, not from {wanted[0]} with {wanted[1]}; name another file in "
            "ETL_WAREHOUSE"
        )

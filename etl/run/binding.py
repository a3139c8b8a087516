"""A warehouse holds an organization's log from one host and with one set of filters."""

import json

from etl.errors import ConfigurationError
from etl.settings import Settings
from etl.warehouse.ledger import State


def stream_key(settings: Settings) -> tuple[str, str]:
    """Host and filters of a stream, as `streams` has them."""
    return settings.api_base_url, json.dumps(settings.filters(), sort_keys=True)


def check_binding(settings: Settings, organization_id: str, state: State) -> None:
    """Raises ConfigurationError where the warehouse holds another stream of the organization. One
    that held nothing binds nothing."""
    if state.held and state.bound_to not in (None, stream_key(settings)):
        url, filters = state.bound_to or ("", "")
        other_url, other_filters = stream_key(settings)
        raise ConfigurationError(
            f"{settings.warehouse} holds {organization_id} from {url} {_with(filters)}, not from "
            f"{other_url} {_with(other_filters)}; set these as before, or name another file in "
            "ETL_WAREHOUSE"
        )


def _with(filters: str) -> str:
    return "without filters" if filters in ("", "{}") else f"with filters {filters}"

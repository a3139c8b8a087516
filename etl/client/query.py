"""The query parameters of the endpoint, as documented."""

from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import quote, urlencode

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Query:
    """One page: up to `limit` of the entries that match the filters, after the first `skip`.

    `from_date` and `to_date` are sent as YYYY-MM-DD. Raises ValueError if `skip` or `limit` is out
    of the documented range.
    """

    from_date: date | None = None
    to_date: date | None = None
    skip: int = 0
    limit: int = MAX_LIMIT
    entity_type: str | None = None
    action_type: str | None = None
    actor_id: str | None = None
    target_id: str | None = None
    department_id: str | None = None
    search_term: str | None = None

    def __post_init__(self) -> None:
        if self.skip < 0 or not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f"out of range: skip={self.skip}, limit={self.limit}")

    def params(self) -> dict[str, str]:
        """Return the parameters that are set, in the order of the fields above."""
        values = ((name, getattr(self, name)) for name in _NAMES)
        return {name: str(value) for name, value in values if value is not None}

    def encoded(self) -> str:
        """Return the parameters as the query string of a URL."""
        return urlencode(self.params(), quote_via=quote)


_NAMES = tuple(field.name for field in fields(Query))

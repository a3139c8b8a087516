"""What the API's published page leaves open, as one frozen value: a switch for each question."""

from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args, get_type_hints


def _switch(default: object, explanation: str, *, least: int = 0) -> Any:
    return field(default=default, metadata={"help": explanation, "least": least})


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way in which the API may behave. The default is the plainest.

    Raises ValueError, with the switch and the values it takes, for any other value.
    """

    names: Literal["flat", "nested", "camel"] = _switch("flat", "spelling of an entry's fields")
    time_field: Literal["created_at", "timestamp", "occurred_at"] = _switch(
        "created_at", "field of the event time"
    )
    action_field: Literal["action_type", "action"] = _switch("action_type", "field of the action")
    time_style: Literal["iso-z", "iso-offset", "naive", "epoch-s", "epoch-ms"] = _switch(
        "iso-z", "how the time is written; with iso-offset the offset differs between entries"
    )
    order: Literal["newest", "oldest", "stored", "random"] = _switch(
        "newest", "newest or oldest event first, last stored first, or a fixed random order"
    )
    ties: Literal["stable", "shuffled"] = _switch("stable", "order of entries of one instant")
    untimed: Literal["oldest", "newest"] = _switch(
        "oldest", "entries without a time stand before the oldest or after the newest"
    )
    to_date: Literal["inclusive", "exclusive"] = _switch("inclusive", "the to_date day itself")
    zone: str = _switch("UTC", "IANA zone in which days begin")
    page_cap: int | None = _switch(None, "most entries on a page, whatever was asked", least=1)
    says_limit: Literal["asked", "used", "none"] = _switch("used", "limit in the answer")
    total_cap: int | None = _switch(None, "largest total that is stated; has_more stays true")
    total_lag: int = _switch(0, "seconds by which total lags behind the log")
    max_skip: int | None = _switch(None, "a larger skip is answered with 422")
    max_limit: int = _switch(100, "a larger limit is answered with 422", least=1)
    errors: Literal["json", "html", "empty"] = _switch("json", "body of an error")
    has_more: Literal["honest", "always", "never"] = _switch("honest", "whether has_more is true")
    limit_headers: Literal["both", "reset", "requests", "none"] = _switch(
        "both", "rate limit headers: X-RateLimit-Reset or ...-reset-requests"
    )
    retry_after: Literal["seconds", "date", "none"] = _switch("seconds", "Retry-After on a 429")

    def __post_init__(self) -> None:
        for switch in switches():
            value = getattr(self, switch.name)
            if switch.choices and value not in switch.choices:
                raise ValueError(f"{switch.name} is one of {', '.join(switch.choices)}")
            if switch.number and value is not None and value < switch.least:
                raise ValueError(f"{switch.name} is a whole number of at least {switch.least}")
        zone(self.zone)


class Switch(NamedTuple):
    """A switch for a command line. It takes one of `choices`, a number, or else text."""

    name: str
    default: object
    choices: tuple[str, ...]
    number: bool
    help: str
    least: int


@lru_cache(maxsize=1)
def switches() -> tuple[Switch, ...]:
    """Every switch of `Dialect`, in its order."""
    found = []
    for switch in fields(Dialect):
        hint = get_type_hints(Dialect)[switch.name]
        number = hint is int or int in get_args(hint)
        choices = () if number else get_args(hint)
        found.append(Switch(switch.name, switch.default, choices, number, **switch.metadata))
    return tuple(found)


@lru_cache(maxsize=16)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name. Raises ValueError if this machine has no zone of that name."""
    if name == "UTC":
        return UTC  # also where there is no zone database
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"zone is an IANA time zone, not {name!r}") from error

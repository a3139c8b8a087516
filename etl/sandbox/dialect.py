"""What the API's published page leaves open, as one frozen value: a switch for each question."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, cast, get_args, get_type_hints


def _switch(default: object, explanation: str, *, least: int = 0) -> Any:
    return field(default=default, metadata={"help": explanation, "least": least})


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way in which the API may turn out to behave; the default is the plainest.

    Raises ValueError, naming the switch and what it takes, for a value that is none.
    """

    names: Literal["flat", "nested", "camel"] = _switch(
        "flat", "how an entry's fields are spelled: actor_id, actor: {id}, or actorId"
    )
    time_field: Literal["created_at", "timestamp", "occurred_at"] = _switch(
        "created_at", "the field that carries the event time"
    )
    action_field: Literal["action_type", "action"] = _switch(
        "action_type", "the field that carries the action"
    )
    time_style: Literal["iso-z", "iso-offset", "naive", "epoch-s", "epoch-ms"] = _switch(
        "iso-z", "how the time is written; iso-offset varies the offset from entry to entry"
    )
    order: Literal["newest", "oldest"] = _switch("newest", "which end of the log is served first")
    ties: Literal["stable", "shuffled"] = _switch(
        "stable", "entries of the same instant: in one order, or in another at each request"
    )
    dates: Literal["day", "time", "refuse"] = _switch(
        "day", "a time of day in from_date or to_date is silently cut, honoured, or refused"
    )
    to_date: Literal["inclusive", "exclusive"] = _switch(
        "inclusive", "whether the to_date day itself is served"
    )
    zone: str = _switch("UTC", "the IANA zone in which days begin")
    total_cap: int | None = _switch(None, "total is never stated above this; has_more still tells")
    total_lag: int = _switch(0, "seconds by which total lags behind the log")
    max_skip: int | None = _switch(None, "a larger skip is answered with 422")
    max_limit: int = _switch(100, "a larger limit is answered with 422", least=1)
    errors: Literal["json", "html", "empty"] = _switch("json", "the body of an error")
    has_more: Literal["honest", "always", "never"] = _switch(
        "honest", "whether has_more tells the truth, or always the same"
    )
    limit_headers: Literal["both", "reset", "requests", "none"] = _switch(
        "both", "the spelling of the rate limit's headers: X-RateLimit-Reset or …-reset-requests"
    )
    retry_after: Literal["seconds", "date", "none"] = _switch(
        "seconds", "how Retry-After is written on a 429"
    )

    def __post_init__(self) -> None:
        for switch in switches():
            value = getattr(self, switch.name)
            if switch.choices and value not in switch.choices:
                raise ValueError(f"{switch.name} is one of {', '.join(switch.choices)}")
            if switch.number and value is not None and value < switch.least:
                raise ValueError(f"{switch.name} is a whole number of at least {switch.least}")
        zone(self.zone)


@dataclass(frozen=True, slots=True)
class Switch:
    """One question of the dialect, as a command line can offer it.

    It takes one of the `choices`, or where there are none any text, or a `number` of at `least`.
    """

    name: str
    help: str
    default: object
    choices: tuple[str, ...]
    number: bool
    least: int


@lru_cache(maxsize=1)
def switches() -> tuple[Switch, ...]:
    """Every switch of `Dialect`, in its order."""
    hints = get_type_hints(Dialect)
    found = []
    for declared in fields(Dialect):
        hint = hints[declared.name]
        number = hint is int or (isinstance(hint, UnionType) and int in get_args(hint))
        choices = () if number or hint is str else cast(tuple[str, ...], get_args(hint))
        found.append(
            Switch(
                name=declared.name,
                default=declared.default,
                choices=choices,
                number=number,
                **declared.metadata,
            )
        )
    return tuple(found)


@lru_cache(maxsize=16)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name. Raises ValueError where this machine knows none by that name."""
    if name == "UTC":
        return UTC  # without asking for the zone database, which a slim machine may lack
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"zone is an IANA time zone, not {name!r}") from error

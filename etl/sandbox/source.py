"""The log that the sandbox serves: entries by organization, and how they can change.

A `Log` never changes: each change of the source makes a new one. So a response is made from one
state of the log without a lock, and orders and filtered logs can be cached.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from etl.sandbox.entry import Entry, microseconds

Filters = frozenset[tuple[str, str]]  # names of FILTERS, and values
Days = tuple[int, int]  # the first instant and the one after the last, in microseconds since 1970

FILTERS = ("entity_type", "action_type", "actor_id", "target_id", "department_id", "search_term")
BEGINNING, END = -(2**62), 2**63
EVER: Days = (-(2**63), END)  # whatever has a time, and whatever has none
_FORMER_LOGS = 16  # how many are kept for a total that lags


def _by_time(entry: Entry) -> int:
    return EVER[0] if entry.at is None else entry.at


class Log:
    """The entries of one organization.

    `stored` are in the order in which they came, `entries` in the order of time: those without a
    time first, and those of one instant as they came.
    """

    def __init__(self, stored: Iterable[Entry] = ()) -> None:
        self.stored = list(stored)
        self.entries = sorted(self.stored, key=_by_time)

    def span(self, days: Days) -> tuple[int, int]:
        """`(low, high)`: `entries[low:high]` are those of these days."""
        low, high = (bisect_left(self.entries, bound, key=_by_time) for bound in days)
        return low, max(low, high)


@lru_cache(maxsize=16)
def filtered(log: Log, filters: Filters) -> Log:
    """The log of the entries that match all filters."""
    if not filters:
        return log
    return Log(entry for entry in log.stored if all(_matches(entry, *one) for one in filters))


def _matches(entry: Entry, name: str, value: str) -> bool:
    """The field has this value; `search_term` is found, in any case, in one of three fields."""
    if name != "search_term":
        return bool(getattr(entry, name) == value)
    searched = (entry.entity_name, entry.actor_name, entry.actor_email)
    return any(value.casefold() in text.casefold() for text in searched if text)


def arranged(log: Log, days: Days, order: str, untimed: str) -> tuple[list[Entry], int, int]:
    """`(entries, low, high)`: `entries[low:high]` are those of these days in this order.

    For `newest` they are in the order of `oldest`, to be read backwards. `untimed` names the end
    of time at which entries without a time stand.
    """
    if order in ("stored", "random"):
        chosen = _rearranged(log, days, order)
        return chosen, 0, len(chosen)
    if days == EVER and untimed == "newest":
        return _rearranged(log, days, "untimed last"), 0, len(log.entries)
    return log.entries, *log.span(days)


@lru_cache(maxsize=64)
def _rearranged(log: Log, days: Days, order: str) -> list[Entry]:
    """The entries of these days in an order that takes a pass over the log."""
    if order == "untimed last":
        return sorted(log.entries, key=lambda entry: entry.at is None)
    chosen = [entry for entry in reversed(log.stored) if days[0] <= _by_time(entry) < days[1]]
    return sorted(chosen, key=_hash) if order == "random" else chosen


def _hash(entry: Entry) -> bytes:
    return blake2b(entry.text or str(entry.id).encode(), digest_size=8).digest()


_EMPTY = Log()


class Source:
    """The logs of one or several organizations, and the ways in which a log can change.

    `entries` are stored in the order given. `organizations` exist even without an entry. `clock`
    (seconds since 1970) dates the changes, for a total that lags. One thread changes it at a time.
    """

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        organizations: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        logs = {name: Log(group) for name, group in _by_organization(entries).items()}
        self._versions = [(float("-inf"), dict.fromkeys(organizations, _EMPTY) | logs)]

    def log(self, organization_id: str, *, as_of: float = float("inf")) -> Log | None:
        """The log of an organization as it was at `as_of`; None if there is no organization.

        If that state is no longer kept, the oldest that is.
        """
        versions = self._versions
        since = (logs for when, logs in reversed(versions) if when <= as_of)
        return next(since, versions[0][1]).get(organization_id)

    def entries(self, organization_id: str | None = None) -> list[Entry]:
        """The entries of all organizations, or of one, in the order of time."""
        logs = self._versions[-1][1]
        chosen = logs.values() if organization_id is None else [logs.get(organization_id, _EMPTY)]
        return sorted((entry for log in chosen for entry in log.entries), key=_by_time)

    def insert(self, *entries: Entry) -> None:
        """Stores entries at their own times: new ones, late ones, a second one under one id."""
        held = self._versions[-1][1]
        arriving = _by_organization(entries).items()
        self._put({name: [*held.get(name, _EMPTY).stored, *new] for name, new in arriving})

    def change(self, entry_id: str, **fields: Any) -> None:
        """Gives the entries of this id other content. Raises KeyError if there is none."""
        self._must_hold({entry_id})
        replace = msgspec.structs.replace
        self._revise(lambda entry: replace(entry, **fields) if entry.id == entry_id else entry)

    def vanish(self, *entry_ids: str) -> None:
        """Removes entries. Raises KeyError for an unknown id, and then removes none."""
        gone = set(entry_ids)
        self._must_hold(gone)
        self._revise(lambda entry: None if entry.id in gone else entry)

    def expire(self, before: datetime) -> None:
        """Removes every entry with a time before `before`, as a retention rule does."""
        bound = microseconds(before)
        self._revise(lambda entry: None if entry.at is not None and entry.at < bound else entry)

    def _must_hold(self, entry_ids: set[str]) -> None:
        missing = entry_ids - {entry.id for entry in self.entries()}
        if missing:
            raise KeyError(f"no entry {', '.join(sorted(missing))}")

    def _revise(self, revise: Callable[[Entry], Entry | None]) -> None:
        held = self._versions[-1][1]
        self._put({name: [*filter(None, map(revise, log.stored))] for name, log in held.items()})

    def _put(self, changed: dict[str, list[Entry]]) -> None:
        logs = self._versions[-1][1] | {name: Log(stored) for name, stored in changed.items()}
        self._versions = [*self._versions[1 - _FORMER_LOGS :], (self._clock(), logs)]


def _by_organization(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    held: dict[str, list[Entry]] = {}
    for entry in entries:
        held.setdefault(entry.organization_id, []).append(entry)
    return held

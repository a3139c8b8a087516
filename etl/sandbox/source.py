"""The log that the sandbox serves: entries by organization, and how they can change.

A `Log` never changes: each change of the source makes a new one. So a response is made from one
state of the log without a lock, and orders and filtered logs can be cached.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from etl.sandbox.entry import Entry, microseconds

Filters = frozenset[tuple[str, str]]  # names and values of FILTERS

FILTERS = ("entity_type", "action_type", "actor_id", "target_id", "department_id", "search_term")
_UNTIMED = -(2**63)
_FORMER_LOGS = 16  # how many are kept for a total that lags


def _by_time(entry: Entry) -> int:
    return _UNTIMED if entry.at is None else entry.at


class Log:
    """The entries of one organization.

    `stored` are in the order in which they came, `entries` in the order of time: those without a
    time first, and those of one instant as they came.
    """

    def __init__(self, stored: Iterable[Entry] = ()) -> None:
        self.stored = list(stored)
        self.entries = sorted(self.stored, key=_by_time)

    def filtered(self, filters: Filters) -> Log:
        """The log of the entries that match all filters."""
        return _filtered(self, filters) if filters else self

    def span(self, since: int | None, until: int | None) -> tuple[int, int]:
        """`entries[low:high]` are those with `since <= at < until`, in microseconds.

        Entries without a time are among them only if both bounds are None.
        """
        if since is None and until is None:
            return 0, len(self.entries)
        low = bisect_left(self.entries, _UNTIMED + 1 if since is None else since, key=_by_time)
        if until is None:
            return low, len(self.entries)
        return low, bisect_left(self.entries, until, lo=low, key=_by_time)

    def arranged(
        self, since: int | None, until: int | None, order: str, untimed: str
    ) -> tuple[list[Entry], int, int]:
        """`(entries, low, high)`: the entries of a span, as `entries[low:high]`.

        For the orders of time the oldest is first, and those without a time stand at the end that
        `untimed` names. For the orders `stored` and `random` they are as served.
        """
        if order in ("newest", "oldest"):
            low, high = self.span(since, until)
            whole = since is None and until is None
            return (
                (_untimed_last(self) if whole and untimed == "newest" else self.entries),
                low,
                high,
            )
        chosen = _rearranged(self, since, until, order)
        return chosen, 0, len(chosen)


@lru_cache(maxsize=16)
def _filtered(log: Log, filters: Filters) -> Log:
    return Log(entry for entry in log.stored if all(_matches(entry, *one) for one in filters))


def _matches(entry: Entry, name: str, value: str) -> bool:
    """The field has this value; `search_term` is found, in any case, in one of three fields."""
    if name != "search_term":
        return bool(getattr(entry, name) == value)
    searched = (entry.entity_name, entry.actor_name, entry.actor_email)
    return any(value.casefold() in text.casefold() for text in searched if text)


@lru_cache(maxsize=16)
def _untimed_last(log: Log) -> list[Entry]:
    timed = bisect_left(log.entries, _UNTIMED + 1, key=_by_time)
    return log.entries[timed:] + log.entries[:timed]


@lru_cache(maxsize=64)
def _rearranged(log: Log, since: int | None, until: int | None, order: str) -> list[Entry]:
    """The entries of a span: the last stored first, or in the order of a hash of their ids."""
    low, high = log.span(since, until)
    if order == "random":
        return sorted(log.entries[low:high], key=_hash)
    if since is None and until is None:
        return log.stored[::-1]
    first, last = since or _UNTIMED + 1, until or 2**63
    return [entry for entry in reversed(log.stored) if first <= _by_time(entry) < last]


def _hash(entry: Entry) -> bytes:
    return blake2b(entry.text or (entry.id or "").encode(), digest_size=8).digest()


_EMPTY = Log()


class _Version(NamedTuple):
    since: float
    logs: dict[str, Log]


class Source:
    """The logs of one or several organizations, and the ways in which a log can change.

    `entries` are stored in the order given. `organizations` exist even without an entry. `clock`
    (seconds since 1970) dates the changes, for a total that lags behind them.
    """

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        organizations: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._writing = Lock()
        logs = {name: Log(group) for name, group in _by_organization(entries).items()}
        self._versions = [_Version(float("-inf"), dict.fromkeys(organizations, _EMPTY) | logs)]

    def log(self, organization_id: str, *, as_of: float = float("inf")) -> Log | None:
        """The log of an organization as it was at `as_of`; None if there is no organization.

        If that state is no longer kept, the oldest that is.
        """
        versions = self._versions
        version = next((v for v in reversed(versions) if v.since <= as_of), versions[0])
        return version.logs.get(organization_id)

    def entries(self, organization_id: str | None = None) -> list[Entry]:
        """The entries of all organizations, or of one, in the order of time."""
        logs = self._versions[-1].logs
        chosen = logs.values() if organization_id is None else [logs.get(organization_id, _EMPTY)]
        return sorted((entry for log in chosen for entry in log.entries), key=_by_time)

    def insert(self, *entries: Entry) -> None:
        """Stores entries at their own times: new ones, late ones, a second one under one id."""
        arriving = _by_organization(entries)
        self._put(
            lambda logs: {
                name: Log([*logs.get(name, _EMPTY).stored, *group])
                for name, group in arriving.items()
            }
        )

    def change(self, entry_id: str, **fields: Any) -> None:
        """Gives the entries of this id other content. Raises KeyError if there is none."""
        self._must_hold({entry_id})
        self._revise(
            lambda entry: (
                msgspec.structs.replace(entry, **fields) if entry.id == entry_id else entry
            )
        )

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
        self._put(
            lambda logs: {
                name: Log(kept for entry in log.stored if (kept := revise(entry)) is not None)
                for name, log in logs.items()
            }
        )

    def _put(self, changed: Callable[[dict[str, Log]], dict[str, Log]]) -> None:
        with self._writing:
            logs = self._versions[-1].logs
            version = _Version(self._clock(), logs | changed(logs))
            self._versions = [*self._versions[1 - _FORMER_LOGS :], version]


def _by_organization(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    held: dict[str, list[Entry]] = {}
    for entry in entries:
        held.setdefault(entry.organization_id, []).append(entry)
    return held

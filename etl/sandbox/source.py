"""The log that the sandbox serves: entries by organization, and the arithmetic over them.

A `Log` never changes: whoever changes the source puts another log in its place. So a response is
cut from one state of the log without a lock, and what a query has found once holds as long as its
log is the current one.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from threading import Lock
from typing import Any

import msgspec

from etl.sandbox.entry import Entry, microseconds

_by_time = attrgetter("at")
_folded = lru_cache(maxsize=65_536)(str.casefold)  # a million entries bear a few thousand names

# How many former logs are kept for a total that lags, and how many filtered ones for each log.
_FORMER_LOGS = 16
_FILTERED_LOGS = 16


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the published page but for the dates; None is not filtered by."""

    entity_type: str | None = None
    action_type: str | None = None
    actor_id: str | None = None
    target_id: str | None = None
    department_id: str | None = None
    search_term: str | None = None

    def matches(self, entry: Entry) -> bool:
        """All given filters hold; `search_term` is found, in any case, in one of three fields."""
        return (
            self.entity_type in (None, entry.entity_type)
            and self.action_type in (None, entry.action_type)
            and self.actor_id in (None, entry.actor_id)
            and self.target_id in (None, entry.target_id)
            and self.department_id in (None, entry.department_id)
            and (self.search_term is None or self._found_in(entry))
        )

    def _found_in(self, entry: Entry) -> bool:
        term = _folded(self.search_term or "")
        searched = (entry.entity_name, entry.actor_name, entry.actor_email)
        return any(term in _folded(text) for text in searched if text)


NO_FILTERS = Filters()


class Log:
    """The entries of one organization in the order of time; entries of one instant as they came."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self._filtered: dict[Filters, Log] = {}

    def filtered(self, filters: Filters) -> Log:
        """The log of the entries that match; kept, since each page of a walk asks for it again."""
        if filters == NO_FILTERS:
            return self
        found = self._filtered.get(filters)
        if found is None:
            if len(self._filtered) >= _FILTERED_LOGS:
                self._filtered.clear()
            found = Log([entry for entry in self.entries if filters.matches(entry)])
            self._filtered[filters] = found
        return found

    def span(self, since: int | None, until: int | None) -> tuple[int, int]:
        """The positions `[low, high)` of the entries with `since <= at < until` (microseconds)."""
        low = 0 if since is None else bisect_left(self.entries, since, key=_by_time)
        high = (
            len(self.entries)
            if until is None
            else bisect_left(self.entries, until, lo=low, key=_by_time)
        )
        return low, max(low, high)


_EMPTY = Log([])


@dataclass(frozen=True, slots=True)
class _Version:
    since: float
    logs: dict[str, Log]


class Source:
    """The logs of one or several organizations, and the ways in which a log can change.

    `entries` may come in any order. `organizations` names those that exist without an entry.
    `clock` (seconds since 1970) dates the changes, for totals that lag behind them.
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
        logs = dict.fromkeys(organizations, _EMPTY)
        logs |= {name: _log(group) for name, group in _by_organization(entries).items()}
        self._versions = [_Version(float("-inf"), logs)]

    def log(self, organization_id: str, *, as_of: float | None = None) -> Log | None:
        """The log of an organization, None where there is no such organization.

        `as_of` asks for the log as it was at that time: the oldest that is still kept at least.
        """
        versions = self._versions
        version = versions[-1]
        if as_of is not None:
            version = next((v for v in reversed(versions) if v.since <= as_of), versions[0])
        return version.logs.get(organization_id)

    def entries(self, organization_id: str | None = None) -> list[Entry]:
        """All entries, of one organization where one is given, in the order of time."""
        logs = self._versions[-1].logs
        chosen = logs.values() if organization_id is None else [logs.get(organization_id, _EMPTY)]
        return sorted((entry for log in chosen for entry in log.entries), key=_by_time)

    def insert(self, *entries: Entry) -> None:
        """Adds entries at their own times: new ones, late ones, a second one under the same id."""

        def merged(logs: dict[str, Log]) -> dict[str, Log]:
            return {
                organization_id: _log([*logs.get(organization_id, _EMPTY).entries, *arriving])
                for organization_id, arriving in _by_organization(entries).items()
            }

        self._put(merged)

    def change(self, entry_id: str, **fields: Any) -> None:
        """Gives the entries of this id other content. Raises KeyError where there is none."""
        self._must_hold({entry_id})
        self._revise(
            lambda held: [
                msgspec.structs.replace(entry, **fields) if entry.id == entry_id else entry
                for entry in held
            ]
        )

    def vanish(self, *entry_ids: str) -> None:
        """Takes entries away. Raises KeyError for an id that is not there, and then takes none."""
        gone = set(entry_ids)
        self._must_hold(gone)
        self._revise(lambda held: [entry for entry in held if entry.id not in gone])

    def expire(self, before: datetime) -> None:
        """Takes away every entry older than `before`, as a retention rule does."""
        bound = microseconds(before)
        self._revise(lambda held: [entry for entry in held if entry.at >= bound])

    def _must_hold(self, entry_ids: set[str]) -> None:
        missing = entry_ids - {entry.id for entry in self.entries()}
        if missing:
            raise KeyError(f"no entry {', '.join(sorted(missing))}")

    def _revise(self, revise: Callable[[list[Entry]], list[Entry]]) -> None:
        self._put(lambda logs: {name: _log(revise(log.entries)) for name, log in logs.items()})

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


def _log(entries: Iterable[Entry]) -> Log:
    return Log(sorted(entries, key=_by_time))  # stable: entries of one instant stay as they came

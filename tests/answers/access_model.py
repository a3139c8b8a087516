"""Who holds what at a moment, replayed change by change: the model that the SQL must equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

DEACTIVATED, REMOVED = "deactivated", "removed"


@dataclass(frozen=True)
class Change:
    """One entry that grants or revokes. `action` is the entry's own word for it."""

    at: datetime
    person: str
    kind: str
    thing: str
    scope: str | None
    granted: bool
    action: str
    by: str
    entry: str

    @property
    def what(self) -> tuple[str, str, str, str | None]:
        return (self.person, self.kind, self.thing, self.scope)


@dataclass(frozen=True)
class Held:
    person: str
    kind: str
    thing: str
    scope: str | None
    since: datetime | None
    by: str | None


def _order(change: Change) -> tuple[object, ...]:
    """At one instant: accounts go off, people are removed, things are taken, things are given."""
    rank = (change.granted, change.kind != "account", change.action != DEACTIVATED)
    return (change.at, *rank, change.entry)


def held_at(changes: Sequence[Change], moment: datetime) -> set[Held]:
    """Everything in force at `moment`."""
    ordered = sorted(changes, key=_order)
    grants: dict[tuple[str, str, str, str | None], tuple[datetime | None, str | None]] = {}
    off: set[str] = set()
    on_since: dict[str, datetime] = {}
    removed: set[str] = set()
    touched = set()
    for change in ordered:  # what is taken without having been given was held from the beginning
        lost_before = change.kind != "account" and change.person in removed
        if change.what not in touched and not change.granted and not lost_before:
            grants[change.what] = (None, None)
        touched.add(change.what)
        if change.action == REMOVED:
            removed.add(change.person)
    for change in ordered:
        if change.at > moment:
            break
        if change.granted:
            grants.setdefault(change.what, (change.at, change.by))
        else:
            grants.pop(change.what, None)
        if change.action == REMOVED:
            for what in [what for what in grants if what[0] == change.person]:
                if what[1] != "account":
                    del grants[what]
        if change.kind == "account":
            if change.action == DEACTIVATED:
                off.add(change.person)
            elif change.person in off:
                off.remove(change.person)
                on_since[change.person] = change.at
    found = set()
    for what, (since, by) in grants.items():
        if what[1] != "account":
            if what[0] in off:
                continue
            resumed = on_since.get(what[0])
            since = max(filter(None, (since, resumed)), default=None)
        found.add(Held(*what, since, by))
    return found

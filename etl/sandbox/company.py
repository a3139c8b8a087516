"""The made-up organization: who works there, what it owns, and what is to happen next."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Any

from etl.sandbox.cast import (
    DAY,
    DUTIES,
    HOUR,
    KNOWLEDGE,
    MEMBER,
    MINUTE,
    NOWHERE,
    OFFICES,
    Casting,
    Holding,
    Person,
    Thing,
)
from etl.sandbox.entry import Entry

# How many of each kind there are before the log begins; deletions leave half of them at least.
_AT_FIRST = {
    "knowledge_slice": 40,
    "vector_store": 8,
    "knowledge_composite": 6,
    "role": 4,
    "permission": 6,
    "department": 4,
}

Act = Callable[["Company", Person, int], Entry]
FollowUp = Callable[[int], Entry]


class Company:
    """Its state moves on with each entry; all times are milliseconds since 1970.

    `active` are the people of each office who can act, `owned` the things of each entity type.
    Everything random comes from the one generator, so that a seed makes one history.
    """

    def __init__(self, random: Random, organization_id: str, headcount: int, offices: int) -> None:
        self.random = random
        self.headcount = headcount
        self.casting = Casting(random)
        self.active: list[list[Person]] = [[] for _ in range(offices)]
        self.duty: dict[tuple[int, str], list[Person]] = {}
        self.owned = {
            kind: [self.casting.thing(kind, self.some_department()) for _ in range(number)]
            for kind, number in _AT_FIRST.items()
        }
        self.sync_account = self.casting.directory_sync()
        self._organization_id = organization_id
        self._due: list[tuple[int, int, FollowUp]] = []
        self._follow_ups = 0
        self._found(headcount, offices)

    def _found(self, headcount: int, offices: int) -> None:
        places = [office for office in range(offices) for _ in range(OFFICES[office].weight)]
        for number in range(headcount):
            wave, office = divmod(number, offices)
            duty = DUTIES[wave] if wave < len(DUTIES) else MEMBER
            if duty == MEMBER:
                # The first office has at least these, for the incidents to be about.
                office = 0 if number < len(DUTIES) * offices + 3 else self.random.choice(places)
            person = self.casting.person(office, duty)
            role = self.casting.roles["Editor" if duty == MEMBER else "Admin"]
            person.roles.append(Holding(role, person.department))
            person.memberships.append(Holding(person.department, person.department))
            self.join(person)

    @property
    def people(self) -> int:
        """How many people can act now."""
        return sum(map(len, self.active))

    def join(self, person: Person) -> None:
        """From now on the person acts, and is acted upon."""
        self.active[person.office].append(person)
        self.duty.setdefault((person.office, person.duty), []).append(person)

    def leave(self, person: Person) -> None:
        self.active[person.office].remove(person)
        self.duty[person.office, person.duty].remove(person)

    def on_duty(self, duty: str, office: int) -> Person:
        """Somebody of the office with this duty; where there is nobody, who knows everything."""
        return self.random.choice(self.duty.get((office, duty)) or self.duty[office, KNOWLEDGE])

    def somebody(self, suits: Callable[[Person], bool]) -> Person | None:
        """A settled person of any office who suits; None where a few tries find nobody."""
        for _ in range(8):
            person = self.random.choice(self.random.choice(self.active))
            if person.settled and suits(person):
                return person
        return None

    def some_department(self) -> Thing | None:
        """One of the departments, or now and then none: what belongs to the whole company."""
        return None if self.random.random() < 0.1 else self.random.choice(self.casting.departments)

    def take(self, kind: str) -> Thing | None:
        """A thing of this kind that is owned no more; None where there are too few to lose one."""
        owned = self.owned[kind]
        if len(owned) <= _AT_FIRST[kind] // 2:
            return None
        position = self.random.randrange(len(owned))
        owned[position], owned[-1] = owned[-1], owned[position]
        return owned.pop()

    def later(self, due: int, follow_up: FollowUp) -> None:
        """Something that will happen at `due`, not before now."""
        self._follow_ups += 1  # of two that are due at once, the one planned first
        heappush(self._due, (due, self._follow_ups, follow_up))

    def due(self, at: int) -> Entry | None:
        """The earliest entry that is due by `at`."""
        if not self._due or self._due[0][0] > at:
            return None
        due, _, follow_up = heappop(self._due)
        return follow_up(due)

    def at_work(self, at: int, person: Person) -> int:
        """`at`, or else the next time after it at which the person is at work."""
        office = OFFICES[person.office]
        day, time_of_day = divmod(office.local(at), DAY)
        if weekday(day) < 5 and 8 * HOUR <= time_of_day < 18 * HOUR:
            return at
        if weekday(day) >= 5 or time_of_day >= 18 * HOUR:
            day += 1
        while weekday(day) >= 5:
            day += 1
        return office.instant(day * DAY + 8 * HOUR + self.random.randrange(90 * MINUTE))

    def entry(
        self,
        at: int,
        actor: Person,
        kind: str,
        action: str,
        entity: Thing | Person,
        *,
        target: Person | None = None,
        department: Thing | None = None,
        before: Any = None,
        after: Any = None,
    ) -> Entry:
        """What the log says about one act."""
        return Entry(
            at=at * 1000,
            id=f"aud_{self.random.getrandbits(80):020x}",
            organization_id=self._organization_id,
            entity_type=kind,
            entity_id=entity.id,
            entity_name=entity.name,
            action_type=action,
            actor_id=actor.id,
            actor_name=actor.name,
            actor_email=actor.email,
            target_type=None if target is None else "user",
            target_id=None if target is None else target.id,
            target_name=None if target is None else target.name,
            department_id=None if department is None else department.id,
            department_name=None if department is None else department.name,
            previous_value=before,
            new_value=after,
            metadata=self._session(actor, at),
        )

    def _session(self, actor: Person, at: int) -> dict[str, Any] | None:
        """Where the actor works from today: one value for all entries of a day."""
        if actor.office != NOWHERE:
            day = OFFICES[actor.office].local(at) // DAY
            if actor.day != day:
                actor.day, actor.metadata = day, self.casting.session()
        return actor.metadata


def weekday(day: int) -> int:
    """0 for Monday to 6 for Sunday, of a day counted from 1970-01-01, a Thursday."""
    return (day + 3) % 7

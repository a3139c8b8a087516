"""The made-up organization: who works there, what it owns, and what is to happen next."""

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Any

from etl.sandbox import cast
from etl.sandbox.cast import DAY, HOUR, MEMBER, OFFICES, Holding, Person, Thing
from etl.sandbox.entry import Entry

# How many of each kind there are before the log begins. Deletions leave at least half of them.
_AT_FIRST = {
    "knowledge_slice": 40, "vector_store": 8, "knowledge_composite": 6,
    "role": 4, "permission": 6, "department": 4,
}  # fmt: skip

FollowUp = Callable[[int], Entry]


class Company:
    """Its state changes with each entry. All times are milliseconds since 1970.

    `active` are the people of each office who can act, `owned` the things of each entity type.
    All random numbers come from one generator, so that one seed makes one history.
    """

    def __init__(self, random: Random, organization_id: str, headcount: int, offices: int) -> None:
        self.random = random
        self.headcount = headcount
        self.departments = [Thing(self._new_id("dep"), name) for name in cast.DEPARTMENTS]
        self.roles = {name: Thing(self._new_id("rol"), name) for name in cast.ROLES}
        self.active: list[list[Person]] = [[] for _ in range(offices)]
        self.duty: dict[tuple[int, str], list[Person]] = {}
        self.owned: dict[str, list[Thing]] = {}
        self._organization_id = organization_id
        self._namesakes: dict[str, int] = {}
        self._due: list[tuple[int, int, FollowUp]] = []
        self._follow_ups = 0
        for kind, number in _AT_FIRST.items():
            self.owned[kind] = [self.thing(kind) for _ in range(number)]
        sync_id, home = self._new_id("svc"), self.departments[0]
        self.sync = Person(sync_id, "Directory Sync", None, cast.NOWHERE, home, "automation")
        self.sync.metadata = {"source": "scim", "user_agent": "directory-sync/2.4"}
        self._hire(headcount, offices)

    def _hire(self, headcount: int, offices: int) -> None:
        places = [office for office in range(offices) for _ in range(OFFICES[office].weight)]
        for number in range(headcount):
            wave, office = divmod(number, offices)
            duty = cast.DUTIES[wave] if wave < len(cast.DUTIES) else MEMBER
            if duty == MEMBER:
                # The first office has at least three members, for the incidents.
                first = number < len(cast.DUTIES) * offices + 3
                office = 0 if first else self.random.choice(places)
            person = self.person(office, duty)
            role = self.roles["Editor" if duty == MEMBER else "Admin"]
            person.held[cast.ROLE].append(Holding(role, person.department))
            person.held[cast.MEMBERSHIP].append(Holding(person.department, person.department))
            self.join(person)

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}_{self.random.getrandbits(48):012x}"

    def person(self, office: int, duty: str) -> Person:
        """Somebody new from the office's region, who holds nothing yet."""
        choice = self.random.choice
        given, family = choice(cast.GIVEN[office]), choice(cast.FAMILY[office])
        address = f"{given[1]}.{family[1]}"
        namesakes = self._namesakes[address] = self._namesakes.get(address, 0) + 1
        email = f"{address}{'' if namesakes == 1 else namesakes}@example.com"
        name = f"{given[0]} {family[0]}"
        return Person(self._new_id("usr"), name, email, office, choice(self.departments), duty)

    def thing(self, kind: str) -> Thing:
        """A new thing of this entity type, of a department or, one of ten, the whole company."""
        choice = self.random.choice
        department = None if self.random.random() < 0.1 else choice(self.departments)
        name = f"{choice(cast.SUBJECTS)} {choice(cast.KINDS[kind])}"
        if kind == "permission":
            name = name.replace(" ", ".").lower()
        return Thing(self._new_id(kind[:3]), name, department)

    @property
    def people(self) -> int:
        """How many people can act now."""
        return sum(map(len, self.active))

    def join(self, person: Person) -> None:
        """From now on the person can act, and others can act on them."""
        self.active[person.office].append(person)
        self.duty.setdefault((person.office, person.duty), []).append(person)

    def leave(self, person: Person) -> None:
        self.active[person.office].remove(person)
        self.duty[person.office, person.duty].remove(person)

    def on_duty(self, duty: str, office: int) -> Person:
        """Somebody of the office with this duty; if there is nobody, with the duty KNOWLEDGE."""
        return self.random.choice(
            self.duty.get((office, duty)) or self.duty[office, cast.KNOWLEDGE]
        )

    def somebody(self, suits: Callable[[Person], bool] = lambda _: True) -> Person | None:
        """A settled person of any office for whom `suits` is true; None after eight tries."""
        for _ in range(8):
            person = self.random.choice(self.random.choice(self.active))
            if person.settled and suits(person):
                return person
        return None

    def remove(self, kind: str) -> Thing | None:
        """Removes a thing of this kind and returns it; None if too few are left."""
        owned = self.owned[kind]
        if len(owned) <= _AT_FIRST[kind] // 2:
            return None
        position = self.random.randrange(len(owned))
        owned[position], owned[-1] = owned[-1], owned[position]
        return owned.pop()

    def later(self, due: int, follow_up: FollowUp) -> None:
        """Plans an entry for the time `due`."""
        self._follow_ups += 1  # of two that are due at the same time, the one planned first
        heappush(self._due, (due, self._follow_ups, follow_up))

    def due(self, at: int) -> Entry | None:
        """The earliest planned entry that is due by `at`."""
        if not self._due or self._due[0][0] > at:
            return None
        due, _, follow_up = heappop(self._due)
        return follow_up(due)

    def at_work(self, at: int, person: Person) -> int:
        """`at`, or the next time after it at which the person is at work."""
        offset = OFFICES[person.office].offset
        day, time_of_day = divmod(at + offset, DAY)
        if weekday(day) < 5 and 8 * HOUR <= time_of_day < 18 * HOUR:
            return at
        if weekday(day) >= 5 or time_of_day >= 18 * HOUR:
            day = next_weekday(day + 1)
        return day * DAY + 8 * HOUR + self.random.randrange(90 * cast.MINUTE) - offset

    def entry(
        self, at: int, actor: Person, kind: str, action: str, entity: Thing | Person,
        *, target: Person | None = None, department: Thing | None = None,
        before: Any = None, after: Any = None,
    ) -> Entry:  # fmt: skip
        """The log's entry about one act. Without `department`, the entity's own is named."""
        department = department or entity.department
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
            department_id=department and department.id,
            department_name=department and department.name,
            previous_value=before,
            new_value=after,
            metadata=self._session(actor, at),
        )

    def _session(self, actor: Person, at: int) -> dict[str, Any] | None:
        """The actor's address and browser: one shared value for all entries of a day."""
        if actor.office != cast.NOWHERE:
            day = (at + OFFICES[actor.office].offset) // DAY
            if actor.day != day:
                address = f"{self.random.choice(cast.NETWORKS)}.{self.random.randrange(1, 255)}"
                agent = self.random.choice(cast.AGENTS)
                actor.day, actor.metadata = day, {"ip_address": address, "user_agent": agent}
        return actor.metadata


def weekday(day: int) -> int:
    """0 for Monday to 6 for Sunday, of a day counted from 1970-01-01, a Thursday."""
    return (day + 3) % 7


def next_weekday(day: int) -> int:
    """This day, or the Monday after it if it is on a weekend."""
    return day if weekday(day) < 5 else day + 7 - weekday(day)

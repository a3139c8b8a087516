"""Who and what the made-up entries are about: people, offices, departments, roles, knowledge."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Office(NamedTuple):
    """Where people work. The offset is fixed, so that no zone database changes the entries."""

    city: str
    offset_minutes: int
    weight: int

    def local(self, at: int) -> int:
        """The office's wall clock, in milliseconds, at an instant in milliseconds since 1970."""
        return at + self.offset_minutes * MINUTE

    def instant(self, local: int) -> int:
        """The instant at which the office's wall clock shows `local`."""
        return local - self.offset_minutes * MINUTE


OFFICES = (
    Office("Zürich", 60, 6),
    Office("London", 0, 3),
    Office("New York", -300, 3),
    Office("Bengaluru", 330, 2),
    Office("São Paulo", -180, 1),
    Office("Tokyo", 540, 1),
)


NOWHERE = len(OFFICES)  # where automation works, around the clock


class Thing(NamedTuple):
    """A department, role, permission, slice, store or composite: all that is no person."""

    id: str
    name: str
    department: Thing | None = None


class Holding(NamedTuple):
    """A thing that a person holds: a role with its scope, a membership, a granted slice.

    `since` is in milliseconds since 1970, 0 for what was held before the log begins.
    """

    thing: Thing
    department: Thing | None
    since: int = 0


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with an account, as the log has left them; `duty` is what they may administer."""

    id: str
    name: str
    email: str | None
    office: int
    department: Thing
    duty: str
    roles: list[Holding] = field(default_factory=list)
    memberships: list[Holding] = field(default_factory=list)
    grants: list[Holding] = field(default_factory=list)
    settled: bool = True  # no story about this person is under way
    metadata: dict[str, Any] | None = None
    day: int = -1  # the local day, since 1970, that `metadata` is of


DEPARTMENTS = (
    "Engineering",
    "Customer Success",
    "Finance",
    "People & Culture",
    "Legal & Compliance",
    "Research",
    "Sales",
    "Security",
    "Marketing",
    "Data Platform",
)
SUB_DEPARTMENTS = ("Pilot", "Task Force", "Field Team", "Lab", "Desk", "Working Group")
ROLES = ("Owner", "Admin", "Department Lead", "Editor", "Viewer", "Billing Admin", "Auditor")
SUBJECTS = (
    "Onboarding",
    "Pricing",
    "Tender",
    "Incident",
    "Warranty",
    "Payroll",
    "Roadmap",
    "Complaints",
    "Datenschutz",
    "Contrats",
    "Release",
    "Supplier",
    "Travel",
    "Audit",
)
KINDS = {
    "knowledge_slice": ("handbook", "FAQ", "minutes", "playbook", "guidelines", "Übersicht"),
    "vector_store": ("index", "embeddings", "archive index"),
    "knowledge_composite": ("collection", "bundle", "dossier"),
    "role": ("Reviewer", "Approver", "Coordinator", "Observer"),
    "permission": ("read", "write", "export", "share", "administer"),
    "department": SUB_DEPARTMENTS,
}

# Display name and what it becomes in an e-mail address.
_GIVEN: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Lena", "lena"), ("Jürg", "juerg"), ("Urs", "urs"), ("Zoë", "zoe"), ("Reto", "reto")),
    (("Aisling", "aisling"), ("Siân", "sian"), ("Oliver", "oliver"), ("Maeve", "maeve")),
    (("Renée", "renee"), ("DeShawn", "deshawn"), ("Grace", "grace"), ("Hiram", "hiram")),
    (("Priya", "priya"), ("अर्जुन", "arjun"), ("Lakshmi", "lakshmi"), ("Imran", "imran")),
    (("João", "joao"), ("Conceição", "conceicao"), ("Luísa", "luisa"), ("Caio", "caio")),
    (("美咲", "misaki"), ("健太", "kenta"), ("Hoàng", "hoang"), ("서연", "seoyeon")),
)
_FAMILY: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Müller", "mueller"), ("Brändli", "braendli"), ("Łukasik", "lukasik"), ("Rossi", "rossi")),
    (("O'Connor", "oconnor"), ("Llewellyn", "llewellyn"), ("Okafor", "okafor"), ("Shah", "shah")),
    (("García-Núñez", "garcia.nunez"), ("Washington", "washington"), ("حداد", "haddad")),
    (("Iyer", "iyer"), ("शर्मा", "sharma"), ("Fernandes", "fernandes"), ("Bose", "bose")),
    (("da Silva", "dasilva"), ("Araújo", "araujo"), ("Kowalczyk", "kowalczyk"), ("Ng", "ng")),
    (("佐藤", "sato"), ("高橋", "takahashi"), ("Nguyễn", "nguyen"), ("김", "kim")),
)
_AGENTS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Firefox/141.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0",
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0",
)
# What the documentation ranges of RFC 5737 leave for addresses that belong to nobody.
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")

# What people may administer. Each office has somebody for the first three; the rest are members.
ACCESS, PEOPLE, KNOWLEDGE, MEMBER = "access", "people", "knowledge", "member"
DUTIES = (ACCESS, PEOPLE, KNOWLEDGE)
AUTOMATION = "automation"


class Casting:
    """Makes people and things up, each with an id and, for people, an address of their own."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._namesakes: dict[str, int] = {}
        self.departments = [Thing(self.new_id("dep"), name) for name in DEPARTMENTS]
        self.roles = {name: Thing(self.new_id("rol"), name) for name in ROLES}

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self._random.getrandbits(48):012x}"

    def person(self, office: int, duty: str) -> Person:
        """Somebody of the office's region, who holds nothing yet."""
        choice = self._random.choice
        given, family = choice(_GIVEN[office]), choice(_FAMILY[office])
        address = f"{given[1]}.{family[1]}"
        namesakes = self._namesakes[address] = self._namesakes.get(address, 0) + 1
        number = "" if namesakes == 1 else str(namesakes)
        return Person(
            id=self.new_id("usr"),
            name=f"{given[0]} {family[0]}",
            email=f"{address}{number}@example.com",
            office=office,
            department=choice(self.departments),
            duty=duty,
        )

    def directory_sync(self) -> Person:
        """The service account that works around the clock and has no address."""
        return Person(
            id=self.new_id("svc"),
            name="Directory Sync",
            email=None,
            office=NOWHERE,
            department=self.departments[0],
            duty=AUTOMATION,
            metadata={"source": "scim", "user_agent": "directory-sync/2.4"},
        )

    def thing(self, kind: str, department: Thing | None) -> Thing:
        """A new thing of this entity type."""
        choice = self._random.choice
        name = f"{choice(SUBJECTS)} {choice(KINDS[kind])}"
        if kind == "permission":
            name = name.replace(" ", ".").lower()
        return Thing(self.new_id(kind[:3]), name, department)

    def session(self) -> dict[str, Any]:
        """Where a person works from on one day."""
        address = f"{self._random.choice(_NETWORKS)}.{self._random.randrange(1, 255)}"
        return {"ip_address": address, "user_agent": self._random.choice(_AGENTS)}

"""Who and what the made-up entries are about: people, offices, departments, roles, knowledge."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Office(NamedTuple):
    """Where people work. Local time is `at + offset`: no zone database changes the entries."""

    city: str
    offset: int  # in milliseconds
    weight: int


OFFICES = (
    Office("Zürich", 1 * HOUR, 6),
    Office("London", 0, 3),
    Office("New York", -5 * HOUR, 3),
    Office("Bengaluru", 5 * HOUR + 30 * MINUTE, 2),
    Office("São Paulo", -3 * HOUR, 1),
    Office("Tokyo", 9 * HOUR, 1),
)
NOWHERE = len(OFFICES)  # the office of automation, which works around the clock

# What people may administer. Each office has somebody for the first three; the rest are members.
ACCESS, PEOPLE, KNOWLEDGE, MEMBER = "access", "people", "knowledge", "member"
DUTIES = (ACCESS, PEOPLE, KNOWLEDGE)

# The entity types of what a person can hold.
ROLE, GRANT, MEMBERSHIP = HOLDINGS = "role_assignment", "knowledge_grant", "department_membership"


class Thing(NamedTuple):
    """A department, role, permission, slice, store or composite."""

    id: str
    name: str
    department: "Thing | None" = None


class Holding(NamedTuple):
    """A thing that a person holds, and where: a role with its scope, a membership, a grant.

    `since` is in milliseconds since 1970, 0 for what was held before the log begins.
    """

    thing: Thing
    department: Thing | None
    since: int = 0


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with an account. `held` is what they hold now, by entity type."""

    id: str
    name: str
    email: str | None
    office: int
    department: Thing
    duty: str
    held: dict[str, list[Holding]] = field(default_factory=lambda: {kind: [] for kind in HOLDINGS})
    settled: bool = True  # False while several entries about this person are still to come
    metadata: dict[str, Any] | None = None
    day: int = -1  # the local day, since 1970, that `metadata` is of

    def held_long(self, at: int) -> bool:
        """Nothing was given to them within a day: what is revoked within one is an incident."""
        return all(at - holding.since > DAY for held in self.held.values() for holding in held)


DEPARTMENTS = (
    "Engineering", "Customer Success", "Finance", "People & Culture", "Legal & Compliance",
    "Research", "Sales", "Security", "Marketing", "Data Platform",
)  # fmt: skip
ROLES = ("Owner", "Admin", "Department Lead", "Editor", "Viewer", "Billing Admin", "Auditor")
SUBJECTS = (
    "Onboarding", "Pricing", "Tender", "Incident", "Warranty", "Payroll", "Roadmap", "Complaints",
    "Datenschutz", "Contrats", "Release", "Supplier", "Travel", "Audit",
)  # fmt: skip
KINDS = {
    "knowledge_slice": ("handbook", "FAQ", "minutes", "playbook", "guidelines", "Übersicht"),
    "vector_store": ("index", "embeddings", "archive index"),
    "knowledge_composite": ("collection", "bundle", "dossier"),
    "role": ("Reviewer", "Approver", "Coordinator", "Observer"),
    "permission": ("read", "write", "export", "share", "administer"),
    "department": ("Pilot", "Task Force", "Field Team", "Lab", "Desk", "Working Group"),
}

# For each office: display name and what it becomes in an e-mail address.
GIVEN: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Lena", "lena"), ("Jürg", "juerg"), ("Urs", "urs"), ("Zoë", "zoe"), ("Reto", "reto")),
    (("Aisling", "aisling"), ("Siân", "sian"), ("Oliver", "oliver"), ("Maeve", "maeve")),
    (("Renée", "renee"), ("DeShawn", "deshawn"), ("Grace", "grace"), ("Hiram", "hiram")),
    (("Priya", "priya"), ("अर्जुन", "arjun"), ("Lakshmi", "lakshmi"), ("Imran", "imran")),
    (("João", "joao"), ("Conceição", "conceicao"), ("Luísa", "luisa"), ("Caio", "caio")),
    (("美咲", "misaki"), ("健太", "kenta"), ("Hoàng", "hoang"), ("서연", "seoyeon")),
)
FAMILY: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Müller", "mueller"), ("Brändli", "braendli"), ("Łukasik", "lukasik"), ("Rossi", "rossi")),
    (("O'Connor", "oconnor"), ("Llewellyn", "llewellyn"), ("Okafor", "okafor"), ("Shah", "shah")),
    (("García-Núñez", "garcia.nunez"), ("Washington", "washington"), ("حداد", "haddad")),
    (("Iyer", "iyer"), ("शर्मा", "sharma"), ("Fernandes", "fernandes"), ("Bose", "bose")),
    (("da Silva", "dasilva"), ("Araújo", "araujo"), ("Kowalczyk", "kowalczyk"), ("Ng", "ng")),
    (("佐藤", "sato"), ("高橋", "takahashi"), ("Nguyễn", "nguyen"), ("김", "kim")),
)
AGENTS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Firefox/141.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0",
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0",
)
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # reserved for documentation by RFC 5737

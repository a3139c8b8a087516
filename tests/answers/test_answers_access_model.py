"""Access over time equals a plain replay of the changes, at every moment of every history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from answering import ORGANIZATION, Warehouse, check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some


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
    rank = (change.granted, change.kind != "account", change.action != "deactivated")
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
        if change.action == "removed":
            removed.add(change.person)
    for change in ordered:
        if change.at > moment:
            break
        if change.granted:
            grants.setdefault(change.what, (change.at, change.by))
        else:
            grants.pop(change.what, None)
        if change.action == "removed":
            for what in [w for w in grants if w[0] == change.person and w[1] != "account"]:
                del grants[what]
        if change.kind == "account":
            if change.action == "deactivated":
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


START = datetime(2026, 5, 4, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOMENTS = [START + n * MINUTE / 2 for n in range(-1, 16)]
ACTIONS = {
    "role": (("assigned", True), ("unassigned", False)),
    "department": (("membership_added", True), ("membership_removed", False)),
    "knowledge": (("created", True), ("deleted", False)),
    "account": (
        ("invited", True), ("reactivated", True), ("deactivated", False), ("removed", False),
    ),
}  # fmt: skip
TYPES = {
    "role": "role_assignment",
    "department": "department_membership",
    "knowledge": "knowledge_grant",
    "account": "user",
}


@some.composite
def histories(draw: some.DrawFn) -> list[Change]:
    """Few people, things and minutes, so that much happens to the same ones, also at once."""
    changes = []
    for number in range(draw(some.integers(0, 14))):
        kind = draw(
            some.sampled_from(("role", "role", "department", "knowledge", "account", "account"))
        )
        action, granted = draw(some.sampled_from(ACTIONS[kind]))
        person = draw(some.sampled_from(("p", "q")))
        thing = person if kind == "account" else draw(some.sampled_from(("x", "y")))
        scope = draw(some.sampled_from((None, "s"))) if kind == "role" else None
        at = START + draw(some.integers(0, 7)) * MINUTE
        entry = f"e{draw(some.integers(0, 99)):02}-{number:02}"
        by = f"by {entry}"
        changes.append(Change(at, person, kind, thing, scope, granted, action, by, entry))
    return changes


@some.composite
def twins(draw: some.DrawFn) -> dict[str, list[Change]]:
    """The histories of two organizations whose entries, people and things have the same ids, while
    what was done is another thing in each."""
    ours = draw(histories())
    acts = [draw(some.sampled_from(ACTIONS[change.kind])) for change in ours]
    theirs = [
        replace(change, action=action, granted=granted)
        for change, (action, granted) in zip(ours, acts, strict=True)
    ]
    return {ORGANIZATION: ours, "other": theirs}


def put(warehouse: Warehouse, changes: list[Change], organization: str = ORGANIZATION) -> None:
    for change in changes:
        aimed = {} if change.kind == "account" else {"target": change.person}
        scope = {"department": change.scope} if change.kind == "role" and change.scope else {}
        warehouse.add(
            change.at, id=change.entry, action=change.action, entity_type=TYPES[change.kind],
            entity=change.thing, actor=change.by, organization_id=organization, **aimed, **scope,
        )  # fmt: skip


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


KEY = "person_id, kind, object_id, CASE WHEN kind = 'role' THEN department_id END"


def replayed(histories: dict[str, list[Change]], at: datetime) -> set[tuple[str, Held]]:
    return {(name, held) for name, changes in histories.items() for held in held_at(changes, at)}


def asked(warehouse: Warehouse, question: str, *parameters: object) -> set[tuple[str, Held]]:
    """What a macro answers, of each organization; nothing twice."""
    rows = warehouse.rows(
        f"SELECT organization_id, {KEY}, valid_from, granted_by FROM {question}", *parameters
    )
    found = [(name, Held(*held[:4], moment(held[4]), held[5])) for name, *held in rows]
    assert len(found) == len(set(found))
    return set(found)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    both=twins(),
    probe=some.sampled_from(MOMENTS),
    person=some.sampled_from(("p", "q")),
    role=some.sampled_from(("x", "y")),
)
def test_access_at_every_moment_is_what_a_replay_of_the_changes_says_in_spans_without_overlap(
    warehouse: Warehouse, both: dict[str, list[Change]], probe: datetime, person: str, role: str
) -> None:
    warehouse.connection.execute("BEGIN")
    for name, changes in both.items():
        put(warehouse, changes, name)
    found: dict[datetime, set[tuple[str, Held]]] = {each: set() for each in MOMENTS}
    spans = warehouse.rows(
        f"SELECT organization_id, {KEY}, valid_from, granted_by, valid_to FROM access_intervals"
    )
    for name, who, kind, thing, scope, since, by, until in spans:
        for each in MOMENTS:
            begun, ended = moment(since), moment(until)
            if (begun is None or begun <= each) and (ended is None or each < ended):
                found[each].add((name, Held(who, kind, thing, scope, begun, by)))
    overlaps = warehouse.rows(check("access_spans_disjoint"))
    everything = asked(warehouse, "access_at(?)", probe)
    of_person = asked(warehouse, "access_of(?, ?)", person, probe)
    holders = "(SELECT *, 'role' AS kind, role_id AS object_id FROM role_holders_at(?, ?))"
    of_role = asked(warehouse, holders, role, probe)
    warehouse.connection.execute("ROLLBACK")
    assert overlaps == []
    for each in MOMENTS:
        assert found[each] == replayed(both, each), each
    held = replayed(both, probe)
    assert everything == held
    assert of_person == {(name, each) for name, each in held if each.person == person}
    assert of_role == {
        (name, each) for name, each in held if (each.kind, each.thing) == ("role", role)
    }

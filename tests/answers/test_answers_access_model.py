"""Access over time equals a plain replay of the changes, at every moment of every history."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from access_model import Change, Held, held_at
from answering import ORGANIZATION, Warehouse
from hypothesis import given, settings
from hypothesis import strategies as some

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


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    path = tmp_path_factory.mktemp("shared") / "warehouse.duckdb"
    shutil.copy(template, path)
    opened = Warehouse(path)
    yield opened
    opened.close()


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


@settings(max_examples=12)
@given(
    both=twins(),
    probe=some.sampled_from(MOMENTS),
    person=some.sampled_from(("p", "q")),
    role=some.sampled_from(("x", "y")),
)
def test_access_at_every_moment_is_what_a_replay_of_the_changes_says(
    shared: Warehouse, both: dict[str, list[Change]], probe: datetime, person: str, role: str
) -> None:
    shared.connection.execute("BEGIN")
    for name, changes in both.items():
        put(shared, changes, name)
    found: dict[datetime, set[tuple[str, Held]]] = {each: set() for each in MOMENTS}
    spans = shared.rows(
        f"SELECT organization_id, {KEY}, valid_from, granted_by, valid_to FROM access_intervals"
    )
    for name, who, kind, thing, scope, since, by, until in spans:
        for each in MOMENTS:
            begun, ended = moment(since), moment(until)
            if (begun is None or begun <= each) and (ended is None or each < ended):
                found[each].add((name, Held(who, kind, thing, scope, begun, by)))
    everything = asked(shared, "access_at(?)", probe)
    of_person = asked(shared, "access_of(?, ?)", person, probe)
    holders = "(SELECT *, 'role' AS kind, role_id AS object_id FROM role_holders_at(?, ?))"
    of_role = asked(shared, holders, role, probe)
    shared.connection.execute("ROLLBACK")
    for each in MOMENTS:
        assert found[each] == replayed(both, each), each
    held = replayed(both, probe)
    assert everything == held
    assert of_person == {(name, each) for name, each in held if each.person == person}
    assert of_role == {
        (name, each) for name, each in held if (each.kind, each.thing) == ("role", role)
    }


@settings(max_examples=30)
@given(changes=histories())
def test_the_spans_of_one_access_never_overlap_and_are_never_empty(
    shared: Warehouse, changes: list[Change]
) -> None:
    shared.connection.execute("BEGIN")
    put(shared, changes)
    spans = shared.rows(
        "SELECT concat_ws(' ', person_id, kind, object_id, "
        "CASE WHEN kind = 'role' THEN department_id END), "
        "coalesce(valid_from, '-infinity'), coalesce(valid_to, 'infinity') FROM access_intervals "
        "ORDER BY 1, 2, 3"
    )
    shared.connection.execute("ROLLBACK")
    for _, begun, ended in spans:
        assert begun == "-infinity" or ended == "infinity" or begun < ended
    for (what, _, ended), (next_what, begun, _) in pairwise(spans):
        assert what != next_what or ended <= begun

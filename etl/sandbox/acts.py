"""What happens in the made-up organization: each act is one entry, and may have others follow.

What is read as a grant or a revocation, here and in the views: in a role_assignment the person is
the target, the role the entity and the department the scope; in a department_membership the person
is the target and the department is both entity and department; in a knowledge_grant the target
receives and the entity is what is granted, created with the grant and deleted with it; in a user
entry the person is the entity.
"""

from __future__ import annotations

from functools import partial

from etl.sandbox.cast import DAY, Holding, Person
from etl.sandbox.company import Company
from etl.sandbox.entry import Entry

_ASSIGNABLE = ("Department Lead", "Editor", "Viewer", "Billing Admin", "Auditor")
_WHOLE_COMPANY = ("Billing Admin", "Auditor")

# One shared value for all entries of a kind: a million entries do not need a million of them.
_CHANGES: dict[str, tuple[tuple[dict[str, object], dict[str, object]], ...]] = {
    "knowledge_slice": (
        ({"revision": 1}, {"revision": 2}),
        ({"title": "Draft"}, {"title": "Final «approved»"}),
        ({"visibility": "department"}, {"visibility": "organization"}),
    ),
    "vector_store": (
        ({"documents": 120}, {"documents": 184}),
        ({"embedding": "small", "chunk": 512}, {"embedding": "large", "chunk": 1024}),
    ),
    "knowledge_composite": (({"members": ["a", "b"]}, {"members": ["a", "b", "c"]}),),
    "role": (({"permissions": 4}, {"permissions": 6}), ({"scope": "own"}, {"scope": "all"})),
    "permission": (({"allowed": False}, {"allowed": True}), ({"ttl": 24.5}, {"ttl": None})),
    "department": (({"cost_center": "4100"}, {"cost_center": "4200"}),),
}


def held_long(person: Person, at: int) -> bool:
    """Nothing was given to the person within a day: what is taken then was no mistake."""
    held = (*person.roles, *person.grants, *person.memberships)
    return all(at - holding.since > DAY for holding in held)


def create(company: Company, actor: Person, at: int, *, kind: str) -> Entry:
    thing = company.casting.thing(kind, company.some_department())
    company.owned[kind].append(thing)
    after = {"name": thing.name}
    return company.entry(
        at, actor, kind, "created", thing, department=thing.department, after=after
    )


def update(company: Company, actor: Person, at: int, *, kind: str) -> Entry:
    thing = company.random.choice(company.owned[kind])
    before, after = company.random.choice(_CHANGES[kind])
    return company.entry(
        at,
        actor,
        kind,
        "updated",
        thing,
        department=thing.department,
        before=before,
        after=after,
    )


def delete(company: Company, actor: Person, at: int, *, kind: str) -> Entry:
    thing = company.take(kind)
    if thing is None:
        return create(company, actor, at, kind=kind)
    return company.entry(
        at,
        actor,
        kind,
        "deleted",
        thing,
        department=thing.department,
        before={"name": thing.name},
    )


def reparent(company: Company, actor: Person, at: int, *, kind: str, under: str) -> Entry:
    thing = company.random.choice(company.owned[kind])
    parents = company.casting.departments if under == kind else company.owned[under]
    old, new = company.random.sample(parents, 2)
    return company.entry(
        at,
        actor,
        kind,
        "reparented",
        thing,
        department=thing.department,
        before={"parent_id": old.id, "parent_name": old.name},
        after={"parent_id": new.id, "parent_name": new.name},
    )


def import_slices(company: Company, actor: Person, at: int) -> Entry:
    """A burst: some dozens of slices within a minute."""
    again = partial(create, company, actor, kind="knowledge_slice")
    due = at
    for _ in range(company.random.randrange(15, 40)):
        due += company.random.randrange(2_000)
        company.later(due, again)
    return again(at)


def assign(company: Company, actor: Person, at: int) -> Entry:
    person = company.somebody(lambda person: person is not actor and len(person.roles) < 4)
    if person is None:
        return update(company, actor, at, kind="role")
    return assign_to(company, actor, at, person=person, role=company.random.choice(_ASSIGNABLE))


def assign_to(company: Company, actor: Person, at: int, *, person: Person, role: str) -> Entry:
    """Gives the role, within the person's department or, for some roles, the whole company."""
    scope = None if role in _WHOLE_COMPANY else person.department
    holding = Holding(company.casting.roles[role], scope, at)
    if any(held[:2] == holding[:2] for held in person.roles):
        return update(company, actor, at, kind="role")
    person.roles.append(holding)
    return company.entry(
        at,
        actor,
        "role_assignment",
        "assigned",
        holding.thing,
        target=person,
        department=scope,
        after={"role": role},
    )


def unassign(company: Company, actor: Person, at: int) -> Entry:
    person = company.somebody(lambda person: len(person.roles) > 1 and held_long(person, at))
    if person is None:
        return update(company, actor, at, kind="role")
    return unassign_from(company, actor, at, person=person)


def unassign_from(company: Company, actor: Person, at: int, *, person: Person) -> Entry:
    """Takes the role given last."""
    holding = person.roles.pop()
    return company.entry(
        at,
        actor,
        "role_assignment",
        "unassigned",
        holding.thing,
        target=person,
        department=holding.department,
        before={"role": holding.thing.name},
    )


def grant(company: Company, actor: Person, at: int) -> Entry:
    person = company.somebody(lambda person: person is not actor and len(person.grants) < 6)
    thing = company.random.choice(company.owned["knowledge_composite"])
    if person is None or any(held.thing is thing for held in person.grants):
        return update(company, actor, at, kind="knowledge_composite")
    person.grants.append(Holding(thing, thing.department, at))
    return company.entry(
        at,
        actor,
        "knowledge_grant",
        "created",
        thing,
        target=person,
        department=thing.department,
        after={"access": "read"},
    )


def revoke_grant(company: Company, actor: Person, at: int) -> Entry:
    person = company.somebody(lambda person: bool(person.grants) and held_long(person, at))
    if person is None:
        return grant(company, actor, at)
    return revoke_grant_of(company, actor, at, person=person)


def revoke_grant_of(company: Company, actor: Person, at: int, *, person: Person) -> Entry:
    """Takes what was granted last."""
    holding = person.grants.pop()
    return company.entry(
        at,
        actor,
        "knowledge_grant",
        "deleted",
        holding.thing,
        target=person,
        department=holding.department,
        before={"access": "read"},
    )

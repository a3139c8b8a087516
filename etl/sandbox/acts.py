"""What happens in the made-up organization. Each act makes one entry and may plan others.

How grants and revocations are written: in a role_assignment the person is the target, the role is
the entity and the department is the scope. In a department_membership the person is the target
and the department is both entity and department. In a knowledge_grant the target receives and the
entity is what is granted; the entry is `created` with the grant and `deleted` with it. In a user
entry the person is the entity.
"""

from functools import partial
from typing import Any

from etl.sandbox import cast
from etl.sandbox.cast import DAY, GRANT, HOUR, MEMBERSHIP, MINUTE, ROLE, Holding, Person, Thing
from etl.sandbox.company import Company
from etl.sandbox.entry import Entry

_ASSIGNABLE = ("Department Lead", "Editor", "Viewer", "Billing Admin", "Auditor")
_WHOLE_COMPANY = ("Billing Admin", "Auditor")
_TITLES = ("Associate", "Specialist", "Senior Specialist", "Team Lead", "Director")
_ACTIVE, _INVITED, _DEACTIVATED = ({"status": s} for s in ("active", "invited", "deactivated"))
_ACTIONS = {
    ROLE: {"after": "assigned", "before": "unassigned"},
    GRANT: {"after": "created", "before": "deleted"},
    MEMBERSHIP: {"after": "membership_added", "before": "membership_removed"},
}

# Entries of a kind share these values: it saves memory where there are a million of them.
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


class Acts(Company):
    """A company in which somebody, `actor`, does something at the time `at`."""

    def create(self, actor: Person, at: int, kind: str) -> Entry:
        thing = self.thing(kind)
        self.owned[kind].append(thing)
        return self.entry(at, actor, kind, "created", thing, after={"name": thing.name})

    def update(self, actor: Person, at: int, kind: str) -> Entry:
        thing = self.random.choice(self.owned[kind])
        before, after = self.random.choice(_CHANGES[kind])
        return self.entry(at, actor, kind, "updated", thing, before=before, after=after)

    def delete(self, actor: Person, at: int, kind: str) -> Entry:
        thing = self.remove(kind)
        if thing is None:
            return self.create(actor, at, kind)
        return self.entry(at, actor, kind, "deleted", thing, before={"name": thing.name})

    def reparent(self, actor: Person, at: int, kind: str, under: str) -> Entry:
        thing = self.random.choice(self.owned[kind])
        parents = self.departments if under == kind else self.owned[under]
        chosen = self.random.sample(parents, 2)
        before, after = ({"parent_id": one.id, "parent_name": one.name} for one in chosen)
        return self.entry(at, actor, kind, "reparented", thing, before=before, after=after)

    def import_slices(self, actor: Person, at: int) -> Entry:
        """Some dozens of slices within a minute."""
        again = partial(self.create, actor, kind="knowledge_slice")
        due = at
        for _ in range(self.random.randrange(15, 40)):
            due += self.random.randrange(2_000)
            self.later(due, again)
        return again(at)

    def _give(self, actor: Person, at: int, person: Person, kind: str, holding: Holding) -> Entry:
        person.held[kind].append(holding)
        return self._handed(actor, at, person, kind, holding, "after")

    def take(self, actor: Person, at: int, person: Person, kind: str) -> Entry:
        """Takes what the person was given last; of departments, the one they were in first."""
        holding = person.held[kind].pop(0 if kind == MEMBERSHIP else -1)
        return self._handed(actor, at, person, kind, holding, "before")

    def _handed(
        self, actor: Person, at: int, person: Person, kind: str, holding: Holding, side: str
    ) -> Entry:
        action = _ACTIONS[kind][side]
        terms = {ROLE: {"role": holding.thing.name}, GRANT: {"access": "read"}}.get(kind)
        named: dict[str, Any] = {"target": person, "department": holding.department, side: terms}
        return self.entry(at, actor, kind, action, holding.thing, **named)

    def assign(self, actor: Person, at: int) -> Entry:
        person = self.somebody(lambda who: who is not actor and len(who.held[ROLE]) < 4)
        if person is None:
            return self.update(actor, at, "role")
        return self.assign_to(actor, at, person, self.random.choice(_ASSIGNABLE))

    def assign_to(self, actor: Person, at: int, person: Person, role: str) -> Entry:
        """Gives the role within the person's department or, for some roles, the whole company."""
        scope = None if role in _WHOLE_COMPANY else person.department
        holding = Holding(self.roles[role], scope, at)
        if any(held[:2] == holding[:2] for held in person.held[ROLE]):
            return self.update(actor, at, "role")
        return self._give(actor, at, person, ROLE, holding)

    def unassign(self, actor: Person, at: int) -> Entry:
        person = self.somebody(lambda who: len(who.held[ROLE]) > 1 and who.held_long(at))
        return self.take(actor, at, person, ROLE) if person else self.update(actor, at, "role")

    def grant(self, actor: Person, at: int) -> Entry:
        person = self.somebody(lambda who: who is not actor and len(who.held[GRANT]) < 6)
        thing = self.random.choice(self.owned["knowledge_composite"])
        if person is None or any(held.thing is thing for held in person.held[GRANT]):
            return self.update(actor, at, "knowledge_composite")
        return self._give(actor, at, person, GRANT, Holding(thing, thing.department, at))

    def revoke(self, actor: Person, at: int) -> Entry:
        person = self.somebody(lambda who: bool(who.held[GRANT]) and who.held_long(at))
        return self.take(actor, at, person, GRANT) if person else self.grant(actor, at)

    def invite(self, actor: Person, at: int) -> Entry:
        """A new person gets a department and a role in minutes, and accepts on a working day."""
        if self.people > self.headcount:
            return self.deactivate(actor, at)
        person = self.person(actor.office, cast.MEMBER)
        person.settled = False
        due = at + self.random.randrange(MINUTE, 6 * MINUTE)
        self.later(due, partial(self._add, actor, person=person, department=person.department))
        due += self.random.randrange(MINUTE, 6 * MINUTE)
        self.later(due, partial(self.assign_to, actor, person=person, role="Editor"))
        due = self.at_work(due + self.random.randrange(HOUR, 2 * DAY), person)
        self.later(due, partial(self._open, person, person=person, action="updated"))
        return self._account(actor, at, person, "invited", None, _INVITED)

    def invite_class(self, actor: Person, at: int) -> Entry:
        """Several invitations at the same instant."""
        for _ in range(self.random.randrange(2, 6)):
            self.later(at, partial(self.invite, actor))
        return self.invite(actor, at)

    def _open(self, actor: Person, at: int, person: Person, action: str) -> Entry:
        """The person can act: they accepted the invitation (`updated`), or a leave is over."""
        self.join(person)
        person.settled = True
        before = _INVITED if action == "updated" else _DEACTIVATED
        return self._account(actor, at, person, action, before, _ACTIVE)

    def _add(self, actor: Person, at: int, person: Person, department: Thing) -> Entry:
        person.department = department
        return self._give(actor, at, person, MEMBERSHIP, Holding(department, department, at))

    def move(self, actor: Person, at: int) -> Entry:
        """Somebody changes departments: the old membership ends minutes after the new one."""
        new = self.random.choice(self.departments)
        person = self.somebody(
            lambda who: who is not actor and who.department is not new and who.held_long(at)
        )
        if person is None:
            return self.retitle(actor, at)
        person.settled = False

        def leave_the_old_one(at: int) -> Entry:
            person.settled = True
            return self.take(actor, at, person, MEMBERSHIP)

        self.later(at + self.random.randrange(MINUTE, 20 * MINUTE), leave_the_old_one)
        return self._add(actor, at, person, new)

    def retitle(self, actor: Person, at: int) -> Entry:
        person = self.somebody() or actor
        old, new = self.random.sample(_TITLES, 2)
        return self._account(actor, at, person, "updated", {"title": old}, {"title": new})

    def deactivate(self, actor: Person, at: int) -> Entry:
        """Closes an account for some days, or for good: then all that the person holds is taken."""
        person = self.somebody(lambda who: who.duty == cast.MEMBER and who.held_long(at))
        if person is None or self.people < self.headcount * 3 // 4:
            return self.retitle(actor, at)
        leave = self.random.random() < 0.5
        due = self.at_work(at + self.random.randrange(DAY, (12 if leave else 4) * DAY), actor)
        after = partial(self._open, action="reactivated") if leave else self._strip
        self.later(due, partial(after, actor, person=person))
        return self.close(actor, at, person)

    def close(self, actor: Person, at: int, person: Person) -> Entry:
        """Deactivates this person's account."""
        person.settled = False
        self.leave(person)
        return self._account(actor, at, person, "deactivated", _ACTIVE, _DEACTIVATED)

    def _strip(self, actor: Person, at: int, person: Person) -> Entry:
        """Takes what the person holds, one thing after the other, and at last the account."""
        kind = next((kind for kind in cast.HOLDINGS if person.held[kind]), None)
        if kind is None:
            return self._account(actor, at, person, "removed", _DEACTIVATED, None)
        due = at + self.random.randrange(5_000, MINUTE)
        self.later(due, partial(self._strip, actor, person=person))
        return self.take(actor, at, person, kind)

    def synchronize(self, actor: Person, at: int) -> Entry:
        """The service account passes on a change in the directory."""
        person = self.somebody() or actor
        phone = {"phone": "+41 44 000 00 00"}
        return self._account(actor, at, person, "updated", {"phone": None}, phone)

    def _account(
        self, actor: Person, at: int, person: Person, action: str, before: Any, after: Any
    ) -> Entry:
        return self.entry(at, actor, "user", action, person, before=before, after=after)

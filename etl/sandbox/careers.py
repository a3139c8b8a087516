"""What happens to people's accounts: invited, moved, deactivated, reactivated, removed."""

from __future__ import annotations

from functools import partial

from etl.sandbox.acts import assign_to, held_long, revoke_grant_of, unassign_from
from etl.sandbox.cast import DAY, HOUR, MEMBER, MINUTE, Holding, Person, Thing
from etl.sandbox.company import Company
from etl.sandbox.entry import Entry

_TITLES = ("Associate", "Specialist", "Senior Specialist", "Team Lead", "Director")
_ACTIVE, _INVITED, _DEACTIVATED = ({"status": s} for s in ("active", "invited", "deactivated"))


def _account(
    company: Company,
    actor: Person,
    at: int,
    action: str,
    person: Person,
    before: object,
    after: object,
) -> Entry:
    return company.entry(
        at, actor, "user", action, person, department=person.department, before=before, after=after
    )


def _membership(
    company: Company, actor: Person, at: int, *, person: Person, department: Thing, action: str
) -> Entry:
    return company.entry(
        at,
        actor,
        "department_membership",
        action,
        department,
        target=person,
        department=department,
    )


def invite(company: Company, actor: Person, at: int) -> Entry:
    """Somebody new: a department and a role within minutes, and on a working day they accept."""
    if company.people > company.headcount:
        return deactivate(company, actor, at)
    person = company.casting.person(actor.office, MEMBER)
    person.settled = False
    due = at + company.random.randrange(MINUTE, 6 * MINUTE)
    company.later(due, partial(_add, company, actor, person=person, department=person.department))
    due += company.random.randrange(MINUTE, 6 * MINUTE)
    company.later(due, partial(assign_to, company, actor, person=person, role="Editor"))
    due = company.at_work(due + company.random.randrange(HOUR, 2 * DAY), person)
    company.later(due, partial(_accept, company, person))
    return _account(company, actor, at, "invited", person, None, _INVITED)


def invite_class(company: Company, actor: Person, at: int) -> Entry:
    """A list of newcomers is uploaded: several invitations of the very same instant."""
    for _ in range(company.random.randrange(2, 6)):
        company.later(at, partial(invite, company, actor))
    return invite(company, actor, at)


def _accept(company: Company, person: Person, at: int) -> Entry:
    company.join(person)
    person.settled = True
    return _account(company, person, at, "updated", person, _INVITED, _ACTIVE)


def _add(company: Company, actor: Person, at: int, *, person: Person, department: Thing) -> Entry:
    person.memberships.append(Holding(department, department, at))
    person.department = department
    return _membership(
        company, actor, at, person=person, department=department, action="membership_added"
    )


def _remove(company: Company, actor: Person, at: int, *, person: Person) -> Entry:
    department = person.memberships.pop(0).thing
    return _membership(
        company, actor, at, person=person, department=department, action="membership_removed"
    )


def move(company: Company, actor: Person, at: int) -> Entry:
    """Somebody changes departments: the new membership first, the old one minutes later."""
    department = company.random.choice(company.casting.departments)
    person = company.somebody(
        lambda person: (
            person is not actor and person.department is not department and held_long(person, at)
        )
    )
    if person is None:
        return retitle(company, actor, at)
    person.settled = False

    def leave_the_old_one(at: int) -> Entry:
        person.settled = True
        return _remove(company, actor, at, person=person)

    company.later(at + company.random.randrange(MINUTE, 20 * MINUTE), leave_the_old_one)
    return _add(company, actor, at, person=person, department=department)


def retitle(company: Company, actor: Person, at: int) -> Entry:
    person = company.somebody(lambda _: True) or actor
    old, new = company.random.sample(_TITLES, 2)
    return _account(company, actor, at, "updated", person, {"title": old}, {"title": new})


def deactivate(company: Company, actor: Person, at: int) -> Entry:
    """Somebody's account is closed: for a leave, or for good, which strips it of all it holds."""
    person = company.somebody(lambda person: person.duty == MEMBER and held_long(person, at))
    if person is None or company.people < company.headcount * 3 // 4:
        return retitle(company, actor, at)
    leave = company.random.random() < 0.5
    due = company.at_work(at + company.random.randrange(DAY, (12 if leave else 4) * DAY), actor)
    company.later(due, partial(_reactivate if leave else _strip, company, actor, person=person))
    return close(company, actor, at, person=person)


def close(company: Company, actor: Person, at: int, *, person: Person) -> Entry:
    """Deactivates this person's account."""
    person.settled = False
    company.leave(person)
    return _account(company, actor, at, "deactivated", person, _ACTIVE, _DEACTIVATED)


def _reactivate(company: Company, actor: Person, at: int, *, person: Person) -> Entry:
    company.join(person)
    person.settled = True
    return _account(company, actor, at, "reactivated", person, _DEACTIVATED, _ACTIVE)


def _strip(company: Company, actor: Person, at: int, *, person: Person) -> Entry:
    """Takes one thing after the other that the person holds, and at last the account."""
    if not (person.roles or person.grants or person.memberships):
        return _account(company, actor, at, "removed", person, _DEACTIVATED, None)
    due = at + company.random.randrange(5_000, MINUTE)
    company.later(due, partial(_strip, company, actor, person=person))
    if person.roles:
        return unassign_from(company, actor, at, person=person)
    if person.grants:
        return revoke_grant_of(company, actor, at, person=person)
    return _remove(company, actor, at, person=person)


def synchronize(company: Company, actor: Person, at: int) -> Entry:
    """The directory's service account passes on what changed there."""
    person = company.somebody(lambda _: True) or actor
    phone = {"phone": "+41 44 000 00 00"}
    return _account(company, actor, at, "updated", person, {"phone": None}, phone)

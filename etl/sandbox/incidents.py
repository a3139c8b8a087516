"""What an analyst's rules are meant to find: a few suspicious stories among the ordinary ones."""

from __future__ import annotations

from functools import partial

from etl.sandbox import acts, careers
from etl.sandbox.cast import (
    ACCESS,
    DAY,
    HOUR,
    KNOWLEDGE,
    MEMBER,
    MINUTE,
    OFFICES,
    PEOPLE,
    Person,
)
from etl.sandbox.company import Company, weekday
from etl.sandbox.entry import Entry

# The stories are some twenty-five entries, and the last begins at 0.7 of the span: where that is
# shorter, weekends could move its end out of the log; with fewer entries, little else is in it.
LEAST_DAYS = 21
LEAST_ENTRIES = 200

_update_slice = partial(acts.update, kind="knowledge_slice")


def plan(company: Company, start: int, end: int) -> None:
    """Puts the incidents on a company's calendar, spread over its log (milliseconds since 1970).

    They all happen in the first office: an administrator makes themselves an owner; a billing role
    is given and taken 25 minutes later; somebody deletes 14 slices in five minutes; a deactivated
    account acts; a day worker is at it at three in the morning.
    """
    administrator, staff, steward = (
        company.duty[0, duty][0] for duty in (ACCESS, PEOPLE, KNOWLEDGE)
    )
    helped, leaver, sleepless = _members(company)

    def on(fraction: float, hour: int, minute: int) -> int:
        return _workday(start + int((end - start) * fraction), hour, minute)

    promote = partial(acts.assign_to, company, administrator, person=administrator, role="Owner")
    company.later(on(0.2, 10, 24), promote)
    company.later(on(0.3, 15, 5), partial(_lend, company, administrator, helped))
    closed = on(0.45, 9, 10)
    company.later(closed, partial(careers.close, company, staff, person=leaver))
    company.later(closed + 2 * DAY + 5 * HOUR, partial(_update_slice, company, leaver))
    company.later(on(0.6, 17, 40), partial(_clear_out, company, steward, 14))
    company.later(on(0.7, 3, 12), partial(_at_night, company, sleepless, 4))


def _members(company: Company) -> tuple[Person, Person, Person]:
    """Three members of the first office, kept out of every other story."""
    chosen = company.duty[0, MEMBER][:3]
    for person in chosen:
        person.settled = False
    helped, leaver, sleepless = chosen
    return helped, leaver, sleepless


def _lend(company: Company, administrator: Person, person: Person, at: int) -> Entry:
    take_back = partial(acts.unassign_from, company, administrator, person=person)
    company.later(at + 25 * MINUTE, take_back)
    return acts.assign_to(company, administrator, at, person=person, role="Billing Admin")


def _clear_out(company: Company, actor: Person, left: int, at: int) -> Entry:
    if left > 1:
        due = at + company.random.randrange(12_000, 28_000)
        company.later(due, partial(_clear_out, company, actor, left - 1))
    return acts.delete(company, actor, at, kind="knowledge_slice")


def _at_night(company: Company, person: Person, left: int, at: int) -> Entry:
    if left > 1:
        due = at + company.random.randrange(2 * MINUTE, 6 * MINUTE)
        company.later(due, partial(_at_night, company, person, left - 1))
    return _update_slice(company, person, at)


def _workday(at: int, hour: int, minute: int) -> int:
    """This wall-clock time in the first office, on the first weekday that begins after `at`."""
    office = OFFICES[0]
    day = office.local(at) // DAY + 1
    while weekday(day) >= 5:
        day += 1
    return office.instant(day * DAY + hour * HOUR + minute * MINUTE)

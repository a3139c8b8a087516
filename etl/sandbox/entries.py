"""A made-up organization's audit log: the same seed, the same log, entry by entry."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import accumulate
from random import Random

from etl.sandbox import ORGANIZATION_ID, acts, careers, incidents
from etl.sandbox.cast import (
    ACCESS,
    DAY,
    HOUR,
    KNOWLEDGE,
    MEMBER,
    NOWHERE,
    OFFICES,
    PEOPLE,
)
from etl.sandbox.company import Act, Company, weekday
from etl.sandbox.entry import Entry, microseconds

# Of about 120 acts, how many are this one, and whose duty it is. Dealt like a shuffled pack, so
# that even a short log has every kind of entry in it.
_PACK: tuple[tuple[int, str, Act], ...] = (
    (12, KNOWLEDGE, partial(acts.create, kind="knowledge_slice")),
    (26, MEMBER, partial(acts.update, kind="knowledge_slice")),
    (4, KNOWLEDGE, partial(acts.delete, kind="knowledge_slice")),
    (2, KNOWLEDGE, partial(acts.reparent, kind="knowledge_slice", under="vector_store")),
    (1, KNOWLEDGE, acts.import_slices),
    (4, KNOWLEDGE, partial(acts.create, kind="vector_store")),
    (12, MEMBER, partial(acts.update, kind="vector_store")),
    (2, KNOWLEDGE, partial(acts.delete, kind="vector_store")),
    (2, KNOWLEDGE, partial(acts.create, kind="knowledge_composite")),
    (4, MEMBER, partial(acts.update, kind="knowledge_composite")),
    (6, KNOWLEDGE, acts.grant),
    (4, KNOWLEDGE, acts.revoke_grant),
    (6, ACCESS, acts.assign),
    (4, ACCESS, acts.unassign),
    (1, ACCESS, partial(acts.create, kind="role")),
    (2, ACCESS, partial(acts.update, kind="role")),
    (1, ACCESS, partial(acts.delete, kind="role")),
    (2, ACCESS, partial(acts.create, kind="permission")),
    (4, ACCESS, partial(acts.update, kind="permission")),
    (1, ACCESS, partial(acts.delete, kind="permission")),
    (2, PEOPLE, careers.invite),
    (1, PEOPLE, careers.invite_class),
    (2, PEOPLE, careers.deactivate),
    (4, PEOPLE, careers.retitle),
    (2, PEOPLE, careers.move),
    (1, PEOPLE, partial(acts.create, kind="department")),
    (1, PEOPLE, partial(acts.update, kind="department")),
    (1, PEOPLE, partial(acts.reparent, kind="department", under="department")),
    (1, PEOPLE, partial(acts.delete, kind="department")),
)
_CENTURY = 36_525
_SLOT = 8  # a slot is a time and an office in one integer: a million of them are soon sorted


def made_up(
    entries: int,
    days: int,
    seed: int,
    end: datetime,
    organization_id: str = ORGANIZATION_ID,
) -> list[Entry]:
    """This many entries, in the order of time, over the `days` that go before `end`.

    People work from eight to six of their office's time and hardly at weekends. Where there is
    room for them (`incidents.LEAST_DAYS`, `incidents.LEAST_ENTRIES`), there are suspicious ones.
    Raises ValueError for less than no entry, less than a day or more than a century of them, or an
    `end` without a zone.
    """
    if entries < 0 or not 1 <= days <= _CENTURY or end.tzinfo is None:
        raise ValueError(f"takes at least 0 entries, 1 to {_CENTURY} days and an end with a zone")
    random = Random(seed)  # noqa: S311 - made up, not secret
    headcount = max(12, min(2_000, entries // 25))
    offices = min(len(OFFICES), headcount // 6)
    company = Company(random, organization_id, headcount, offices)
    until = microseconds(end) // 1000
    since = until - days * DAY
    if entries >= incidents.LEAST_ENTRIES and days >= incidents.LEAST_DAYS:
        incidents.plan(company, since, until)
    pack = _dealt(random)
    made = []
    for slot in _slots(random, entries, since, until, offices):
        at, office = divmod(slot, _SLOT)
        made.append(company.due(at) or _next(company, pack, at, office))
    return made


def _next(company: Company, pack: Iterator[tuple[str, Act]], at: int, office: int) -> Entry:
    if office == NOWHERE:
        return careers.synchronize(company, company.sync_account, at)
    duty, act = next(pack)
    return act(company, company.on_duty(duty, office), at)


def _dealt(random: Random) -> Iterator[tuple[str, Act]]:
    pack = [(duty, act) for number, duty, act in _PACK for _ in range(number)]
    while True:
        random.shuffle(pack)
        yield from pack


def _slots(random: Random, number: int, since: int, until: int, offices: int) -> list[int]:
    """When something happens, and in which office (`at * _SLOT + office`), in order.

    Some days are far busier than others, weekends nearly empty; one slot of twenty-five belongs to
    automation, around the clock.
    """
    days = range(since // DAY - 1, until // DAY + 2)
    weights = accumulate(
        random.lognormvariate(0, 0.5) * (1 if weekday(day) < 5 else 0.03) for day in days
    )
    up_to = list(weights)
    places = [office for office in range(offices) for _ in range(OFFICES[office].weight)]

    def slot() -> int:
        if random.random() < 0.04:
            return random.randrange(since, until) * _SLOT + NOWHERE
        office = places[int(random.random() * len(places))]
        for _ in range(20):
            day = days[bisect(up_to, random.random() * up_to[-1])]
            at = OFFICES[office].instant(day * DAY + _time_of_day(random))
            if since <= at < until:
                return at * _SLOT + office
        return random.randrange(since, until) * _SLOT + office  # a span that hardly has a weekday

    return sorted(slot() for _ in range(number))


def _time_of_day(random: Random) -> int:
    """Milliseconds since local midnight: the morning, the afternoon, or now and then an evening."""
    chance = random.random()
    if chance < 0.02:
        return int((18 + 3 * random.random()) * HOUR)
    if chance < 0.45:
        return int((8 + 4.2 * random.random()) * HOUR)
    return int((13 + 5 * random.random()) * HOUR)

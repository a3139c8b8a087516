"""A made-up organization's audit log: the same seed gives the same log, entry by entry."""

from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import accumulate
from random import Random

from etl.sandbox import ORGANIZATION_ID, incidents
from etl.sandbox.acts import Acts
from etl.sandbox.cast import ACCESS, DAY, HOUR, KNOWLEDGE, MEMBER, NOWHERE, OFFICES, PEOPLE, Person
from etl.sandbox.company import weekday
from etl.sandbox.entry import Entry, microseconds

Act = Callable[[Acts, Person, int], Entry]

# Of about 120 acts, how many are this one, and whose duty it is. They are shuffled like a pack of
# cards, so that even a short log has every kind of entry.
_PACK: tuple[tuple[int, str, Act], ...] = (
    (12, KNOWLEDGE, partial(Acts.create, kind="knowledge_slice")),
    (26, MEMBER, partial(Acts.update, kind="knowledge_slice")),
    (4, KNOWLEDGE, partial(Acts.delete, kind="knowledge_slice")),
    (2, KNOWLEDGE, partial(Acts.reparent, kind="knowledge_slice", under="vector_store")),
    (1, KNOWLEDGE, Acts.import_slices),
    (4, KNOWLEDGE, partial(Acts.create, kind="vector_store")),
    (12, MEMBER, partial(Acts.update, kind="vector_store")),
    (2, KNOWLEDGE, partial(Acts.delete, kind="vector_store")),
    (2, KNOWLEDGE, partial(Acts.create, kind="knowledge_composite")),
    (4, MEMBER, partial(Acts.update, kind="knowledge_composite")),
    (6, KNOWLEDGE, Acts.grant),
    (4, KNOWLEDGE, Acts.revoke),
    (6, ACCESS, Acts.assign),
    (4, ACCESS, Acts.unassign),
    (1, ACCESS, partial(Acts.create, kind="role")),
    (2, ACCESS, partial(Acts.update, kind="role")),
    (1, ACCESS, partial(Acts.delete, kind="role")),
    (2, ACCESS, partial(Acts.create, kind="permission")),
    (4, ACCESS, partial(Acts.update, kind="permission")),
    (1, ACCESS, partial(Acts.delete, kind="permission")),
    (2, PEOPLE, Acts.invite),
    (1, PEOPLE, Acts.invite_class),
    (2, PEOPLE, Acts.deactivate),
    (4, PEOPLE, Acts.retitle),
    (2, PEOPLE, Acts.move),
    (1, PEOPLE, partial(Acts.create, kind="department")),
    (1, PEOPLE, partial(Acts.update, kind="department")),
    (1, PEOPLE, partial(Acts.reparent, kind="department", under="department")),
    (1, PEOPLE, partial(Acts.delete, kind="department")),
)
_CENTURY = 36_525
_SLOT = 8  # a slot is `at * _SLOT + office`: integers are sorted faster than tuples


def made_up(
    entries: int, days: int, seed: int, end: datetime, organization_id: str = ORGANIZATION_ID
) -> list[Entry]:
    """This many entries, in the order of time, over the `days` before `end`.

    People work from eight to six of their office's time and hardly at weekends. A log of at least
    `incidents.LEAST_DAYS` and `incidents.LEAST_ENTRIES` has suspicious entries. Raises ValueError
    for less than 0 entries, for days outside 1 to 36,525, and for an `end` without a zone.
    """
    if entries < 0 or not 1 <= days <= _CENTURY or end.tzinfo is None:
        raise ValueError(f"takes at least 0 entries, 1 to {_CENTURY} days and an end with a zone")
    random = Random(seed)  # noqa: S311 - made up, not secret
    headcount = max(12, min(2_000, entries // 25))
    offices = min(len(OFFICES), headcount // 6)
    company = Acts(random, organization_id, headcount, offices)
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


def _next(company: Acts, pack: Iterator[tuple[str, Act]], at: int, office: int) -> Entry:
    if office == NOWHERE:
        return company.synchronize(company.sync, at)
    duty, act = next(pack)
    return act(company, company.on_duty(duty, office), at)


def _dealt(random: Random) -> Iterator[tuple[str, Act]]:
    pack = [(duty, act) for number, duty, act in _PACK for _ in range(number)]
    while True:
        random.shuffle(pack)
        yield from pack


def _slots(random: Random, number: int, since: int, until: int, offices: int) -> list[int]:
    """When something happens, and in which office (`at * _SLOT + office`), in order.

    Some days are far busier than others, weekends nearly empty. One slot of 25 belongs to
    automation, which works around the clock.
    """
    days = range(since // DAY - 1, until // DAY + 2)
    weights = (random.lognormvariate(0, 0.5) * (1 if weekday(day) < 5 else 0.03) for day in days)
    up_to = list(accumulate(weights))
    places = [office for office in range(offices) for _ in range(OFFICES[office].weight)]

    def slot() -> int:
        if random.random() < 0.04:
            return random.randrange(since, until) * _SLOT + NOWHERE
        office = places[int(random.random() * len(places))]
        for _ in range(20):
            day = days[bisect(up_to, random.random() * up_to[-1])]
            at = day * DAY + _time_of_day(random) - OFFICES[office].offset
            if since <= at < until:
                return at * _SLOT + office
        return random.randrange(since, until) * _SLOT + office  # the span has hardly a weekday

    return sorted(slot() for _ in range(number))


def _time_of_day(random: Random) -> int:
    """Milliseconds since local midnight: in the morning, the afternoon or, rarely, the evening."""
    chance = random.random()
    if chance < 0.02:
        return int((18 + 3 * random.random()) * HOUR)
    if chance < 0.45:
        return int((8 + 4.2 * random.random()) * HOUR)
    return int((13 + 5 * random.random()) * HOUR)

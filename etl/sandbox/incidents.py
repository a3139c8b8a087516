"""Suspicious events among the ordinary ones, for an analyst's rules to find."""

from functools import partial

from etl.sandbox import cast
from etl.sandbox.acts import Acts
from etl.sandbox.cast import DAY, HOUR, MINUTE
from etl.sandbox.company import FollowUp, next_weekday
from etl.sandbox.entry import Entry

# The incidents are some 25 entries, and the last begins at 0.7 of the span. In a shorter span
# a weekend could move its end out of the log; with fewer entries, little else would be in it.
LEAST_DAYS = 21
LEAST_ENTRIES = 200


def plan(company: Acts, start: int, end: int) -> None:
    """Plans the incidents, all in the first office, between two times in milliseconds since 1970.

    An administrator makes themselves an owner; a billing role is given and taken 25 minutes later;
    somebody deletes 14 slices in five minutes; a deactivated account acts; somebody who works by
    day acts at three in the morning.
    """
    boss, staff, steward = (
        company.duty[0, duty][0] for duty in (cast.ACCESS, cast.PEOPLE, cast.KNOWLEDGE)
    )
    helped, leaver, sleepless = members = company.duty[0, cast.MEMBER][:3]
    for person in members:
        person.settled = False  # which keeps them out of all other events

    def on(fraction: float, hour: int, minute: int) -> int:
        """This local time on the first weekday that begins after a fraction of the span."""
        offset = cast.OFFICES[0].offset
        day = next_weekday((start + int((end - start) * fraction) + offset) // DAY + 1)
        return day * DAY + hour * HOUR + minute * MINUTE - offset

    promote = partial(company.assign_to, boss, person=boss, role="Owner")
    company.later(on(0.2, 10, 24), promote)
    lend = partial(company.assign_to, boss, person=helped, role="Billing Admin")
    company.later(on(0.3, 15, 5), lend)
    company.later(on(0.3, 15, 30), partial(company.take, boss, person=helped, kind=cast.ROLE))
    closed = on(0.45, 9, 10)
    company.later(closed, partial(company.close, staff, person=leaver))
    update = partial(company.update, kind="knowledge_slice")
    company.later(closed + 2 * DAY + 5 * HOUR, partial(update, leaver))
    delete = partial(company.delete, kind="knowledge_slice")
    deletions = partial(_repeat, company, partial(delete, steward), 14, (12_000, 28_000))
    company.later(on(0.6, 17, 40), deletions)
    at_night = partial(_repeat, company, partial(update, sleepless), 4, (2 * MINUTE, 6 * MINUTE))
    company.later(on(0.7, 3, 12), at_night)


def _repeat(company: Acts, act: FollowUp, left: int, pause: tuple[int, int], at: int) -> Entry:
    """The same act `left` times, with a random pause (milliseconds) between two."""
    if left > 1:
        due = at + company.random.randrange(*pause)
        company.later(due, partial(_repeat, company, act, left - 1, pause))
    return act(at)

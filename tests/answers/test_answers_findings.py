"""Each rule finds what it is for, and leaves alone what only looks like it."""

from datetime import datetime

import pytest
from answering import Warehouse, at
from stories import (
    ACCOUNT,
    DAY,
    HOUR,
    MINUTE,
    TWICE,
    TWICE_OFF,
    TWO_SHORT,
    Story,
    found,
    often,
    once,
    tell,
)

REMOVALS = ("deleted", "removed", "unassigned", "deactivated", "membership_removed") * 3
MEMBERSHIP = {"entity_type": "department_membership", "action": "membership_added", "entity": "d"}
KNOWLEDGE = {"entity_type": "knowledge_grant", "action": "created", "entity": "k"}
AGAIN = {"entity_type": "user", "action": "reactivated", "entity": "x"}


def _days(actor: str, numbers: list[int]) -> Story:
    """So many entries on each of so many days in a row."""
    days = enumerate(numbers, start=1)
    return [e for day, n in days for e in often(n, MINUTE, f"05-{day:02} 08:00 {actor} worked")]


STORIES: list[tuple[str, Story, dict[int, str]]] = [
    # A rule, what happened, and which of the entries it reports, of whom.
    ("self_grant", once("05-04 09:00 p assigned"), {0: "p"}),
    *(("self_grant", once("05-04 09:00 p", "05-04 09:00 a", target="p", **grant), {0: "p"})
      for grant in (MEMBERSHIP, KNOWLEDGE, AGAIN)),
    # by another, taken from oneself, to nobody
    ("self_grant", once("05-04 09:00 a assigned", "05-04 10:00 p unassigned"), {}),
    ("self_grant", once("05-04 11:00 - assigned", target=None), {}),
    ("short_lived_grant", once("05-04 09:00 a assigned", "05-04 10:00 b unassigned",
                               "05-04 10:00:01 b unassigned"), {1: "a"}),
    ("short_lived_grant", TWO_SHORT, {2: "a", 3: "a"}),
    ("short_lived_grant", TWICE, {2: "a"}),
    # another role, another department, held for longer
    ("short_lived_grant", [*once("05-04 09:00 a assigned"),
                           *once("05-04 09:30 - unassigned", entity="r2"),
                           *once("05-04 09:30 - unassigned d", "05-04 10:01 - unassigned")], {}),
    *(("mass_removal", [(when + n * 0.9 * MINUTE, entry) for n, action in enumerate(REMOVALS)
                        for when, entry in once(f"05-04 09:0{minute} a {action}")], {9: "a"})
      for minute in (0, 3, 6, 9)),
    ("mass_removal", [*often(12, MINUTE / 2, "05-04 09:00 a deleted"),
                      *often(12, MINUTE / 2, "05-04 15:00 a deleted")], {9: "a", 21: "a"}),
    ("mass_removal", [*often(9, MINUTE, "05-04 09:00 nine deleted"),
                      *often(30, MINUTE * 1.2, "05-04 09:00 slow deleted"),
                      *often(50, MINUTE / 9, "05-04 09:00 maker created"),
                      *often(50, MINUTE / 9, "05-04 09:00 - deleted"),
                      *once(*(f"05-04 09:00 team{n} deleted" for n in range(20)))], {}),
    ("new_admin_actor", [*often(10, DAY, "05-04 09:00 boss assigned"),
                         *often(10, DAY, "05-04 09:00 new worked"),
                         *often(2, DAY, "05-14 09:00 new assigned")], {20: "new"}),
    # in the first week, known already, nothing administrative, oneself
    ("new_admin_actor", [*once("05-04 09:00 early assigned", "05-11 09:00 edge assigned"),
                         *once("05-30 09:00 early assigned", "05-30 09:00 writer worked"),
                         *once("05-30 09:00 p updated", **ACCOUNT)], {}),
    ("dormant_returns", once("03-01 09:00 a", "04-15 09:00 a", "04-16 09:00 a"), {1: "a"}),
    *(("dormant_returns", [*often(2, 45 * DAY - MINUTE, f"{start} a"), *often(2, 90 * DAY, start),
                           *once("09-01 00:00 newcomer")], {})
      for start in ("03-01 09:00", "01-29 00:00", "02-20 23:59")),
    ("deactivated_active", [*once("05-04 09:00 a deactivated"),
                            *often(2, HOUR, "05-05 09:00 p worked"),
                            *once("05-06 09:00 p worked")], {1: "p", 3: "p"}),
    ("deactivated_active", once("05-04 09:00 a removed", "05-05 09:00 p worked",
                                "05-06 09:00 a invited", "05-07 09:00 p worked"), {1: "p"}),
    ("deactivated_active", TWICE_OFF, {2: "p", 4: "p"}),
    ("deactivated_active", [*once("05-03 09:00 p worked", "05-04 09:00 p deactivated"),
                            *once("05-05 09:00 a reactivated"),
                            *often(2, DAY, "05-05 09:00 p worked")], {}),
    ("above_baseline", _days("a", [4, 5, 6] * 5 + [60, 5]), {75 + 20: "a"}),
    ("above_baseline", [*_days("busy", [50, 60, 55] * 4 + [70]), *_days("few", [1] * 12 + [20]),
                        *_days("lively", [1, 40] * 7 + [60]),
                        *_days("newcomer", [1] * 9 + [100])], {}),
    ("unusual_hours", [*often(24, DAY / 2, "05-01 10:00 a worked"),
                       *often(2, DAY, "05-20 03:12 a worked")], {24: "a"}),
    # the hours beside one's own, those of somebody new, and of somebody who is always there
    ("unusual_hours", [*often(24, DAY / 2, "05-01 10:00 a worked"),
                       *once("05-20 09:00 a worked", "05-20 23:30 a worked"),
                       *often(50, MINUTE, "05-01 10:00 new worked"),
                       *once("05-20 03:00 new worked"),
                       *often(300, HOUR, "05-01 00:00 always worked")], {}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "story", "reported"), STORIES)
def test_a_rule_reports_what_it_is_for_and_nothing_that_only_looks_like_it(
    warehouse: Warehouse, rule: str, story: Story, reported: dict[int, str]
) -> None:
    ids = tell(warehouse, story)
    assert [
        (datetime.fromisoformat(when), actor, entry)
        for when, actor, entry in found(warehouse, rule)
    ] == [(story[n][0], actor, ids[n]) for n, actor in reported.items()]


def test_a_silence_longer_than_ever_is_found_from_when_it_was_the_longest(
    warehouse: Warehouse,
) -> None:
    tell(warehouse, often(20, DAY, "03-23 09:00 a"))
    *_, last = tell(warehouse, often(20, DAY, "03-01 09:00 a"))
    assert found(warehouse, "log_gap") == [("2026-03-21 09:00:00+00", None, last)]


def test_a_silence_that_still_lasts_is_found_as_far_as_was_looked(warehouse: Warehouse) -> None:
    *_, last = tell(warehouse, often(20, DAY, "03-01 09:00 a"))
    early, late = at("2026-03-20 21:00"), at("2026-03-25 09:00")
    warehouse.record("proofs", run_started_at=early)
    warehouse.record("proofs", run_started_at=late, verdict="unproven")
    warehouse.record("proofs", run_started_at=late, from_day="2026-03-01", to_day="2026-03-20")
    assert found(warehouse, "log_gap") == []
    warehouse.record("proofs", run_started_at=late)
    assert found(warehouse, "log_gap") == [("2026-03-21 09:00:00+00", None, last)]


def test_usual_silences_a_young_log_and_entries_from_the_future_are_no_gap(
    warehouse: Warehouse,
) -> None:
    tell(warehouse, [*often(6, 2 * DAY, "03-01 09:00 a"), *often(20, DAY, "03-13 10:00 a")])
    tell(warehouse, once("2999-01-01 09:00 a"))
    young = [*often(10, DAY, "03-01 09:00 a"), *once("03-13 09:00 a")]
    tell(warehouse, young, organization_id="young")
    assert found(warehouse, "log_gap") == []

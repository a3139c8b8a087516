"""Each rule finds what it is for, and leaves alone what only looks like it."""

import re

import pytest
from answering import MADE, ORGANIZATION, Warehouse, at
from stories import ACCOUNT, DAY, MINUTE, ROLE, SHIPPED, WORK, found, story


def test_the_rules_that_are_promised_are_there_and_say_what_to_do(warehouse: Warehouse) -> None:
    rules = warehouse.rows("FROM rules")
    assert {row[0] for row in rules} == SHIPPED
    assert all(value for row in rules for value in row)


def test_findings_has_exactly_the_columns_that_are_promised(warehouse: Warehouse) -> None:
    assert [name for name, *_ in warehouse.rows("DESCRIBE findings")] == [
        "rule_id", "severity", "technique", "organization_id", "occurred_at", "actor_id",
        "entry_id", "explanation",
    ]  # fmt: skip


def test_the_columns_to_compare_by_tell_all_findings_apart(warehouse: Warehouse) -> None:
    (comment,) = warehouse.row("SELECT comment FROM duckdb_views() WHERE view_name = 'findings'")
    columns = re.findall(r"\w+_\w+", comment)
    for organization in ("one", "two"):
        own = {"organization_id": organization, "id": "same"}
        warehouse.add("2026-05-04 09:00", actor="p", action="assigned", **ROLE, **own)
    for noticed in (MADE, MADE + DAY):
        warehouse.connection.execute(
            "INSERT INTO audit_log_versions SELECT *, ?, 'run' FROM audit_log", [noticed]
        )
    ((findings, different),) = warehouse.rows(
        f"SELECT count(*), count(DISTINCT ({', '.join(columns)})) FROM findings"
    )
    assert findings == different == 2 + 4


def test_an_empty_warehouse_has_no_findings(warehouse: Warehouse) -> None:
    assert warehouse.rows("FROM findings") == []


def test_every_finding_explains_itself_even_where_names_are_missing(warehouse: Warehouse) -> None:
    nameless = {"entity_type": "role_assignment", "action": "assigned", "entity_id": "r"}
    warehouse.add("2026-05-04 09:00", actor_id="a", target_id="a", **nameless)
    assert warehouse.rows("SELECT rule_id, severity, technique, explanation FROM findings") == [
        ("self_grant", "high", "T1098.003", "a granted themselves: role r")
    ]


def test_a_grant_to_oneself_is_found(warehouse: Warehouse) -> None:
    entry = warehouse.add("2026-05-04 09:00", actor="p", action="assigned", **ROLE)
    assert found(warehouse, "self_grant") == [("2026-05-04 09:00:00+00", "p", entry)]


@pytest.mark.parametrize(
    "granted",
    [
        {"entity_type": "department_membership", "action": "membership_added", "entity": "d"},
        {"entity_type": "knowledge_grant", "action": "created", "entity": "k"},
        {"entity_type": "user", "action": "reactivated", "entity": "x"},
    ],
    ids=lambda granted: str(granted["entity_type"]),
)
def test_a_grant_to_oneself_need_not_be_a_role(
    warehouse: Warehouse, granted: dict[str, str]
) -> None:
    entry = warehouse.add("2026-05-04 09:00", actor="p", target="p", **granted)
    warehouse.add("2026-05-04 09:00", actor="a", target="p", **granted)
    assert found(warehouse, "self_grant") == [("2026-05-04 09:00:00+00", "p", entry)]


def test_a_grant_by_another_or_taking_from_oneself_is_no_self_grant(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    warehouse.add("2026-05-04 10:00", actor="p", action="unassigned", **ROLE)
    warehouse.add("2026-05-04 11:00", action="assigned", entity_type="role_assignment", entity="r")
    assert found(warehouse, "self_grant") == []


def test_a_grant_taken_back_within_an_hour_is_found(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    entry = warehouse.add("2026-05-04 10:00", actor="b", action="unassigned", **ROLE)
    warehouse.add("2026-05-04 10:00:01", actor="b", action="unassigned", **ROLE)
    assert found(warehouse, "short_lived_grant") == [("2026-05-04 10:00:00+00", "a", entry)]


def test_a_grant_held_for_longer_or_of_another_thing_is_not_short_lived(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="assigned", **ROLE)
    warehouse.add("2026-05-04 09:30", action="unassigned", **{**ROLE, "entity": "r2"})
    warehouse.add("2026-05-04 09:30", action="unassigned", department="d", **ROLE)
    warehouse.add("2026-05-04 10:01", action="unassigned", **ROLE)
    assert found(warehouse, "short_lived_grant") == []


@pytest.mark.parametrize("offset", range(0, 10, 3))
def test_ten_removals_within_ten_minutes_are_one_finding_with_the_tenth(
    warehouse: Warehouse, offset: int
) -> None:
    start = at("2026-05-04 09:00") + offset * MINUTE
    entries = [
        warehouse.add(start + n * MINUTE * 0.9, actor="a", action=action)
        for n, action in enumerate(
            ("deleted", "removed", "unassigned", "deactivated", "membership_removed") * 3
        )
    ]
    (finding,) = found(warehouse, "mass_removal")
    assert finding[1:] == ("a", entries[9])


def test_two_bursts_are_two_findings(warehouse: Warehouse) -> None:
    for start in ("2026-05-04 09:00", "2026-05-04 15:00"):
        warehouse.every(MINUTE / 2, 12, start, actor="a", action="deleted")
    assert len(found(warehouse, "mass_removal")) == 2


def test_few_slow_or_shared_removals_and_other_acts_are_no_mass_removal(
    warehouse: Warehouse,
) -> None:
    warehouse.every(MINUTE, 9, "2026-05-04 09:00", actor="nine", action="deleted")
    warehouse.every(MINUTE * 1.2, 30, "2026-05-04 09:00", actor="slow", action="deleted")
    warehouse.every(MINUTE / 9, 50, "2026-05-04 09:00", actor="maker", action="created")
    warehouse.every(MINUTE / 9, 50, "2026-05-04 09:00", action="deleted")
    for n in range(20):
        warehouse.add("2026-05-04 09:00", actor=f"team{n}", action="deleted")
    assert found(warehouse, "mass_removal") == []


def test_a_first_administrative_act_is_found(warehouse: Warehouse) -> None:
    warehouse.every(DAY, 10, "2026-05-04 09:00", actor="boss", action="assigned", **ROLE)
    warehouse.every(DAY, 10, "2026-05-04 09:00", actor="new", **WORK)
    first = warehouse.add("2026-05-14 09:00", actor="new", action="assigned", **ROLE)
    warehouse.add("2026-05-15 09:00", actor="new", action="unassigned", **ROLE)
    assert found(warehouse, "new_admin_actor") == [("2026-05-14 09:00:00+00", "new", first)]


def test_first_acts_that_are_not_administrative_or_in_the_first_week_are_not_new(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor="early", action="assigned", **ROLE)
    warehouse.add("2026-05-11 09:00", actor="edge", action="assigned", **ROLE)
    warehouse.add("2026-05-30 09:00", actor="early", action="assigned", **ROLE)
    warehouse.add("2026-05-30 09:00", actor="writer", **WORK)
    warehouse.add("2026-05-30 09:00", actor="p", action="updated", **ACCOUNT)
    assert found(warehouse, "new_admin_actor") == []


def test_an_actor_who_is_back_after_45_days_is_found(warehouse: Warehouse) -> None:
    warehouse.add("2026-03-01 09:00", actor="a")
    entry = warehouse.add("2026-04-15 09:00", actor="a")
    warehouse.add("2026-04-16 09:00", actor="a")
    assert found(warehouse, "dormant_returns") == [("2026-04-15 09:00:00+00", "a", entry)]


@pytest.mark.parametrize("start", ["2026-03-01 09:00", "2026-01-29 00:00", "2026-02-20 23:59"])
def test_an_actor_who_was_away_for_less_than_45_days_is_not_dormant(
    warehouse: Warehouse, start: str
) -> None:
    warehouse.add(at(start), actor="a")
    warehouse.add(at(start) + 45 * DAY - MINUTE, actor="a")
    warehouse.add(at(start) + 90 * DAY, actor="newcomer")
    warehouse.add(at(start))
    warehouse.add(at(start) + 90 * DAY)
    assert found(warehouse, "dormant_returns") == []


def test_what_a_deactivated_account_does_is_found_once_a_day(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="deactivated", **ACCOUNT)
    first = warehouse.add("2026-05-05 09:00", actor="p", **WORK)
    warehouse.add("2026-05-05 10:00", actor="p", **WORK)
    second = warehouse.add("2026-05-06 09:00", actor="p", **WORK)
    assert found(warehouse, "deactivated_active") == [
        ("2026-05-05 09:00:00+00", "p", first),
        ("2026-05-06 09:00:00+00", "p", second),
    ]


def test_what_a_removed_account_does_is_found_too_until_it_is_invited_again(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="removed", **ACCOUNT)
    entry = warehouse.add("2026-05-05 09:00", actor="p", **WORK)
    warehouse.add("2026-05-06 09:00", actor="a", action="invited", **ACCOUNT)
    warehouse.add("2026-05-07 09:00", actor="p", **WORK)
    assert found(warehouse, "deactivated_active") == [("2026-05-05 09:00:00+00", "p", entry)]


def test_what_somebody_does_before_and_after_their_deactivation_is_not_found(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-03 09:00", actor="p", **WORK)
    warehouse.add("2026-05-04 09:00", actor="p", action="deactivated", **ACCOUNT)
    warehouse.add("2026-05-05 09:00", actor="a", action="reactivated", **ACCOUNT)
    warehouse.add("2026-05-05 09:00", actor="p", **WORK)
    warehouse.add("2026-05-06 09:00", actor="p", **WORK)
    assert found(warehouse, "deactivated_active") == []


def _days(warehouse: Warehouse, actor: str, numbers: list[int]) -> list[list[str]]:
    """So many entries on each of so many days in a row."""
    return [
        warehouse.every(MINUTE, number, f"2026-05-{day:02} 08:00", actor=actor, **WORK)
        for day, number in enumerate(numbers, start=1)
    ]


def test_a_day_far_above_an_actors_own_is_found_with_the_entry_that_exceeded(
    warehouse: Warehouse,
) -> None:
    days = _days(warehouse, "a", [4, 5, 6] * 5 + [60, 5])
    (finding,) = found(warehouse, "above_baseline")
    assert finding[1:] == ("a", days[15][20])


def test_busy_people_lively_days_and_newcomers_are_not_above_their_baseline(
    warehouse: Warehouse,
) -> None:
    _days(warehouse, "busy", [50, 60, 55] * 4 + [70])
    _days(warehouse, "lively", [1, 40] * 7 + [60])
    _days(warehouse, "few", [1] * 12 + [20])
    _days(warehouse, "newcomer", [1] * 9 + [100])
    assert found(warehouse, "above_baseline") == []


def test_an_hour_at_which_an_actor_never_was_is_found_the_first_time(
    warehouse: Warehouse,
) -> None:
    warehouse.every(DAY / 2, 24, "2026-05-01 10:00", actor="a", **WORK)
    first = warehouse.add("2026-05-20 03:12", actor="a", **WORK)
    warehouse.add("2026-05-21 03:12", actor="a", **WORK)
    assert found(warehouse, "unusual_hours") == [("2026-05-20 03:12:00+00", "a", first)]


def test_the_hours_beside_ones_own_and_the_hours_of_somebody_new_are_not_unusual(
    warehouse: Warehouse,
) -> None:
    warehouse.every(DAY / 2, 24, "2026-05-01 10:00", actor="a", **WORK)
    warehouse.add("2026-05-20 09:00", actor="a", **WORK)
    warehouse.add("2026-05-20 23:30", actor="a", **WORK)
    warehouse.every(MINUTE, 50, "2026-05-01 10:00", actor="new", **WORK)
    warehouse.add("2026-05-20 03:00", actor="new", **WORK)
    warehouse.every(DAY / 24, 300, "2026-05-01 00:00", actor="always", **WORK)
    assert found(warehouse, "unusual_hours") == []


def test_an_entry_that_changed_or_vanished_at_the_source_is_found(warehouse: Warehouse) -> None:
    changed = warehouse.add("2026-05-04 09:00", actor="a", **WORK)
    gone = warehouse.add("2026-05-04 10:00", actor="b", **WORK)
    warehouse.connection.execute(
        "INSERT INTO audit_log_versions SELECT * REPLACE ('deleted' AS action_type), ?, 'run' "
        "FROM audit_log WHERE id = ?", [MADE, changed],
    )  # fmt: skip
    _absent(warehouse, gone, "vanished")
    assert warehouse.rows(
        "SELECT occurred_at, actor_id, entry_id, explanation FROM findings "
        "WHERE rule_id = 'source_changed' ORDER BY entry_id"
    ) == [
        (
            "2026-06-01 00:00:00+00", "a", changed,
            "The entry of 2026-05-04 09:00 was served differently before: action",
        ),
        (
            "2026-06-01 00:00:00+00", "b", gone,
            "The entry of 2026-05-04 10:00 is no longer served: updated knowledge_slice",
        ),
    ]  # fmt: skip


def test_each_change_at_the_source_says_what_it_changed_though_it_was_undone_later(
    warehouse: Warehouse,
) -> None:
    changed = warehouse.add("2026-05-04 09:00", actor="a", **WORK)
    warehouse.add("2026-05-04 09:00", id=changed, organization_id="other", **WORK)
    for version, noticed in enumerate((MADE, MADE + DAY, MADE + 2 * DAY)):
        action, actor = ("updated", "deleted", "deleted")[version], "xxa"[version]
        warehouse.connection.execute(
            "INSERT INTO audit_log_versions SELECT * REPLACE (? AS action_type, ? AS actor_id), "
            "?, 'run' FROM audit_log WHERE organization_id = ?",
            [action, actor, noticed, ORGANIZATION],
        )
    assert warehouse.rows(
        "SELECT occurred_at, actor_id, organization_id, explanation FROM findings "
        "WHERE rule_id = 'source_changed' ORDER BY occurred_at"
    ) == [
        (f"2026-06-0{day} 00:00:00+00", actor, ORGANIZATION,
         f"The entry of 2026-05-04 09:00 was served differently before: {what}")
        for day, actor, what in ((1, "x", "action"), (2, "x", "actor"), (3, "a", "action"))
    ]  # fmt: skip


@pytest.mark.parametrize("reason", ["expired", "returned"])
def test_entries_that_only_grew_old_or_came_back_are_no_change_at_the_source(
    warehouse: Warehouse, reason: str
) -> None:
    _absent(warehouse, warehouse.add("2026-05-04 09:00", actor="a", **WORK), reason)
    assert found(warehouse, "source_changed") == []


def _expired(warehouse: Warehouse, days: int, last_complete: str) -> None:
    """So many days of the history are gone at `MADE`, an entry a day."""
    for entry in warehouse.every(DAY, days, "2026-01-01 09:00", actor="a"):
        _absent(warehouse, entry, "expired")
    warehouse.connection.execute(
        "INSERT INTO runs VALUES ('before', ?, 'sync', 'complete', NULL, ?, ?, "
        "1, 0, 0, 0, 0, 0, 0, NULL, 0, 0, '0.1.0')", [ORGANIZATION, at(last_complete), MADE],
    )  # fmt: skip


def test_history_that_goes_faster_than_time_is_a_purge(warehouse: Warehouse) -> None:
    _expired(warehouse, 40, "2026-05-31 00:00")
    assert warehouse.rows(
        "SELECT occurred_at, explanation FROM findings WHERE rule_id = 'history_purged'"
    ) == [
        (
            "2026-06-01 00:00:00+00",
            "40 entries from 2026-01-01 09:00 to 2026-02-09 09:00 are no longer served: "
            "39.0 days of history in 24.0 hours",
        )
    ]


def test_history_that_goes_as_time_does_is_none(warehouse: Warehouse) -> None:
    _expired(warehouse, 40, "2026-04-22 00:00")
    assert found(warehouse, "history_purged") == []


def _absent(warehouse: Warehouse, entry: str, reason: str) -> None:
    warehouse.connection.execute(
        "INSERT INTO absences VALUES (?, ?, ?, ?, 'run')", [ORGANIZATION, entry, reason, MADE]
    )


def test_a_silence_longer_than_ever_is_found_from_when_it_was_the_longest(
    warehouse: Warehouse,
) -> None:
    *_, last = warehouse.every(DAY, 20, "2026-03-01 09:00", actor="a")
    warehouse.every(DAY, 20, "2026-03-23 09:00", actor="a")
    assert found(warehouse, "log_gap") == [("2026-03-21 09:00:00+00", None, last)]


def test_a_silence_that_still_lasts_is_found_as_far_as_was_looked(warehouse: Warehouse) -> None:
    *_, last = warehouse.every(DAY, 20, "2026-03-01 09:00", actor="a")
    warehouse.record("proofs", run_started_at=at("2026-03-20 21:00"))
    warehouse.record("proofs", run_started_at=at("2026-03-25 09:00"), verdict="unproven")
    assert found(warehouse, "log_gap") == []
    warehouse.record("proofs", run_started_at=at("2026-03-25 09:00"))
    assert found(warehouse, "log_gap") == [("2026-03-21 09:00:00+00", None, last)]


def test_usual_silences_a_young_log_and_entries_from_the_future_are_no_gap(
    warehouse: Warehouse,
) -> None:
    warehouse.every(2 * DAY, 6, "2026-03-01 09:00", actor="a")
    warehouse.every(DAY, 20, "2026-03-13 10:00", actor="a")
    warehouse.every(DAY, 10, "2026-03-01 09:00", organization_id="young", actor="a")
    warehouse.add("2026-03-13 09:00", organization_id="young", actor="a")
    warehouse.add("2999-01-01 09:00", actor="a")
    assert found(warehouse, "log_gap") == []


def test_a_second_organization_of_the_same_ids_changes_no_finding_of_the_first(
    warehouse: Warehouse,
) -> None:
    columns = "rule_id, occurred_at, actor_id, entry_id, explanation"
    query = f"SELECT {columns} FROM findings WHERE organization_id = ? ORDER BY ALL"
    with warehouse.at_once():
        story(warehouse, "one")
    alone = warehouse.rows(query, "one")
    assert {row[0] for row in alone} == SHIPPED - {"source_changed", "history_purged"}
    with warehouse.at_once():
        story(warehouse, "two")
    assert warehouse.rows(query, "one") == warehouse.rows(query, "two") == alone
    # And one that does something else with the same people brings nobody to the first.
    for number in range(30):
        warehouse.add(
            at("2026-05-05 12:00") + number * DAY / 3, organization_id="three",
            id=f"same{number}", actor="p", action="reactivated", **ACCOUNT,
        )  # fmt: skip
    assert warehouse.rows(query, "one") == alone

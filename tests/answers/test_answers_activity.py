"""The activity views: nothing is dropped, names are the latest, days and hours are local."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from answering import Warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from etl.warehouse.schema import Views

COUNTED_BY_NUMBER = ("activity_by_actor", "activity_by_department", "activity_by_action")
SUMMING = (*COUNTED_BY_NUMBER, "activity_daily")
WHOLE = "activity_between('2000-01-01 00:00:00+00', '2100-01-01 00:00:00+00')"
SOURCES = (*SUMMING, WHOLE)
With = Callable[[Views], Warehouse]


MARCH = datetime(2025, 3, 28, tzinfo=UTC)


def maybe(*values: str) -> some.SearchStrategy[str | None]:
    return some.sampled_from((None, *values))


ENTRIES = some.lists(
    some.fixed_dictionaries(
        {
            "organization_id": some.sampled_from(("one", "two")),
            "when": some.integers(0, 5 * 24 * 60).map(lambda n: MARCH + timedelta(minutes=n)),
            "action_type": maybe("created", "updated"),
            "actor_id": maybe("a", "b", "x@example.com"),
            "actor_email": maybe("x@example.com", "y@example.com"),
            "actor_name": maybe("Ada", "Bo"),
            "department_id": maybe("d", "e"),
            "department_name": maybe("Sales", "Law"),
        }
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES)
def test_the_entries_of_each_view_add_up_to_the_table_whatever_is_missing(
    warehouse: Warehouse, entries: list[dict[str, object]]
) -> None:
    warehouse.connection.execute("BEGIN")
    for entry in entries:
        columns = dict(entry)
        warehouse.add(columns.pop("when"), **columns)  # type: ignore[arg-type]
    table = warehouse.rows(
        "SELECT organization_id, count(*) FROM audit_log GROUP BY ALL ORDER BY 1"
    )
    summed = warehouse.rows(
        " UNION ALL ".join(
            f"SELECT {number} AS number, organization_id, sum(entries)::BIGINT "
            f"FROM {source} GROUP BY ALL"
            for number, source in enumerate(SOURCES)
        )
    )
    for number, source in enumerate(SOURCES):
        assert sorted(row[1:] for row in summed if row[0] == number) == table, source
    warehouse.connection.execute("ROLLBACK")


def test_entries_that_name_nobody_nowhere_and_nothing_have_a_row_of_their_own(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", department="d", action="created")
    warehouse.add("2026-05-04 10:00")
    warehouse.add("2026-05-04 11:00")
    for view, key in zip(SUMMING, ("actor_id", "department_id", "action_type"), strict=False):
        found = warehouse.rows(f"SELECT entries FROM {view} WHERE {key} IS NULL")
        assert found == [(2,)], view


def test_who_has_no_id_is_counted_by_email_and_else_by_name(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor_email="bo@example.com", actor_name="Bo")
    warehouse.add("2026-05-04 10:00", actor_email="bo@example.com", actor_name="Bo B.")
    warehouse.add("2026-05-04 11:00", actor_name="System")
    found = warehouse.rows(
        "SELECT actor_id, actor_name, actor_email, entries FROM activity_by_actor ORDER BY entries"
    )
    assert found == [(None, "System", None, 1), (None, "Bo B.", "bo@example.com", 2)]


def test_a_name_that_changed_is_the_latest_one_and_the_id_stays_one_row(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor_id="a", actor_name="Ada Old", actor_email="old@x.org")
    warehouse.add("2026-05-06 09:00", actor_id="a", actor_name="Ada New")
    warehouse.add("2026-05-05 09:00", actor_id="a", actor_name="Ada Between")
    warehouse.add("2026-05-07 09:00", actor_id="a")
    query = "SELECT actor_id, actor_name, actor_email, entries FROM activity_by_actor"
    assert warehouse.rows(query) == [("a", "Ada New", "old@x.org", 4)]


def test_a_department_that_was_renamed_is_one_row_with_its_latest_name(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", department_id="d", department_name="Sales")
    warehouse.add("2026-05-05 09:00", department_id="d", department_name="Growth")
    assert warehouse.rows("SELECT department_name, entries FROM activity_by_department") == [
        ("Growth", 2)
    ]
    assert warehouse.rows("SELECT DISTINCT department_name FROM activity_daily") == [("Growth",)]


def test_an_actor_is_described_by_what_they_did(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="updated", department="d")
    warehouse.add("2026-05-04 12:00", actor="a", action="updated", department="e")
    warehouse.add("2026-05-09 22:00", actor="a", action="created", department="e")
    warehouse.add("2026-05-05 09:00", actor="b", action="created")
    assert warehouse.row(
        "SELECT entries, first_at, last_at, active_days, distinct_departments, "
        "most_frequent_action, outside_working_hours_share, weekend_share "
        "FROM activity_by_actor WHERE actor_id = 'a'"
    ) == (
        3, "2026-05-04 09:00:00+00", "2026-05-09 22:00:00+00", 2, 2, "updated",
        pytest.approx(1 / 3), pytest.approx(1 / 3),
    )  # fmt: skip


def test_a_department_and_an_action_are_described_by_who_acted(warehouse: Warehouse) -> None:
    for when, actor in (("04 09:00", "a"), ("04 10:00", "b"), ("05 09:00", "b")):
        warehouse.add(f"2026-05-{when}", actor=actor, action="updated", department="d")
    warehouse.add("2026-05-05 10:00", actor="c", action="created", department="e")
    assert warehouse.row(
        "SELECT distinct_actors, most_frequent_action, most_frequent_actor_id, "
        "most_frequent_actor_name FROM activity_by_department WHERE department_id = 'd'"
    ) == (2, "updated", "b", "b's name")
    assert warehouse.row(
        "SELECT distinct_actors, distinct_departments, most_frequent_actor_id "
        "FROM activity_by_action WHERE action_type = 'updated'"
    ) == (2, 1, "b")


def test_what_names_nothing_is_no_department_of_an_actor_and_nobody_is_no_actor(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="updated", department="d")
    warehouse.add("2026-05-04 10:00", actor="a")
    warehouse.add("2026-05-04 11:00", actor="a")
    warehouse.add("2026-05-04 12:00", department="d")
    warehouse.add("2026-05-04 13:00", department="d")
    assert warehouse.row(
        "SELECT distinct_departments, most_frequent_action FROM activity_by_actor "
        "WHERE actor_id = 'a'"
    ) == (1, "updated")
    assert warehouse.row(
        "SELECT distinct_actors, most_frequent_actor_id FROM activity_by_department "
        "WHERE department_id = 'd'"
    ) == (1, "a")


def test_who_acted_most_is_shown_by_name_where_the_api_gives_no_id(warehouse: Warehouse) -> None:
    for when in ("09:00", "10:00"):
        warehouse.add(f"2026-05-04 {when}", actor_email="bo@example.com", department="d")
    warehouse.add("2026-05-04 11:00", actor="a", department="d")
    assert warehouse.row(
        "SELECT distinct_actors, most_frequent_actor_id, most_frequent_actor_name "
        "FROM activity_by_department"
    ) == (2, None, "bo@example.com")


def test_keys_that_share_a_number_are_refused_and_never_summed_up_together(
    warehouse: Warehouse,
) -> None:
    warehouse.add("2026-05-04 09:00", actor="a", action="updated", department="d")
    warehouse.add("2026-05-04 10:00", actor="b", action="created", department="e")
    warehouse.connection.execute("CREATE OR REPLACE MACRO key_number(key) AS length(key)")
    for source in (*COUNTED_BY_NUMBER, WHOLE):
        with pytest.raises(duckdb.Error, match="two keys have one number"):
            warehouse.rows(f"FROM {source}")


def test_of_several_most_frequent_ones_the_alphabetically_first_counts(
    warehouse: Warehouse,
) -> None:
    for action in ("updated", "created", "updated", "created", "deleted"):
        warehouse.add("2026-05-04 09:00", actor="a", action=action, department="d")
    assert warehouse.row("SELECT most_frequent_action FROM activity_by_actor") == ("created",)


def test_recent_entries_are_counted_back_from_now_and_never_from_the_future(
    warehouse: Warehouse,
) -> None:
    now = datetime.now(UTC)
    for ago in (-1, 1, 6, 8, 29, 31):
        warehouse.add(now - timedelta(days=ago), actor="a")
    found = warehouse.row("SELECT entries, last_7_days, last_30_days FROM activity_by_actor")
    assert found == (6, 2, 4)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Zurich", "America/St_Johns", "Asia/Kathmandu"])
def test_days_hours_and_weekends_are_those_of_the_time_zone_through_summer_time(
    warehouse_with: With, zone: str
) -> None:
    warehouse = warehouse_with(Views(timezone=zone))
    moments = [
        datetime(2026, month, day, tzinfo=UTC) + timedelta(minutes=15 * quarter)
        for month, day in ((3, 28), (3, 29), (10, 25), (11, 1))
        for quarter in range(0, 96, 3)
    ]
    for moment in moments:
        warehouse.add(moment, actor="a", department="d", action="updated")
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    assert warehouse.row(
        "SELECT active_days, outside_working_hours_share, weekend_share FROM activity_by_actor"
    ) == (
        len({moment.date() for moment in local}),
        pytest.approx(sum(not 7 <= moment.hour < 19 for moment in local) / len(local)),
        pytest.approx(sum(moment.isoweekday() >= 6 for moment in local) / len(local)),
    )
    daily = warehouse.rows("SELECT CAST(day AS VARCHAR), entries FROM activity_daily ORDER BY day")
    days = [str(moment.date()) for moment in local]
    assert daily == [(day, days.count(day)) for day in sorted(set(days))]


@pytest.mark.parametrize(
    ("hours", "outside"),
    [
        ((7, 19), {*range(7), *range(19, 24)}),
        ((22, 6), {*range(6, 22)}),
        ((0, 24), set()),
        ((9, 9), set()),
    ],
)
def test_working_hours_may_go_over_midnight_or_round_the_clock(
    warehouse_with: With, hours: tuple[int, int], outside: set[int]
) -> None:
    warehouse = warehouse_with(Views(working_hours=hours))
    for hour in range(24):
        warehouse.add(f"2026-05-04 {hour:02}:59", actor="a")
    found = warehouse.rows("SELECT local_hour FROM local_entries WHERE outside_working_hours")
    assert {hour for (hour,) in found} == outside


def test_a_span_of_time_includes_its_beginning_and_not_its_end(warehouse: Warehouse) -> None:
    for when in ("2026-05-04 09:00", "2026-05-04 10:00", "2026-05-04 11:00"):
        warehouse.add(when, actor="a", department="d", action="updated")
    assert warehouse.rows(
        "SELECT actor_name, department_name, action_type, entries FROM "
        "activity_between('2026-05-04 09:00:00+00', '2026-05-04 11:00:00+00')"
    ) == [("a's name", "d's name", "updated", 2)]

"""Activity and timelines: nothing is dropped, names are the latest, days and hours are local."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from answering import Warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from stories import HOUR, Story, often, once, tell

from etl.warehouse.schema import Views

COUNTED_BY_NUMBER = ("activity_by_actor", "activity_by_department", "activity_by_action")
SUMMING = (*COUNTED_BY_NUMBER, "activity_daily")
WHOLE = "activity_between('2000-01-01 00:00:00+00', '2100-01-01 00:00:00+00')"
SOURCES = (*SUMMING, WHOLE)
With = Callable[[Views], Warehouse]
THINGS = ("actor", "department", "entity")
TIMELINES = ("actor_timeline", "department_timeline", "entity_history")
ACTED = [
    *once(
        "05-04 09:00 a updated d",
        "05-04 10:00 b updated d",
        "05-05 09:00 b updated d",
        "05-05 10:00 c created e",
    ),
]
NAMELESS = [
    *once("05-04 09:00 a updated d"),
    *often(2, HOUR, "05-04 10:00 a"),
    *often(2, HOUR, "05-04 12:00", department="d"),
]
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


SHARES = "outside_working_hours_share, weekend_share"
ASKED: dict[str, tuple[Story, str, list[object]]] = {
    # What happened, a question, and the answer.
    **{
        f"entries without {key}": (
            [*once("05-04 09:00 a created d"), *often(2, HOUR, "05-04 10:00")],
            f"SELECT entries FROM {view} WHERE {key} IS NULL", [(2,)],
        )
        for view, key in zip(SUMMING, ("actor_id", "department_id", "action_type"), strict=False)
    },
    "actors without an id, by e-mail address and else by name": (
        [*once("05-04 09:00", actor_email="bo@x.org", actor_name="Bo"),
         *once("05-04 10:00", actor_email="bo@x.org", actor_name="Bo B."),
         *once("05-04 11:00", actor_name="System")],
        "SELECT actor_id, actor_name, actor_email, entries FROM activity_by_actor ORDER BY entries",
        [(None, "System", None, 1), (None, "Bo B.", "bo@x.org", 2)],
    ),
    "an actor whose name changed": (
        [*once("05-04 09:00", actor_id="a", actor_name="Old", actor_email="old@x.org"),
         *once("05-06 09:00", actor_id="a", actor_name="New"),
         *once("05-05 09:00", actor_id="a", actor_name="Between"),
         *once("05-07 09:00", actor_id="a")],
        "SELECT actor_id, actor_name, actor_email, entries FROM activity_by_actor",
        [("a", "New", "old@x.org", 4)],
    ),
    **{
        f"a department that was renamed, {view}": (
            [*once("05-04 09:00", department_id="d", department_name="Sales"),
             *once("05-05 09:00", department_id="d", department_name="Growth")],
            f"SELECT department_name, sum(entries)::BIGINT FROM {view} GROUP BY ALL",
            [("Growth", 2)],
        )
        for view in ("activity_by_department", "activity_daily")
    },
    "what an actor did": (
        once("05-04 09:00 a updated d", "05-04 12:00 a updated e", "05-09 22:00 a created e",
             "05-05 09:00 b created"),
        "SELECT entries, first_at, last_at, active_days, distinct_departments, "
        f"most_frequent_action, {SHARES} FROM activity_by_actor WHERE actor_id = 'a'",
        [(3, "2026-05-04 09:00:00+00", "2026-05-09 22:00:00+00", 2, 2, "updated",
          pytest.approx(1 / 3), pytest.approx(1 / 3))],
    ),
    "who acted in a department": (
        ACTED,
        "SELECT distinct_actors, most_frequent_action, most_frequent_actor_id, "
        "most_frequent_actor_name FROM activity_by_department WHERE department_id = 'd'",
        [(2, "updated", "b", "b's name")],
    ),
    "who did an action": (
        ACTED,
        "SELECT distinct_actors, distinct_departments, most_frequent_actor_id "
        "FROM activity_by_action WHERE action_type = 'updated'", [(2, 1, "b")],
    ),
    "entries without a department are in no department of an actor": (
        NAMELESS, "SELECT distinct_departments, most_frequent_action FROM activity_by_actor "
        "WHERE actor_id = 'a'", [(1, "updated")],
    ),
    "entries without an actor are by no actor of a department": (
        NAMELESS, "SELECT distinct_actors, most_frequent_actor_id FROM activity_by_department "
        "WHERE department_id = 'd'", [(1, "a")],
    ),
    "who acted most has no id": (
        [*often(2, HOUR, "05-04 09:00", actor_email="bo@x.org", department="d"),
         *once("05-04 11:00 a - d")],
        "SELECT distinct_actors, most_frequent_actor_id, most_frequent_actor_name "
        "FROM activity_by_department", [(2, None, "bo@x.org")],
    ),
    "of several most frequent actions the alphabetically first": (
        once(*(f"05-04 09:00 a {action}" for action in ("updated", "created", "deleted") * 2)),
        "SELECT most_frequent_action FROM activity_by_actor", [("created",)],
    ),
    "a span of time includes its beginning and not its end": (
        often(3, HOUR, "05-04 09:00 a updated d"),
        "SELECT actor_name, department_name, action_type, entries FROM "
        "activity_between('2026-05-04 09:00:00+00', '2026-05-04 11:00:00+00')",
        [("a's name", "d's name", "updated", 2)],
    ),
    "all that an actor did, in order": (
        [*once("05-04 10:00 a updated", id="2"), *once("05-04 09:00 a created", id="1"),
         *once("05-04 09:30 b created", entity="k", target="a"),
         *once("05-05 09:00", actor_id="a", actor_name="New", id="3")],
        "SELECT entry_id, action_type, latest_name FROM actor_timeline('a')",
        [("1", "created", "New"), ("2", "updated", "New"), ("3", None, "New")],
    ),
    "all that happened in a department": (
        once("05-04 10:00 a updated d", "05-04 10:00 a updated e"),
        "SELECT latest_name, actor_id, action_type FROM department_timeline('d')",
        [("d's name", "a", "updated")],
    ),
    **{
        f"of two names at one instant the one that the views show, {macro}": (
            [entry for name in ("Ann", "Zoe", "Bea", None)
             for entry in [*once("05-04 09:00", **{f"{whose}_id": "x", f"{whose}_name": name}),
                           *once("05-03 09:00", **{f"{whose}_id": "x", f"{whose}_name": "Zz"})]],
            f"SELECT DISTINCT name FROM {macro}", [("Zoe",)],
        )
        for whose in ("actor", "department")
        for macro in (f"latest_names('{whose}')",
                      f"(SELECT latest_name AS name FROM {whose}_timeline('x'))")
    },
    **{
        f"a timeline by {by}": (
            once("05-04 09:00", **{by: "System"}), "SELECT count(*) FROM actor_timeline('System')",
            [(1,)],
        )
        for by in ("actor_email", "actor_name")
    },
    "a thing as entity and as target, under its latest name": (
        [*once("05-04 09:00", action="created", entity_id="u", entity_name="Old"),
         *once("05-05 09:00", action="assigned", target_id="u", target_name="Uma", entity="r"),
         *once("05-06 09:00", entity="other", actor_id="u")],
        "SELECT seen_as, action_type, latest_name, entity_id FROM entity_history('u')",
        [("entity", "created", "Uma", "u"), ("target", "assigned", "Uma", "r")],
    ),
    **{
        f"two organizations of the same ids, {macro}": (
            [entry for organization, name in (("one", "Uno"), ("two", "Due"))
             for entry in once("05-04 09:00", id="e", organization_id=organization,
                               **{f"{thing}_id": "x" for thing in THINGS},
                               **{f"{thing}_name": name for thing in THINGS})],
            f"SELECT organization_id, latest_name, entry_id FROM {macro}('x') ORDER BY ALL",
            [("one", "Uno", "e"), ("two", "Due", "e")],
        )
        for macro in TIMELINES
    },
    **{
        f"who never existed, {macro}({whom})": (
            once("05-04 09:00 a - d", entity="e", target="t"), f"FROM {macro}({whom})", [],
        )
        for macro in TIMELINES for whom in ("'never existed'", "NULL", "''")
    },
}  # fmt: skip


@pytest.mark.parametrize("what", ASKED)
def test_what_happened_is_answered(warehouse: Warehouse, what: str) -> None:
    story, question, answer = ASKED[what]
    tell(warehouse, story)
    assert warehouse.rows(question) == answer


def test_keys_that_share_a_number_are_refused_and_never_summed_up_together(
    warehouse: Warehouse,
) -> None:
    tell(warehouse, once("05-04 09:00 a updated d", "05-04 10:00 b created e"))
    warehouse.connection.execute("CREATE OR REPLACE MACRO key_number(key) AS length(key)")
    for source in (*COUNTED_BY_NUMBER, WHOLE):
        with pytest.raises(duckdb.Error, match="two keys have one number"):
            warehouse.rows(f"FROM {source}")


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
    tell(warehouse, [(moment, {"actor": "a"}) for moment in moments])
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
        ((7, 19), [*range(7), *range(19, 24)]), ((22, 6), [*range(6, 22)]),
        ((0, 24), []), ((9, 9), []),
    ],
)  # fmt: skip
def test_working_hours_may_go_over_midnight_or_round_the_clock(
    warehouse_with: With, hours: tuple[int, int], outside: list[int]
) -> None:
    warehouse = warehouse_with(Views(working_hours=hours))
    tell(warehouse, often(24, HOUR, "05-04 00:59 a"))
    query = "SELECT local_hour FROM local_entries WHERE outside_working_hours ORDER BY local_hour"
    assert [hour for (hour,) in warehouse.rows(query)] == outside

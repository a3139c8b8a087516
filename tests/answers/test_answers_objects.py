"""All objects together: commented, asked from anywhere, at ease with nothing to answer."""

import duckdb
import pytest
from answering import Warehouse, check
from stories import once, tell

from etl.warehouse import sqlfiles

SPANS = {
    "access_intervals", "role_assignments", "department_memberships",
    "access_at", "role_holders_at", "access_of",
}  # fmt: skip
MACROS = (
    "actor_timeline('a')", "department_timeline('d')", "entity_history('e')",
    "activity_between('1990-01-01', now())", "latest_names('actor')", "keyed_entries('entity')",
    "activity_totals('department')", "numbered_organizations()", "numbered_names('action')",
    "numbered_entries('actor', 'action')", "activity_pairs('actor', 'action')",
    "activity_different('actor', 'department')", "activity_counterparts('actor', 'department')",
)  # fmt: skip


def views(warehouse: Warehouse) -> list[str]:
    query = "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"
    return [name for (name,) in warehouse.rows(query)]


def test_every_view_column_and_macro_says_what_it_is(warehouse: Warehouse) -> None:
    silent = warehouse.rows(
        "SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND comment IS NULL "
        "UNION ALL SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE NOT internal AND comment IS NULL "
        "AND table_name IN (SELECT view_name FROM duckdb_views()) "
        "UNION ALL SELECT function_name, '' FROM duckdb_functions() "
        "WHERE NOT internal AND comment IS NULL AND function_name "
        "NOT IN ('etl_timezone', 'working_hours_from', 'working_hours_to')"
    )
    assert silent == []


def test_answers_about_access_say_that_older_grants_that_were_never_revoked_are_missing(
    warehouse: Warehouse,
) -> None:
    told = warehouse.rows(
        "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal "
        "UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
    )
    silent = {name for name, comment in told if "never revoked" not in str(comment)}
    assert silent & SPANS == set()
    first_page, _, rest = sqlfiles.text("README.md").partition("\n## Other tools")
    assert "never revoked" in first_page
    assert "never revoked" in rest.partition("\n## Access over time")[2]


def test_every_view_and_macro_answers_in_an_empty_warehouse(warehouse: Warehouse) -> None:
    asked = {each: warehouse.rows(f"FROM {each}") for each in (*views(warehouse), *MACROS)}
    assert [each for each, rows in asked.items() if rows] == ["rules"]
    warehouse.add("2026-05-04 09:00", actor="a", department="d", entity="e", action="updated")
    assert [each for each in MACROS if len(warehouse.rows(f"FROM {each}")) != 1] == []


def test_every_view_answers_where_an_entry_holds_nothing_but_an_id(warehouse: Warehouse) -> None:
    warehouse.add("2026-05-04 09:00")
    for view in views(warehouse):
        warehouse.rows(f"FROM {view}")


def test_views_answer_where_the_file_is_attached_beside_another(warehouse: Warehouse) -> None:
    tell(warehouse, once("05-04 09:00 p assigned"))
    names = views(warehouse)
    warehouse.close()
    with duckdb.connect() as elsewhere:
        elsewhere.execute(f"ATTACH '{warehouse.path}' AS other (READ_ONLY)")
        for view in names:
            elsewhere.execute(f"SELECT count(*) FROM other.{view}").fetchall()
        found = elsewhere.execute("SELECT rule_id FROM other.findings").fetchall()
        assert found == [("self_grant",)]
        elsewhere.execute("USE other")
        held = elsewhere.execute("SELECT person_id FROM access_at(now())").fetchall()
        assert held == [("p",)]


BROKEN = {
    "activity_adds_up": "activity_by_action AS SELECT 'org' AS organization_id, 0 AS entries",
    "access_spans_disjoint": "access_intervals AS SELECT 'org' AS organization_id, 'role' AS kind, "
    "'p' AS person_key, 'r' AS object_key, NULL AS department_id, "
    "now() - to_days(n) AS valid_from, NULL::TIMESTAMPTZ AS valid_to FROM range(2) AS t (n)",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_finds_what_is_wrong_with_a_view_and_only_that(
    warehouse: Warehouse, name: str
) -> None:
    tell(warehouse, once("05-04 09:00", "05-04 09:00 p assigned", "05-05 09:00 - deactivated"))
    assert warehouse.rows(check(name)) == []
    warehouse.connection.execute(f"CREATE OR REPLACE VIEW {BROKEN[name]}")
    assert len(warehouse.rows(check(name))) == 1

"""The checks: silent over what was loaded, and not silent over what each of them is there for."""

import pytest
from loading import NOW, ORGANIZATION, Load, entry, rows

from etl.plan.ranges import Proof, Verdict
from etl.warehouse import sqlfiles
from etl.warehouse.database import Database

CHECKS = {
    path.stem: path.read_text("utf-8") for path in sqlfiles.in_order(sqlfiles.ROOT / "checks")
}

# For each check something that it is there to find.
PLANTED = {
    "absences_are_of_stored_entries": "DELETE FROM audit_log WHERE id = 'gone'",
    "access_spans_disjoint": """
        CREATE OR REPLACE VIEW access_intervals AS
        SELECT 'org' AS organization_id, 'role' AS kind, 'p' AS person_key, 'o' AS object_key,
            'd' AS department_id, valid_from, valid_to
        FROM (VALUES
            (TIMESTAMPTZ '2025-01-01 00:00:00+00', TIMESTAMPTZ '2025-03-01 00:00:00+00'),
            (TIMESTAMPTZ '2025-02-01 00:00:00+00', NULL)
        ) AS spans(valid_from, valid_to)
    """,
    "activity_adds_up": """
        CREATE OR REPLACE VIEW activity_by_action AS
        SELECT organization_id, 1 AS entries FROM audit_log LIMIT 1
    """,
    "complete_windows_are_proven": "UPDATE windows SET proof = NULL",
    "history_is_counted_as_stated": "UPDATE windows SET total = total + 1",
    "one_row_for_each_id": "INSERT INTO audit_log FROM audit_log LIMIT 1",
    "versions_differ_from_the_row": "UPDATE audit_log_versions SET id = 'nobody'",
}


@pytest.fixture
def loaded(load: Load, database: Database) -> Database:
    """A warehouse with a bit of everything: twins, unreadable and nameless entries, a change, an
    absence."""
    pages = [
        [entry("e1"), entry("e1", actor_name="twin"), entry("e2", "nonsense"), entry(None)],
        [entry("e3", "2025-06-02", actor_id="u1"), entry("gone", "2025-06-02")],
    ]
    load.pages(*pages)
    pages[1] = [entry("e3", "2025-06-02", actor_id="u2")]
    done = Load(database, "run-2", NOW).pages(
        *pages, verdict=Verdict.COMPLETE, proof=Proof.WALK, total=5
    )
    assert (done.verdict, done.vanished) == (Verdict.COMPLETE, 1)
    return database


def test_no_check_finds_anything_wrong_with_what_was_loaded(loaded: Database) -> None:
    assert rows(loaded, "SELECT DISTINCT organization_id FROM audit_log") == [(ORGANIZATION,)]
    assert {name: rows(loaded, sql) for name, sql in CHECKS.items()} == {
        name: [] for name in CHECKS
    }


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_finds_what_it_is_there_for(loaded: Database, name: str) -> None:
    with loaded.attached():
        loaded.execute("BEGIN")
        loaded.execute(PLANTED[name])
        text = CHECKS[name].strip().rstrip(";")
        ((found,),) = loaded.execute(f"SELECT count(*) FROM (\n{text}\n)")
        loaded.execute("ROLLBACK")
    assert found

"""The checks: silent over what was loaded, and not silent over what each of them is there for."""

from datetime import date

import pytest
from loading import ORGANIZATION, Run, entry, rolled_back, rows

from etl.engine.model import ALWAYS, Window
from etl.warehouse import sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.load import Claim

CHECKS = {
    path.stem: path.read_text("utf-8") for path in sqlfiles.in_order(sqlfiles.ROOT / "checks")
}

# What each check over the tables is there to find; those over views are tested with the views.
OF_VIEWS = {"access_spans_disjoint", "activity_adds_up"}
PLANTED = [
    ("absences_are_of_stored_entries", "DELETE FROM audit_log WHERE id = 'gone'"),
    ("complete_proofs_state_what_is_held", "UPDATE proofs SET held = held - 1"),
    ("complete_proofs_state_what_is_held", "UPDATE proofs SET stated = NULL, held = NULL"),
    ("held_is_what_the_windows_add_up_to", "DELETE FROM audit_log WHERE id = 'e3'"),
    ("held_is_what_the_windows_add_up_to", "DELETE FROM audit_log; DELETE FROM quarantine"),
    ("held_is_what_the_windows_add_up_to", "UPDATE windows SET stated = stated + 1"),
    ("held_is_what_the_windows_add_up_to", "UPDATE streams SET undated = 1"),
    ("one_row_for_each_id", "INSERT INTO audit_log FROM audit_log LIMIT 1"),
    ("rows_are_of_known_runs", "UPDATE audit_log SET run_id = 'by hand' WHERE id = 'e3'"),
    ("versions_have_a_row", "UPDATE audit_log_versions SET id = 'nobody'"),
    ("windows_tile_the_history", "UPDATE windows SET to_day = to_day - 1"),
    ("windows_tile_the_history", "UPDATE windows SET to_day = to_day + 1"),
    ("windows_tile_the_history", "UPDATE windows SET to_day = NULL"),
    ("windows_tile_the_history", "DELETE FROM windows WHERE to_day IS NULL"),
]  # fmt: skip


@pytest.fixture
def loaded(database: Database) -> Database:
    """A warehouse with a bit of everything: twins, unreadable and nameless entries, a change, an
    absence; and all of it proven."""
    twins = [entry("e1"), entry("e1", actor_name="twin")]
    pages = [[*twins, entry("e2", "nonsense"), entry(None)], [entry("e3", actor_id="u1")]]
    Run(database).reread().load(*pages, [entry("gone")])
    run = Run(database, 2).reread().load(pages[0], [entry("e3", actor_id="u2")])
    assert run.loader.note_gone(None, 1)
    middle = date(2025, 6, 1)
    run.state.ledger.windows = [Window(ALWAYS, middle, 2), Window(middle, None, 3)]
    assert run.loader.commit(run.state.ledger, [], 1, Claim(5))
    return database


def _found(database: Database) -> list[str]:
    return [name for name, sql in CHECKS.items() if rows(database, _counting(sql)) != [(0,)]]


def _counting(sql: str) -> str:
    text = sql.strip().rstrip(";")
    return f"SELECT count(*) FROM (\n{text}\n)"


def test_no_check_finds_anything_wrong_with_what_was_loaded(loaded: Database) -> None:
    assert rows(loaded, "SELECT DISTINCT organization_id FROM audit_log") == [(ORGANIZATION,)]
    assert _found(loaded) == []


@pytest.mark.parametrize("stores", [True, False])
def test_no_check_finds_anything_wrong_after_a_run_that_was_killed(
    loaded: Database, stores: bool
) -> None:
    run = Run(loaded, 3)
    if stores:
        run.load([entry("new")])
    else:
        assert run.loader.note_gone([(date(2025, 6, 1), None)], 3)
    assert _found(loaded) == []


@pytest.mark.parametrize(("name", "planted"), PLANTED)
def test_each_check_finds_what_it_is_there_for(loaded: Database, name: str, planted: str) -> None:
    assert {*CHECKS} - {name for name, _ in PLANTED} == OF_VIEWS
    with loaded.attached(), rolled_back(loaded) as ask:
        ask(planted)
        assert ask(_counting(CHECKS[name])) != [(0,)]

"""A warehouse belongs to one API host and, for each organization, to one set of filters."""

import duckdb
import msgspec
import pytest
from shell import Shell

from etl.sandbox.entry import Entry
from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source

FILTERS = {
    "ETL_ENTITY_TYPE": "role",
    "ETL_ACTION_TYPE": "created",
    "ETL_ACTOR_ID": "user_1",
    "ETL_TARGET_ID": "user_2",
    "ETL_DEPARTMENT_ID": "dep_1",
    "ETL_SEARCH_TERM": "person",
}


def _content(shell: Shell) -> list[tuple[object, ...]]:
    with duckdb.connect(str(shell.warehouse), read_only=True) as reader:
        return reader.execute(
            "SELECT id, content_hash, run_id FROM audit_log ORDER BY id"
        ).fetchall()


@pytest.mark.parametrize("name", FILTERS)
def test_another_filter_is_refused_with_both_sets_and_asks_nothing(
    synced: Shell, sandbox: Sandbox, name: str
) -> None:
    before = _content(synced)
    ran = synced.having(**{name: FILTERS[name]}).run("sync")
    assert ran.code == 3
    assert FILTERS[name] in ran.complaint
    assert "ETL_WAREHOUSE" in ran.complaint
    assert not sandbox.requests
    assert _content(synced) == before


def test_the_former_filters_still_do_after_others_were_refused(synced: Shell) -> None:
    assert synced.having(ETL_ACTOR_ID="user_1").run("sync").code == 3
    assert synced.run("sync").code == 0


def test_another_host_is_refused_with_both_hosts(synced: Shell, sandbox: Sandbox) -> None:
    with running(Source(sandbox.source.entries())) as other:
        ran = synced.having(ETL_API_BASE_URL=other.url).run("sync")
        assert ran.code == 3
        assert sandbox.url in ran.complaint
        assert other.url in ran.complaint
        assert not other.requests
    assert not sandbox.requests


def test_a_trailing_slash_makes_no_other_host(synced: Shell, sandbox: Sandbox) -> None:
    assert synced.having(ETL_API_BASE_URL=f"{sandbox.url}/").run("sync").code == 0


def test_another_organization_may_have_other_filters_in_the_same_warehouse(
    synced: Shell, sandbox: Sandbox
) -> None:
    made = [entry for entry in sandbox.source.entries() if entry.actor_id == "user_1"]
    sandbox.source.insert(*(_moved(each, "org_other") for each in made))
    other = synced.having(ETL_ORGANIZATION_ID="org_other", ETL_ACTOR_ID="user_1")
    assert other.run("sync").code == 0
    assert synced.run("sync").code == 0
    assert other.having(ETL_ACTOR_ID=None).run("sync").code == 3


def _moved(entry: Entry, organization_id: str) -> Entry:
    return msgspec.structs.replace(entry, organization_id=organization_id)


def test_what_a_filter_leaves_out_is_not_fetched(prepared: Shell) -> None:
    ran = prepared.having(ETL_ACTOR_ID="user_1").run("sync")
    assert ran.code == 0
    actors = prepared.run("query", "SELECT DISTINCT actor_id AS a FROM audit_log").out
    assert actors == "a\nuser_1\n"


def test_a_host_that_nobody_reached_binds_no_warehouse(prepared: Shell) -> None:
    """Whoever then set ETL_API_BASE_URL right was told to use another file."""
    assert prepared.having(ETL_API_BASE_URL="http://127.0.0.1:1").run("sync").code == 5
    assert prepared.run("sync").code == 0


def test_a_stream_that_is_refused_at_once_is_not_said_to_hold_nothing(synced: Shell) -> None:
    ran = synced.having(ETL_ACTOR_ID="user_1").run("sync")
    assert (ran.code, ran.out) == (3, "org_demo: failed before anything was asked for\n")
    assert "with filters" in ran.complaint

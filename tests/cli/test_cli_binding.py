"""A warehouse belongs to one API host and, for each organization, to one set of filters."""

import json

import msgspec
import pytest
from shell import Shell

from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source


@pytest.mark.parametrize(
    "names", ["action_type", "actor_id department_id", "entity_type search_term target_id"]
)
def test_other_filters_are_refused_before_the_first_request(
    synced: Shell, sandbox: Sandbox, names: str
) -> None:
    filters = dict.fromkeys(names.split(), "x")
    ran = synced.having(**{f"ETL_{name.upper()}": "x" for name in filters}).run("sync")
    assert (ran.code, ran.out) == (3, "org_demo: stopped before the first request\n")
    assert ran.complaint == (
        f"org_demo: warehouse.duckdb holds org_demo from {sandbox.url} without filters, not from "
        f"{sandbox.url} with filters {json.dumps(filters)}; set these as before, or name another "
        "file in ETL_WAREHOUSE"
    )
    assert not sandbox.requests
    assert synced.run("sync").code == 0


def test_another_host_is_refused_before_the_first_request(synced: Shell, sandbox: Sandbox) -> None:
    with running(Source(sandbox.source.entries())) as other:
        ran = synced.having(ETL_API_BASE_URL=other.url).run("sync")
        assert ran.code == 3
        assert f"from {sandbox.url} without filters, not from {other.url} wi" in ran.complaint
        assert not other.requests
    assert synced.having(ETL_API_BASE_URL=f"{sandbox.url}/").run("sync").code == 0


def test_a_host_that_did_not_respond_is_not_bound(prepared: Shell) -> None:
    assert prepared.having(ETL_API_BASE_URL="http://127.0.0.1:1").run("sync").code == 5
    assert prepared.run("sync").code == 0


def test_another_organization_may_have_other_filters(synced: Shell, sandbox: Sandbox) -> None:
    made = [
        msgspec.structs.replace(each, organization_id="org_other")
        for each in sandbox.source.entries()
    ]
    sandbox.source.insert(*made)
    other = synced.having(ETL_ORGANIZATION_ID="org_other", ETL_ACTOR_ID="user_1")
    assert other.run("sync").code == 0
    sql = "SELECT DISTINCT actor_id FROM audit_log WHERE organization_id = 'org_other'"
    assert synced.rows(sql) == ["user_1"]
    assert synced.run("sync").code == 0
    assert other.having(ETL_ACTOR_ID=None).run("sync").code == 3

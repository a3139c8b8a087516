"""What `sync` says: a line for people, an object for programs, one exit code for all streams."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import Shell, at_request, entry, now

from etl.errors import EtlError
from etl.run.job import Job
from etl.run.result import StreamResult, exit_code
from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer
from etl.settings import load

PRECEDENCE = (1, 3, 7, 4, 5, 6)
FIELDS = {
    "organization_id", "status", "requests", "fetched", "inserted", "changed", "quarantined",
    "source_total", "warehouse_total", "watermark", "seconds",
}  # fmt: skip


def _objects(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_sync_ends_with_one_line_that_a_person_understands(shell: Shell) -> None:
    ran = shell.process("sync")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        r"org_demo: 250 new; 250 held here, 250 stated there, proven complete; "
        r"\d requests, \d+\.\d s\n",
        ran.out,
    )


def test_the_line_says_what_changed_went_and_was_set_aside(synced: Shell, sandbox: Sandbox) -> None:
    sandbox.source.change("e00003", actor_name="Someone else")
    sandbox.source.vanish("e00004")
    sandbox.source.insert(entry(900, now()))
    ran = synced.run("sync")
    assert ran.code == 0
    assert ran.out.startswith("org_demo: 1 new, 1 changed, 1 gone at the source; 250 held here")


def test_the_line_says_how_many_came_late_and_how_many_were_quarantined(
    synced: Shell, sandbox: Sandbox
) -> None:
    newest = max(kept.occurred_at for kept in sandbox.source.entries())
    lost = msgspec.structs.replace(entry(901, now()), text=b'{"id":"no time"}')
    sandbox.source.insert(
        *(entry(800 + n, newest - timedelta(hours=n, minutes=30)) for n in (50, 75)), lost
    )
    copy = synced.warehouse.read_bytes()
    ran = synced.run("sync")
    assert ran.code == 0
    assert ran.out.startswith("org_demo: 2 new, 1 quarantined, 2 came late, by up to 3 d 3 h; 253 ")
    synced.warehouse.write_bytes(copy)
    (told,) = _objects(synced.run("sync", "--json").out)
    assert (told["inserted"], told["quarantined"], told["late"]) == (2, 1, 2)
    assert told["latest_by_seconds"] == 75.5 * 3_600


def test_a_purge_is_in_the_line_and_in_the_json_object(prepared: Shell, sandbox: Sandbox) -> None:
    given = {name.removeprefix("ETL_").lower(): value for name, value in prepared.env.items()}
    settings = load(given | {"warehouse": str(prepared.warehouse)})
    (first,) = asyncio.run(Job(settings, clock=lambda: now() - timedelta(hours=25)).run())
    assert first.status == "complete"
    oldest = sorted(kept.occurred_at for kept in sandbox.source.entries())
    sandbox.source.expire(oldest[130])
    copy = prepared.warehouse.read_bytes()
    ran = prepared.run("sync", "--lookback-days", "3")
    assert ran.code == 0
    gone = "130 gone at the source, a PURGE: 5 d 9 h of history gone in 1 d 1 h"
    assert ran.out.startswith(f"org_demo: 0 new, {gone}; 120 held here")
    prepared.warehouse.write_bytes(copy)
    (told,) = _objects(prepared.run("sync", "--json", "--lookback-days", "3").out)
    assert (told["vanished"], told["purged"]) == (130, 130)
    (told,) = _objects(prepared.run("sync", "--json").out)
    assert (told["vanished"], told["purged"]) == (0, 0)


def test_json_puts_one_object_a_line_on_stdout_with_every_promised_field(
    prepared: Shell, sandbox: Sandbox
) -> None:
    ran = prepared.run("sync", "--json")
    assert ran.code == 0
    (told,) = _objects(ran.out)
    assert told.keys() >= FIELDS
    assert told["organization_id"] == "org_demo"
    assert told["status"] == "complete"
    assert (told["fetched"], told["inserted"]) == (250, 250)
    assert told["requests"] == len(sandbox.requests) <= 5
    assert (told["changed"], told["quarantined"]) == (0, 0)
    assert told["source_total"] == told["warehouse_total"] == 250
    newest = max(each.occurred_at for each in sandbox.source.entries())
    watermark = datetime.fromisoformat(str(told["watermark"]))
    assert (watermark, watermark.utcoffset()) == (newest, timedelta(0))
    assert isinstance(told["seconds"], float)


def test_a_quiet_sync_tells_that_nothing_was_new(synced: Shell) -> None:
    (told,) = _objects(synced.run("sync", "--json").out)
    assert (told["requests"], told["inserted"], told["changed"]) == (1, 0, 0)
    assert told["status"] == "complete"


def test_logs_go_to_stderr_and_never_between_the_objects(prepared: Shell) -> None:
    loud = prepared.having(ETL_LOG_LEVEL="debug", ETL_MISSPELLED="1")
    ran = loud.process("sync", "--json")
    assert [told["status"] for told in _objects(ran.out)] == ["complete"]
    assert "ETL_MISSPELLED" in ran.err
    for line in ran.err.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|warning|error) ", line)


def test_logs_are_one_json_object_a_line_where_that_is_asked_for(prepared: Shell) -> None:
    loud = prepared.having(ETL_LOG_LEVEL="debug", ETL_LOG_FORMAT="json", ETL_MISSPELLED="1")
    lines = [json.loads(line) for line in loud.run("sync").err.splitlines()]
    assert any("ETL_MISSPELLED" in line["message"] for line in lines)
    for line in lines:
        assert line.keys() >= {"time", "level", "message"}
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)


@pytest.fixture
def both(prepared: Shell, sandbox: Sandbox) -> Shell:
    """A shell for two organizations: `org_a` with 250 entries and `org_b` with 150."""
    newest = now() - timedelta(minutes=5)
    made = [entry(n, newest - timedelta(hours=n), "org_a") for n in range(250)]
    made += [entry(n, newest - timedelta(hours=n), "org_b") for n in range(150)]
    sandbox.source.insert(*made)
    return prepared.having(ETL_ORGANIZATION_ID="org_a,org_b")


def test_several_organizations_get_an_object_each_in_their_order(
    both: Shell, sandbox: Sandbox
) -> None:
    ran = both.run("sync", "--json", "--organization-id", "org_b,org_a")
    assert ran.code == 0
    told = _objects(ran.out)
    assert [each["organization_id"] for each in told] == ["org_b", "org_a"]
    assert [each["warehouse_total"] for each in told] == [150, 250]
    assert sum(int(str(each["requests"])) for each in told) == len(sandbox.requests)
    assert len(both.run("sync").out.splitlines()) == 2


def test_several_organizations_share_one_budget_and_many_runs_finish_them(
    both: Shell, sandbox: Sandbox
) -> None:
    budgeted = ("sync", "--json", "--max-requests", "3", "--concurrency", "1")
    ran = both.run(*budgeted)
    assert ran.code == 6
    assert len(sandbox.requests) == 3
    assert [each["status"] for each in _objects(ran.out)] == ["incomplete", "incomplete"]
    assert 0 in [both.run(*budgeted).code for _ in range(3)]
    assert both.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n400\n"


def test_one_organizations_refusal_does_not_keep_the_others_from_running(both: Shell) -> None:
    ran = both.run("sync", "--json", "--organization-id", "org_a,org_unknown,org_b")
    assert ran.code == 4
    status = {each["organization_id"]: each["status"] for each in _objects(ran.out)}
    assert status == {"org_a": "complete", "org_b": "complete", "org_unknown": "failed"}
    (complaint,) = ran.err.splitlines()
    assert "org_unknown" in complaint


def test_a_refusal_counts_before_an_outage(both: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = at_request(1, Answer(500))
    assert both.run("sync", "--organization-id", "org_b,org_unknown").code == 4


def test_an_outage_counts_before_a_budget_that_is_spent(both: Shell, sandbox: Sandbox) -> None:
    sandbox.service.faults = at_request(1, Answer(500))
    ran = both.run("sync", "--max-requests", "2", "--json")
    assert [each["status"] for each in _objects(ran.out)] == ["failed", "incomplete"]
    assert ran.code == 5


def test_a_wrong_binding_of_one_counts_before_a_refusal_of_another(both: Shell) -> None:
    assert both.run("sync", "--organization-id", "org_b").code == 0
    ran = both.run("sync", "--organization-id", "org_unknown,org_b", "--actor-id", "user_1")
    assert ran.code == 3


class _MadeUpError(EtlError):
    def __init__(self, code: int) -> None:
        super().__init__("made up")
        self.exit_code = code


@given(st.lists(st.sampled_from([0, *PRECEDENCE]), min_size=1, max_size=6))
def test_the_exit_code_is_the_first_that_applies(codes: list[int]) -> None:
    results = [
        StreamResult("org", "failed", error=_MadeUpError(code))
        if code
        else StreamResult("org", "complete")
        for code in codes
    ]
    expected = next((code for code in PRECEDENCE if code in codes), 0)
    assert exit_code(results) == expected


def test_an_unproven_stream_exits_6(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.dialect = replace(sandbox.service.dialect, total_cap=100, max_skip=0)
    sandbox.source.expire(now() + timedelta(days=1))
    newest = now() - timedelta(minutes=1)
    sandbox.source.insert(*(entry(n, newest) for n in range(2_000, 2_300)))
    ran = prepared.run("sync", "--json")
    assert ran.code == 6
    (told,) = _objects(ran.out)
    assert told["status"] == "incomplete"
    assert told["message"]

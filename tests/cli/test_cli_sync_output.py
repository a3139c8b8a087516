"""The output of `sync`: a line or a JSON object per stream, and one exit code for all."""

import re
from datetime import datetime, timedelta

import msgspec
import pytest
from shell import Shell, at_request, entry, now

from etl.sandbox.dialect import Dialect
from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer


def test_a_sync_prints_one_line(shell: Shell) -> None:
    ran = shell.process("sync")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        r"org_demo: 250 new; local 250, source 250, proven complete; \d requests, \d+\.\d s\n",
        ran.out,
    )


def test_a_sync_prints_one_json_object(prepared: Shell, sandbox: Sandbox) -> None:
    (told,) = prepared.objects("sync")
    newest = max(each.occurred_at for each in sandbox.source.entries())
    watermark = datetime.fromisoformat(told.pop("watermark"))
    assert (watermark, watermark.utcoffset()) == (newest, timedelta(0))
    assert told.pop("requests") == len(sandbox.requests)
    assert told.pop("fetched") >= 250
    assert told.pop("seconds") > 0
    assert told == {
        "organization_id": "org_demo", "status": "complete", "inserted": 250, "changed": 0,
        "quarantined": 0, "vanished": 0, "returned": 0, "purged": 0, "late": 0, "source_total": 250,
        "latest_by_seconds": 0, "warehouse_total": 250, "message": None, "warnings": [],
        "problems": [],
    }  # fmt: skip


def test_a_quiet_sync_makes_2_requests_or_3_when_it_cuts_a_window(prepared: Shell) -> None:
    for _ in range(2):
        prepared.synced_ago(timedelta(days=2))
    begin = "SELECT max(from_day) FROM windows"
    requests, begins = [], prepared.rows(begin)
    for _ in range(3):  # the first one moves the watermark, so the second one cuts
        (told,) = prepared.objects("sync")
        assert (told["inserted"], told["changed"]) == (0, 0)
        requests.append(told["requests"])
        begins += prepared.rows(begin)
    assert requests == [2, 3, 2]
    assert begins[0] == begins[1] < begins[2] == begins[3]


def test_line_and_object_count_what_the_sync_has_applied(synced: Shell, sandbox: Sandbox) -> None:
    newest = max(kept.occurred_at for kept in sandbox.source.entries())
    sandbox.source.change("e00003", actor_name="Someone else")
    sandbox.source.vanish("e00004")
    sandbox.source.insert(
        *(entry(800 + n, newest - timedelta(hours=n, minutes=30)) for n in (50, 75)),
        msgspec.structs.replace(entry(901, now()), text=b'{"id":"no time"}'),
    )
    content = synced.warehouse.read_bytes()
    ran = synced.run("sync")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "org_demo: 2 new, 1 changed, 1 gone from the source, 1 quarantined, 2 late by up to "
        "3 d 3 h; local 252, source 252, proven complete; "
    )
    synced.warehouse.write_bytes(content)
    (told,) = synced.objects("sync")
    counts = ("inserted", "changed", "vanished", "quarantined", "late")
    assert [told[name] for name in counts] == [2, 1, 1, 1, 2]
    assert told["latest_by_seconds"] == 75.5 * 3_600


def test_a_purge_is_in_the_line_and_in_the_object(prepared: Shell, sandbox: Sandbox) -> None:
    prepared.synced_ago(timedelta(hours=25))
    oldest = sorted(kept.occurred_at for kept in sandbox.source.entries())
    sandbox.source.expire(oldest[130])
    content = prepared.warehouse.read_bytes()
    ran = prepared.run("sync", "--lookback-days", "3")
    assert ran.code == 0
    gone = "130 gone from the source, PURGE: 5 d 9 h of history disappeared within 1 d 1 h"
    assert ran.out.startswith(f"org_demo: 0 new, {gone}; local 120, source 120, proven complete; ")
    prepared.warehouse.write_bytes(content)
    for options, gone_now in ((["--lookback-days", "3"], 130), ([], 0)):
        (told,) = prepared.objects("sync", *options)
        assert (told["vanished"], told["purged"]) == (gone_now, gone_now)


def test_an_unproven_copy_is_incomplete_with_the_reason(prepared: Shell, sandbox: Sandbox) -> None:
    sandbox.service.dialect = Dialect(total_cap=100, max_skip=0)
    newest = now() - timedelta(minutes=1)
    sandbox.source.insert(*(entry(n, newest) for n in range(2_000, 2_300)))
    ran = prepared.run("sync")
    assert ran.code == 6
    assert re.search(r"; local \d+, source unknown, NOT proven; \d+ requests, ", ran.out)
    assert "not proven: " in ran.complaint
    (told,) = prepared.objects("sync")
    assert (told["status"], told["source_total"]) == ("incomplete", None)
    assert "one day holds more entries than the source counts or serves" in told["message"]


@pytest.fixture
def both(prepared: Shell, sandbox: Sandbox) -> Shell:
    """A shell for two organizations: `org_a` with 250 entries and `org_b` with 150."""
    newest = now() - timedelta(minutes=5)
    made = [entry(n, newest - timedelta(hours=n), "org_a") for n in range(250)]
    made += [entry(n, newest - timedelta(hours=n), "org_b") for n in range(150)]
    sandbox.source.insert(*made)
    return prepared.having(ETL_ORGANIZATION_ID="org_a,org_b")


def test_several_organizations_are_reported_in_order(both: Shell) -> None:
    told = both.objects("sync", "--organization-id", "org_b,org_a")
    assert [each["organization_id"] for each in told] == ["org_b", "org_a"]
    assert [each["warehouse_total"] for each in told] == [150, 250]
    assert sum(each["requests"] for each in told) == len(both.requests)
    assert len(both.run("sync").out.splitlines()) == 2


def test_several_organizations_share_one_budget(both: Shell) -> None:
    codes = []
    while 0 not in codes and len(codes) < 12:
        both.requests.clear()
        codes.append(both.run("sync", "--max-requests", "4", "--concurrency", "1").code)
        assert len(both.requests) <= 4
    assert codes == [6] * (len(codes) - 1) + [0]
    assert both.held == 400


@pytest.mark.parametrize(
    ("arguments", "fault", "code", "statuses"),
    [
        (["--organization-id", "org_a,org_none,org_b"], None, 4, "complete failed complete"),
        (["--organization-id", "org_b,org_none"], Answer(500), 4, "failed failed"),
        (["--max-requests", "2"], Answer(500), 5, "failed incomplete"),
        (["--organization-id", "org_none,org_demo", "--actor-id", "u"], None, 3, "failed failed"),
    ],
)  # fmt: skip
def test_all_organizations_run_and_the_exit_code_is_the_first_that_applies(
    synced: Shell, both: Shell, sandbox: Sandbox,
    arguments: list[str], fault: Answer | None, code: int, statuses: str,
) -> None:  # fmt: skip
    synced.run("sync")
    if fault is not None:
        sandbox.service.faults = at_request(1, fault)
    ran = both.run("sync", "--json", *arguments)
    assert ran.code == code
    assert re.findall('"status": "([a-z]+)"', ran.out) == statuses.split()
    assert len(ran.err.splitlines()) == statuses.count("failed") + statuses.count("incomplete")

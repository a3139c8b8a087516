"""The scheduled workflow's steps, carried out as GitHub would; a folder stands for the bucket."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from outside import ROOT, run

from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entries import made_up
from etl.sandbox.server import Sandbox, running
from etl.sandbox.source import Source

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/sync.yml").read_text())
JOB = WORKFLOW["jobs"]["sync"]
ENTRIES = 800

SHELL = {"bash": ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail"), None: ("bash", "-e")}
"""What GitHub calls for a step, by the shell that the workflow names."""

AWS = r"""#!/bin/sh
# What `aws s3api` does to the objects of one bucket, which are files in the folder $BUCKET. An ETag
# is the MD5 of the file. $MEANWHILE is what others do just before a warehouse is put.
fail() { echo "An error occurred ($1) when calling the operation: told by the test" >&2; exit 254; }
etag() { [ ! -f "$object" ] || printf '"%s"\n' "$(md5sum < "$object" | cut -c -32)"; }
[ "$1" = s3api ] || exit 252
verb=$2
shift 2
while [ $# -gt 0 ]; do
    case "$1" in
        --bucket) [ "$2" = bucket ] || fail NoSuchBucket ;;
        --key) object=$BUCKET/$2 ;;
        --output) [ "$2" = text ] || exit 252 ;;
        --query) query=$2 ;;
        --body) body=$2 ;;
        --metadata) metadata=${2#warehouse=} ;;
        --if-match) match=$2 ;;
        --if-none-match) [ "$2" = "*" ] && none=yes || exit 252 ;;
        --*) exit 252 ;;
        *) target=$1; shift; continue ;;
    esac
    shift 2
done
[ -d "$BUCKET" ] || fail NoSuchBucket
case "$verb" in
    put-object)
        case "$object" in *.wal) ;; *) eval "$MEANWHILE" ;; esac
        [ -z "$none" ] || [ ! -e "$object" ] || fail PreconditionFailed
        [ -z "$match" ] || [ -e "$object" ] || fail NoSuchKey
        [ -z "$match" ] || [ "$match" = "$(etag)" ] || fail PreconditionFailed
        mkdir -p "${object%/*}"
        cp "$body" "$object"
        echo "${metadata:-None}" > "$object.metadata"
        etag ;;
    get-object)
        [ -e "$object" ] || fail NoSuchKey
        cp "$object" "$target"
        case "$query" in
            ETag) etag ;;
            Metadata.warehouse) cat "$object.metadata" ;;
            *) exit 252 ;;
        esac ;;
    head-object) [ -e "$object" ] || fail 404 ;;
    delete-object) rm -f "$object" "$object.metadata" ;;
    *) exit 252 ;;
esac
"""

ETL = f"""#!/bin/sh
# $AFTERWARDS is what happens to the warehouse at the end of a sync.
"{sys.executable}" -m etl "$@"
code=$?
[ "$1" != sync ] || eval "$AFTERWARDS"
exit $code
"""

KILLED = f"""\
"{sys.executable}" -c 'import duckdb, os
warehouse = duckdb.connect(os.environ["ETL_WAREHOUSE"])
warehouse.execute("CREATE TABLE in_the_wal (i INTEGER)")
os._exit(0)'"""
"""Leaves a .wal with the warehouse, as a process does that has no time to end in order."""

ANOTHER = """
mkdir -p "$BUCKET/audit"
etl sync --warehouse "$BUCKET/audit/warehouse.duckdb" --max-requests 5 > /dev/null 2>&1
cp "$BUCKET/audit/warehouse.duckdb" "$BUCKET/of-another.duckdb"
echo >> "$BUCKET/others"
"""
"""Another run stores a newer warehouse, which does not hold everything."""


@dataclass
class Runner:
    """Carries out the job's shell steps, each time in a workspace of its own, as GitHub does."""

    folder: Path
    bucket: Path
    sandbox: Sandbox
    runs: int = 0
    private: str = ""
    summary: str = ""
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def stored(self) -> Path:
        return self.bucket / "audit" / "warehouse.duckdb"

    @property
    def stored_wal(self) -> Path:
        return self.stored.with_name("warehouse.duckdb.wal")

    def run(self, **more: str) -> dict[str, str]:
        """What became of each step: `success`, `failure` or `skipped`, by its name."""
        self.runs += 1
        workspace = self.folder / f"run-{self.runs}"
        programs = workspace / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, text in (("aws", AWS), ("etl", ETL)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        outcomes: dict[str, str] = {}
        fetched, failed = False, False
        for step in JOB["steps"]:
            if "run" not in step or "uv sync" in step["run"]:
                continue
            assert step.get("if") in (None, "always() && steps.fetch.outcome == 'success'")
            due = fetched if step.get("if") else not failed
            outcomes[step["name"]] = outcome = (
                self._step(step, workspace, more) if due else "skipped"
            )
            fetched |= step.get("id") == "fetch" and outcome == "success"
            failed |= outcome == "failure"
        summary = workspace / "summary.md"
        self.summary = summary.read_text() if summary.exists() else ""
        return outcomes

    def _step(self, step: dict[str, Any], workspace: Path, more: dict[str, str]) -> str:
        given = {
            "ETL_API_BASE_URL": self.sandbox.url,
            "BUCKET": str(self.bucket),
            "GITHUB_STEP_SUMMARY": str(workspace / "summary.md"),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{workspace / '.venv' / 'bin'}:{os.environ['PATH']}",
        }
        stated = JOB["env"] | step.get("env", {})
        environment = given | {name: self._value(text) for name, text in stated.items()} | more
        shell = SHELL[WORKFLOW.get("defaults", {}).get("run", {}).get("shell")]
        done = run(*shell, "-c", step["run"], cwd=workspace, **environment)
        self.printed[step["name"]] = done.stdout + done.stderr
        return "failure" if done.returncode else "success"

    def _value(self, text: str) -> str:
        """A value of the workflow, which may be an expression of one name."""
        expression = re.fullmatch(r"\$\{\{ (\S+) \}\}", text)
        known = {
            "vars.ETL_ORGANIZATION_ID": ORGANIZATION_ID,
            "vars.AUDIT_STORE": "s3://bucket/audit",
            "secrets.ETL_API_TOKEN": TOKEN,
            "github.event.repository.private": self.private,
        }
        return known[expression[1]] if expression else text


def rows(warehouse: Path, sql: str) -> set[tuple[Any, ...]]:
    with duckdb.connect(warehouse, read_only=True) as connection:
        return set(connection.sql(sql).fetchall())


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = made_up(entries=ENTRIES, days=30, seed=2, end=datetime.now(UTC))
    with running(Source(made)) as sandbox:
        yield Runner(tmp_path, tmp_path / "bucket", sandbox)


def test_each_run_begins_with_the_warehouse_that_the_last_one_stored(runner: Runner) -> None:
    runner.bucket.mkdir()
    assert set(runner.run().values()) == {"success"}
    first = len(runner.sandbox.requests)
    assert first >= ENTRIES // 100
    stored = runner.stored.read_bytes()
    assert runner.run(ETL_FROM_DATE="yesterday")["Sync"] == "failure"
    assert runner.stored.read_bytes() == stored
    assert set(runner.run().values()) == {"success"}
    assert len(runner.sandbox.requests) == first + 2


def test_a_bucket_that_cannot_be_read_ends_the_job_before_any_request(runner: Runner) -> None:
    outcomes = runner.run()
    assert outcomes.pop("Fetch the warehouse") == "failure"
    assert "Sync" in outcomes
    assert set(outcomes.values()) == {"skipped"}
    assert not runner.sandbox.requests


def test_what_an_incomplete_run_has_fetched_is_stored_for_the_next(runner: Runner) -> None:
    runner.bucket.mkdir()
    outcomes = runner.run(ETL_MAX_REQUESTS="5")
    assert (outcomes["Sync"], outcomes["Store the warehouse"]) == ("failure", "success")
    assert set(runner.run().values()) == {"success"}
    assert len(runner.sandbox.requests) <= 1.1 * (ENTRIES // 100 + 10)


def test_status_runs_also_after_an_incomplete_sync(runner: Runner) -> None:
    runner.bucket.mkdir()
    outcomes = runner.run(ETL_MAX_REQUESTS="5")
    assert (outcomes["Sync"], outcomes["Status"], outcomes["Summary"]) == (
        "failure",
        "failure",
        "success",
    )
    assert re.search(r"proven complete +NO", runner.printed["Status"])
    assert f"source {ENTRIES}, NOT proven; 5 requests" in runner.summary
    assert re.search(r"proven complete +NO", runner.summary)


@pytest.mark.parametrize("before", ["an empty bucket", "an older warehouse"])
def test_a_newer_warehouse_in_the_bucket_is_never_overwritten_and_the_losers_entries_are_not_lost(
    runner: Runner, before: str
) -> None:
    runner.bucket.mkdir()
    if before == "an older warehouse":
        runner.run(ETL_MAX_REQUESTS="3")
    once = f'[ -e "$BUCKET/others" ] || {{ {ANOTHER} }}'
    assert set(runner.run(MEANWHILE=once).values()) == {"success"}
    theirs = rows(runner.bucket / "of-another.duckdb", "SELECT run_id FROM runs")
    assert theirs < rows(runner.stored, "SELECT run_id FROM runs")
    assert rows(runner.stored, "SELECT count(*) FROM audit_log") == {(ENTRIES,)}
    assert runner.summary.count("proven complete;") == 2


def test_whoever_loses_four_times_says_so_in_one_line_and_leaves_the_newest_in_place(
    runner: Runner,
) -> None:
    runner.bucket.mkdir()
    outcomes = runner.run(MEANWHILE=ANOTHER)
    assert (outcomes["Sync"], outcomes["Store the warehouse"]) == ("success", "failure")
    assert runner.printed["Store the warehouse"].count("::error::Not stored") == 1
    assert (runner.bucket / "others").read_text() == "\n" * 4
    assert runner.stored.read_bytes() == (runner.bucket / "of-another.duckdb").read_bytes()


def test_a_put_that_fails_for_another_reason_is_not_repeated(runner: Runner) -> None:
    runner.bucket.mkdir()
    assert runner.run(MEANWHILE="fail AccessDenied")["Store the warehouse"] == "failure"
    assert runner.printed["Store the warehouse"].count("AccessDenied") == 1


def test_a_wal_is_kept_with_the_file_until_a_sync_has_taken_it_in(runner: Runner) -> None:
    runner.bucket.mkdir()
    assert set(runner.run(AFTERWARDS=KILLED).values()) == {"success"}
    assert runner.stored_wal.exists()
    assert set(runner.run().values()) == {"success"}
    assert rows(runner.stored, "FROM in_the_wal") == set()
    assert not runner.stored_wal.exists()


def test_a_wal_of_another_warehouse_is_not_taken(runner: Runner) -> None:
    runner.bucket.mkdir()
    runner.run()
    other = runner.stored.read_bytes()
    runner.run(AFTERWARDS=KILLED)
    assert runner.stored_wal.exists()
    runner.stored.write_bytes(other)
    assert set(runner.run().values()) == {"success"}
    tables = rows(runner.stored, "SELECT table_name FROM duckdb_tables()")
    assert ("audit_log",) in tables
    assert ("in_the_wal",) not in tables
    assert not runner.stored_wal.exists()


@pytest.mark.parametrize("private", ["true", "false", ""])
def test_the_summary_holds_the_result_and_new_findings_only_where_the_repository_is_private(
    runner: Runner, private: str
) -> None:
    runner.bucket.mkdir()
    runner.private = private
    runner.run()
    result = f"{ENTRIES} new; local {ENTRIES}, source {ENTRIES}, proven complete;"
    assert runner.summary.startswith(f"{ORGANIZATION_ID}: {result}")
    assert re.search(r"```text\n(.*\n)+  proven complete +yes .*\n(.*\n)+```\n", runner.summary)
    found = rows(runner.stored, "SELECT explanation FROM findings WHERE rule_id = 'self_grant'")
    assert [text in runner.summary for (text,) in found] == [private == "true"]


def test_the_summary_tells_of_a_finding_once(runner: Runner) -> None:
    runner.bucket.mkdir()
    runner.private = "true"
    runner.run()
    assert "self_grant" in runner.summary
    runner.run()
    assert f"{ORGANIZATION_ID}: 0 new;" in runner.summary
    assert "self_grant" not in runner.summary


def test_only_the_steps_that_sync_see_the_token_and_no_two_runs_share_a_warehouse() -> None:
    assert "ETL_API_TOKEN" not in WORKFLOW.get("env", {})
    assert "ETL_API_TOKEN" not in JOB["env"]
    seeing = [step["name"] for step in JOB["steps"] if "ETL_API_TOKEN" in step.get("env", {})]
    assert seeing == ["Sync", "Store the warehouse"]
    assert WORKFLOW["concurrency"] == {"group": "sync", "cancel-in-progress": False}

"""The scheduled workflow's steps, carried out as GitHub would; a folder stands for the bucket."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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

AWS = """\
#!/bin/sh
# `aws s3 sync URL FOLDER` and `aws s3 cp FILE URL`, on the folder $BUCKET.
[ -d "$BUCKET" ] || { echo "fatal error: the bucket cannot be reached" >&2; exit 1; }
case "$2" in
    sync) [ ! -e "$BUCKET/warehouse.duckdb" ] || cp "$BUCKET/warehouse.duckdb" "$4" ;;
    cp) cp "$3" "$BUCKET/${4##*/}" ;;
esac
"""


@dataclass
class Runner:
    """Carries out the job's shell steps, each time in a workspace of its own, as GitHub does."""

    folder: Path
    bucket: Path
    sandbox: Sandbox
    runs: int = 0

    def run(self, **more: str) -> dict[str, str]:
        """What became of each step: `success`, `failure` or `skipped`, by its name."""
        self.runs += 1
        workspace = self.folder / f"run-{self.runs}"
        programs = workspace / ".venv" / "bin"
        programs.mkdir(parents=True)
        etl = f'#!/bin/sh\nexec "{sys.executable}" -m etl "$@"\n'
        for name, text in (("aws", AWS), ("etl", etl)):
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
        return outcomes

    def _step(self, step: dict[str, Any], workspace: Path, more: dict[str, str]) -> str:
        given = {
            "ETL_API_BASE_URL": self.sandbox.url,
            "ETL_ORGANIZATION_ID": ORGANIZATION_ID,
            "ETL_WAREHOUSE": JOB["env"]["ETL_WAREHOUSE"],
            "AUDIT_STORE": "s3://bucket/audit",
            "BUCKET": str(self.bucket),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{workspace / '.venv' / 'bin'}:{os.environ['PATH']}",
        }
        secrets = {"ETL_API_TOKEN": TOKEN} if "ETL_API_TOKEN" in step.get("env", {}) else {}
        shell = ("bash", "-e", "-o", "pipefail", "-c", step["run"])
        done = run(*shell, cwd=workspace, **given | secrets | more)
        return "failure" if done.returncode else "success"


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
    stored = (runner.bucket / "warehouse.duckdb").read_bytes()
    assert runner.run(ETL_FROM_DATE="yesterday")["Sync"] == "failure"
    assert (runner.bucket / "warehouse.duckdb").read_bytes() == stored
    assert set(runner.run().values()) == {"success"}
    assert len(runner.sandbox.requests) == first + 2


def test_a_bucket_that_cannot_be_read_ends_the_job_before_any_request(runner: Runner) -> None:
    outcomes = runner.run()
    assert outcomes.pop("Fetch the warehouse") == "failure"
    assert outcomes == {"Sync": "skipped", "Store the warehouse": "skipped"}
    assert not runner.sandbox.requests


def test_what_an_incomplete_run_has_fetched_is_stored_for_the_next(runner: Runner) -> None:
    runner.bucket.mkdir()
    outcomes = runner.run(ETL_MAX_REQUESTS="5")
    assert (outcomes["Sync"], outcomes["Store the warehouse"]) == ("failure", "success")
    assert set(runner.run().values()) == {"success"}
    assert len(runner.sandbox.requests) <= 1.1 * (ENTRIES // 100 + 10)


def test_only_the_sync_sees_the_token_and_no_two_runs_share_a_warehouse() -> None:
    assert "ETL_API_TOKEN" not in WORKFLOW.get("env", {})
    assert "ETL_API_TOKEN" not in JOB["env"]
    assert [s["name"] for s in JOB["steps"] if "ETL_API_TOKEN" in s.get("env", {})] == ["Sync"]
    assert WORKFLOW["concurrency"] == {"group": "sync", "cancel-in-progress": False}

"""`import etl` in other programs."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import etl
from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entries import made_up
from etl.sandbox.server import running
from etl.sandbox.source import Source

MADE = made_up(entries=300, days=30, seed=3, end=datetime.now(UTC))
ROOT = Path(__file__).parents[1]


def test_a_sync_and_a_query_from_python(tmp_path: Path) -> None:
    with running(Source(MADE)) as sandbox:
        settings = etl.load_settings(
            {"api_token": TOKEN, "organization_id": ORGANIZATION_ID,
             "api_base_url": sandbox.url, "warehouse": str(tmp_path / "copy.duckdb")}
        )  # fmt: skip
        (result,) = etl.sync(settings)
        assert (result.status, result.inserted) == ("complete", 300)

        async def in_a_notebook() -> list[etl.StreamResult]:
            return etl.sync(settings)  # a loop is running already

        (result,) = asyncio.run(in_a_notebook())
        assert (result.status, result.requests) == ("complete", 2)
    with etl.connect(settings) as warehouse:
        assert warehouse.sql("SELECT count(*) FROM audit_log").fetchall() == [(300,)]
        with pytest.raises(Exception, match="read-only"):
            warehouse.execute("DELETE FROM audit_log")


def test_errors_are_raised_with_their_exit_code(tmp_path: Path) -> None:
    settings = etl.load_settings({"warehouse": str(tmp_path / "none.duckdb")})
    with pytest.raises(etl.EtlError) as caught:
        etl.sync(settings)
    assert caught.value.exit_code == 3
    with pytest.raises(etl.EtlError, match="does not exist"):
        etl.connect(settings)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        etl.nothing  # noqa: B018


def test_importing_it_is_fast_and_its_names_are_typed(tmp_path: Path) -> None:
    code = "import sys, etl; print(sorted({'duckdb', 'httpx', 'pydantic'} & set(sys.modules)))"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert (ROOT / "etl" / "py.typed").is_file()

"""Progress and logs on stderr."""

import json
import os
import pty
import re
from datetime import datetime, timedelta

import pytest
from shell import TIMEOUT, Shell, received

from etl.cli import logs
from etl.cli.progress import Lines
from etl.settings import load


def test_progress_is_a_log_line_every_30_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 24.0, 29.9, 30.0, 48.0, 60.5, 91.0])
    logs.set_up(load({"log_level": "info"}))
    lines = Lines(clock=lambda: next(times))
    for page in range(1, 6):
        lines.tell("org_demo", 3_000 * page, 40_000, 30 * page)
    lines.tell("org_demo", 0, None, 1)
    told = [line.partition(" info ")[2] for line in capsys.readouterr().err.splitlines()]
    assert told == [
        "org_demo: 9,000 of 40,000 entries, 90 requests, 3.0 requests/s, 1 min left",
        "org_demo: 15,000 of 40,000 entries, 150 requests, 2.5 requests/s, 1 min left",
        "org_demo: 0 of ? entries, 1 request, 0.0 requests/s",
    ]


def test_on_a_terminal_progress_is_a_bar(prepared: Shell) -> None:
    master, slave = pty.openpty()
    started = prepared.having(TERM="xterm", COLUMNS="200").start("sync", stderr=slave)
    os.close(slave)
    shown = received(master)
    out, _ = started.communicate(timeout=TIMEOUT)
    assert started.returncode == 0
    assert "proven complete" in out
    bar = r"org_demo \S+ 250 of 250 entries, \d requests, \d+\.\d requests/s"
    assert re.search(bar, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)), shown


def test_logs_go_to_stderr_as_text_or_as_json(prepared: Shell) -> None:
    loud = prepared.having(ETL_LOG_LEVEL="debug", ETL_MISSPELLED="1")
    ran = loud.process("sync", "--json")
    assert [json.loads(line)["status"] for line in ran.out.splitlines()] == ["complete"]
    assert "ETL_MISSPELLED" in ran.err
    for line in ran.err.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (debug|info|warning|error) ", line)
    lines = loud.having(ETL_LOG_FORMAT="json").run("sync").err.splitlines()
    records = [json.loads(line) for line in lines]
    assert any("ETL_MISSPELLED" in record["message"] for record in records)
    for record in records:
        assert record.keys() == {"time", "level", "logger", "message"}
        assert datetime.fromisoformat(record["time"]).utcoffset() == timedelta(0)

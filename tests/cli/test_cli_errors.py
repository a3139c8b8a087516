"""Bugs, interruptions and closed outputs: a message without a traceback, and an exit code."""

import os
import re
from datetime import timedelta

import pytest
from shell import TIMEOUT, Shell, entry, now

from etl.cli.main import main
from etl.sandbox.server import Sandbox


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            LookupError("secret"),
            1,
            r"internal error: LookupError in \w+\.py:\d+; set ETL_LOG_LEVEL=debug to see the "
            "traceback",
        ),
        (KeyboardInterrupt(), 6, "interrupted"),
        (RuntimeError("Query interrupted"), 6, "interrupted"),
    ],
    ids=repr,
)
def test_an_unexpected_error_is_one_line_without_its_text(
    bare: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    told: str,
) -> None:
    def fails(*_: object) -> int:
        raise error

    monkeypatch.setattr("etl.cli.query.run", fails)
    assert main(["query", "SELECT 1"]) == code
    assert re.fullmatch(f"etl: {told}\n", capsys.readouterr().err)


@pytest.mark.parametrize("arguments", [("sync",), ("status",), ("query", "FROM audit_log")])
def test_output_that_cannot_be_written_is_an_error(
    synced: Shell, arguments: tuple[str, ...]
) -> None:
    with open("/dev/full", "w") as full:
        process = synced.start(*arguments, stdout=full.fileno())
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 6
    assert err == "etl: cannot write to stdout: No space left on device\n"


def _into_closed_pipe(shell: Shell, *arguments: str) -> tuple[int, str]:
    reader, writer = os.pipe()
    os.close(reader)
    process = shell.start(*arguments, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=TIMEOUT)
    return process.returncode, err


def test_a_closed_pipe_is_not_an_error_and_hides_none(synced: Shell, sandbox: Sandbox) -> None:
    assert _into_closed_pipe(synced, "sync") == (0, "")
    assert _into_closed_pipe(synced, "query", "FROM audit_log") == (0, "")
    moments = (now() - timedelta(minutes=n) for n in range(300))
    sandbox.source.insert(*(entry(2_000 + n, at) for n, at in enumerate(moments)))
    assert _into_closed_pipe(synced, "sync", "--max-requests", "1")[0] == 6


def test_a_reader_may_stop_reading_a_long_result(synced: Shell) -> None:
    started = synced.start("query", "SELECT i, repeat('x', 50) AS x FROM range(100000) AS t(i)")
    assert started.stdout is not None
    assert started.stdout.readline() == "i,x\n"
    started.stdout.close()
    started.stdout = None
    _, err = started.communicate(timeout=TIMEOUT)
    assert (started.returncode, err) == (0, "")

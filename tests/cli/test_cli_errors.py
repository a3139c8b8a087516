"""Bugs, interruptions and closed outputs: a message without a traceback, and an exit code."""

import os
import re
from datetime import timedelta

import pytest
from shell import TIMEOUT, Shell, entry, now

from etl.sandbox.server import Sandbox


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            LookupError("secret"),
            1,
            r"internal error: LookupError in \w+\.py:\d+; set ETL_LOG_LEVEL=.*",
        ),
        (KeyboardInterrupt(), 6, "interrupted"),
        (RuntimeError("Query interrupted"), 6, "interrupted"),
    ],
    ids=repr,
)
def test_an_unexpected_error_is_one_line_without_its_text(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def fails(*_: object) -> int:
        raise error

    monkeypatch.setattr("etl.cli.query.run", fails)
    ran = shell.run("query", "SELECT 1")
    assert ran.code == code
    assert re.fullmatch(told, ran.complaint)


@pytest.mark.parametrize("arguments", [("sync",), ("status",), ("query", "FROM audit_log")])
def test_a_full_stdout_is_an_error(synced: Shell, arguments: tuple[str, ...]) -> None:
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

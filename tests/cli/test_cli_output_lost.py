"""Standard output that takes no more: a full disk, a reader that has gone."""

import os
from datetime import timedelta

import pytest
from shell import Shell, entry, now

from etl.sandbox.server import Sandbox


@pytest.mark.parametrize("arguments", [("sync",), ("status",), ("query", "FROM audit_log")])
def test_output_that_cannot_be_written_is_told_and_is_no_success(
    synced: Shell, arguments: tuple[str, ...]
) -> None:
    with open("/dev/full", "w") as full:
        process = synced.start(*arguments, stdout=full.fileno())
    _, err = process.communicate(timeout=60)
    assert process.returncode == 6
    assert err == "etl: standard output cannot be written: No space left on device\n"


def test_a_sync_whose_reader_has_gone_says_by_its_code_what_became_of_it(
    synced: Shell, sandbox: Sandbox
) -> None:
    assert _into_closed_pipe(synced, "sync") == 0
    moments = (now() - timedelta(minutes=n) for n in range(300))
    sandbox.source.insert(*(entry(2_000 + n, at) for n, at in enumerate(moments)))
    assert _into_closed_pipe(synced, "sync", "--max-requests", "1") == 6
    assert _into_closed_pipe(synced, "query", "FROM audit_log") == 0


def _into_closed_pipe(shell: Shell, *arguments: str) -> int:
    reader, writer = os.pipe()
    os.close(reader)
    process = shell.start(*arguments, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode

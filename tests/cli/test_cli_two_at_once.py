"""Several processes on one warehouse: one sync at a time, readers meanwhile."""

import duckdb
from holding import Hold, a_sync_that_is_waiting
from shell import Shell, entry, now

from etl.sandbox.server import Sandbox


def test_a_second_sync_is_refused_with_the_firsts_pid_and_asks_nothing(
    prepared: Shell, sandbox: Sandbox
) -> None:
    with a_sync_that_is_waiting(prepared, sandbox) as pid:
        ran = prepared.run("sync")
        assert ran.code == 7
        assert f"(PID {pid})" in ran.complaint
        assert len(sandbox.requests) <= 1


def test_readers_get_their_answers_while_a_sync_waits_for_the_source(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.source.insert(entry(900, now()))
    with a_sync_that_is_waiting(synced, sandbox):
        assert synced.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n250\n"
        assert synced.run("status").code == 0
    assert synced.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n251\n"


def test_a_lock_file_left_behind_by_a_killed_sync_locks_nobody_out(
    prepared: Shell, sandbox: Sandbox
) -> None:
    hold = Hold()
    sandbox.service.faults = hold
    first = prepared.start("sync")
    assert hold.reached.wait(60)
    first.kill()
    first.communicate()
    hold.let_go.set()
    sandbox.service.faults = lambda _: None
    assert (prepared.folder / "warehouse.duckdb.lock").exists()
    assert prepared.run("sync").code == 0


def test_a_published_copy_can_be_held_open_while_a_sync_commits(
    synced: Shell, sandbox: Sandbox
) -> None:
    publishing = synced.having(ETL_PUBLISH="copy.duckdb")
    assert publishing.run("sync").code == 0
    sandbox.source.insert(entry(900, now()))
    with duckdb.connect(str(synced.folder / "copy.duckdb"), read_only=True) as reader:
        with a_sync_that_is_waiting(publishing, sandbox):
            assert reader.execute("SELECT count(*) FROM audit_log").fetchall() == [(250,)]
        assert reader.execute("SELECT count(*) FROM audit_log").fetchall() == [(250,)]
    assert publishing.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n251\n"

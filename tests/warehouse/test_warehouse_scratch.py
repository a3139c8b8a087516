"""What does not fit into memory goes into a folder beside the warehouse."""

import os
import time
from pathlib import Path

import pytest

from etl.warehouse.database import start
from etl.warehouse.unfinished import remove_unfinished, scratch


def test_two_programs_on_one_warehouse_never_write_over_what_the_other_keeps(
    tmp_path: Path,
) -> None:
    """DuckDB 1.5 gives its files the same names in each process: `etl query` beside `etl sync` read
    wrong values, or crashed, where both needed more than their memory."""
    engines = [start(tmp_path / "warehouse.duckdb") for _ in range(2)]
    for factor, engine in enumerate(engines, start=1):
        engine.execute(
            f"CREATE TABLE t AS SELECT md5((i * {factor})::VARCHAR) AS value "
            "FROM range(2_000_000) r(i)"
        )
    folders = list(tmp_path.glob("*.tmp")) + list(tmp_path.glob(".*.tmp"))
    assert folders, "all of it fits into memory"
    for factor, engine in enumerate(engines, start=1):
        wrong = engine.execute(
            f"SELECT count(*) FROM range(2_000_000) r(i) POSITIONAL JOIN t "
            f"WHERE value <> md5((i * {factor})::VARCHAR)"
        ).fetchall()
        assert wrong == [(0,)]
    for engine in engines:
        engine.close()
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize(("hours", "stays"), [(1, True), (25, False)])
def test_what_a_killed_program_has_left_there_is_removed_a_day_later(
    tmp_path: Path, hours: int, stays: bool
) -> None:
    path = tmp_path / "warehouse.duckdb"
    left, others = scratch(path), tmp_path / ".other.duckdb.1-00000000.tmp"
    for folder in (left, others):
        folder.mkdir()
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"0" * 9)
        then = time.time() - hours * 3_600
        os.utime(folder, (then, then))
    remove_unfinished(path)
    assert left.exists() == stays
    assert others.exists()

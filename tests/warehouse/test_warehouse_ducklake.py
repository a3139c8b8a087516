"""The same SQL on DuckLake, where its extension can be had (`duckdb-extension-ducklake`)."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest
from loading import HELD, Run, entry, rows

from etl.engine.model import ALWAYS, Proof, Window
from etl.warehouse import sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.load import Claim

_FOUND = importlib.util.find_spec("duckdb_extension_ducklake")
_FOLDER = Path(_FOUND.origin).parent if _FOUND and _FOUND.origin else Path()
_EXTENSION = _FOLDER / f"extensions/v{duckdb.__version__}/ducklake.duckdb_extension"


class Lake(Database):
    """A warehouse that is a lake beside `path`."""

    @contextmanager
    def attached(self, *, read_only: bool = False) -> Iterator[None]:
        place = f"(DATA_PATH '{self.path}.files')"
        self.execute(f"ATTACH 'ducklake:{self.path}' AS warehouse {place}")
        self.execute("USE warehouse")
        try:
            yield
        finally:
            self.execute("USE memory")
            self.execute("DETACH warehouse")


@pytest.mark.skipif(not _EXTENSION.exists(), reason="no DuckLake extension for this DuckDB")
def test_schema_views_load_ledger_and_checks_run_unchanged_on_ducklake(tmp_path: Path) -> None:
    with duckdb.connect() as engine:
        engine.execute(f"LOAD '{_EXTENSION}'")
        lake = Lake(tmp_path / "lake", engine=engine)
        with lake.attached(), lake.transaction():
            lake.execute(sqlfiles.text("settings.sql").format(timezone="UTC", begin=7, end=19))
            for folder in ("schema", "views"):
                for file in sqlfiles.in_order(sqlfiles.ROOT / folder):
                    lake.execute(file.read_text(encoding="utf-8"))
        _two_runs(lake)
        kinds = [kind for kind, _, _ in rows(lake, HELD)]
        assert kinds == ["duplicate_id", "row", "row", "row", "unreadable_time", "version"]
        assert rows(lake, "SELECT complete, known FROM watermark") == [(True, 4)]
        assert rows(lake, "SELECT from_day, stated FROM windows") == [(date(2025, 6, 1), 4)]
        verdicts = rows(lake, "SELECT verdict FROM proofs ORDER BY seq")
        assert verdicts == [("complete",), ("unproven",), ("complete",)]
        assert rows(lake, "SELECT sum(entries) FROM activity_by_actor") == [(3,)]
        for check in sqlfiles.in_order(sqlfiles.ROOT / "checks"):
            assert rows(lake, check.read_text(encoding="utf-8")) == []


def _two_runs(lake: Database) -> None:
    page = [entry("e1"), entry("e1", actor_name="twin"), entry("e2", "?"), entry("gone")]
    assert Run(lake).serve([*page, entry("e3")]).prove(5)
    run = Run(lake, 2).reread().load([*page[:3], entry("e3", actor_id="u1")])
    assert run.loader.note_gone(None, 1)
    run.state.ledger.windows = [Window(date(2025, 6, 1), None, 4)]
    failed = Proof((ALWAYS, None), 5, 4, "walk", "unproven", "once more")
    assert run.loader.commit(run.state.ledger, [failed], 1, Claim(4))

"""The same SQL on DuckLake, where its extension can be had (`duckdb-extension-ducklake`)."""

import importlib.util
from pathlib import Path

import duckdb
import pytest

from etl.warehouse import sqlfiles

_FOUND = importlib.util.find_spec("duckdb_extension_ducklake")
_FOLDER = Path(_FOUND.origin).parent if _FOUND and _FOUND.origin else Path()
_EXTENSION = _FOLDER / f"extensions/v{duckdb.__version__}/ducklake.duckdb_extension"


@pytest.mark.skipif(not _EXTENSION.exists(), reason="no DuckLake extension for this DuckDB")
def test_schema_and_views_run_unchanged_on_ducklake(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{_EXTENSION}'")
        connection.execute(f"ATTACH 'ducklake:{tmp_path}/lake' AS lake (DATA_PATH '{tmp_path}')")
        connection.execute("USE lake")
        connection.execute("BEGIN")
        settings = sqlfiles.text("settings.sql").format(timezone="UTC", begin=7, end=19)
        connection.execute(settings)
        for folder in ("schema", "views"):
            for file in sqlfiles.in_order(sqlfiles.ROOT / folder):
                connection.execute(file.read_text(encoding="utf-8"))
        connection.execute("COMMIT")
        assert connection.execute("FROM activity_by_actor").fetchall() == []
        assert connection.execute("FROM access_at(now())").fetchall() == []

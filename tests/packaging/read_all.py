"""Reads every table and view of a warehouse with whatever DuckDB runs this: `read_all.py FILE`."""

import sys

import duckdb

with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
    names = warehouse.sql(
        "SELECT table_name FROM duckdb_tables() UNION ALL "
        "SELECT view_name FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    for (name,) in names:
        warehouse.sql(f"SELECT count(*), max(t)::VARCHAR FROM {name} AS t").fetchall()
    held = warehouse.sql("SELECT count(*) FROM access_at(now()) WHERE kind = 'role'").fetchall()
    assert len(names) > 20, names
    assert held > [(0,)], held
    print(f"duckdb {duckdb.__version__} reads all {len(names)} tables and views")

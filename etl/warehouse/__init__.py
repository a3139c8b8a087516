"""The DuckDB file: creating it, opening it briefly, loading into it, reading the ledger.

Every statement of any size is a file in `sql/`; `sqlfiles.py` is the only place that reads them.
"""

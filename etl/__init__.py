"""An incremental, proven copy of an Aitronos organization's audit log in DuckDB."""

__version__ = "0.1.0"

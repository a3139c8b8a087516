"""An incremental, proven copy of an Aitronos organization's audit log in DuckDB.

For other programs: `sync`, `connect`, `load_settings`, and what they take and return (`etl.api`).
They are imported when first used, because the command line must start fast.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etl.api import EtlError, Settings, StreamResult, connect, load_settings, sync

__version__ = "0.1.0"
__all__ = ["EtlError", "Settings", "StreamResult", "connect", "load_settings", "sync"]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from etl import api

    return getattr(api, name)

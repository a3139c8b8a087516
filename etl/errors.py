"""Every error that a user can see, grouped by what the user can do about it.

EtlError                       base class: an exit code and a one-line message without secrets
├── UsageError              2  invalid command line
│   └── SqlError            2  SQL of a user's that fails; DuckDB's lines, with its caret
├── ConfigurationError      3  missing or invalid setting
├── RefusedError            4  access refused by the API (401, 403, 404)
├── UnavailableError        5  no valid response from the API after all retries
│   └── RejectedError       5  request rejected by the API (any other 4xx that is not retried)
├── IncompleteError         6  the run ended early; what it has proven is kept
│   ├── BudgetSpentError    6  ETL_MAX_REQUESTS is used up
│   └── InterruptedRunError 6  SIGINT or SIGTERM
└── WarehouseError          7  the warehouse is locked, unreadable, or has a newer schema

Exit code 8 (`verify` found a difference) is a result, not an error: see `StreamResult.exit_code`.
"""


class EtlError(Exception):
    """An expected failure. `str(error)` is the one-line message; `exit_code` is the exit code."""

    exit_code = 1


class UsageError(EtlError):
    exit_code = 2


class SqlError(UsageError):
    pass


class ConfigurationError(EtlError):
    exit_code = 3


class RefusedError(EtlError):
    exit_code = 4


class UnavailableError(EtlError):
    exit_code = 5


class RejectedError(UnavailableError):
    """The API rejected this request, so a retry would fail too (400, 416, 422, …)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class IncompleteError(EtlError):
    exit_code = 6


class BudgetSpentError(IncompleteError):
    pass


class InterruptedRunError(IncompleteError):
    pass


class WarehouseError(EtlError):
    exit_code = 7

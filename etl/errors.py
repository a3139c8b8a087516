"""Every error a user can meet, grouped by what is done about it.

EtlError                     exit code, one clear line; never a secret
├── UsageError            2  the command line is wrong
├── ConfigurationError    3  a setting is missing or wrong
├── RefusedError          4  the API says no: 401, 403, 404
├── UnavailableError      5  the API does not answer, or not with sense, after all retries
│   └── RejectedError     5  one request was refused as unprocessable (other 4xx): never retried
├── IncompleteError       6  what was proven is kept, the rest is still to be fetched
│   ├── BudgetSpentError  6  ETL_MAX_REQUESTS was reached
│   └── InterruptedRunError 6  SIGINT or SIGTERM
└── WarehouseError        7  locked, unreadable, or of a newer schema

8, that verify found a difference, is no failure: see `StreamResult.exit_code`.
"""


class EtlError(Exception):
    """An expected failure: `str(error)` is the one line a user sees, `exit_code` what they get."""

    exit_code = 1


class UsageError(EtlError):
    exit_code = 2


class ConfigurationError(EtlError):
    exit_code = 3


class RefusedError(EtlError):
    exit_code = 4


class UnavailableError(EtlError):
    exit_code = 5


class RejectedError(UnavailableError):
    """The API understood the request and will not serve it (400, 416, 422, …)."""

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

"""Errors of a single attempt. The retry policy handles them; they never leave the client."""

_RETRYABLE = {408, 425, 429}  # Request Timeout, Too Early, Too Many Requests


class AttemptError(Exception):
    """One attempt failed; another may succeed.

    `reason` follows "GET /v1/… " in the message and `hint` says what to check. Each is one line.
    """

    def __init__(self, reason: str, hint: str = "", request_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.request_id = request_id


class InvalidBodyError(AttemptError):
    """Status 200, but the body is not the documented envelope of the requested page."""


class ThrottledError(AttemptError):
    """Status 429. `pause` is how long the rate limiter holds back all requests, in seconds."""

    def __init__(self, reason: str, request_id: str | None, pause: float) -> None:
        super().__init__(reason, request_id=request_id)
        self.pause = pause


class NotRetryableError(AttemptError):
    """Another attempt would fail too, at least for some time."""


def is_retryable(status: int) -> bool:
    """Whether the same request may succeed later: 408, 425, 429 and all 5xx."""
    return status in _RETRYABLE or status >= 500

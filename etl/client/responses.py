"""Maps a response other than 200 to the exception to raise. Pure.

Text from the server passes through `Redactor`: a message has no line break, no control character,
and never the token, even if the server echoes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from etl.client.attempt_errors import (
    AttemptError,
    NotRetryableError,
    ThrottledError,
    is_retryable,
)
from etl.client.limits import Limits
from etl.client.pacing import MAX_PAUSE
from etl.errors import EtlError, RefusedError, RejectedError

CHECK_URL = "check ETL_API_BASE_URL"
_REFUSED = {
    401: "the token is invalid or has expired; check ETL_API_TOKEN",
    403: "the token has no access to this audit log; check ETL_API_TOKEN",
    404: "not found; check ETL_ORGANIZATION_ID and ETL_API_BASE_URL",
}


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Redactor:
    """Makes text from outside safe for a one-line message."""

    def __init__(self, token: str) -> None:
        # Case-insensitive: host names come back in lower case.
        self._token = re.compile(re.escape(token), re.IGNORECASE)

    def clean(self, text: str, max_length: int = 200) -> str:
        text = self._token.sub("[token]", text)
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= max_length else text[:max_length] + "…"


def message(
    path: str, reason: str, request_id: str | None = None, hint: str = "", attempts: int = 1
) -> str:
    """One line: "GET /v1/… returned 401 (x-request-id 7f3a): the token is invalid …"."""
    shown = f" (x-request-id {request_id})" if request_id else ""
    gave_up = f"; gave up after {attempts} attempts" if attempts > 1 else ""
    return f"GET {path} {reason}{shown}{gave_up}{': ' if hint else ''}{hint}"


@dataclass(frozen=True, slots=True)
class Classifier:
    """Maps the responses of one path to exceptions."""

    redactor: Redactor
    path: str

    def error(
        self, response: Response, limits: Limits, served_at: datetime, pause: float
    ) -> AttemptError | EtlError:
        """Return the exception for a response other than 200.

        `served_at` is the server's time; `pause` is how long the rate limiter now holds back all
        requests, in seconds.
        """
        status, request_id = response.status, self.request_id(response)
        reason = f"returned {status}"
        if is_retryable(status):
            if limits.retry_after is not None and limits.retry_after > MAX_PAUSE:
                hint = _retry_later(limits.retry_after, served_at)
                return NotRetryableError(reason, hint, request_id)
            if status == 429:
                return ThrottledError(f"{reason} (too many requests)", request_id, pause)
            return AttemptError(reason, "", request_id)
        if status >= 400:
            hint = _REFUSED.get(status) or self._detail(response.body)
            text = message(self.path, reason, request_id, hint)
            return RefusedError(text) if status in _REFUSED else RejectedError(text, status)
        if status >= 300:
            return NotRetryableError(reason, self._redirect(response), request_id)
        return AttemptError(f"{reason}, which the API does not document", CHECK_URL, request_id)

    def request_id(self, response: Response) -> str | None:
        value = response.headers.get("x-request-id")
        return self.redactor.clean(value, 100) if value else None

    def _redirect(self, response: Response) -> str:
        location = response.headers.get("location", "")
        try:
            target = urlsplit(location).hostname or "another path"
        except ValueError:
            target = "an invalid URL"
        target = self.redactor.clean(target, 100)
        return f"the redirect to {target} was not followed, to protect the token; {CHECK_URL}"

    def _detail(self, body: bytes) -> str:
        """Return the message of a JSON error body; "" if there is none."""
        try:
            value: Any = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return ""
        for name in ("error", "detail", "message"):
            if isinstance(value, dict):
                value = value.get(name, value)
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        return self.redactor.clean(text)


def _retry_later(seconds: float, served_at: datetime) -> str:
    at = served_at.astimezone(UTC) + timedelta(seconds=min(seconds, 366 * 86400))
    minutes = round(seconds / 60)
    span = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    return f"retry in {span}, at {at:%Y-%m-%d %H:%M} UTC; the daily limit may be used up"

"""What an answer means: a page, a fault to try again, or an error to report. Pure.

All words that come from the server pass through `Words`, so that no message breaks a line, drives a
terminal, or holds the token, should a server send it back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from etl.client.faults import Fault, Hopeless, Throttled
from etl.client.limits import Limits
from etl.client.pacing import MAX_PAUSE
from etl.errors import EtlError, RefusedError, RejectedError

WRONG_URL = "is ETL_API_BASE_URL right?"
_REFUSED = {
    401: "the token is wrong or has expired (ETL_API_TOKEN)",
    403: "the token may not read this organization's audit log (ETL_API_TOKEN)",
    404: "no such organization (ETL_ORGANIZATION_ID), or no such API (ETL_API_BASE_URL)",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Words:
    """Makes what others said fit into one line of ours."""

    def __init__(self, token: str) -> None:
        # In any case: a host name that holds it comes back in small letters.
        self._token = re.compile(re.escape(token), re.IGNORECASE)

    def clean(self, text: str, longest: int = 200) -> str:
        text = self._token.sub("[token]", text)
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= longest else text[:longest] + "…"


def sentence(path: str, reason: str, request_id: str | None = None, hint: str = "") -> str:
    """One line on a request: "GET /v1/… answered 401 (x-request-id 7f3a): the token is wrong"."""
    shown = f" (x-request-id {request_id})" if request_id else ""
    return f"GET {path} {reason}{shown}{': ' if hint else ''}{hint}"


@dataclass(frozen=True, slots=True)
class Judge:
    """Tells what the answers to one path mean."""

    words: Words
    path: str

    def verdict(
        self, answer: Answer, limits: Limits, served_at: datetime, pause: float
    ) -> Fault | EtlError:
        """What to raise for an answer other than 200.

        `served_at` is the server's time; for `pause` seconds the gate lets nobody through.
        """
        status, request_id = answer.status, self.request_id(answer)
        reason = f"answered {status}"
        if status == 429 or status >= 500:
            if limits.retry_after is not None and limits.retry_after > MAX_PAUSE:
                hint = _come_back(limits.retry_after, served_at)
                return Hopeless(reason, hint, request_id)
            if status == 429:
                return Throttled(f"{reason} (too many requests)", request_id, pause)
            return Fault(reason, "", request_id)
        if status >= 400:
            hint = _REFUSED.get(status) or self._detail(answer.body)
            said = sentence(self.path, reason, request_id, hint)
            return RefusedError(said) if status in _REFUSED else RejectedError(said, status)
        if status >= 300:
            return Hopeless(reason, self._redirect(answer), request_id)
        return Fault(f"{reason}, which is not documented", WRONG_URL, request_id)

    def request_id(self, answer: Answer) -> str | None:
        said = answer.headers.get("x-request-id")
        return self.words.clean(said, 100) if said else None

    def _redirect(self, answer: Answer) -> str:
        location = answer.headers.get("location", "")
        try:
            target = urlsplit(location).hostname or "another path"
        except ValueError:
            target = "nowhere readable"
        target = self.words.clean(target, 100)
        return f"a redirect to {target}, where the token is not sent; {WRONG_URL}"

    def _detail(self, body: bytes) -> str:
        """What a JSON error body says, in the usual places; nothing if it is something else."""
        try:
            said: Any = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return ""
        for name in ("error", "detail", "message"):
            if isinstance(said, dict):
                said = said.get(name, said)
        said = said if isinstance(said, str) else msgspec.json.encode(said).decode()
        return self.words.clean(said)


def _come_back(seconds: float, served_at: datetime) -> str:
    at = served_at.astimezone(UTC) + timedelta(seconds=min(seconds, 366 * 86400))
    minutes = round(seconds / 60)
    span = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    return f"come back in {span}, at {at:%Y-%m-%d %H:%M} UTC; the limit of the day may be spent"

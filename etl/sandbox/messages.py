"""What goes into the sandbox and what comes out, without sockets or httpx."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from etl.sandbox.bucket import Allowance

Headers = tuple[tuple[str, str], ...]

_PATH = re.compile(r"/v1/organizations/([^/]+)/audit-log")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `target` is its path and query as sent, `number` counts the requests from 1.

    `at` is when it came (seconds since 1970), `allowance` what the rate limit says to it, None if
    there is no limit.
    """

    method: str
    target: str
    authorization: str | None
    number: int
    at: float
    allowance: Allowance | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def organization_id(self) -> str | None:
        """The organization whose audit log is asked for, None for any other path."""
        found = _PATH.fullmatch(self.path)
        return found and unquote(found[1])

    @property
    def parameters(self) -> dict[str, str]:
        """The query, decoded. Of a parameter that is given twice, the last one counts."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """`sent` is how many bytes of the body arrive before the connection is cut; None is all."""

    status: int
    headers: Headers
    body: bytes
    sent: int | None = None

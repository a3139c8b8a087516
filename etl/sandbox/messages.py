"""What goes into the sandbox and what comes out, known to neither sockets nor httpx."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

Headers = tuple[tuple[str, str], ...]

_PREFIX, _SUFFIX = "/v1/organizations/", "/audit-log"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the target as sent (path and query), and its place in the order of requests."""

    method: str
    target: str
    authorization: str | None = None
    number: int = 1

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def organization_id(self) -> str | None:
        """The organization whose audit log the path names, None for any other path."""
        path = self.path
        if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
            return None
        name = path[len(_PREFIX) : -len(_SUFFIX)]
        return unquote(name) if name and "/" not in name else None

    @property
    def parameters(self) -> dict[str, str]:
        """The query, decoded; of a parameter given twice, the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """`sent` is how many bytes of the body arrive before the connection is cut; None is all."""

    status: int
    headers: Headers
    body: bytes
    sent: int | None = None

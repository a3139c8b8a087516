"""The sandbox's one pure function: a request, a log and a time go in, a response comes out."""

import math
import re
from datetime import date, timedelta
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import msgspec

from etl.sandbox import TOKEN
from etl.sandbox.bucket import Allowance
from etl.sandbox.dialect import Dialect
from etl.sandbox.messages import Headers, Request, Response
from etl.sandbox.page import Query, midnight, page
from etl.sandbox.source import FILTERS, Log, Source

_DEFAULT_LIMIT = 50
_LARGEST = 2**63 - 1


class _Refusal(Exception):  # noqa: N818 - an answer, not an error of the sandbox
    """Any answer but 200. `detail` is what a JSON body says."""

    def __init__(self, status: int, detail: object, *headers: tuple[str, str]) -> None:
        super().__init__(status, detail)
        self.status, self.detail, self.headers = status, detail, headers


def respond(
    source: Source,
    dialect: Dialect,
    request: Request,
    *,
    now: float,
    allowance: Allowance | None = None,
    token: str = TOKEN,
) -> Response:
    """The API's answer at `now` (seconds since 1970).

    `allowance` is what the rate limit says to this request, None if there is no limit. The order
    of the checks: path and method (404, 405), token (401), limit (429), organization (404),
    parameters (422).
    """
    headers = (
        ("date", _http_date(int(now))),
        ("x-request-id", f"req_{request.number:012x}"),
        *_limit_headers(dialect, allowance, now),
    )
    try:
        _admit(dialect, request, now, allowance, token)
        log, counted = _logs(source, dialect, request, now)
        body = page(log, counted, _query(request, dialect), dialect, request.number)
        return Response(200, (("content-type", "application/json"), *headers), body)
    except _Refusal as refusal:
        content, body = _error(dialect, refusal)
        return Response(refusal.status, (*content, *headers, *refusal.headers), body)


def _admit(
    dialect: Dialect, request: Request, now: float, allowance: Allowance | None, token: str
) -> None:
    if request.organization_id is None:
        raise _Refusal(404, "Not Found")
    if request.method != "GET":
        raise _Refusal(405, "Method Not Allowed", ("allow", "GET"))
    if request.authorization != f"Bearer {token}":
        raise _Refusal(401, "Invalid or missing access token", ("www-authenticate", "Bearer"))
    if allowance is not None and not allowance.allowed:
        raise _Refusal(429, "Rate limit exceeded", *_retry_after(dialect, allowance, now))


def _logs(source: Source, dialect: Dialect, request: Request, now: float) -> tuple[Log, Log]:
    """The log that is served, and its former state that a lagging total counts."""
    organization_id = request.organization_id or ""
    log = source.log(organization_id)
    if log is None:
        raise _Refusal(404, "Organization not found")
    if not dialect.total_lag:
        return log, log
    return log, source.log(organization_id, as_of=now - dialect.total_lag) or log


def _query(request: Request, dialect: Dialect) -> Query:
    """The parameters as the dialect reads them. Unknown ones are ignored."""
    given = request.parameters
    most_skip = _LARGEST if dialect.max_skip is None else dialect.max_skip
    default_limit = min(_DEFAULT_LIMIT, dialect.max_limit)
    return Query(
        filters=frozenset((name, given[name]) for name in FILTERS if name in given),
        since=_begin(given, "from_date", dialect.zone),
        until=_begin(given, "to_date", dialect.zone, next_day=dialect.to_date == "inclusive"),
        skip=_number(given, "skip", 0, 0, most_skip),
        limit=_number(given, "limit", default_limit, 1, dialect.max_limit),
    )


def _begin(given: dict[str, str], name: str, zone: str, *, next_day: bool = False) -> int | None:
    """When the day of this parameter, or the one after it, begins: microseconds since 1970."""
    value = given.get(name)
    if value is None:
        return None
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError("not YYYY-MM-DD")
        day = date.fromisoformat(value)
    except ValueError as error:
        raise _unprocessable(name, f"Input should be a valid date: {error}", value) from None
    if next_day and day == date.max:
        return _LARGEST
    return midnight(day + timedelta(days=next_day), zone)


def _number(given: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, str(default))
    if not re.fullmatch("[0-9]{1,19}", value) or not least <= int(value) <= most:
        raise _unprocessable(name, f"Input should be an integer from {least} to {most}", value)
    return int(value)


def _unprocessable(name: str, message: str, value: str) -> _Refusal:
    return _Refusal(
        422, [{"type": "invalid", "loc": ["query", name], "msg": message, "input": value}]
    )


def _limit_headers(dialect: Dialect, allowance: Allowance | None, now: float) -> Headers:
    if allowance is None or dialect.limit_headers == "none":
        return ()
    minutes, seconds = divmod(math.ceil(allowance.full_in), 60)
    reset = {
        "": str(math.ceil(now + allowance.full_in)),
        "-requests": f"{minutes}m{seconds}s" if minutes else f"{seconds}s",
    }
    spelled = {"reset": [""], "requests": ["-requests"]}.get(dialect.limit_headers, list(reset))
    return tuple(
        (f"x-ratelimit-{name}{suffix}", value)
        for suffix in spelled
        for name, value in (
            ("limit", str(allowance.limit)),
            ("remaining", str(allowance.remaining)),
            ("reset", reset[suffix]),
        )
    )


def _retry_after(dialect: Dialect, allowance: Allowance, now: float) -> Headers:
    if dialect.retry_after == "none":
        return ()
    if dialect.retry_after == "date":
        return (("retry-after", _http_date(math.ceil(now + allowance.wait))),)
    return (("retry-after", str(max(1, math.ceil(allowance.wait)))),)


@lru_cache(maxsize=8)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _error(dialect: Dialect, refusal: _Refusal) -> tuple[Headers, bytes]:
    if dialect.errors == "empty":
        return (), b""
    if dialect.errors == "html":
        title = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
        text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return (("content-type", "text/html"),), text.encode()
    return (("content-type", "application/json"),), msgspec.json.encode({"detail": refusal.detail})

"""The sandbox's one pure function: a request, a log and a time go in, a response comes out."""

from __future__ import annotations

import math
from dataclasses import fields
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import msgspec

from etl.sandbox import TOKEN
from etl.sandbox.bucket import Allowance
from etl.sandbox.dates import lower_bound, upper_bound
from etl.sandbox.dialect import Dialect
from etl.sandbox.messages import Headers, Request, Response
from etl.sandbox.page import Query, page
from etl.sandbox.source import Filters, Log, Source

_FILTERS = tuple(field.name for field in fields(Filters))
_DEFAULT_LIMIT = 50
_JSON: Headers = (("content-type", "application/json"),)
_encode = msgspec.json.Encoder().encode


class _Refusal(Exception):  # noqa: N818 - an answer, not an error of the sandbox
    """Any answer but 200: `detail` is what a JSON body says."""

    def __init__(self, status: int, detail: object, headers: Headers = ()) -> None:
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

    `allowance` is what the rate limit says to this request; None where there is no limit. Checked
    in this order: path and method (404, 405), token (401), limit (429), organization (404),
    parameters (422).
    """
    headers = (
        ("date", _http_date(int(now))),
        ("x-request-id", f"req_{request.number:012x}"),
        *_limit_headers(dialect, allowance, now),
    )
    try:
        log = _admitted(source, dialect, request, now, allowance, token)
        query = _read(request.parameters, dialect)
        counted = _counted(source, dialect, request, now) or log
        body = page(log, counted, query, dialect, request.number)
        return Response(200, (*_JSON, *headers), body)
    except _Refusal as refusal:
        content, body = _error(dialect, refusal)
        return Response(refusal.status, (*content, *headers, *refusal.headers), body)


def _admitted(
    source: Source,
    dialect: Dialect,
    request: Request,
    now: float,
    allowance: Allowance | None,
    token: str,
) -> Log:
    organization_id = request.organization_id
    if organization_id is None:
        raise _Refusal(404, "Not Found")
    if request.method != "GET":
        raise _Refusal(405, "Method Not Allowed", (("allow", "GET"),))
    if request.authorization != f"Bearer {token}":
        raise _Refusal(401, "Invalid or missing access token", (("www-authenticate", "Bearer"),))
    if allowance is not None and not allowance.allowed:
        raise _Refusal(429, "Rate limit exceeded", _retry_after(dialect, allowance, now))
    log = source.log(organization_id)
    if log is None:
        raise _Refusal(404, "Organization not found")
    return log


def _counted(source: Source, dialect: Dialect, request: Request, now: float) -> Log | None:
    """The former log that a lagging total counts, None where it counts the log itself."""
    if not dialect.total_lag:
        return None
    return source.log(request.organization_id or "", as_of=now - dialect.total_lag)


def _read(parameters: dict[str, str], dialect: Dialect) -> Query:
    """The parameters as the dialect reads them; a parameter that nobody knows is ignored."""
    return Query(
        filters=Filters(**{name: parameters[name] for name in _FILTERS if name in parameters}),
        since=_date(parameters, "from_date", dialect),
        until=_date(parameters, "to_date", dialect),
        skip=_number(parameters, "skip", 0, 0, dialect.max_skip),
        limit=_number(
            parameters, "limit", min(_DEFAULT_LIMIT, dialect.max_limit), 1, dialect.max_limit
        ),
    )


def _date(parameters: dict[str, str], name: str, dialect: Dialect) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    try:
        return (lower_bound if name == "from_date" else upper_bound)(value, dialect)
    except ValueError as error:
        raise _unprocessable(
            "date_parsing", name, f"Input should be a valid date: {error}", value
        ) from None


def _number(
    parameters: dict[str, str], name: str, default: int, least: int, most: int | None
) -> int:
    value = parameters.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise _unprocessable(
            "int_parsing", name, "Input should be a valid integer", value
        ) from None
    if number < least:
        message = f"Input should be greater than or equal to {least}"
        raise _unprocessable("greater_than_equal", name, message, value)
    if most is not None and number > most:
        message = f"Input should be less than or equal to {most}"
        raise _unprocessable("less_than_equal", name, message, value)
    return number


def _unprocessable(kind: str, name: str, message: str, value: str) -> _Refusal:
    detail = {"type": kind, "loc": ["query", name], "msg": message, "input": value}
    return _Refusal(422, [detail])


def _limit_headers(dialect: Dialect, allowance: Allowance | None, now: float) -> Headers:
    if allowance is None or dialect.limit_headers == "none":
        return ()
    limit, remaining = str(allowance.limit), str(allowance.remaining)
    headers: Headers = ()
    if dialect.limit_headers in ("both", "reset"):
        headers += (
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-remaining", remaining),
            ("x-ratelimit-reset", str(math.ceil(now + allowance.full_in))),
        )
    if dialect.limit_headers in ("both", "requests"):
        headers += (
            ("x-ratelimit-limit-requests", limit),
            ("x-ratelimit-remaining-requests", remaining),
            ("x-ratelimit-reset-requests", _duration(allowance.full_in)),
        )
    return headers


def _duration(seconds: float) -> str:
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


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
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return (("content-type", "text/html"),), page.encode()
    return _JSON, _encode({"detail": refusal.detail})

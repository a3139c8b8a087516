"""The sandbox's one pure function: a request, a log and a time go in, a response comes out."""

import math
import re
from datetime import date, timedelta
from email.utils import formatdate
from http import HTTPStatus

import msgspec

from etl.sandbox import TOKEN
from etl.sandbox.dialect import Dialect
from etl.sandbox.messages import Headers, Request, Response
from etl.sandbox.page import Query, midnight, page
from etl.sandbox.source import BEGINNING, END, EVER, FILTERS, Days, Log, Source

_DEFAULT_LIMIT = 50
_JSON = ("content-type", "application/json")


class _Refusal(Exception):  # noqa: N818 - an answer, not an error of the sandbox
    """Any answer but 200. `detail` is what a JSON body says."""

    def __init__(self, status: int, detail: object, *headers: tuple[str, str]) -> None:
        super().__init__(status, detail)
        self.status, self.detail, self.headers = status, detail, headers


def respond(source: Source, dialect: Dialect, request: Request, token: str = TOKEN) -> Response:
    """The API's answer to a request.

    The order of the checks: path and method (404, 405), token (401), limit (429), organization
    (404), parameters (422).
    """
    headers = (
        ("date", _http_date(request.at)),
        ("x-request-id", f"req_{request.number:012x}"),
        *_limit_headers(dialect, request),
    )
    try:
        _admit(dialect, request, token)
        log, counted = _logs(source, dialect, request)
        body = page(log, counted, _query(request, dialect), dialect, request.number)
        return Response(200, (_JSON, *headers), body)
    except _Refusal as refusal:
        content, body = _error(dialect, refusal)
        return Response(refusal.status, (*content, *headers, *refusal.headers), body)


def _admit(dialect: Dialect, request: Request, token: str) -> None:
    if request.organization_id is None:
        raise _Refusal(404, "Not Found")
    if request.method != "GET":
        raise _Refusal(405, "Method Not Allowed", ("allow", "GET"))
    if request.authorization != f"Bearer {token}":
        raise _Refusal(401, "Invalid or missing access token", ("www-authenticate", "Bearer"))
    if request.allowance is not None and not request.allowance.allowed:
        raise _Refusal(429, "Rate limit exceeded", *_retry_after(dialect, request))


def _logs(source: Source, dialect: Dialect, request: Request) -> tuple[Log, Log]:
    """The log that is served, and its former state that a lagging total counts."""
    organization_id = request.organization_id or ""
    log = source.log(organization_id)
    if log is None:
        raise _Refusal(404, "Organization not found")
    if not dialect.total_lag:
        return log, log
    return log, source.log(organization_id, as_of=request.at - dialect.total_lag) or log


def _query(request: Request, dialect: Dialect) -> Query:
    """The parameters as the dialect reads them. Unknown ones are ignored."""
    given, most = request.parameters, dialect.max_limit
    filters = frozenset((name, given[name]) for name in FILTERS if name in given)
    skip = _number(given, "skip", 0, 0, END if dialect.max_skip is None else dialect.max_skip)
    limit = _number(given, "limit", min(_DEFAULT_LIMIT, most), 1, most)
    return Query(filters, _days(given, dialect), skip, limit)


def _days(given: dict[str, str], dialect: Dialect) -> Days:
    begin, end = (_day(given, name) for name in ("from_date", "to_date"))
    if begin is None and end is None:
        return EVER
    since = BEGINNING if begin is None else midnight(begin, dialect.zone)
    if end is None or (end == date.max and dialect.to_date == "inclusive"):
        return since, END
    after = timedelta(days=dialect.to_date == "inclusive")
    return since, midnight(end + after, dialect.zone)


def _day(given: dict[str, str], name: str) -> date | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _unprocessable(name, "Input should be a valid date: YYYY-MM-DD", value)


def _number(given: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, str(default))
    if not re.fullmatch("[0-9]{1,19}", value) or not least <= int(value) <= most:
        raise _unprocessable(name, f"Input should be an integer from {least} to {most}", value)
    return int(value)


def _unprocessable(name: str, message: str, value: str) -> _Refusal:
    detail = {"type": "invalid", "loc": ["query", name], "msg": message, "input": value}
    return _Refusal(422, [detail])


def _limit_headers(dialect: Dialect, request: Request) -> Headers:
    allowance = request.allowance
    if allowance is None:
        return ()
    said = {"limit": str(allowance.limit), "remaining": str(allowance.remaining)}
    headers: Headers = ()
    if dialect.limit_headers in ("both", "reset"):
        said["reset"] = str(math.ceil(request.at + allowance.full_in))
        headers += tuple((f"x-ratelimit-{name}", value) for name, value in said.items())
    if dialect.limit_headers in ("both", "requests"):
        minutes, seconds = divmod(math.ceil(allowance.full_in), 60)
        said["reset"] = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
        headers += tuple((f"x-ratelimit-{name}-requests", value) for name, value in said.items())
    return headers


def _retry_after(dialect: Dialect, request: Request) -> Headers:
    wait = request.allowance.wait if request.allowance else 0
    written = {
        "seconds": (("retry-after", str(max(1, math.ceil(wait)))),),
        "date": (("retry-after", _http_date(math.ceil(request.at + wait))),),
    }
    return written.get(dialect.retry_after, ())


def _http_date(at: float) -> str:
    return formatdate(int(at), usegmt=True)


def _error(dialect: Dialect, refusal: _Refusal) -> tuple[Headers, bytes]:
    if dialect.errors == "empty":
        return (), b""
    if dialect.errors == "html":
        title = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
        text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return (("content-type", "text/html"),), text.encode()
    return (_JSON,), msgspec.json.encode({"detail": refusal.detail})

"""What the value of a setting may be: each type refuses everything else, and says what it wants.

A validator raises a bare ValueError: the sentence a user reads is `Wants`, which never holds the
value, since the wrong value of one setting may be the token that belongs into another.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

T = TypeVar("T")

_ORGANIZATION_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOURS = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(/[\w.~/-]*)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wants:
    """The end of the sentence "ETL_SOMETHING wants …"."""

    text: str


class WorkingHours(NamedTuple):
    """Hours of the day, `start` within and `end` not; over midnight if start > end."""

    start: int
    end: int


def _of_text(parse: Callable[[str], T]) -> BeforeValidator:
    """Apply `parse` to text; what is not text has been parsed already or is left to pydantic."""
    return BeforeValidator(lambda value: parse(value.strip()) if isinstance(value, str) else value)


def _organization_ids(text: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(stripped for part in text.split(",") if (stripped := part.strip())))
    if not ids or not all(map(_ORGANIZATION_ID.fullmatch, ids)):
        raise ValueError
    return ids


def _date(text: str) -> date:
    # pydantic would also take epoch numbers, and Python ISO's week dates.
    if not _DATE.fullmatch(text):
        raise ValueError
    day = date.fromisoformat(text)
    if not date(1970, 1, 1) <= day <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError  # of a day to come there is no log, and nothing would be copied
    return day


def _working_hours(text: str) -> WorkingHours:
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError
    start, end = int(match[1]), int(match[2])
    if start > 23 or end > 24 or start == end:
        raise ValueError
    return WorkingHours(start, end)


def _base_url(text: str) -> str:
    match = _URL.fullmatch(text)
    if match is None or not 0 < int(match["port"] or 443) < 65536:
        raise ValueError
    if match["scheme"].lower() == "http" and not _is_loopback(match["host"].strip("[]")):
        raise PydanticCustomError(
            "plain_http",
            "is plain http to another machine, which would show the token to the network: "
            "use https (http is for this machine only: 127.0.0.1, ::1, localhost)",
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _token(value: SecretStr) -> SecretStr:
    # What httpx cannot put into a header would fail there, with the token in the traceback.
    token = value.get_secret_value().strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError
    return SecretStr(token)


def _file(path: Path) -> Path:
    # `.` and `/` have no name, to which an ending could be added.
    path = path.expanduser()
    if not path.name:
        raise ValueError
    return path


def _folder(path: Path) -> Path:
    # Whether a missing folder will do is for whoever reads it to say; a file never will.
    if path.exists() and not path.is_dir():
        raise ValueError
    return path


Token = Annotated[
    SecretStr,
    AfterValidator(_token),
    Wants("the token alone: printable ASCII without spaces, and without 'Bearer'"),
]
OrganizationIds = Annotated[
    tuple[str, ...],
    _of_text(_organization_ids),
    Wants("one or more ids with commas between them, of letters, digits and _ . ~ -"),
]
BaseUrl = Annotated[
    str,
    _of_text(_base_url),
    Wants("a URL such as https://api.example.com, without user, password, query or fragment"),
]
FilePath = Annotated[Path, AfterValidator(_file), Wants("the path of a file")]
OtherFile = Annotated[
    Path,
    AfterValidator(_file),
    Wants("the path of a file other than ETL_WAREHOUSE"),
]
Folder = Annotated[
    Path,
    AfterValidator(Path.expanduser),
    AfterValidator(_folder),
    Wants("the path of a folder"),
]
PlainDate = Annotated[
    date, _of_text(_date), Wants("a date as YYYY-MM-DD, from 1970-01-01 to today")
]
Hours = Annotated[
    WorkingHours,
    _of_text(_working_hours),
    Wants("two different hours such as 07-19, from 00 to 24"),
]
TimeZone = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", max_length=64),
    Wants("the name of a time zone such as Europe/Zurich"),
]
Filter = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=500),
    Wants("one line of at most 500 characters"),
]
Days = Annotated[int, Field(ge=0, le=3650), Wants("a whole number of days from 0 to 3650")]
Parallel = Annotated[int, Field(ge=1, le=64), Wants("a whole number from 1 to 64")]
Attempts = Annotated[int, Field(ge=1, le=100), Wants("a whole number from 1 to 100")]
Count = Annotated[int, Field(ge=1, le=10**9), Wants("a whole number from 1 to 1000000000")]
Timeout = Annotated[
    float, Field(gt=0, le=600), Wants("a number of seconds, above 0 and at most 600")
]
Patience = Annotated[float, Field(ge=0, le=3600), Wants("a number of seconds from 0 to 3600")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    _of_text(str.lower),
    Wants("debug, info, warning or error"),
]
LogFormat = Annotated[Literal["text", "json"], _of_text(str.lower), Wants("text or json")]

"""The types of the settings. Each rejects every other value and describes the valid ones.

A validator raises ValueError without a text, and the user reads `MustBe` instead. Where that does
not say what to do, it raises an error that is `explained`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, LiteralString, NamedTuple, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

T = TypeVar("T")

_JSON_PATH = re.compile(r"\$(\.\w+)+")
_ORGANIZATION_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOURS = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(/[\w.~/-]*)?",
    re.ASCII | re.IGNORECASE,
)


PREFIX = "ETL_"


@dataclass(frozen=True, slots=True)
class MustBe:
    """The description of the valid values: the end of the sentence "ETL_SOMETHING must be …"."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A setting as the user sees it. A secret has no `flag`; an unset `default` is ""."""

    field: str
    env: str
    flag: str | None
    default: str
    description: str
    must_be: str
    secret: bool


def describe(name: str, info: FieldInfo) -> Variable:
    """Return the variable of the field `name` of the settings."""
    # The annotations of `X | None` are inside the union; those of `X` are in the field's metadata.
    members = get_args(info.annotation)
    inner = [note for member in members for note in getattr(member, "__metadata__", ())]
    must_be = next(note for note in (*info.metadata, *inner) if isinstance(note, MustBe))
    secret = any(SecretStr in get_args(member) or member is SecretStr for member in members)
    return Variable(
        field=name,
        env=PREFIX + name.upper(),
        flag=None if secret else "--" + name.replace("_", "-"),
        default="" if info.default in (None, ()) else str(info.default),
        description=info.description or "",
        must_be=must_be.text,
        secret=secret,
    )


class WorkingHours(NamedTuple):
    """Hours of the day, including `start` and excluding `end`; spans midnight if start > end."""

    start: int
    end: int


def explained(must_be: str, why: str, kind: LiteralString = "explained") -> PydanticCustomError:
    """An error with its own end of the sentence "ETL_SOMETHING must be …", and a reason."""
    return PydanticCustomError(kind, "{must_be}: {why}", {"must_be": must_be, "why": why})


def _of_text(parse: Callable[[str], T]) -> BeforeValidator:
    """Apply `parse` to text and leave other values to pydantic."""
    return BeforeValidator(lambda value: parse(value.strip()) if isinstance(value, str) else value)


def _organization_ids(text: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(stripped for part in text.split(",") if (stripped := part.strip())))
    if not ids or not all(map(_ORGANIZATION_ID.fullmatch, ids)):
        raise ValueError
    return ids


def _json_paths(text: str) -> tuple[str, ...]:
    parts = [stripped for part in text.split(",") if (stripped := part.strip())]
    paths = dict.fromkeys(part if part.startswith("$.") else f"$.{part}" for part in parts)
    if not all(map(_JSON_PATH.fullmatch, paths)):
        raise ValueError
    return tuple(paths)


def _date(text: str) -> date:
    # pydantic would also accept Unix timestamps, and Python accepts ISO week dates.
    if not _DATE.fullmatch(text):
        raise ValueError
    day = date.fromisoformat(text)
    if not date(1970, 1, 1) <= day <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError  # nothing would be copied from a date in the future
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
        raise explained(
            "an https URL",
            "plain http would send the token unencrypted and is allowed only for this machine "
            "(127.0.0.1, ::1, localhost)",
            "plain_http",
        )
    return text.rstrip("/").removesuffix("/v1").rstrip("/")  # the client adds /v1


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _token(value: SecretStr) -> SecretStr:
    # Otherwise httpx would fail to build the header, with the token in the traceback.
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError
    return value


def _file(path: Path) -> Path:
    if _ADDRESS.match(str(path)):
        raise explained(
            "a file on this machine",
            "to keep it in a bucket, copy it there after each run (`etl help schedule`)",
        )
    if str(path).startswith(":"):
        raise explained("the path of a file", "a copy in memory would be lost with the run")
    path = _home(path)
    if not path.name:  # `.` and `/` have no file name that could be given a suffix
        raise ValueError
    return path


def _home(path: Path) -> Path:
    """Replaces `~` and `~user` at the beginning."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise explained("a path without ~", "that user has no home directory") from None


def _directory(path: Path) -> Path:
    # The reader of the directory decides whether it may be missing. A file is always wrong.
    path = _home(path)
    if path.exists() and not path.is_dir():
        raise ValueError
    return path


Token = Annotated[
    SecretStr,
    AfterValidator(_token),
    MustBe("the bare token: printable ASCII, without spaces and without 'Bearer'"),
]
OrganizationIds = Annotated[
    tuple[str, ...],
    _of_text(_organization_ids),
    MustBe("one or more ids of letters, digits and _ . ~ -, separated by commas"),
]
JsonPaths = Annotated[
    tuple[str, ...],
    _of_text(_json_paths),
    MustBe("JSON paths of names, such as $.links.avatar, separated by commas"),
]
BaseUrl = Annotated[
    str,
    _of_text(_base_url),
    MustBe("a URL such as https://api.example.com, without user, password, query or fragment"),
]
FilePath = Annotated[Path, AfterValidator(_file), MustBe("the path of a file")]
OtherFile = Annotated[
    Path,
    AfterValidator(_file),
    MustBe("the path of a file other than ETL_WAREHOUSE"),
]
Directory = Annotated[
    Path,
    AfterValidator(_directory),
    MustBe("the path of a directory"),
]
PlainDate = Annotated[
    date, _of_text(_date), MustBe("a date in the format YYYY-MM-DD, from 1970-01-01 to today")
]
Hours = Annotated[
    WorkingHours,
    _of_text(_working_hours),
    MustBe("two different hours from 00 to 24, such as 07-19"),
]
TimeZone = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", max_length=64),
    MustBe("the name of a time zone, such as Europe/Zurich"),
]
Filter = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=500),
    MustBe("a single line of at most 500 characters"),
]
Days = Annotated[int, Field(ge=0, le=3650), MustBe("a whole number from 0 to 3650")]
Parallel = Annotated[int, Field(ge=1, le=64), MustBe("a whole number from 1 to 64")]
Attempts = Annotated[int, Field(ge=1, le=100), MustBe("a whole number from 1 to 100")]
Count = Annotated[int, Field(ge=1, le=10**9), MustBe("a whole number from 1 to 1000000000")]
Timeout = Annotated[float, Field(gt=0, le=600), MustBe("a number of seconds above 0 and up to 600")]
Patience = Annotated[float, Field(ge=0, le=3600), MustBe("a number of seconds from 0 to 3600")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    _of_text(str.lower),
    MustBe("debug, info, warning or error"),
]
LogFormat = Annotated[Literal["text", "json"], _of_text(str.lower), MustBe("text or json")]

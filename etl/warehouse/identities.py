"""Who and when an entry is: its content hash, its id and its time, as far as it has any."""

import re
from collections.abc import Sequence

from etl.warehouse import sqlfiles
from etl.warehouse.canonical import UNREAD, content
from etl.warehouse.database import Database
from etl.warehouse.joined import few_at_a_time, joined
from etl.warehouse.spellings import Spelling, expressions

_PLAIN = re.compile(r"\$((?:\.\w+)+)")
_COLUMNS = ("id", "occurred_at")

Path = tuple[str, ...]


Identity = tuple[str, str, str, str]
"""Content hash; id, empty where the entry has none; time as written; and why it cannot be a row
(`not_json`, `not_an_object`, `no_time`), empty where it may."""


class Identities:
    """Reads the identities of entries that are spelled in one of these ways.

    What is written plainly is read where the content hash is taken, which decodes the entry anyway.
    All else is left to DuckDB, which takes the other fields: it says what is JSON, and how a number
    is written as text.
    """

    def __init__(self, database: Database, spellings: Sequence[Spelling]) -> None:
        self._database = database
        self._ids, self._times = (_plain(spellings, column) for column in _COLUMNS)
        mine = [pair for pair in spellings if pair[0] in _COLUMNS]
        self._statement = expressions(mine, _COLUMNS).within(sqlfiles.text("load/identities.sql"))

    def of(self, texts: Sequence[str]) -> tuple[list[Identity], set[str] | None]:
        """The identity of each entry, and the names of all their members; None where these cannot
        be read."""
        found: list[Identity] = []
        unclear: list[int] = []
        shapes: set[tuple[str, ...] | None] = set()
        for number, text in enumerate(texts):
            content_hash, value = content(text)
            if isinstance(value, dict):
                shapes.add(tuple(value))
                identity = self._plainly(content_hash, value)
            else:
                shapes.add(None if value is UNREAD else ())
                identity = None
            if identity is None:
                unclear.append(number)
                identity = content_hash, "", "", ""
            found.append(identity)
        self._ask(texts, unclear, found)
        if None in shapes:
            return found, None
        return found, {name for shape in shapes for name in shape or ()}

    def _plainly(self, content_hash: str, value: dict[str, object]) -> Identity | None:
        """The identity of a decoded entry; None where that is for DuckDB to say."""
        if self._ids is None or self._times is None:
            return None
        id_, time = _first(value, self._ids), _first(value, self._times)
        if not (_is_plain(id_) and _is_plain(time)):
            return None
        flaw = "no_time" if time is None else ""
        return (
            content_hash,
            "" if id_ is None else str(id_),
            "" if time is None else str(time),
            flaw,
        )

    def _ask(self, texts: Sequence[str], numbers: Sequence[int], found: list[Identity]) -> None:
        """Has DuckDB read the identities of the entries with these numbers."""
        asked = [texts[number] for number in numbers]
        for few in few_at_a_time(asked):
            rows = self._database.execute(self._statement, joined(texts=asked[few]))
            for number, (kind, id_, time) in zip(numbers[few], rows, strict=True):
                content_hash = found[number][0]
                if kind != "OBJECT":
                    flaw = "not_json" if kind is None else "not_an_object"
                    found[number] = content_hash, "", "", flaw
                else:
                    flaw = "no_time" if time is None else ""
                    found[number] = content_hash, id_ or "", time or "", flaw


def _plain(spellings: Sequence[Spelling], column: str) -> list[Path] | None:
    """The paths of a column as names of members; None where one of them is more than that."""
    found = [_PLAIN.fullmatch(path) for field, path in spellings if field == column]
    plain = [tuple(match[1].split(".")[1:]) for match in found if match is not None]
    return plain if len(plain) == len(found) else None


def _first(value: dict[str, object], paths: Sequence[Path]) -> object:
    """The first value that is spelled; None for nothing."""
    for path in paths:
        here: object = value
        for name in path:
            here = here.get(name) if isinstance(here, dict) else None
        if here is not None:
            return here
    return None


def _is_plain(value: object) -> bool:
    """Whether there is but one way to write it as text."""
    return value is None or type(value) in (str, int)

"""Reads the id, the time and the content hash of each entry."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import duckdb

from etl.warehouse import sqlfiles
from etl.warehouse.canonical import UNREAD, UUID, Path, content, served
from etl.warehouse.database import Database
from etl.warehouse.joined import few_at_a_time, joined
from etl.warehouse.mapping import IDENTITY, Mapping

_PLAIN = re.compile(r"\$((?:\.\w+)+)")
_UUID = re.compile(UUID)

Identity = tuple[str, str, str, str]
"""Content hash; id, empty where the entry has none; time as written; and why it goes to quarantine
(`not_json`, `not_an_object`, `no_time`), or empty. `staging` adds `duplicate_id`, and `stage.sql`
`unreadable_time`."""


_Shapes = set[tuple[str, ...] | None]
"""The names of members of each kind of entry; None for an entry of which they cannot be told."""


@dataclass(slots=True)
class Read:
    """What was read of some entries, in their order. `names`: of all their members, None where they
    cannot be told. `exact`: for the place of an entry, its JSON columns as they were served, as a
    JSON object, where DuckDB would write them in another way."""

    hashes: list[str] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    names: set[str] | None = None
    exact: dict[int, str] = field(default_factory=dict)


class Identities:
    """Reads the identities of entries by a mapping.

    What is written plainly is read where the content hash is taken, which decodes the entry anyway.
    All else is left to DuckDB, which takes the other fields: it says what is JSON, and how a number
    is written as text.
    """

    def __init__(self, database: Database, mapping: Mapping) -> None:
        self._database = database
        self._mapping = mapping
        places = {column.name: column.places for column in mapping.columns}
        self._ids, self._times = (_plain(places[name]) for name in IDENTITY)
        self._ignored = [path for path in _plain(mapping.ignored) if path is not None]
        self._json: dict[str, list[Path]] = {
            # Only the first places: what is after one that DuckDB has to follow may be no value.
            column.name: [path for path in takewhile(bool, _plain(column.places)) if path]
            for column in mapping.columns
            if column.type == "JSON"
        }
        statement = sqlfiles.text("load/identities.sql")
        self._statement = mapping.only(IDENTITY).within(statement)

    def of(self, texts: Sequence[str]) -> Read:
        """Reads entries."""
        read, unclear = Read(), list[int]()
        shapes: _Shapes = set()
        for number, text in enumerate(texts):
            content_hash, value = self._content(text, number, read, shapes)
            identity = self._plainly(content_hash, value) if isinstance(value, dict) else None
            if identity is None:
                unclear.append(number)
                identity = content_hash, "", "", ""
            read.identities.append(identity)
        self._ask(texts, unclear, read.identities)
        read.names = _names(shapes)
        return read

    def contents(self, texts: Sequence[str]) -> Read:
        """Reads all of entries but their identities."""
        read = Read()
        shapes: _Shapes = set()
        for number, text in enumerate(texts):
            self._content(text, number, read, shapes)
        read.names = _names(shapes)
        return read

    def _content(self, text: str, number: int, read: Read, shapes: _Shapes) -> tuple[str, object]:
        content_hash, value, loose = content(text, self._ignored)
        read.hashes.append(content_hash)
        if isinstance(value, dict):
            shapes.add(tuple(value))
            if loose:
                read.exact[number] = json.dumps(served(text, self._json))
        else:
            shapes.add(None if value is UNREAD else ())
        return content_hash, value

    def _plainly(self, content_hash: str, value: dict[str, object]) -> Identity | None:
        """The identity of a decoded entry; None where that is for DuckDB to say."""
        id_, time = _first(value, self._ids), _first(value, self._times)
        if not (_is_plain(id_) and _is_plain(time)):
            return None
        flaw = "no_time" if time is None else ""
        return (
            content_hash,
            "" if id_ is None else _one_case(str(id_)),
            "" if time is None else str(time),
            flaw,
        )

    def _ask(self, texts: Sequence[str], numbers: Sequence[int], found: list[Identity]) -> None:
        """Has DuckDB read the identities of the entries with these numbers."""
        asked = [texts[number] for number in numbers]
        for few in few_at_a_time(asked):
            try:
                rows = self._database.execute(self._statement, joined(texts=asked[few]))
            except duckdb.Error as error:
                raise self._mapping.blamed(error, asked[few]) from None
            for number, (kind, id_, time) in zip(numbers[few], rows, strict=True):
                content_hash = found[number][0]
                if kind != "OBJECT":
                    flaw = "not_json" if kind is None else "not_an_object"
                    found[number] = content_hash, "", "", flaw
                else:
                    flaw = "no_time" if time is None else ""
                    found[number] = content_hash, id_ or "", time or "", flaw


def _names(shapes: _Shapes) -> set[str] | None:
    if None in shapes:
        return None
    return {name for shape in shapes for name in shape or ()}


def _plain(places: Sequence[str]) -> list[Path | None]:
    """Places as names of members; None for one that is more than that."""
    found = [_PLAIN.fullmatch(place) for place in places]
    return [tuple(match[1].split(".")[1:]) if match else None for match in found]


def _first(value: dict[str, object], paths: Sequence[Path | None]) -> object:
    """The first value at these paths; None for none, UNREAD where a path is not plain names."""
    for path in paths:
        here = UNREAD if path is None else _at(value, path)
        if here is not None:
            return here
    return None


def _at(value: dict[str, object], path: Path) -> object:
    here: object = value
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    return here


def _is_plain(value: object) -> bool:
    """Whether there is but one way to write it as text."""
    return value is None or type(value) in (str, int)


def _one_case(id_: str) -> str:
    """A UUID in lower case: some sources change its case from answer to answer."""
    return id_.lower() if len(id_) == 36 and _UUID.fullmatch(id_) else id_

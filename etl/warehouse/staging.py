"""Pages on their way in: read, and held in memory until they are committed."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from etl.engine.model import Seen
from etl.warehouse import sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.identities import Identities, Identity
from etl.warehouse.joined import joined
from etl.warehouse.mapping import Mapping

LONG = 1_600
"""Characters of one unit of a page's weight."""


@dataclass(frozen=True, slots=True)
class Served:
    """The entries of one page, as served, for a walk and one of its turns (see `Copy.add`)."""

    walk: int
    turn: int
    entries: tuple[str, ...]

    @property
    def weight(self) -> int:
        """Its part of a batch (`session.BATCH`): the number of its entries, or of its units of
        `LONG` characters, whichever is more."""
        return max(len(self.entries), sum(map(len, self.entries)) // LONG)


@dataclass(slots=True)
class _Walk:
    """What a walk was served: by id the content hash and the turn in which it came."""

    compare: bool
    contents: dict[str, tuple[str, int]] = field(default_factory=dict)
    new: int = 0
    contact: bool = False
    head_held: bool = False
    tail_held: bool = False
    identical: bool = False


class Staging:
    """The buffers of one stream's run. `fetched` counts the entries taken in. `newest_first` and
    `ordered` are what the pages have shown (see `Ledger`); None and True: nothing yet.

    The warehouse must be attached while this is made, and while pages are taken in that a walk
    `compares`.
    """

    def __init__(self, database: Database, run: dict[str, object], mapping: Mapping) -> None:
        self.fetched = 0
        self.newest_first: bool | None = None
        self.ordered = True
        self._database = database
        self._run = run
        self._identities = Identities(database, mapping)
        self._walks: dict[int, _Walk] = {}
        self._numbers = 0
        self._pages = 0
        self._texts: list[str] = []
        self._exact: dict[int, str] = {}
        self._names: set[str] | None = set()
        self._losers: list[dict[str, str]] = []
        rows = database.run("ledger/duplicates.sql", run)
        self._duplicates = {str(id_) for (id_,) in rows}
        for statement in sqlfiles.text("load/buffers.sql").split(";"):
            if "CREATE" in statement:
                database.execute(statement)

    @property
    def names(self) -> Collection[str] | None:
        """The names of all members of the entries staged; None where they cannot be told."""
        return self._names

    @property
    def losers(self) -> str | None:
        """Staged or stored contents that share their id with a greater one, as JSON."""
        return json.dumps(self._losers) if self._losers else None

    def text(self, number: int) -> str:
        """The text of a staged entry."""
        return self._texts[number]

    def exact(self, number: int) -> str:
        """The JSON columns of a staged entry (`identities.Read`); empty where DuckDB reads them."""
        return self._exact.get(number, "")

    def begin(self, *, compare: bool) -> int:
        """A number for a new walk. `compare`: with what is held."""
        self._numbers += 1
        self._walks[self._numbers] = _Walk(compare)
        return self._numbers

    def end(self, walk: int) -> None:
        """A walk is over: what it was served need not be known any longer."""
        self._walks.pop(walk, None)

    def seen(self, walk: int) -> Seen:
        """What a walk has come to."""
        it = self._walks[walk]
        return Seen(len(it.contents), it.identical, it.new, it.contact, it.head_held, it.tail_held)

    def compares(self, pages: Sequence[Served]) -> bool:
        """Whether any of the pages is of a walk that compares with what is held."""
        walks = (self._walks.get(page.walk) for page in pages)
        return any(walk is not None and walk.compare for walk in walks)

    def take(self, pages: Sequence[Served]) -> None:
        """Reads the ids and times of the pages' entries, and notes them as served."""
        pages = [page for page in pages if page.entries]
        texts = [text for page in pages for text in page.entries]
        if not texts:
            return
        read = self._identities.of(texts)
        identities, names = read.identities, read.names
        first_page, place = self._pages, 0
        ids: list[str] = []
        marks: list[str] = []
        again: list[bool] = []
        for page in pages:
            these = identities[place : place + len(page.entries)]
            place += len(page.entries)
            self._name(page, these, ids, marks, again)
            self._pages += 1
        numbers = {"first": len(self._texts), "end": len(self._texts) + len(texts)}
        times = [time for _, _, time, _ in identities]
        self._database.run("load/stage.sql", numbers | joined(marks=marks, ids=ids, times=times))
        self._exact |= {len(self._texts) + n: values for n, values in read.exact.items()}
        self._texts += texts
        self._names = None if self._names is None or names is None else self._names | names
        self.fetched += len(texts)
        self._hear_order(first_page)
        self._compare(pages, first_page, ids, again)

    def _name(
        self,
        page: Served,
        identities: Sequence[Identity],
        ids: list[str],
        marks: list[str],
        again: list[bool],
    ) -> None:
        """Appends the id of each entry of a page, its mark for `stage.sql` (`hash:walk:page:flaw`),
        and whether its walk was served it before. Of two contents under one id in one turn the
        greater hash is the row, so that the order of the pages does not matter."""
        walk = self._walks.get(page.walk) or _Walk(compare=False)
        on_page = set[str]()
        for content_hash, own_id, _, flaw in identities:
            id_ = own_id or f"content:{content_hash[:32]}"
            other = f"{id_}~{content_hash[:16]}"
            before = walk.contents.get(id_)
            if other in self._duplicates:
                id_, flaw = other, "duplicate_id"
            elif before and before[0] != content_hash and before[1] == page.turn:
                if before[0] > content_hash:
                    id_, flaw = other, "duplicate_id"
                else:
                    self._demote(walk, id_, before)
                self._duplicates.add(f"{id_.partition('~')[0]}~{min(before[0], content_hash)[:16]}")
            walk.identical |= not own_id and id_ in on_page
            on_page.add(id_)
            again.append(id_ in walk.contents)
            walk.contents[id_] = content_hash, page.turn
            ids.append(id_)
            marks.append(f"{content_hash}:{page.walk}:{self._pages}:{flaw}")

    def _demote(self, walk: _Walk, id_: str, former: tuple[str, int]) -> None:
        """What the walk was served first under an id is not the row, but the lesser content."""
        content_hash, _ = former
        walk.contents[f"{id_}~{content_hash[:16]}"] = former
        self._losers.append({"id": id_, "content_hash": content_hash})

    def _hear_order(self, page: int) -> None:
        ((ordered, direction),) = self._database.run("load/order.sql", {"page": page})
        self.ordered &= ordered
        if direction is not None:
            self.newest_first = direction < 0

    def _compare(
        self, pages: Sequence[Served], first_page: int, ids: Sequence[str], again: Sequence[bool]
    ) -> None:
        """Holds new pages against what is held, for the walks that are to know."""
        walks = [self._walks.get(page.walk) for page in pages]
        held = set[str]()
        if self.compares(pages):
            values = self._run | {"page": first_page}
            held = {str(id_) for (id_,) in self._database.run("load/which_are_held.sql", values)}
        place = 0
        for page, walk in zip(pages, walks, strict=True):
            begin, place = place, place + len(page.entries)
            if walk is None or not walk.compare:
                continue
            for n in range(begin, place):
                walk.contact |= ids[n] in held
                walk.new += not again[n] and ids[n] not in held
            walk.head_held = ids[begin] in held
            walk.tail_held = ids[place - 1] in held

    def time_of(self, entry: str) -> datetime | None:
        """The time of one entry, of which nothing is stored; None where it has none."""
        ((_, _, written, _),) = self._identities.of([entry]).identities
        page = {"first": 0, "end": 1} | joined(marks=[":0:-1:"], ids=[""], times=[written])
        self._database.run("load/stage.sql", page)
        ((time,),) = self._database.execute(
            "SELECT occurred_at::VARCHAR FROM served WHERE page < 0"
        )
        self._database.execute("DELETE FROM served WHERE page < 0")
        return datetime.fromisoformat(time) if time else None

    def clear(self) -> None:
        """What was staged has been committed."""
        self._database.execute("DELETE FROM served")
        self._texts.clear()
        self._exact.clear()
        self._names = set()
        self._losers.clear()

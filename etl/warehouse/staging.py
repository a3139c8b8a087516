"""Pages on their way in: taken apart and held in memory until they are committed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from etl.warehouse import sqlfiles
from etl.warehouse.canonical import content
from etl.warehouse.database import Database
from etl.warehouse.spellings import Spelling, expressions, occurring

_SEPARATOR = "\x1e"
AT_A_TIME = 2_000
LENGTH_AT_A_TIME = 2_000_000
"""Entries, and characters of theirs, that are taken apart by one statement: it needs some thirty
times as much memory."""

LONG = 1_600
"""Characters from which on an entry weighs as more than one."""

Located = tuple[str, str]
"""Where an entry was served, as `page:walk:steady:skip:place`, and its text."""

_PEEKED = -1
"""The walk of entries that are only looked at."""


@dataclass(frozen=True, slots=True)
class Served:
    """The entries of one page, as served, for the walk numbered `walk`.

    `steady` as long as the walk's total has not moved: then `skip` says where in it they stand.
    """

    walk: int
    entries: tuple[str, ...]
    skip: int = 0
    steady: bool = False

    @property
    def load(self) -> int:
        """How much it weighs in a batch: its entries, each as many as its text is long for."""
        return max(len(self.entries), sum(map(len, self.entries)) // LONG)


@dataclass(frozen=True, slots=True)
class WalkFacts:
    """What a walk has come to: distinct entries served, how many of them were known, and whether
    the first of its newest pages was; the order and the busiest day that those pages show."""

    walked: int
    known: int
    seam: bool
    newest_first: bool | None
    busiest_day: date | None


class Staging:
    """The buffers of one stream's run. `fetched` counts the entries taken in."""

    def __init__(
        self,
        database: Database,
        run: dict[str, object],
        spellings: Sequence[Spelling],
        clock: Callable[[], datetime],
    ) -> None:
        self.fetched = 0
        self._database = database
        self._run = run
        self._clock = clock
        self._next_page = 0
        self._newest_page = 0
        self._spellings = spellings
        for statement in sqlfiles.text("load/buffers.sql").split(";"):
            if "CREATE" in statement:
                database.execute(statement)
        with database.attached(read_only=True):
            database.run("load/known_twins.sql", run)

    def take(self, pages: Sequence[Served]) -> None:
        """Takes the fields of the pages' entries apart and notes them as served."""
        self._newest_page = self._next_page
        self._next_page += len(pages)
        for few in _few_at_a_time(_located(pages, self._newest_page)):
            self._take_apart(few)
        if not any(page.entries for page in pages):
            return
        self._make_good()
        self._database.run("load/twins.sql", {"page": self._newest_page})
        self._database.run("load/walked.sql", {"page": self._newest_page})

    def _take_apart(self, entries: Sequence[Located]) -> None:
        texts = [text for _, text in entries]
        marks, names = _marks(entries)
        separator = _separator(texts)
        spelled = self._spellings if names is None else occurring(self._spellings, names)
        self._database.execute(
            _statement(spelled),
            {
                "texts": separator.join(texts),
                "marks": separator.join(marks),
                "separator": separator,
            },
        )
        self.fetched += len(texts)

    def _make_good(self) -> None:
        """Places entries without a time, and tells entries apart that share an id on one page."""
        newest: dict[str, object] = {"page": self._newest_page}
        ((untimed, repeated),) = self._database.run("load/irregular.sql", newest)
        if untimed:
            now = {"fallback": self._clock().isoformat()}
            self._database.run("load/positions.sql", newest | now)
        if untimed or repeated:
            self._database.run("load/repeated.sql", newest)

    def facts(self, walk: int) -> WalkFacts:
        """What a walk has come to. The warehouse must be attached."""
        ((walked, known, seam, direction, busiest),) = self._database.run(
            "load/facts.sql", self._run | {"walk": walk, "page": self._newest_page}
        )
        newest_first = None if not direction else direction < 0
        return WalkFacts(walked, known, seam, newest_first, busiest)

    def peek(self, entry: str) -> tuple[datetime | None, bool]:
        """The time of one entry, None where it has none that can be read, and whether it is known.

        It is looked at only: nothing of it is stored.
        """
        fetched, page = self.fetched, self._next_page
        self.take([Served(_PEEKED, (entry,))])
        self.fetched = fetched
        with self._database.attached(read_only=True):
            ((time, known),) = self._database.run("load/peek.sql", self._run | {"page": page})
        self._database.execute("DELETE FROM served WHERE walk = $walk", {"walk": _PEEKED})
        self.forget([_PEEKED])
        return time and datetime.fromisoformat(time), known

    def forget(self, walks: Sequence[int]) -> None:
        """These walks are over: what was served in them need not be remembered."""
        for walk in walks:
            self._database.execute("DELETE FROM walked WHERE walk = $walk", {"walk": walk})

    def clear(self) -> None:
        """What was staged has been committed."""
        self._database.execute("DELETE FROM served")


def _statement(spellings: Sequence[Spelling]) -> str:
    """`load/stage.sql` for entries spelled like this."""
    statement, made = sqlfiles.text("load/stage.sql"), expressions(spellings)
    for name in ("texts", "values", "fields"):
        statement = statement.replace("{" + name + "}", getattr(made, name))
    return statement


def _located(pages: Sequence[Served], first: int) -> Iterator[Located]:
    """The entries of pages, which are numbered from `first` on."""
    for number, page in enumerate(pages, first):
        where = f"{number}:{page.walk}:{page.steady}:{page.skip}:"
        for place, text in enumerate(page.entries):
            yield f"{where}{place}", text


def _few_at_a_time(entries: Iterable[Located]) -> Iterator[list[Located]]:
    few: list[Located] = []
    length = 0
    for entry in entries:
        few.append(entry)
        length += len(entry[1])
        if len(few) >= AT_A_TIME or length >= LENGTH_AT_A_TIME:
            yield few
            few, length = [], 0
    if few:
        yield few


def _marks(entries: Sequence[Located]) -> tuple[list[str], set[str] | None]:
    """For each entry its content hash and where it was served, and the names of all their members;
    None where those of an entry cannot be read."""
    marks: list[str] = []
    names: set[str] | None = set()
    for where, text in entries:
        content_hash, members = content(text)
        marks.append(content_hash + where)
        if names is not None and members is not None:
            names.update(members)
        else:
            names = None
    return marks, names


def _separator(texts: Sequence[str]) -> str:
    """What no text holds: U+001E, which JSON cannot hold (RFC 7464); longer for what is no JSON."""
    separator = _SEPARATOR
    while any(separator in text for text in texts):
        separator += "\x1f"
    return separator

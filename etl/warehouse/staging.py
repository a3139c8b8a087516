"""Pages on their way in: read, and held in memory until they are committed."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from etl.plan.ranges import ONE_DAY
from etl.warehouse import sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.identities import Identities
from etl.warehouse.joined import joined
from etl.warehouse.nameless import BEGINNING, END, Copy, Nameless, between
from etl.warehouse.reach import Reach, inside, microseconds
from etl.warehouse.spellings import Spelling

LONG = 1_600
"""Characters from which on an entry weighs as more than one."""

_SECONDS = len("2025-06-16T09:00:00")

_PEEKED = -1
"""The walk of entries that are only looked at."""


@dataclass(frozen=True, slots=True)
class Served:
    """The entries of one page, as served, for the walk numbered `walk`.

    `steady` as long as the walk's total has not moved: then `skip` says where in it they stand.
    `reach`: between which instants the walk's window lies.
    """

    walk: int
    entries: tuple[str, ...]
    skip: int = 0
    steady: bool = False
    reach: Reach = (None, None)

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
    """The buffers of one stream's run. `fetched` counts the entries taken in; `newest_first` is the
    order of the page that showed one last, by its times as they are written.

    The warehouse must be attached while they are made.
    """

    def __init__(
        self,
        database: Database,
        run: dict[str, object],
        spellings: Sequence[Spelling],
        clock: Callable[[], datetime],
    ) -> None:
        self.fetched = 0
        self.newest_first: bool | None = None
        self._database = database
        self._run = run
        self._clock = clock
        self._next_page = 0
        self._newest_page = 0
        self._identities = Identities(database, spellings)
        self._texts: list[str] = []
        self._names: set[str] | None = set()
        self._nameless = Nameless()
        for statement in sqlfiles.text("load/buffers.sql").split(";"):
            if "CREATE" in statement:
                database.execute(statement)
        if database.run("load/any_quarantined.sql", run):
            database.run("load/known_twins.sql", run)
            for content_hash, id_, low, high, position in database.run(
                "load/known_nameless.sql", run
            ):
                self._nameless.know(content_hash, Copy(id_, *_bounds(low, high), position))

    @property
    def names(self) -> Collection[str] | None:
        """The names of all members of the entries staged; None where they cannot be told."""
        return self._names

    def text(self, number: int) -> str:
        """The text of a staged entry."""
        return self._texts[number]

    def take(self, pages: Sequence[Served]) -> None:
        """Reads who and when the pages' entries are, and notes them as served."""
        if self._stage(pages):
            self._database.run("load/walked.sql", {"page": self._newest_page})

    def _stage(self, pages: Sequence[Served]) -> bool:
        """Stages the entries of pages; False where there are none."""
        self._newest_page = self._next_page
        self._next_page += len(pages)
        texts = [text for page in pages for text in page.entries]
        if not texts:
            return False
        identities, names = self._identities.of(texts)
        places = (place for page in enumerate(pages, self._newest_page) for place in _places(*page))
        marks, ids, times = [], [], []
        for (content_hash, id_, time, flaw), place in zip(identities, places, strict=True):
            marks.append(f"{content_hash}{place}:{flaw}")
            ids.append(id_)
            times.append(time)
        self._hear_order(times[: len(pages[0].entries)])
        numbers = {"first": len(self._texts), "end": len(self._texts) + len(texts)}
        self._database.run("load/stage.sql", numbers | joined(marks=marks, ids=ids, times=times))
        self._texts += texts
        self._names = None if self._names is None or names is None else self._names | names
        self.fetched += len(texts)
        self._make_good(pages)
        return True

    def _hear_order(self, times: Sequence[str]) -> None:
        """Takes in the order of a page's times, as they are written, but for fractions: an entry
        without any is shorter."""
        first, last = (times[0][:_SECONDS], times[-1][:_SECONDS]) if times else ("", "")
        if first != last and len(first) == len(last):
            self.newest_first = first > last

    def _make_good(self, pages: Sequence[Served]) -> None:
        """Places entries without a time, and tells entries apart that share an id or have none."""
        newest: dict[str, object] = {"page": self._newest_page}
        ((untimed, repeated, again),) = self._database.run("load/irregular.sql", newest)
        if untimed:
            fallbacks = {
                number: inside(page.reach, self._clock()).isoformat()
                for number, page in enumerate(pages, self._newest_page)
            }
            values = newest | {"fallbacks": json.dumps(fallbacks)}
            self._database.run("load/positions.sql", values)
            self._name(pages)
        if untimed or repeated:
            self._database.run("load/repeated.sql", newest)
        if again:
            self._database.run("load/twins.sql", newest)

    def _name(self, pages: Sequence[Served]) -> None:
        """Tells which entries those are that have neither an id nor a time."""
        rows = self._database.run("load/nameless.sql", {"page": self._newest_page})
        named: list[tuple[str, ...]] = []
        for number, here in groupby(rows, key=itemgetter(0)):
            page = pages[number - self._newest_page]
            if page.walk != _PEEKED:
                named += self._named(page, list(here))
        if named:
            lists = zip(*named, strict=True)
            names = dict(zip(("numbers", "ids", "lows", "highs", "astray"), lists, strict=True))
            self._database.run("load/named.sql", joined(**names))

    def _named(self, page: Served, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, ...]]:
        """For each such entry of a page: where it is staged, what it is, and whether that counts
        elsewhere."""
        times = [time for _, _, time, *_ in rows]
        begin, end = page.reach
        end = end or self._clock() + ONE_DAY
        reach = microseconds(begin) if begin else BEGINNING, microseconds(end)
        equal: defaultdict[str, dict[Copy, int]] = defaultdict(dict)
        for place, (_, number, _, position, id_, content_hash, nameless) in enumerate(rows):
            if nameless:
                bounds = between(times, place, reach)
                equal[content_hash][Copy(id_, *bounds, position)] = number
        for content_hash, copies in equal.items():
            known = self._nameless.tell(page.walk, content_hash, list(copies))
            for (copy, number), one in zip(copies.items(), known, strict=True):
                low, high = one.low, one.high
                yield (
                    str(number), one.id, "" if low == BEGINNING else str(low),
                    "" if high == END else str(high), str(one.moves_to(copy)),
                )  # fmt: skip

    def facts(self, walk: int) -> WalkFacts:
        """What a walk has come to. The warehouse must be attached."""
        ((walked, known, seam, direction, busiest),) = self._database.run(
            "load/facts.sql", self._run | {"walk": walk, "page": self._newest_page}
        )
        newest_first = None if not direction else direction < 0
        return WalkFacts(walked, known, seam, newest_first, busiest)

    def peek(self, entry: str) -> tuple[datetime | None, bool]:
        """The time of one entry, None where it has none that can be read, and whether it is known;
        the earlier time where it is known under another.

        It is looked at only: nothing of it is stored.
        """
        fetched, page = self.fetched, self._next_page
        self._stage([Served(_PEEKED, (entry,))])
        self.fetched = fetched
        with self._database.attached(read_only=True):
            ((time, known),) = self._database.run("load/peek.sql", self._run | {"page": page})
        self._database.execute("DELETE FROM served WHERE walk = $walk", {"walk": _PEEKED})
        self._texts.pop()
        return time and datetime.fromisoformat(time), known

    def forget(self, walks: Sequence[int]) -> None:
        """These walks are over: what was served in them need not be remembered."""
        if walks:
            over = {"walks": list(walks)}
            self._database.execute("DELETE FROM walked WHERE list_contains($walks, walk)", over)
            self._nameless.forget(walks)

    def clear(self) -> None:
        """What was staged has been committed."""
        self._database.execute("DELETE FROM served")
        self._texts.clear()
        self._names = set()


def _bounds(low: int | None, high: int | None) -> tuple[int, int]:
    return BEGINNING if low is None else low, END if high is None else high


def _places(number: int, page: Served) -> Iterator[str]:
    """Where each entry of a page was served, as `page:walk:steady:skip:place`."""
    where = f"{number}:{page.walk}:{page.steady}:{page.skip}:"
    return (f"{where}{place}" for place in range(len(page.entries)))

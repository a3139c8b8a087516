"""What the pages of a walk have stated so far. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from etl.client.page import Page
from etl.plan.ranges import PAGE, Range


@dataclass(slots=True)
class Walk:
    """One walk of one range, numbered so that the loader can tell walks apart.

    A walk that is `shifted` has its pages begin half a page later: what hid at their edges is then
    in their midst. Its pages are not those of the ledger.
    """

    number: int
    range: Range
    shifted: bool = False
    included: bool | None = None  # how `to_date` is read in all requests of this walk
    whole: bool = False  # to take every page
    size: int = PAGE
    total: int | None = None
    fell: bool = False
    moved: bool = False
    capped: bool = False
    exceeded: bool = False  # entries came from beyond the stated end
    more: bool = True  # the page that came in last was not the last one
    hollow: bool = False  # a page before the stated end came empty
    heard: bool = False  # a page has come in, in this run
    depth: int = 0  # entries stored from its first on, without a gap
    recorded: tuple[int, int] = (0, 0)  # what the ledger has of its progress
    pages_done: set[int] = field(default_factory=set)

    def note(self, page: Page) -> None:
        """Takes in what a page states, in the order in which pages were asked for."""
        skip, served = page.query.skip, len(page.items)
        self.heard = True
        if self.total is not None and page.total != self.total:
            self.moved = True
            self.fell |= page.total < self.total
        self.total = page.total
        if 0 < page.limit < self.size:
            self.size = page.limit
        self.exceeded |= beyond(page)
        self.capped |= at_the_end(page)
        self.more = bool(page.items) and page.has_more is not False
        if not served and skip < page.total:
            self.hollow = True
        if served and self._skip(self._page(skip)) == skip:
            self.pages_done.add(self._page(skip))
        if skip <= self.depth:
            self.depth = max(self.depth, skip + served)
            if not self.shifted:  # whatever places the pages began at
                self.pages_done.update(range(self.depth // self.size))

    @property
    def progress(self) -> tuple[int, int]:
        """How far it has come: grows with all that a later run need not fetch again."""
        return len(self.pages_done), self.depth

    @property
    def bounded(self) -> bool:
        """`total` may be only a lower bound."""
        return self.capped or self.exceeded

    @property
    def pages(self) -> int:
        """Pages up to the stated total."""
        return self._page((self.total or 0) - 1) + 1

    @property
    def pages_stored(self) -> frozenset[int]:
        """The pages that a later run need not fetch again."""
        return frozenset() if self.shifted else frozenset(self.pages_done)

    def skips_beyond(self) -> Iterator[int]:
        """Skips of the pages after the stated total, as long as there is more."""
        page = self.pages
        while self.more:
            yield self._skip(page)
            page += 1

    def _page(self, place: int) -> int:
        """Number of the page that holds the entry at a place."""
        return (place + self._lead) // self.size

    def _skip(self, page: int) -> int:
        return max(page * self.size - self._lead, 0)

    @property
    def _lead(self) -> int:
        return self.size // 2 if self.shifted else 0

    @property
    def complete(self) -> bool:
        """Every page up to the stated total is done."""
        return all(page in self.pages_done for page in range(self.pages))

    def missing_skips(self) -> Iterator[int]:
        """Skips of the pages up to the stated total that are not done yet, one after the other.

        A total that makes no sense may state more pages than there is memory to list.
        """
        return (self._skip(page) for page in range(self.pages) if page not in self.pages_done)


def beyond(page: Page) -> bool:
    """True where a page holds entries from beyond the end that it states."""
    return bool(page.items) and page.query.skip + len(page.items) > page.total


def at_the_end(page: Page) -> bool:
    """True where a page reaches the end that it states, and says that there is more."""
    end = page.query.skip + len(page.items)
    return bool(page.items and page.has_more) and end >= page.total

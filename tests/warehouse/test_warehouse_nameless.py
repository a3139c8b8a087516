"""Entries with neither id nor time, told apart by their neighbours: never more than there are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.warehouse.nameless import BEGINNING, END, Copy, Nameless, between

OPEN = (BEGINNING, END)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a log: when it was, what it tells of that, and whether it is one of the equal
    ones, which tell nothing."""

    number: int
    at: int
    told: int | None

    @property
    def nameless(self) -> bool:
        return self.told is None


class Log:
    """A source whose ties come in another order each time."""

    def __init__(self, random: Random, entries: int, equal: int, *, oldest_first: bool) -> None:
        self.random = random
        self.oldest_first = oldest_first
        self.items: list[Item] = []
        self.made = self.ever = 0
        for _ in range(entries):
            self.insert(nameless=False)
        for _ in range(equal):
            self.insert(nameless=True)

    def insert(self, *, nameless: bool) -> None:
        at = self.random.randrange(30)
        told = None if nameless else at
        if told is not None and self.random.random() < 0.05 and not self.false:
            told = self.random.choice([-1_000, 1_000])
        self.made += 1
        self.items.append(Item(self.made, at, told))
        self.ever += nameless

    @property
    def false(self) -> int:
        return sum(item.told not in (None, item.at) for item in self.items)

    def served(self, begin: int, size: int) -> list[Item]:
        self.random.shuffle(self.items)
        self.items.sort(key=lambda item: item.at if self.oldest_first else -item.at)
        return self.items[max(begin, 0) : begin + size]


def knowing(stored: Iterable[Copy]) -> Nameless:
    nameless = Nameless()
    for copy in stored:
        nameless.know("x", replace(copy))
    return nameless


def told(nameless: Nameless, walk: int, page: Sequence[Item]) -> list[Copy]:
    times = [item.told for item in page]
    copies = [
        Copy("content:x", *between(times, place, OPEN), 0)
        for place, item in enumerate(page)
        if item.nameless
    ]
    return nameless.tell(walk, "x", copies)


def begins(size: int, shift: int, length: int) -> Iterator[int]:
    return iter(range(-shift, length, size))


@settings(max_examples=150, deadline=None)
@given(
    random=st.integers(0, 10**9).map(Random),
    size=st.sampled_from([5, 8, 20]),
    entries=st.integers(0, 40),
    equal=st.integers(1, 5),
    oldest_first=st.booleans(),
)
def test_equal_texts_are_never_counted_more_often_than_they_were_served(
    random: Random, size: int, entries: int, equal: int, oldest_first: bool
) -> None:
    """Whatever comes and goes while pages are served or between, whichever end they begin at, and
    whether a walk remembers what it was served or was killed."""
    log = Log(random, entries, equal, oldest_first=oldest_first)
    stored: dict[str, Copy] = {}
    for walk in range(6):
        nameless = knowing(stored.values())
        served, ids = set[int](), set[str]()
        for begin in begins(size, random.choice([0, size // 2]), len(log.items)):
            page = log.served(begin, size)
            known = told(nameless, walk, page)
            served |= {item.number for item in page if item.nameless}
            ids |= {copy.id for copy in known}
            assert len({copy.id for copy in known}) == sum(item.nameless for item in page)
            assert len(ids) <= len(served)
            stored |= {copy.id: copy for copy in known if copy.id not in stored}
            assert len(stored) <= log.ever
            if random.random() < 0.3:
                log.insert(nameless=random.random() < 0.3)
            if log.items and random.random() < 0.2:
                log.items.pop(random.randrange(len(log.items)))


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.integers(7, 150), min_size=1, max_size=8),
    oldest_first=st.booleans(),
    late=st.integers(0, 7),
)
def test_equal_texts_with_others_between_them_are_all_told_apart(
    gaps: list[int], oldest_first: bool, late: int
) -> None:
    """Where the source stands still, walks of which every second begins half a page later do that;
    and one that comes late is noticed."""
    log = Log(Random(0), 0, 0, oldest_first=oldest_first)
    places = {sum(gaps[: n + 1]) for n in range(len(gaps))}
    late_one = sorted(places)[late % len(gaps)]
    everything = [Item(at, at, None if at in places else at) for at in range(sum(gaps) + 5)]
    stored: dict[str, Copy] = {}
    for walk, missing in enumerate(({late_one}, set[int](), set[int]())):
        log.items = [item for item in everything if item.at not in missing]
        nameless = knowing(stored.values())
        ids = set[str]()
        for turn in range(4):
            for begin in begins(100, 50 * (turn % 2), len(log.items)):
                known = told(nameless, walk, log.served(begin, 100))
                ids |= {copy.id for copy in known}
                stored |= {copy.id: copy for copy in known if copy.id not in stored}
        assert len(ids) == len(stored) == len(places - missing)

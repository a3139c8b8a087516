"""Entries that have neither an id nor a time: which of them are one and the same. Pure.

All that is known of one is its text, and between which neighbours it was served. Equal texts are
several entries only where that is sure: on one page, or where their neighbours leave no instant at
which all could be one. So never more are counted than there are; where fewer are, the counts do
not agree, and the window is walked again with its pages cut elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

BEGINNING, END = -(2**63), 2**63 - 1

_NEIGHBOURS = 3
"""So many on either side must agree: the times of one or two may be false."""


@dataclass(eq=False, slots=True)
class Copy:
    """One of several equal texts: its own time lies somewhere from `low` to `high`, and it counts
    at `position`, all in microseconds."""

    id: str
    low: int
    high: int
    position: int

    def may_be(self, other: "Copy") -> bool:
        return self.low <= other.high and other.low <= self.high

    def holds(self, position: int) -> bool:
        return self.low <= position <= self.high

    def narrow(self, other: "Copy") -> None:
        """Takes over what is known of another, if that is more."""
        if other.high - other.low < self.high - self.low:
            self.low, self.high, self.position = other.low, other.high, other.position

    def moves_to(self, served: "Copy") -> bool:
        """Where it counts elsewhere than it was served, it counts there from now on: True."""
        moves = not served.holds(self.position) and served.holds(served.position)
        if moves:
            self.position = served.position
        return moves


Seats = dict[Copy, Copy]
"""For each copy that was told before, one of those that it is to be told from."""


@dataclass(slots=True)
class _Walked:
    """The copies that a walk was served, the known ones for which they count, and how both fit."""

    copies: list[Copy] = field(default_factory=list)
    known_as: dict[Copy, Copy] = field(default_factory=dict)
    seats: Seats = field(default_factory=dict)


class Nameless:
    """The copies known by the hash of their content, and those that each walk was served."""

    def __init__(self) -> None:
        self._known: defaultdict[str, list[Copy]] = defaultdict(list)
        self._walks: defaultdict[int, defaultdict[str, _Walked]] = defaultdict(
            lambda: defaultdict(_Walked)
        )

    def know(self, content_hash: str, copy: Copy) -> None:
        """Takes in one that is held already."""
        self._known[content_hash].append(copy)

    def forget(self, walks: Iterable[int]) -> None:
        """These walks are over."""
        for walk in walks:
            self._walks.pop(walk, None)

    def tell(self, walk: int, content_hash: str, page: Sequence[Copy]) -> list[Copy]:
        """The known copies that these of one page are, in their order; new ones where they must be.

        They are those that the walk was served before, where they may be, since a page that has
        shifted shows entries again; and what is surely none of these, others that are known.
        """
        walked, seats = self._walks[walk][content_hash], Seats()
        earlier, new = list(walked.copies), dict[Copy, Copy]()
        for copy in page:
            free, rivals = _seat(copy, earlier, seats)
            if free is None:
                new[copy] = self._take_in(walked, _around(copy, rivals), content_hash)
        old = {copy: walked.known_as[seat] for seat, copy in seats.items()}
        for seat, copy in seats.items():
            if not any(copy.may_be(other) for other in walked.copies if other is not seat):
                seat.narrow(copy)
        return [new.get(copy) or old[copy] for copy in page]

    def _take_in(self, walked: _Walked, copy: Copy, content_hash: str) -> Copy:
        """Notes a copy that the walk was not served before; the known one that it counts for.

        The copies that were told before keep their names, though they may now fit otherwise: of
        equal texts it does not matter which is which, but how many there are.
        """
        known = self._known[content_hash]
        free, rivals = _seat(copy, known, walked.seats)
        if free is None:
            free = _around(copy, rivals)
            taken = {other.id for other in known}
            names = (f"{copy.id}~{turn}" if turn > 1 else copy.id for turn in count(1))
            free.id = next(name for name in names if name not in taken)
            known.append(free)
            walked.seats[free] = copy
        walked.copies.append(copy)
        walked.known_as[copy] = free
        return free


def _seat(newcomer: Copy, chairs: Sequence[Copy], seats: Seats) -> tuple[Copy | None, list[Copy]]:
    """Finds a chair that a newcomer fits, for which others may have to move on to another.

    Returns the chair that was free; None where there was none, and all that compete for too few.
    """
    came, sits = Seats(), {copy: chair for chair, copy in seats.items()}
    waiting = [newcomer]
    for copy in waiting:  # it grows meanwhile
        fitting = [chair for chair in chairs if chair not in came and chair.may_be(copy)]
        came.update((chair, copy) for chair in fitting)
        free = [chair for chair in fitting if chair not in seats]
        if free:
            found = chair = min(free, key=lambda chair: _distance(copy, chair))
            while came[chair] is not newcomer:
                seats[chair] = came[chair]
                chair = sits[came[chair]]
            seats[chair] = newcomer
            return found, []
        waiting += [seats[chair] for chair in fitting]
    return None, waiting


def _distance(copy: Copy, chair: Copy) -> tuple[bool, int, str]:
    return not copy.holds(chair.position), abs(chair.position - copy.position), chair.id


def _around(copy: Copy, rivals: Sequence[Copy]) -> Copy:
    """A copy that may be wherever one of its rivals is: which of them is new cannot be told."""
    low, high = min(rival.low for rival in rivals), max(rival.high for rival in rivals)
    return Copy(copy.id, low, high, copy.position)


def between(times: Sequence[int | None], place: int, reach: tuple[int, int]) -> tuple[int, int]:
    """The earliest and the latest time that an entry can have at a place of a page, from the times
    of the others and from what the page's window can reach."""
    readable = [time for time in times if time is not None]
    steps = sum((later > earlier) - (later < earlier) for earlier, later in pairwise(readable))
    before = [time for time in times[:place] if time is not None][-_NEIGHBOURS:]
    after = [time for time in times[place + 1 :] if time is not None][:_NEIGHBOURS]
    older, newer = (before, after) if steps > 0 else (after, before)
    low, high = reach
    if steps and len(older) == _NEIGHBOURS:
        low = min(older)
    if steps and len(newer) == _NEIGHBOURS:
        high = max(newer)
    return (low, high) if low <= high else (BEGINNING, END)

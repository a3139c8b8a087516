"""What walks were served, beside what is known of their windows."""

from dataclasses import dataclass
from datetime import datetime

from etl.warehouse.database import Database
from etl.warehouse.ledger import moment


@dataclass(frozen=True, slots=True)
class Seen:
    """Distinct entries that a walk was served, and how many of them are known; known entries that
    it may have missed; known entries of its range, and how many lie near its edges; the oldest and
    the newest time served, and the newest known from before those."""

    walked: int = 0
    present: int = 0
    missing: int = 0
    known: int = 0
    near_edges: int = 0
    oldest: str | None = None
    newest: str | None = None
    before: str | None = None

    def all_of(self, total: int | None) -> bool:
        """As many distinct entries were served as a total states, and all of them are here."""
        return self.walked == self.present == total


def see(database: Database, window: dict[str, object]) -> Seen:
    """Looks at a walk and at what is known about its window. Makes `here`, for other statements."""
    database.run("load/here.sql", window)
    (row,) = database.run("load/seen.sql", window)
    return Seen(*row)


class Suspects:
    """Which walks of a batch were served what may count elsewhere than at its own time."""

    def __init__(self, database: Database, run: dict[str, object]) -> None:
        self._walks = {
            walk: (odd, moment(oldest), moment(newest))
            for walk, odd, oldest, newest in database.run("load/suspects.sql", run)
        }

    def among(self, walk: int, begin: datetime | None, end: datetime | None) -> bool:
        """Whether a walk was, whose window reaches from an instant to another (exclusive)."""
        odd, oldest, newest = self._walks.get(walk, (False, None, None))
        before = begin is not None and oldest is not None and oldest < begin
        after = end is not None and newest is not None and newest >= end
        return odd or before or after

    def newest(self, walk: int, end: datetime | None) -> datetime | None:
        """The newest time that a walk was served; None where it lies beyond what its window can
        reach, for then it is no evidence of how the window was read."""
        newest = self._walks.get(walk, (False, None, None))[2]
        return newest if newest and (end is None or newest < end) else None

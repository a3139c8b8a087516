"""The time of a test: it goes on when it is read, when someone waits, and when it is told to."""

import asyncio
from datetime import UTC, datetime, timedelta

_TICK = timedelta(milliseconds=1)


class Clock:
    """One clock for the client, the job and the API, so that no test ever sleeps."""

    def __init__(self, start: datetime = datetime(2025, 6, 16, 9, 0, tzinfo=UTC)) -> None:
        self._start = self._now = start

    def now(self) -> datetime:
        """Each reading is later than the one before: two things never happen at once."""
        self._now += _TICK
        return self._now

    def timestamp(self) -> float:
        """Seconds since 1970, for the API."""
        return self.now().timestamp()

    def seconds(self) -> float:
        """Seconds since the test began, for the client."""
        return (self.now() - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def advance(self, **span: float) -> None:
        """`advance(days=1)`: the keywords of timedelta."""
        self._now += timedelta(**span)

    def set(self, moment: datetime) -> None:
        self._now = moment

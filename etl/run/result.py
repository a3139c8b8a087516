"""What a run has to tell of one stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from etl.engine.model import ONE_DAY
from etl.engine.verify import Difference
from etl.errors import EtlError
from etl.warehouse.ledger import Purge

SYNC, VERIFY, DEEP = "sync", "verify", "verify --deep"
"""The commands that runs are recorded under."""

PRECEDENCE = (1, 3, 7, 4, 5, 8, 6)
"""Of several exit codes the first of these that applies is the run's."""


@dataclass(frozen=True, slots=True)
class StreamResult:
    """One stream's outcome: what `sync --json` prints as one object a line."""

    organization_id: str
    status: str  # complete | incomplete | failed
    requests: int = 0
    fetched: int = 0
    inserted: int = 0
    changed: int = 0
    quarantined: int = 0
    vanished: int = 0
    returned: int = 0
    late: int = 0
    latest_by: timedelta = timedelta()
    source_total: int | None = None
    warehouse_total: int = 0
    watermark: datetime | None = None
    seconds: float = 0.0
    message: str | None = None
    error: EtlError | None = None
    command: str = SYNC
    differences: tuple[Difference, ...] = ()
    purge: Purge | None = None
    warnings: tuple[str, ...] = ()
    """What was noticed and is no error."""
    problems: tuple[str, ...] = ()
    """Of the copy itself: it was changed by hand."""

    @property
    def differed(self) -> bool:
        """`verify` found that the copy was not what the source holds."""
        applied = (
            self.inserted, self.changed, self.quarantined, self.vanished, self.returned
        )  # fmt: skip
        return bool(self.differences or self.problems or (self.command == DEEP and any(applied)))

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code
        if self.command != SYNC and self.differed:
            return 8
        if self.command == VERIFY:
            return 0
        return 0 if self.status == "complete" else 6

    def as_json(self) -> dict[str, object]:
        """The object that other programs read; times are ISO 8601 in UTC, durations in seconds."""
        return {
            "organization_id": self.organization_id,
            "status": self.status,
            "requests": self.requests,
            "fetched": self.fetched,
            "inserted": self.inserted,
            "changed": self.changed,
            "quarantined": self.quarantined,
            "vanished": self.vanished,
            "returned": self.returned,
            "purged": self.purge.entries if self.purge else 0,
            "late": self.late,
            "problems": list(self.problems),
            "latest_by_seconds": self.latest_by.total_seconds(),
            "source_total": self.source_total,
            "warehouse_total": self.warehouse_total,
            "watermark": self.watermark and self.watermark.isoformat(),
            "seconds": round(self.seconds, 3),
            "message": self.message,
            "warnings": list(self.warnings),
        } | ({} if self.command == SYNC else {"differences": self._days()})

    def _days(self) -> list[dict[str, object]]:
        return [
            {
                "from": place.days[0] and place.days[0].isoformat(),
                "to": place.days[1] and (place.days[1] - ONE_DAY).isoformat(),
                "source": place.source,
                "warehouse": place.local,
            }
            for place in self.differences
        ]


def exit_code(results: Sequence[StreamResult], failure: EtlError | None = None) -> int:
    """The run's: of its streams, and of what failed after them."""
    codes = {result.exit_code for result in results} | ({failure.exit_code} if failure else set())
    return next((code for code in PRECEDENCE if code in codes), 0)

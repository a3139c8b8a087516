"""What a mapping makes of some entries that are not stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from etl.warehouse import drift, sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.joined import joined
from etl.warehouse.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Sample:
    """Some entries: how many, their times in the order served, the columns that are empty in all of
    them, their decoded members, and the names of those that no column has."""

    entries: int
    times: list[datetime | None]
    empty: list[str]
    members: list[drift.Members]
    unmapped: list[str]


def read_sample(database: Database, mapping: Mapping, texts: Sequence[str]) -> Sample:
    """Reads entries by a mapping. The warehouse need not be attached."""
    fields = mapping.within(sqlfiles.text("load/fields.sql"))
    values = {"numbers": [str(n) for n in range(len(texts))], "exact": [""] * len(texts)}
    names = [column.name for column in mapping.columns]
    filled = ", ".join(f'count("{name}")' for name in names)
    parameters = joined(texts=texts, **values)
    ((*counts, times),) = database.execute(
        sqlfiles.filled(sqlfiles.text("load/sample.sql"), fields=fields, filled=filled), parameters
    )
    decoded = drift.decoded(texts)
    return Sample(
        len(texts),
        [datetime.fromisoformat(time) if time else None for time in times or []],
        [name for name, count in zip(names, counts, strict=True) if texts and not count],
        decoded,
        drift.unmapped(texts, mapping),
    )

"""From what is staged to rows: each entry once, in the table where it belongs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

import duckdb

from etl.warehouse import sqlfiles
from etl.warehouse.database import Database
from etl.warehouse.joined import few_at_a_time, joined
from etl.warehouse.mapping import Mapping
from etl.warehouse.staging import Staging


@dataclass(frozen=True, slots=True)
class Stored:
    """What the storing of a batch has done: rows made, rows replaced, entries quarantined, entries
    that had gone and are back; rows of days that were proven before, and how late at most."""

    inserted: int = 0
    changed: int = 0
    quarantined: int = 0
    returned: int = 0
    late: int = 0
    latest_by: timedelta = timedelta()


class Storing:
    """Stores what is staged, by a mapping."""

    def __init__(self, database: Database, staging: Staging, mapping: Mapping) -> None:
        self._database = database
        self._staging = staging
        self._mapping = mapping.only(mapping.plain)

    def store(self, run: dict[str, object]) -> Stored:
        """Stores all that is staged, inside the caller's transaction.

        `run` names the `watermark` of the last proof and the first day that was `proven_from`:
        an entry that is older than the one and not older than the other is late.
        """
        database = self._database
        if not database.execute("SELECT 1 FROM served LIMIT 1"):
            return Stored()
        if (losers := self._staging.losers) is not None:
            for statement in ("losers", "demoted_unfit", "demoted", "demote"):
                database.run(f"load/{statement}.sql", run | {"losers": losers})
        database.run("load/arrivals.sql", run)
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for what, number in database.run("load/wanted.sql", run):
            wanted[what].append(number)
        late, latest_us = 0, 0
        if run["watermark"] is not None and wanted["new"]:
            ((late, latest_us),) = database.run("load/late.sql", run)
        if wanted["changed"]:
            database.run("load/versions.sql", run)
        for what in ("new", "changed", "superseded", "quarantine"):
            if wanted[what]:
                self._store(what, wanted[what], run)
        returned = database.run("load/returned.sql", run)[0][0]
        latest_by = timedelta(microseconds=latest_us or 0)
        new, changed, unfit = (len(wanted[what]) for what in ("new", "changed", "quarantine"))
        return Stored(new, changed, unfit, returned, late, latest_by)

    def _store(self, what: str, numbers: list[int], run: dict[str, object]) -> None:
        """Stores the entries staged under these numbers."""
        statement = self._statement(what)
        texts = [self._staging.text(number) for number in numbers]
        for few in few_at_a_time(texts):
            these = numbers[few]
            named = joined(
                texts=texts[few],
                numbers=[str(number) for number in these],
                exact=[self._staging.exact(number) for number in these],
            )
            try:
                self._database.execute(statement, run | named)
            except duckdb.Error as error:
                raise self._mapping.blamed(error, texts[few]) from None

    def _statement(self, what: str) -> str:
        """`load/<what>.sql` with the fields that occur in what is staged."""
        mapping = self._mapping.occurring(self._staging.names)
        fields = mapping.within(sqlfiles.text("load/fields.sql"))
        assigned = ", ".join(f'"{name}" = arrival."{name}"' for name in self._mapping.plain)
        statement = sqlfiles.text(f"load/{what}.sql")
        return sqlfiles.filled(statement, entries=fields, assigned=assigned)

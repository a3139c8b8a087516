"""Whether the copy is what was once stored, without asking the source."""

from collections.abc import Iterator
from dataclasses import dataclass

from etl.errors import WarehouseError
from etl.warehouse import derive, schema
from etl.warehouse.database import Database
from etl.warehouse.derive import Altered
from etl.warehouse.mapping import RULES

_SAID = {
    "one_row_for_each_id": "{id}: {rows} rows have this id; all but one were added by hand",
    "rows_are_of_known_runs": "{id}: no run has stored it (run {run_id}); it was added by hand",
    "held_is_what_the_windows_add_up_to": (
        "{held:,} entries are held, but the last proof counted {added:,}; entries were deleted or "
        "added by hand"
    ),
    "versions_have_a_row": ("{id}: former versions are stored, but no row; it was deleted by hand"),
    "complete_proofs_state_what_is_held": (
        "proof {seq} says complete, but {stated} stated and {held} held; it was changed by hand"
    ),
    "windows_tile_the_history": (
        "the window from {from_day} ends on {to_day}, the next begins on {next_from}"
    ),
}
"""What a row of a check of `sql/checks` means. The other checks are for tests."""


_PLACES = {
    "audit_log": "",
    "audit_log_versions": " (a former version)",
    "quarantine": " (in quarantine)",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the warehouse that no run of this program has left there."""

    organization_id: str
    text: str


def problems(database: Database) -> Iterator[Problem]:
    """All problems of an attached warehouse: rows whose columns or content hash differ from what
    the mapping in force takes from their text, and what the checks of `_SAID` find. Rows whose text
    was erased are passed over.

    Raises WarehouseError where another version of this program has read the texts.
    """
    schema.refuse_older(database.version(), database.path)
    mapping = derive.in_force(database)
    if mapping is None or mapping.rules != RULES:
        raise WarehouseError(
            f"the texts in {database.path} were read by another version of this program; run "
            "`etl sync` once, then check again"
        )
    for row in derive.altered(database, mapping):
        yield Problem(row.organization_id, _altered(row))
    for name, said in _SAID.items():
        for values in database.named(f"checks/{name}.sql"):
            yield Problem(str(values["organization_id"]), said.format(**values))


def _altered(row: Altered) -> str:
    name = row.id + _PLACES[row.table]
    if not row.columns:
        return f"{name}: the mapping fails on its text (raw); changed by hand"
    others = [column for column in row.columns if column != "content_hash"]
    if "content_hash" not in row.columns:
        return f"{name}: {', '.join(others)} not as in its text (raw); changed by hand"
    beside = f"; not as in the text: {', '.join(others)}" if others else ""
    return f"{name}: its text (raw) does not have its content_hash{beside}"

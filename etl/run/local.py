"""Checking a warehouse without its source."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

from etl.errors import WarehouseError
from etl.run.opening import open_database
from etl.settings import Settings
from etl.warehouse.check import problems
from etl.warehouse.database import Database, present
from etl.warehouse.ledger import read_held
from etl.warehouse.unfinished import private_files


@dataclass(slots=True)
class Checked:
    """One organization's copy: how many entries it holds, of how many the text was erased by hand
    (`etl help privacy`), and its problems, a line each."""

    organization_id: str
    held: int = 0
    erased: int = 0
    problems: list[str] = field(default_factory=list)


def check(settings: Settings) -> list[Checked]:
    """Checks every organization of a warehouse, or those that are set. Raises WarehouseError where
    it cannot be read."""
    if not present(settings.warehouse):
        raise WarehouseError(f"{settings.warehouse} does not exist; `etl sync` creates it")
    with (
        private_files(),
        closing(open_database(settings)) as database,
        database.attached(read_only=True),
    ):
        if not database.holds_anything():
            raise WarehouseError(f"{settings.warehouse} is empty; run `etl sync` to fill it")
        # The mapping in force stands in the file, and its expressions are run.
        database.execute("SET enable_external_access = false")
        return checked(database, settings.organization_id)


def checked(database: Database, organizations: Sequence[str]) -> list[Checked]:
    """Checks an attached warehouse. None named: all that it holds."""
    found: dict[str, Checked] = {}
    for (name,) in database.run("ledger/organizations.sql"):
        ((erased,),) = database.run("ledger/erased.sql", {"organization_id": name})
        found[name] = Checked(name, read_held(database, name), erased)
    for problem in problems(database):
        found.setdefault(problem.organization_id, Checked(problem.organization_id)).problems.append(
            problem.text
        )
    return [it for name, it in found.items() if not organizations or name in organizations]

"""Why a run is not complete, in words."""

from etl.engine.run import Run
from etl.engine.verify import Difference
from etl.errors import EtlError
from etl.warehouse.load import Loader

_NAMED = 3
"""A message names at most so many reasons why a run is not proven; `etl status` names all."""


def why_unproven(loader: Loader, run: Run, differences: list[Difference]) -> str:
    """Why everything is not proven, in one line."""
    whole = "not countable at once" if run.whole is None else f"{run.whole:,}"
    held = loader.held
    reason = f"source {whole}, local {held:,}"
    unread = sum(window.stated is None for window in run.ledger.windows)
    if unread:
        return f"{reason}; {unread} of {len(run.ledger.windows)} windows are not proven"
    if run.whole == held and run.ledger.sum_stated is not None:
        return f"{reason}; the windows add up to {run.ledger.sum_stated:,}"
    return f"{reason}; windows that differ: {len(differences)}" if differences else reason


def message(error: EtlError | None, unproven: list[str]) -> str | None:
    """Why a run is not complete: what ended it, and the first of the windows not proven."""
    told = unproven[:_NAMED] + [f"and {len(unproven) - _NAMED} more"] * (len(unproven) > _NAMED)
    days = "; ".join(told)
    if error is None:
        return f"not proven: {days}" if days else None
    return f"{error}; not proven: {days}" if days else str(error)

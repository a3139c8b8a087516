"""`etl verify --local`."""

import json
import time

from etl.cli.text import count, plain
from etl.run.local import Checked, check
from etl.settings import Settings

_SHOWN = 20
"""At most so many problems of an organization are printed; `--json` has all."""


def run(settings: Settings, *, as_json: bool) -> int:
    """Checks a warehouse without its source, and prints what was found. Returns the exit code."""
    began = time.monotonic()
    found = check(settings)
    for copy in found:
        if as_json:
            print(json.dumps(_object(copy, time.monotonic() - began)))
        else:
            _print(copy, time.monotonic() - began)
    return 8 if any(copy.problems for copy in found) else 0


def _object(copy: Checked, seconds: float) -> dict[str, object]:
    return {
        "organization_id": copy.organization_id,
        "status": "incomplete" if copy.problems else "complete",
        "warehouse_total": copy.held,
        "problems": copy.problems,
        "seconds": round(seconds, 3),
    }


def _print(copy: Checked, seconds: float) -> None:
    organization = plain(copy.organization_id)
    for problem in copy.problems[:_SHOWN]:
        print(f"{organization}: {plain(problem)}")
    if len(copy.problems) > _SHOWN:
        print(f"{organization}: and {count(len(copy.problems) - _SHOWN)} more (--json shows all)")
    if copy.problems:
        verdict = (
            f"{count(len(copy.problems), 'problem')}; restore the file from a backup, or delete "
            "these rows: the next `etl sync` fetches them again"
        )
    else:
        verdict = f"sound: {count(copy.held, 'entry', 'entries')} follow from what was served"
    print(f"{organization}: {verdict}; {seconds:.1f} s")

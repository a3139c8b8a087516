"""`etl verify --local`."""

import json
import time

from etl.cli.output import complain
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
    known = {copy.organization_id for copy in found}
    absent = [name for name in settings.organization_id if name not in known]
    for name in absent:
        complain(f"{name}: never synced; run `etl sync` first")
    if any(copy.problems for copy in found):
        return 8
    return 6 if absent or not found else 0


def _object(copy: Checked, seconds: float) -> dict[str, object]:
    return {
        "organization_id": copy.organization_id,
        "status": "incomplete" if copy.problems else "complete",
        "warehouse_total": copy.held,
        "erased": copy.erased,
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
            f"{count(len(copy.problems), 'problem')}; keep this file as evidence, then restore a "
            "backup, or move the file away and run `etl sync`: it fetches what the source still has"
        )
    else:
        verdict = f"sound: {count(copy.held, 'entry', 'entries')} as served"
        if copy.erased:
            verdict += f", the text of {count(copy.erased)} erased and not checked"
    print(f"{organization}: {verdict}; {seconds:.1f} s")

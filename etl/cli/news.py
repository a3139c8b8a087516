"""What a run has changed, in the words that every command has for it."""

from datetime import timedelta

from etl.cli.text import count, duration
from etl.run.result import StreamResult


def news(result: StreamResult) -> str:
    """`3 new, 1 changed, 2 gone at the source`, and so on; what did not happen is left out."""
    told = [f"{count(result.inserted)} new"]
    told += [
        f"{count(number)} {what}"
        for number, what in (
            (result.changed, "changed"),
            (result.vanished, "gone at the source"),
            (result.returned, "back at the source"),
            (result.quarantined, "quarantined"),
        )
        if number
    ]
    if result.late and result.latest_by >= timedelta(seconds=1):
        told.append(f"{count(result.late)} came late, by up to {duration(result.latest_by)}")
    if result.purge:
        told.append(
            f"a PURGE: {duration(result.purge.span)} of history gone in "
            f"{duration(result.purge.passed)}"
        )
    return ", ".join(told)

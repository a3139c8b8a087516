"""A summary of what a run has changed, shared by all commands."""

from datetime import timedelta

from etl.cli.text import count, duration
from etl.run.result import StreamResult


def news(result: StreamResult) -> str:
    """`3 new, 1 changed, 2 gone from the source`, …; zeros are left out, except for `new`."""
    told = [f"{count(result.inserted)} new"]
    told += [
        f"{count(number)} {what}"
        for number, what in (
            (result.changed, "changed"),
            (result.vanished, "gone from the source"),
            (result.returned, "back"),
            (result.quarantined, "quarantined"),
        )
        if number
    ]
    if result.late and result.latest_by >= timedelta(seconds=1):
        told.append(f"{count(result.late)} late by up to {duration(result.latest_by)}")
    if result.purge:
        told.append(
            f"PURGE: {duration(result.purge.span)} of history disappeared within "
            f"{duration(result.purge.passed)}"
        )
    return ", ".join(told)

"""What a mapping does not find: columns that stay empty, and members that no column has."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from etl.warehouse.database import Database
from etl.warehouse.mapping import Mapping

MANY = 20
"""From so many new entries on it is no chance that a column is empty in all of them."""

HARDLY = 0.1
"""Less than this part of entries is hardly any."""

_OF_THE_STREAM = {"organization_id", "organizationId", "org_id", "orgId"}
"""Members that are the same in all entries of a stream."""

_ABOUT = {
    "occurred_at": re.compile(r"time|date|when|at$|ts$", re.IGNORECASE),
    "actor_id": re.compile(r"actor|user|who|by$|principal|subject|person|author", re.IGNORECASE),
}

Members = dict[str, object]


def unmapped(texts: Iterable[str], mapping: Mapping) -> list[str]:
    """The members of entries that no column has, sorted."""
    names = {name for entry in decoded(texts) for name in entry}
    return sorted(names - mapping.members - _OF_THE_STREAM)


def warnings(database: Database, organization_id: str, run_id: str, mapping: Mapping) -> list[str]:
    """What a mapping did not find in the entries that a run has stored in the attached warehouse:
    a line each, the worst first. None where these are few."""
    values: dict[str, object] = {"organization_id": organization_id, "run_id": run_id}
    ((timeless, rows, actor, actor_id, action, entity),) = database.run(
        "ledger/lacking.sql", values
    )
    entries = timeless + rows
    if entries < MANY:
        return []
    texts = [text for (text,) in database.run("ledger/newest_texts.sql", values)]
    sample = decoded(texts)
    missing = unmapped(texts, mapping)
    if rows < HARDLY * entries:
        lacking = f"{timeless:,} of {entries:,} new entries have no readable time"
        return [lacking + advice(sample, missing, "occurred_at")]
    found = []
    if actor < HARDLY * rows:
        lacking = f"{rows - actor:,} of {rows:,} new entries have no actor"
        found.append(lacking + advice(sample, missing, "actor_id"))
    elif not actor_id:
        found.append(f"actor_id is empty in all {rows:,} new entries")
    for name, filled in (("action_type", action), ("entity_type", entity)):
        if not filled:
            found.append(f"{name} is empty in all {rows:,} new entries")
    if found and missing:
        found.append(f"members of entries that no column has: {', '.join(missing)}")
    return found


def advice(sample: Sequence[Members], missing: Sequence[str], column: str) -> str:
    """An example of a member that may be a column's, and the line that would map it. `column`:
    occurred_at or actor_id."""
    name = next((name for name in missing if _ABOUT[column].search(name)), None)
    if name is None:
        return f"; members of entries that no column has: {', '.join(missing)}" if missing else ""
    value = next((entry[name] for entry in sample if entry.get(name) is not None), None)
    shown = msgspec.json.encode(value).decode()[:80]
    path = ["$", name]
    if isinstance(value, dict) and value:
        path.append(next((key for key in value if key in ("id", "uid")), next(iter(value))))
    written = ".".join(f'"{part}"' if re.search(r"[^\w$]", part) else part for part in path)
    written = written.replace("'", "''")
    return (
        f"; no column has the member {name!r} ({shown}): to map it, write "
        f"VALUES ('{column}', '{written}') into spellings.sql in ETL_SQL_DIR (`etl help mapping`)"
    )


def decoded(texts: Iterable[str]) -> list[Members]:
    """The members of those texts that are JSON objects."""
    found = []
    for text in texts:
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found

"""Whether a sync would work: settings, warehouse, API and mapping, examined; nothing is written.

At most five requests are sent, whatever the number of organizations.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from etl.client.http import Client
from etl.client.page import Page
from etl.client.query import Query
from etl.errors import ConfigurationError, EtlError, WarehouseError
from etl.run.binding import check_binding
from etl.run.filters import unlisted
from etl.run.opening import open_database, real_path
from etl.settings import Settings
from etl.warehouse import drift, ledger, mapping, schema
from etl.warehouse.database import Database, present
from etl.warehouse.sampling import Sample, read_sample

REQUESTS = 5
BYTES_PER_ENTRY = 1_000
"""Of the warehouse and its working space, at most, for entries of the usual size."""

_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined. `good`: None for what works, but may not be what was meant;
    `error`: why it does not work."""

    what: str
    good: bool | None = True
    error: EtlError | None = None


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Examines one thing after the other."""
    database = open_database(settings)
    try:
        for finding in _here(settings, database):
            yield finding
        try:
            settings.require_source()
            quick = {"max_attempts": 1, "max_requests": REQUESTS}
            async with Client(settings.model_copy(update=quick)) as client:
                for organization in settings.organization_id:
                    try:
                        async for finding in _there(settings, database, client, organization):
                            yield finding
                    except EtlError as error:
                        yield Finding(f"{organization}: {error}", good=False, error=error)
        except EtlError as error:
            yield Finding(str(error), good=False, error=error)
    finally:
        database.close()


def _here(settings: Settings, database: Database) -> Iterator[Finding]:
    """What can be known without a request."""
    yield _warehouse(settings, database)
    if real_path(settings.warehouse).parent.is_dir():
        yield _space(settings)
    if settings.publish:
        folder = settings.publish.parent
        works = Finding(f"ETL_PUBLISH: {folder} can be written to")
        yield _not_writable(folder, "ETL_PUBLISH") or works
    try:
        mapping.read(database, settings.sql_dir, settings.ignore_fields)
        database.rehearse(datetime.now(UTC))
        yours = f", and yours in {settings.sql_dir}" if settings.sql_dir else ""
        yield Finding(f"SQL: the shipped views and rules work{yours}")
    except EtlError as wrong:
        yield Finding(str(wrong), good=False, error=wrong)
    for warning in unlisted(settings.filters()):
        yield Finding(warning, good=None)
    token = settings.secrets_dir and settings.secrets_dir / "etl_api_token"
    if token and token.is_file() and token.stat().st_mode & 0o077:
        yield Finding(f"{token} can be read by others; run chmod 600 {token}", good=None)


def _warehouse(settings: Settings, database: Database) -> Finding:
    path, newest = real_path(settings.warehouse), schema.newest_version()
    if unwritable := _not_writable(path.parent, str(path)):
        return unwritable
    try:
        if not present(path) or path.stat().st_size == 0:
            return Finding(f"warehouse: {path} does not exist yet; the first sync creates it")
        with database.attached(read_only=True):
            version = database.version() if database.holds_anything() else 0
            for organization in settings.organization_id if version == newest else ():
                state = ledger.read_state(database, organization, datetime.now(UTC))
                check_binding(settings, organization, state)
    except EtlError as error:
        return Finding(str(error), good=False, error=error)
    if not os.access(path, os.W_OK):
        told = WarehouseError(f"{path}: permission denied")
        return Finding(str(told), good=False, error=told)
    older = version < newest
    return Finding(f"warehouse: {path}{'; the next sync migrates it' if older else ''}")


def _space(settings: Settings) -> Finding:
    folder = real_path(settings.warehouse).parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        told = WarehouseError(f"{folder}: {error.strerror}")
        return Finding(str(told), good=False, error=told)
    millions = free / BYTES_PER_ENTRY / 1e6
    room = f"disk: {free / 1e9:,.1f} GB are free, enough for about {millions:,.1f} million entries"
    return Finding(room, good=None if free < 1e9 else True)


def _not_writable(folder: Path, what: str) -> Finding | None:
    if not folder.is_dir():
        error = WarehouseError(f"{what}: the folder {folder} does not exist; create it")
    elif not os.access(folder, os.W_OK | os.X_OK):
        error = WarehouseError(f"{what}: the folder {folder} cannot be written to")
    else:
        return None
    return Finding(str(error), good=False, error=error)


async def _there(
    settings: Settings, database: Database, client: Client, organization: str
) -> AsyncIterator[Finding]:
    """What the API answers for one organization."""
    filters = settings.filters()
    if client.requests >= REQUESTS:
        yield Finding(f"{organization}: not examined, after {REQUESTS} requests", good=None)
        return
    before = datetime.now(UTC)
    query = Query(from_date=settings.from_date, **filters)  # type: ignore[arg-type]
    page = await client.page(organization, query)
    yield Finding(f"{organization}: the token is accepted, {page.total:,} entries can be read")
    yield _clock(page, before)
    yield _limit(client)
    if not page.items:
        why = "no entry matches the filters" if filters else "there is no entry yet"
        told = f"{organization}: {why}, so the columns cannot be checked"
        yield Finding(told, good=None)
        return
    if client.requests < REQUESTS and page.total > len(page.items):
        yield await _paging(client, organization, query, page)
    sample = read_sample(database, _mapping(settings, database), page.items)
    yield _order(sample)
    for finding in _columns(sample):
        yield finding


def _mapping(settings: Settings, database: Database) -> mapping.Mapping:
    try:
        return mapping.read(database, settings.sql_dir, settings.ignore_fields)
    except ConfigurationError:  # told already
        return mapping.read(database, None)


def _clock(page: Page, now: datetime) -> Finding:
    if page.served_at is None:
        return Finding("clock: the API states no time (no Date header)", good=None)
    apart = abs(now - page.served_at)
    if apart > _CLOCKS_DIFFER:
        seconds = f"{apart.total_seconds():,.0f} s"
        return Finding(f"clock: {seconds} apart from the API's; set this machine's clock", None)
    return Finding("clock: as the API's")


def _limit(client: Client) -> Finding:
    if client.stated_limit is not None:
        return Finding(f"rate limit: the API states {client.stated_limit:,.0f} requests a minute")
    if client.rate is not None:
        return Finding(f"rate limit: {client.rate * 60:,.0f} requests a minute (set by you)")
    return Finding("rate limit: the API states none; it is learned from its responses")


async def _paging(client: Client, organization: str, query: Query, page: Page) -> Finding:
    """Asks for the second page."""
    length = len(page.items)
    second = await client.page(organization, replace(query, skip=length))
    if set(second.items) & set(page.items):
        return Finding("paging: entries of the first page are on the second one too", good=None)
    short = "" if length == query.limit else f"; a page has {length}, {query.limit} were asked for"
    return Finding(f"paging: the second page follows the first{short}")


def _order(sample: Sample) -> Finding:
    known = [time for time in sample.times if time is not None]
    rising = all(before <= after for before, after in pairwise(known))
    falling = all(before >= after for before, after in pairwise(known))
    if len(set(known)) < 2:
        return Finding("order: cannot be told from the first page", good=None)
    if not rising and not falling:
        return Finding("order: not by time; a difference then costs more requests", good=None)
    return Finding(f"order: {'oldest' if rising else 'newest'} first")


def _columns(sample: Sample) -> Iterator[Finding]:
    """Which columns would stay empty, and what no column has."""
    if sample.entries and not any(sample.times):
        advice = drift.advice(sample.members, sample.unmapped, "occurred_at")
        error = ConfigurationError(f"no entry has a readable time{advice}")
        yield Finding(str(error), good=False, error=error)
    told = _listed("these columns would stay empty", sample.empty)
    yield Finding(told, good=None) if told else Finding("columns: each has a value")
    if told := _listed("no column has these members of entries", sample.unmapped):
        yield Finding(f"{told} (`etl help mapping`)", good=None)


def _listed(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}" if names else ""

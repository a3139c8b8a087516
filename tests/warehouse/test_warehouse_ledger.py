"""The ledger read back: coverage, watermark and known entries against plain models of them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st
from loading import day

from etl.warehouse.database import Database
from etl.warehouse.ledger import pages_of, pages_text

FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
BEGAN = datetime(2025, 7, 1, tzinfo=UTC)
ORGANIZATIONS = ("org_a", "org_b")


@given(st.frozensets(st.integers(0, 400)))
@example(frozenset())
def test_pages_survive_being_written_and_read(pages: frozenset[int]) -> None:
    text = pages_text(pages)
    assert pages_of(text) == pages
    assert (text is None) == (not pages)


@given(st.integers(0, 10**6), st.integers(0, 10**4))
def test_a_run_of_pages_takes_little_room(first: int, more: int) -> None:
    text = pages_text(frozenset(range(first, first + more + 1)))
    assert text is not None
    assert len(text) <= 2 * len(str(first + more)) + 1


class Row(NamedTuple):
    """A row of the ledger; its number and its times follow from its place."""

    organization: str
    low: date | None
    high: date | None
    verdict: str
    total: int | None
    narrowed: bool
    history_from: date | None

    @property
    def days(self) -> tuple[date, date]:
        return self.low or FIRST, self.high or LAST


@st.composite
def ledger_rows(draw: st.DrawFn) -> Row:
    low = draw(st.none() | st.integers(1, 28))
    high = draw(st.none() | st.integers((low or 0) + 1, 30))
    return Row(
        draw(st.sampled_from(ORGANIZATIONS)),
        None if low is None else day(low),
        None if high is None else day(high),
        draw(st.sampled_from(["complete", "complete", "planned", "partial", "unproven"])),
        draw(st.none() | st.integers(0, 99)),
        draw(st.sampled_from([False, False, False, True])),
        draw(st.sampled_from([None, None, day(3), day(9)])),
    )


ledgers = st.lists(ledger_rows(), min_size=1, max_size=9)


def _started(seq: int) -> datetime:
    return BEGAN + timedelta(hours=seq)


def _write(database: Database, ledger: list[Row], zone: str = "UTC") -> None:
    values = [
        f"({seq}, 'run', '{row.organization}', {_sql(row.low)}, {_sql(row.high)}, "
        f"{_sql('role' if row.narrowed else None)}, NULL, '{row.verdict}', NULL, NULL, "
        f"{_sql(row.total)}, {_sql(row.history_from)}, '{zone}', "
        f"{_sql(_started(seq))}, {_sql(_started(seq) + timedelta(minutes=5))}, 0)"
        for seq, row in enumerate(ledger, start=1)
    ]
    database.execute(
        "INSERT INTO windows (seq, run_id, organization_id, from_day, to_day, entity_type, "
        "action_type, verdict, proof, reason, total, history_from, day_zone, run_started_at, "
        f"recorded_at, requests) VALUES {', '.join(values)}"
    )


def _sql(value: object) -> str:
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    return f"'{value.isoformat() if isinstance(value, date) else value}'"


def _cells(ledger: list[Row], organization: str) -> dict[tuple[date, date], int | None]:
    """For each stretch between two edges the number of the row that covers it last."""
    rows = [
        (seq, row.days)
        for seq, row in enumerate(ledger, start=1)
        if row.organization == organization and not row.narrowed
    ]
    edges = sorted({edge for _, days in rows for edge in days})
    return {
        (low, high): max((seq for seq, (a, b) in rows if a <= low and high <= b), default=None)
        for low, high in pairwise(edges)
    }


class _RolledBack:
    """A transaction of which nothing stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        self._database.execute("ROLLBACK")


@given(ledgers)
@settings(max_examples=80)
def test_coverage_is_the_ledger_painted_day_by_day(shared: Database, ledger: list[Row]) -> None:
    with _RolledBack(shared):
        _write(shared, ledger)
        shown = shared.execute(
            "SELECT organization_id, from_day, to_day, seq, verdict, total, reason FROM coverage"
        )
    for organization in ORGANIZATIONS:
        stretches = {(a, b): rest for name, a, b, *rest in shown if name == organization}
        cells = _cells(ledger, organization)
        assert sum((b - a).days for a, b in stretches) == sum((b - a).days for a, b in cells)
        for (low, high), painted in cells.items():
            (covering,) = [rest for (a, b), rest in stretches.items() if a <= low and high <= b]
            seq, verdict, total, reason = covering
            assert seq == painted
            if painted is None:
                assert (verdict, total, reason) == ("unproven", None, "never walked")
            else:
                row = ledger[painted - 1]
                assert (verdict, total, reason) == (row.verdict, row.total, "")


def _watermark(ledger: list[Row], organization: str, known: list[datetime]) -> tuple[Any, ...]:
    """(watermark, complete, proven_at) by the words of the design."""
    numbered = [(s, r) for s, r in enumerate(ledger, start=1) if r.organization == organization]
    begin = numbered[-1][1].history_from or FIRST
    cells = [
        (low, high, seq is not None and ledger[seq - 1].verdict == "complete")
        for (low, high), seq in sorted(_cells(ledger, organization).items())
        if high > begin
    ]
    unbroken = []
    if cells and cells[0][0] <= begin:
        for low, high, proven in cells:
            if not proven:
                break
            unbroken.append((low, high))
    complete = len(unbroken) == len(cells)
    proven_at = max(
        (_started(s) for s, r in numbered if r.verdict == "complete" and r.high is None),
        default=None,
    )
    reach = unbroken[-1][1] if unbroken else FIRST
    reached = [
        time
        for time in known
        if proven_at is not None and time <= proven_at and (complete or time.date() < reach)
    ]
    return max(reached, default=None), complete, proven_at


moments = st.integers(0, 40 * 24).map(
    lambda n: datetime(2025, 5, 28, tzinfo=UTC) + timedelta(hours=n)
)


def _hold(database: Database, organization: str, known: list[datetime]) -> None:
    for number, time in enumerate(known):
        database.execute(
            "INSERT INTO audit_log (organization_id, id, occurred_at, raw, content_hash, "
            "first_synced_at, run_id) VALUES ($organization, $id, $time::TIMESTAMPTZ, '', '', "
            "now(), 'run')",
            {"organization": organization, "id": f"e{number}", "time": time.isoformat()},
        )


@given(
    ledgers.filter(lambda rows: any(not row.narrowed for row in rows)),
    st.lists(moments, max_size=5),
)
@settings(max_examples=80)
def test_the_watermark_is_the_newest_entry_up_to_which_every_day_is_proven(
    shared: Database, ledger: list[Row], known: list[datetime]
) -> None:
    with _RolledBack(shared):
        _write(shared, ledger)
        for organization in ORGANIZATIONS:
            _hold(shared, organization, known)
        shown = shared.execute(
            "SELECT organization_id, epoch_us(watermark), complete, epoch_us(proven_at), known "
            "FROM watermark"
        )
    told = {name: (mark, complete, proven, held) for name, mark, complete, proven, held in shown}
    for organization in ORGANIZATIONS:
        if not _cells(ledger, organization):
            assert organization not in told
            continue
        begin = [r for r in ledger if r.organization == organization][-1].history_from or FIRST
        if not any(high > begin for _, high in _cells(ledger, organization)):
            continue
        mark, complete, proven = _watermark(ledger, organization, known)
        assert told[organization] == (_us(mark), complete, _us(proven), len(known))


def _us(time: datetime | None) -> int | None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return None if time is None else (time - epoch) // timedelta(microseconds=1)


def test_an_entry_from_the_future_does_not_move_the_watermark(shared: Database) -> None:
    now, future = BEGAN, BEGAN + timedelta(days=400)
    with _RolledBack(shared):
        _write(shared, [Row("org_a", None, None, "complete", 2, False, None)])
        _hold(shared, "org_a", [now, future])
        ((mark, complete),) = shared.execute("SELECT epoch_us(watermark), complete FROM watermark")
    assert (mark, complete) == (_us(now), True)


class Fact(NamedTuple):
    """Something recorded of an entry, in this order."""

    kind: str
    id: str
    hour: int


facts = st.lists(
    st.builds(
        Fact,
        st.sampled_from(["row", "quarantine", "placement", "vanished", "expired", "returned"]),
        st.sampled_from(["e1", "e2", "e3"]),
        st.integers(0, 99),
    ),
    max_size=14,
)


def _position(fact: Fact) -> datetime:
    return BEGAN + timedelta(hours=fact.hour)


_INSERTS = {
    "row": "audit_log (organization_id, id, occurred_at, raw, content_hash, first_synced_at, "
    "run_id) VALUES ('org', $id, $position::TIMESTAMPTZ, '', '', now(), 'run')",
    "quarantine": "quarantine (organization_id, id, position_at, reason, raw, content_hash, "
    "first_synced_at, run_id) "
    "VALUES ('org', $id, $position::TIMESTAMPTZ, 'no_time', '', $noticed, now(), 'run')",
    "placement": "placements "
    "VALUES ('org', $id, $position::TIMESTAMPTZ, $noticed::TIMESTAMPTZ, 'run')",
    "absence": "absences VALUES ('org', $id, $kind, $noticed::TIMESTAMPTZ, 'run')",
}


def _record(database: Database, fact: Fact, noticed: datetime) -> None:
    values = {
        "id": fact.id,
        "kind": fact.kind,
        "position": _position(fact).isoformat(),
        "noticed": noticed.isoformat(),
    }
    if fact.kind == "row":
        database.execute("DELETE FROM audit_log WHERE id = $id", values)
    database.execute(f"INSERT INTO {_INSERTS.get(fact.kind, _INSERTS['absence'])}", values)


def _known(recorded: list[Fact]) -> dict[str, datetime]:
    """Held in audit_log or quarantine, the last word on its absence being none or `returned`."""
    found = {}
    for id_ in {fact.id for fact in recorded}:
        of = [fact for fact in recorded if fact.id == id_]
        gone = [fact.kind for fact in of if fact.kind in ("vanished", "expired", "returned")]
        rows = [fact for fact in of if fact.kind == "row"]
        places = [fact for fact in of if fact.kind == "placement"]
        aside = [fact for fact in of if fact.kind == "quarantine"]
        if gone and gone[-1] != "returned":
            continue
        if places and (rows or aside):
            found[id_] = _position(places[-1])
        elif rows:
            found[id_] = _position(rows[-1])
        elif aside:
            found[id_] = min(map(_position, aside))
    return found


@given(facts)
@settings(max_examples=80)
def test_known_is_what_is_held_and_not_recorded_as_gone(
    shared: Database, recorded: list[Fact]
) -> None:
    with _RolledBack(shared):
        for number, fact in enumerate(recorded):
            _record(shared, fact, BEGAN + timedelta(days=number))
        shown = shared.execute("SELECT id, epoch_us(position_at) FROM known_entries ORDER BY id")
    assert shown == sorted((id_, _us(position)) for id_, position in _known(recorded).items())

"""Watches a world from outside: what the source held and when, and what the warehouse made of it.

`Watch` changes the source, remembers each change, and after each run holds the warehouse against
it. What it demands is DESIGN's promises and nothing weaker. Two exceptions are DESIGN's own:

* A proof says that the numbers agree. Where entries have come *and* gone since both sides were last
  the same, as many of the one as of the other, numbers cannot tell; `verify --deep` must.
* What comes or goes before the newest window is noticed by the first sync of the UTC day. Until
  then a sync answers for the newest window alone.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry, microseconds
from promises.adversary import QUIET, Script
from promises.kill import killed
from promises.world import ORGANIZATION, Seen, World, opened

Rows = list[tuple[object, ...]]

GROWS_ONLY = ("audit_log_versions", "absences", "quarantine", "placements", "windows")
"""Tables from which no row ever goes; nor does a text from `audit_log` but into the versions."""


_CONTENT = ("audit_log", "audit_log_versions", "absences", "quarantine", "placements")
"""Tables that `verify` never touches."""


@dataclass(frozen=True, slots=True)
class State:
    """What a warehouse holds at one time."""

    tables: dict[str, Rows]
    known: dict[str, int]
    """Known entries by id, with the time (microseconds) under which they count."""
    watermark: datetime | None
    checked_on: date | None
    """The last UTC day on which the whole history was counted, at once or, where its total is
    capped, day by day."""
    edge_shown: bool
    """Some answer has shown between which two entries a day of the source begins."""

    @property
    def texts(self) -> dict[str, list[str]]:
        """The texts held under each id, a readable one first."""
        found: dict[str, list[str]] = {}
        for table in ("audit_log", "quarantine"):
            for id_, raw in self.tables[table]:
                found.setdefault(str(id_), []).append(str(raw))
        return found

    @property
    def lasting(self) -> dict[str, Counter[tuple[object, ...]]]:
        """All that must still be there at any later time."""
        kept = {table: Counter(self.tables[table]) for table in GROWS_ONLY}
        ever = {*self.tables["audit_log"], *self.tables["audit_log_versions"]}
        return kept | {"ever served": Counter(ever)}


_NOTHING = State({table: [] for table in ("audit_log", *GROWS_ONLY)}, {}, None, None, False)

_QUERIES = {
    "audit_log": "SELECT id, raw FROM audit_log",
    "audit_log_versions": "SELECT id, raw FROM audit_log_versions",
    "absences": "SELECT id, reason, noticed_at::VARCHAR, run_id FROM absences",
    "quarantine": "SELECT id, raw FROM quarantine",
    "placements": "SELECT id, position_at::VARCHAR, noticed_at::VARCHAR FROM placements",
    "windows": "SELECT seq, run_id, verdict, from_day::VARCHAR, to_day::VARCHAR FROM windows",
}


def look(world: World) -> State:
    """The warehouse as it stands; nothing where there is none yet."""
    if not world.warehouse.exists():
        return _NOTHING
    with opened(world.warehouse) as connection:
        tables = {name: connection.execute(query).fetchall() for name, query in _QUERIES.items()}
        known = connection.execute("SELECT id, epoch_us(position_at) FROM known_entries").fetchall()
        watermark = connection.execute("SELECT watermark::VARCHAR FROM watermark").fetchall()
        checked = connection.execute(
            "SELECT greatest(max(recorded_at), (SELECT max(checked_at) FROM streams))"
            "::DATE::VARCHAR FROM windows "
            "WHERE verdict = 'complete' AND from_day IS NULL AND to_day IS NULL"
        ).fetchall()
        shown = connection.execute(
            "SELECT count(*) FROM windows "
            "WHERE oldest_served IS NOT NULL AND newest_before IS NOT NULL"
        ).fetchall()
    assert len({id_ for id_, _ in known}) == len(known), "an entry is known twice"
    return State(
        tables,
        dict(known),
        datetime.fromisoformat(watermark[0][0]) if watermark and watermark[0][0] else None,
        date.fromisoformat(checked[0][0]) if checked[0][0] else None,
        shown[0][0] > 0,
    )


@dataclass(slots=True)
class Watch:
    """Changes a world and checks what its runs make of it."""

    world: World
    who: dict[str, str] = field(default_factory=dict)
    """Each text that the API has ever served or would have, and whose it is."""
    changed_at: dict[str, int] = field(default_factory=dict)
    gone: dict[str, Entry] = field(default_factory=dict)
    came: bool = False
    """Entries have come since source and warehouse were last the same,"""
    went: bool = False
    """or gone."""
    came_unchecked: set[str] = field(default_factory=set)
    """Whose entries have come since the whole history was last proven,"""
    went_unchecked: set[str] = field(default_factory=set)
    """or gone."""
    same: bool = False
    """Source and warehouse are the same: the last run said so, it was so, nothing has changed."""
    heard: set[str] | None = None
    """What the API served all through deep verifications that were interrupted: the next goes on
    where they ended. None where there is none to go on with."""
    zones_moved: bool = False
    """The source has counted its days in another zone before,"""
    zone_unheard: bool = False
    """and no sync has asked for days since: a count of the whole history does not tell, nor does a
    deep verification whose few days begin where nothing is."""
    state: State = _NOTHING

    # --- changes of the source

    def note(self) -> None:
        """Takes down what the API would serve now."""
        for entry in self.world.source.entries(ORGANIZATION):
            self.who[self.world.text(entry)] = whose(entry)

    def insert(self, *entries: Entry) -> None:
        self.world.source.insert(*entries)
        names = {whose(entry) for entry in entries}
        self.came, self.same = True, False
        self.came_unchecked |= names
        for name in names:
            self.gone.pop(name, None)
        self.note()

    def take(self, entries: list[Entry]) -> None:
        """Takes entries away, one by one as a person would, or all old ones as a rule would."""
        self.world.source.vanish(*(str(entry.id) for entry in entries))
        self.gone |= {whose(entry): entry for entry in entries}
        self.went_unchecked |= {whose(entry) for entry in entries}
        self.went, self.same = self.went or bool(entries), False

    def change(self, entry: Entry, **fields: object) -> None:
        self.world.source.change(str(entry.id), **fields)
        self.same = False
        self.note()

    def speak(self, dialect: Dialect) -> None:
        """From now on the API behaves otherwise."""
        moved = dialect.zone != self.world.dialect.zone
        self.zones_moved |= moved
        self.zone_unheard |= moved
        self.world.service.dialect = dialect
        self.same = False
        self.note()

    # --- runs

    def run(
        self,
        do: Callable[..., Seen],
        script: Script = QUIET,
        *,
        honest: bool = True,
        most: int | None = None,
        **settings: object,
    ) -> Seen:
        """A run, and all that must be true after it.

        `honest`: nothing is in its way and nothing changes meanwhile, so it must end complete.
        """
        before, was_same = self.state, self.same
        today, texts = self.world.clock.now().date(), set(self.world.texts())
        seen = do(script, most=most or self._bound(), **settings)
        after = self.state = look(self.world)
        self._check_tables(before, after)
        if seen.result.command == "verify":
            untouched = {name: before.tables[name] for name in _CONTENT}
            assert untouched == {name: after.tables[name] for name in _CONTENT}, "verify wrote rows"
        self._check_outcome(seen, honest=honest)
        if honest:
            self._check_absences(before, after)
        if seen.complete:
            self._check_proof(before, after, today, seen.result.command)
        if was_same and honest:
            self._check_again(before, after, seen, today)
        if honest and do == self.world.deep:
            self._check_contents(after)
        if seen.result.command == "verify --deep":
            texts &= set(self.world.texts()) & (texts if self.heard is None else self.heard)
            self.heard = texts if seen.result.error else None
            self.same &= seen.complete  # one that was interrupted has not said so
        self._remember(seen, today, after)
        return seen

    def kill(
        self, do: Callable[..., Seen], script: Script = QUIET, *, step: int | None = None
    ) -> bool:
        """A run that is killed: it must leave a warehouse behind in which nothing is lost."""
        before, texts = self.state, set(self.world.texts())
        died = killed(lambda: do(script), step=step)
        self.world.clock.advance(minutes=10)  # what time the killed one made of it is unknown
        self.state = look(self.world)
        self._check_tables(before, self.state)
        if self.state.tables["windows"] != before.tables["windows"]:
            self.same = False
        if do == self.world.deep:
            self.heard = texts & (texts if self.heard is None else self.heard)
        return died

    def _bound(self) -> int:
        """More requests than this no run may make: some for each day and page that there is."""
        entries = self.world.source.entries(ORGANIZATION)
        size = self.world.page_cap or 100
        held = len(entries) + len(self.state.known)
        days = {entry.occurred_at.date() for entry in entries}
        return 150 + 30 * ceil(held / size) + 10 * len(days)

    # --- what must be true

    def _check_tables(self, before: State, after: State) -> None:
        for table, kept in before.lasting.items():
            lost = kept - after.lasting[table]
            assert not lost, f"gone from {table}: {lost}"
        for table in ("audit_log", "audit_log_versions", "quarantine"):
            for id_, raw in after.tables[table]:
                assert raw in self.who, f"{table} holds under {id_} what was never served: {raw}"
        ids = [id_ for id_, _ in after.tables["audit_log"]]
        assert len(set(ids)) == len(ids), "two rows with one id"
        numbers = [row[0] for row in after.tables["windows"]]
        assert len(set(numbers)) == len(numbers), "two ledger rows with one number"

    def _check_outcome(self, seen: Seen, *, honest: bool) -> None:
        result = seen.result
        assert result.status in ("complete", "incomplete", "failed")
        assert result.requests == seen.requests
        if result.command == "sync":
            assert (result.exit_code == 0) == seen.complete
        elif result.command == "verify --deep":
            assert seen.complete or result.exit_code, "incomplete, and called equal"
        if not seen.complete:
            assert result.message, "not complete, and no word why"
        if honest and result.command != "verify":
            assert seen.complete, f"nothing was in the way, yet {result.message}"

    def _check_absences(self, before: State, after: State) -> None:
        """What a run wrote down as gone is gone, and is called expired where it is too old."""
        entries = self.world.source.entries(ORGANIZATION)
        here = {whose(entry) for entry in entries}
        oldest = min((entry.at for entry in entries), default=None)
        new = Counter(after.tables["absences"]) - Counter(before.tables["absences"])
        texts = after.texts
        for id_, reason, *_ in new:
            (name, *_) = {self.who[text] for text in texts[str(id_)]}
            if reason == "returned":
                assert name in here, f"{name} is said to have returned"
                continue
            assert name not in here, f"{name} is said to be {reason}, but is served"
            gone = self.gone[name]
            if reason == "expired" and oldest is not None:
                # Some dialects tell whole seconds.
                older = gone.at // 1_000_000 <= oldest // 1_000_000
                assert older, f"{name} is not older than all else"

    def _check_proof(self, before: State, after: State, today: date, command: str) -> None:
        """`complete` is true of the newest window, and once a UTC day of all."""
        lacking, surplus = self._differences(after)
        swapped = len(lacking) == len(surplus)  # which no count over all can see
        checked = after.checked_on is not None and after.checked_on != before.checked_on
        due = before.checked_on is None or before.checked_on < today
        if not checked and not (due and command == "sync"):
            since = self._window(before)
            old = {name for name, at in (*lacking, *surplus) if at < since}
            assert old <= self.came_unchecked | self.went_unchecked, f"{old} were there all along"
            swapped |= self._as_many(lacking, surplus, self._asked(before))
            lacking = {pair for pair in lacking if pair[1] >= since}
            surplus = {pair for pair in surplus if pair[1] >= since}
        if lacking or surplus:
            equal = swapped or len(lacking) == len(surplus)
            assert equal, f"complete without {lacking}, with {surplus}"
            assert self.came, f"complete without {lacking}, with {surplus}"
            assert self.went, f"complete without {lacking}, with {surplus}"

    def _check_again(self, before: State, after: State, seen: Seen, today: date) -> None:
        """Over an unchanged source nothing is rewritten, for one request, or two once a day."""
        for table in before.tables:
            if table != "windows":
                assert before.tables[table] == after.tables[table], f"{table} was rewritten"
        command = seen.result.command
        grown = len(after.tables["windows"]) - len(before.tables["windows"])
        if command == "sync":
            due = before.checked_on is None or before.checked_on < today
            # Where the source has counted its days otherwise before, edges are in doubt at times;
            # and as long as nothing has shown where a day begins at all.
            due += 2 * (not before.edge_shown)
            due += 2 * self.zones_moved + 8 * self.zone_unheard
            assert seen.requests <= 1 + due, f"{seen.requests} requests for nothing"
            assert grown <= 1 + due, f"the ledger grew by {grown} rows for nothing"
        if command == "verify":
            assert seen.requests == 1, f"{seen.requests} requests to find all equal"
        assert seen.result.exit_code == 0

    def _check_contents(self, after: State) -> None:
        """After `verify --deep` the copy is what the source holds, entry for entry."""
        lacking, surplus = self._differences(after)
        assert not lacking, f"read again, and still without {lacking}"
        assert not surplus, f"read again, and still with {surplus}"
        stale = self._unheard(after)
        if self.heard is not None:
            stale &= self.heard
        assert not stale, f"read again, and still not as the source has it: {stale}"

    def _unheard(self, after: State) -> set[str]:
        """What the source would serve now, and the warehouse does not hold to the byte."""
        return set(self.world.texts()) - {text for held in after.texts.values() for text in held}

    def _differences(self, after: State) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        """Whose entries are at the source and not known here, and the other way round; with times.

        An entry without an id of its own can be there several times; each is told apart by number.
        """
        there = Counter(whose(entry) for entry in self.world.source.entries(ORGANIZATION))
        times = {whose(entry): entry.at for entry in self.world.source.entries(ORGANIZATION)}
        times = {name: entry.at for name, entry in self.gone.items()} | times
        texts = after.texts
        here = Counter(self.who[texts[id_][0]] for id_ in after.known)

        def numbered(names: Counter[str]) -> set[tuple[str, int]]:
            return {(f"{name}#{n}" if n else name, times[name]) for name in names
                    for n in range(names[name])}  # fmt: skip

        return numbered(there - here), numbered(here - there)

    def _window(self, before: State) -> int:
        """From when on a sync must see everything: the lookback before the watermark."""
        if before.watermark is None:
            return -(2**63)
        lookback = timedelta(days=int(str(self.world.settings.get("lookback_days", 7))))
        return microseconds(before.watermark - lookback)

    def _asked(self, before: State) -> int:
        """From when on a sync counts: whole days, so that they surely hold all the lookback."""
        if before.watermark is None:
            return self._window(before)
        day = (before.watermark - timedelta(hours=12)).date()
        zone = ZoneInfo(self.world.service.dialect.zone)
        begin = datetime.combine(day, time(), zone).astimezone(UTC)
        return self._window(before) + microseconds(begin) - microseconds(before.watermark)

    @staticmethod
    def _as_many(one: set[tuple[str, int]], other: set[tuple[str, int]], since: int) -> bool:
        """Whether two sets hold as many entries from a moment on, which no count can see."""
        return sum(at >= since for _, at in one) == sum(at >= since for _, at in other)

    def _remember(self, seen: Seen, today: date, after: State) -> None:
        if seen.complete and seen.result.command == "sync":
            self.zone_unheard = False
        if after.checked_on is not None and after.checked_on >= today and seen.complete:
            lacking, surplus = self._differences(after)
            self.came_unchecked = {name.partition("#")[0] for name, _ in lacking}
            self.went_unchecked = {name.partition("#")[0] for name, _ in surplus}
            if not lacking and not surplus:
                self.came = self.went = False
                self.same = not self._unheard(after)


def whose(entry: Entry) -> str:
    """What tells an entry from all others: its id, or its text where that is all it has."""
    return str(entry.text, "utf-8", "backslashreplace") if entry.text is not None else str(entry.id)

"""Watches a world from outside: what the source held and when, and what the warehouse made of it.

`Watch` changes the source, remembers each change, and after each run holds the warehouse against
it. What it demands is DESIGN's promises and nothing weaker. Two exceptions are DESIGN's own:

* A proof says that the numbers agree. Where as many entries have come as gone since both sides were
  last the same, numbers cannot tell; `verify --deep` must.
* Where the source states only a bound of everything, windows are counted once a UTC day. What has
  come or gone since that count is noticed the next day.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry
from promises.adversary import QUIET, Script
from promises.kill import killed
from promises.world import ORGANIZATION, Seen, World, opened

Rows = list[tuple[object, ...]]

GROWS_ONLY = ("audit_log_versions", "absences", "quarantine", "proofs")
"""Tables from which no row ever goes. Nor does a text from `audit_log`, but into the versions, or
into quarantine as the lesser of two contents under one id."""

CONTENT = ("audit_log", "audit_log_versions", "absences", "quarantine")
"""Tables that `verify` never touches."""

_QUERIES = {
    "audit_log": "SELECT id, raw FROM audit_log",
    "audit_log_versions": "SELECT id, raw FROM audit_log_versions",
    "absences": "SELECT id, reason, noticed_at::VARCHAR, run_id FROM absences",
    "quarantine": "SELECT id, raw FROM quarantine",
    "proofs": "SELECT seq, run_id, verdict, from_day::VARCHAR, to_day::VARCHAR FROM proofs",
    "windows": "SELECT from_day::VARCHAR, to_day::VARCHAR, stated FROM windows ORDER BY from_day",
}


@dataclass(frozen=True, slots=True)
class State:
    """What a warehouse holds at one time; `held` are the ids that are compared with the source."""

    tables: dict[str, Rows]
    held: frozenset[str]

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
        lesser = {(str(id_).split("~")[0], raw) for id_, raw in self.tables["quarantine"]}
        ever = {*self.tables["audit_log"], *self.tables["audit_log_versions"], *lesser}
        return kept | {"ever served": Counter(ever)}


_NOTHING = State({table: [] for table in _QUERIES}, frozenset())


def look(world: World) -> State:
    """The warehouse as it stands; nothing where there is none yet."""
    if not world.warehouse.exists():
        return _NOTHING
    with opened(world.warehouse) as connection:
        tables = {name: connection.execute(query).fetchall() for name, query in _QUERIES.items()}
        held = connection.execute("SELECT id FROM held_entries").fetchall()
    assert len(set(held)) == len(held), "an entry is held twice"
    return State(tables, frozenset(str(id_) for (id_,) in held))


@dataclass(slots=True)
class Watch:
    """Changes a world and checks what its runs make of it."""

    world: World
    who: dict[str, str] = field(default_factory=dict)
    """Each text that the API has ever served or would have, and whose it is."""
    came: set[str] = field(default_factory=set)
    """Whose entries have come since source and warehouse were last the same,"""
    went: set[str] = field(default_factory=set)
    """or gone."""
    today: set[str] = field(default_factory=set)
    """Whose entries have come or gone on this UTC day."""
    day: date | None = None
    lengths: set[int] = field(default_factory=set)
    """How many entries the source has held since the run under way began."""
    same: bool = False
    """Source and warehouse are the same: the last run said so, it was so, nothing has changed."""
    begun: bool = False
    """Whether a deep verification was interrupted: the next one resumes it."""
    spoken: bool = False
    """The API has behaved otherwise since the last complete sync, which may have to learn that."""
    state: State = _NOTHING

    # --- changes of the source

    def insert(self, *entries: Entry) -> None:
        self.world.source.insert(*entries)
        self._changed(self.came, entries)

    def take(self, entries: list[Entry]) -> None:
        """Takes entries away, one by one as a person would, or all old ones as a rule would."""
        self.world.source.vanish(*(str(entry.id) for entry in entries))
        self._changed(self.went, entries)

    def change(self, entry: Entry, **fields: object) -> None:
        self.world.source.change(str(entry.id), **fields)
        self._changed(set(), [])

    def speak(self, dialect: Dialect) -> None:
        """From now on the API behaves otherwise."""
        self.world.service.dialect = dialect
        self.spoken = True
        self._changed(set(), [])

    def _changed(self, names: set[str], entries: list[Entry] | tuple[Entry, ...]) -> None:
        self._new_day()
        names |= {whose(entry) for entry in entries}
        self.today |= {whose(entry) for entry in entries}
        self.same = False
        now = self.world.source.entries(ORGANIZATION)
        self.lengths.add(len(now))
        for entry in now:
            self.who[self.world.text(entry)] = whose(entry)

    def _new_day(self) -> None:
        day = self.world.clock.now().date()
        if day != self.day:
            self.day, self.today = day, set()

    # --- runs

    def run(
        self, do: Callable[..., Seen], script: Script = QUIET, *, honest: bool = True,
        **settings: object,
    ) -> Seen:  # fmt: skip
        """A run, and all that must be true after it.

        `honest`: nothing is in its way and nothing changes meanwhile, so it must end complete.
        """
        self._new_day()
        before, was_same, quiet = self.state, self.same, script is QUIET
        self.lengths = {len(self.world.source.entries(ORGANIZATION))}
        seen = do(script, most=self._bound(), **settings)
        after = self.state = look(self.world)
        self._check_tables(before, after)
        self._check_outcome(seen, honest=honest)
        if seen.result.command == "verify":
            assert all(before.tables[t] == after.tables[t] for t in CONTENT), "verify wrote rows"
        if quiet:
            self._check_absences(before, after)
        if seen.complete:
            self._check_proof(after, quiet=quiet)
        if was_same and honest and before.tables["windows"]:
            self._check_again(before, after, seen)
        if honest and seen.result.command == "verify --deep":
            self._check_contents(after)
        self._remember(seen, after)
        if seen.result.command == "verify --deep":
            self.begun = not seen.complete
        self.spoken |= not quiet  # it may have taught something wrong
        return seen

    def kill(
        self, do: Callable[..., Seen], script: Script = QUIET, *, step: int | None = None
    ) -> bool:
        """A run that is killed: it must leave a warehouse behind in which nothing is lost."""
        before = self.state
        died = killed(lambda: do(script), step=step)
        self.begun |= getattr(do, "__name__", "") == "deep"
        self.world.clock.advance(minutes=10)  # what time the killed one made of it is unknown
        self.state = look(self.world)
        self._check_tables(before, self.state)
        self.same = False
        return died

    def _bound(self) -> int:
        """No run may make more requests than this: all pages a few times, some for each day."""
        entries = self.world.source.entries(ORGANIZATION)
        pages = (len(entries) + len(self.state.held)) // (self.world.dialect.page_cap or 100)
        days = {entry.occurred_at.date() for entry in entries if entry.at is not None}
        return 200 + 40 * pages + 25 * len(days)

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
        windows = after.tables["windows"]
        ends = [to_day for _, to_day, _ in windows]
        begins = [from_day for from_day, _, _ in windows]
        assert ends[:-1] == begins[1:], f"the windows do not tile the history: {windows}"
        assert ends[-1:] in ([], [None]), f"the last window is not open: {windows}"

    def _check_outcome(self, seen: Seen, *, honest: bool) -> None:
        result = seen.result
        assert result.status in ("complete", "incomplete", "failed")
        assert result.requests == seen.requests
        if result.command == "sync":
            assert (result.exit_code == 0) == seen.complete
        if not seen.complete:
            assert result.message or result.differences, "not complete, and no word why"
        if honest and result.command != "verify":
            assert seen.complete, f"nothing was in the way, yet {result.message}"
            assert result.source_total in self.lengths
            assert result.warehouse_total == result.source_total

    def _check_absences(self, before: State, after: State) -> None:
        """What a run wrote down as gone is gone, and is called expired where it is too old."""
        entries = self.world.source.entries(ORGANIZATION)
        here = {whose(entry) for entry in entries}
        oldest = min((entry.at for entry in entries if entry.at is not None), default=None)
        new = Counter(after.tables["absences"]) - Counter(before.tables["absences"])
        times = dict(self.world.ask("SELECT id, epoch_us(occurred_at) FROM audit_log"))
        texts = after.texts
        for id_, reason, *_ in new:
            (name, *_) = {self.who[text] for text in texts[str(id_)]}
            if reason == "returned":
                assert name in here, f"{name} is said to have returned"
                continue
            assert name not in here, f"{name} is said to be {reason}, but is served"
            if reason == "expired" and oldest is not None:
                # Some dialects tell whole seconds.
                older = int(str(times[id_])) // 1_000_000 <= oldest // 1_000_000
                assert older, f"{name} is not older than all else"

    def _check_proof(self, after: State, *, quiet: bool) -> None:
        """`complete` is true of everything, at some moment of the run."""
        assert len(after.held) in self.lengths or self._bounded, "not as many as the source held"
        if not quiet:
            return
        lacking, surplus = self._differences(after)
        if len(lacking) == len(surplus):
            assert lacking <= self.came, f"complete without {lacking}"
            assert surplus <= self.went, f"complete with {surplus}"
        else:
            assert self._bounded, f"complete without {lacking}, with {surplus}"
            assert lacking | surplus <= self.today | self.came | self.went

    @property
    def _bounded(self) -> bool:
        """The source states only a bound of everything."""
        cap = self.world.dialect.total_cap
        return cap is not None and max(self.lengths) >= cap

    def _check_again(self, before: State, after: State, seen: Seen) -> None:
        """Over an unchanged source nothing is rewritten, and two requests are enough."""
        for table in CONTENT:
            assert before.tables[table] == after.tables[table], f"{table} was rewritten"
        moved = before.tables["windows"] != after.tables["windows"]
        grown = len(after.tables["proofs"]) - len(before.tables["proofs"])
        command = seen.result.command
        if command == "sync" and not self.spoken:
            assert seen.requests <= 2 + moved, f"{seen.requests} requests for nothing"
            assert grown <= 2, f"{grown} proofs of nothing new"
        if command == "verify":
            assert seen.requests == 1, f"{seen.requests} requests to find all equal"
        assert seen.result.exit_code == 0

    def _check_contents(self, after: State) -> None:
        """After `verify --deep` the copy is what the source holds, entry for entry."""
        lacking, surplus = self._differences(after)
        assert not lacking, f"read again, and still without {lacking}"
        assert not surplus, f"read again, and still with {surplus}"
        if self.begun:
            return  # it has resumed an earlier one, and passed over what that had read
        stale = self._unheard(after)
        assert not stale, f"read again, and still not as the source has it: {stale}"

    def _unheard(self, after: State) -> set[str]:
        """What the source would serve now, and the warehouse does not hold to the byte."""
        return set(self.world.texts()) - {text for held in after.texts.values() for text in held}

    def _differences(self, after: State) -> tuple[set[str], set[str]]:
        """Whose entries are at the source and not held here, and the other way round."""
        there = {whose(entry) for entry in self.world.source.entries(ORGANIZATION)}
        texts = after.texts
        here = {self.who[texts[id_][0]] for id_ in after.held}
        return there - here, here - there

    def _remember(self, seen: Seen, after: State) -> None:
        lacking, surplus = self._differences(after)
        self.spoken &= not (seen.complete and seen.result.command == "sync")
        if seen.complete and not lacking and not surplus:
            self.came, self.went = set(), set()
            self.same = not self._unheard(after)
        else:
            self.same = False


def whose(entry: Entry) -> str:
    """What tells an entry from all others: its id, or its text where that is all it has."""
    return str(entry.text, "utf-8", "backslashreplace") if entry.text is not None else str(entry.id)

"""The state machine: whatever source, API, network and operator can do, in any order."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any, ClassVar, Literal

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry
from promises import faults
from promises.adversary import Script
from promises.entries import entry, spread
from promises.kill import die
from promises.watch import Watch
from promises.world import MEMORY, ORGANIZATION, Seen, World, prepared

ZONES = ("UTC", "Europe/Zurich", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata")

honest_dialects = st.builds(
    Dialect,
    names=st.sampled_from(["flat", "nested", "camel"]),
    time_field=st.sampled_from(["created_at", "timestamp", "occurred_at"]),
    action_field=st.sampled_from(["action_type", "action"]),
    time_style=st.sampled_from(["iso-z", "iso-offset", "naive", "epoch-s", "epoch-ms"]),
    order=st.sampled_from(["newest", "oldest", "newest", "oldest", "stored", "random"]),
    ties=st.sampled_from(["stable", "shuffled"]),
    untimed=st.sampled_from(["oldest", "newest"]),
    page_cap=st.sampled_from([None, None, None, 20]),
    says_limit=st.sampled_from(["asked", "used", "none"]),
    errors=st.sampled_from(["json", "html", "empty"]),
)
"""Dialects in which all can be proven; how `to_date` is read, and the zone, are the world's."""

hard_dialects = st.one_of(
    st.builds(Dialect, order=st.sampled_from(["newest", "oldest"]),
              total_cap=st.sampled_from([50, 100, 200, 300])),
    st.builds(Dialect, order=st.sampled_from(["newest", "oldest"]),
              max_skip=st.sampled_from([100, 300])),
    st.builds(Dialect, order=st.sampled_from(["newest", "oldest"]),
              has_more=st.sampled_from(["always", "never"])),
)  # fmt: skip
"""Dialects in which not all can be proven, but nothing may be called proven that is not."""

changes = st.dictionaries(
    st.integers(1, 14),
    st.tuples(st.integers(0, 5), st.floats(0, 1), st.floats(0.01, 20)),
    min_size=1,
    max_size=4,
)
"""Before which requests of a run the source changes, and how: see `Promises._change`."""

commands = st.sampled_from(["sync"] * 4 + ["verify", "deep"])
"""What an operator runs: a method of `World`."""

sizes = st.sampled_from([0, 1, 2, 30, 99, 100, 101, 250, 420, 1_150])


def step(**strategies: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule whose every execution is counted."""

    def counted(happen: Callable[..., None]) -> Any:
        @wraps(happen)
        def count(self: "Promises", *places: Any, **values: Any) -> None:
            self.done["steps"] += 1
            happen(self, *places, **values)

        return rule(**strategies)(count)

    return counted


class Promises(RuleBasedStateMachine):
    """Rules are what can happen; every run is checked by `Watch`, see there for the promises."""

    done: ClassVar[Counter[str]] = Counter()
    """What all machines of this process have done so far."""

    @initialize(
        count=sizes,
        days=st.sampled_from([0.2, 3, 12, 45]),
        dialect=honest_dialects,
        lookback=st.sampled_from([0, 1, 7]),
        zone=st.sampled_from(ZONES),
        to_date=st.sampled_from(["inclusive", "exclusive"]),
        untimed=st.sampled_from([0, 0, 0, 3, 150]),
        concurrency=st.sampled_from([1, 4]),
        made=st.sampled_from([True] * 9 + [False]),
    )
    def begin(
        self,
        count: int,
        days: float,
        dialect: Dialect,
        lookback: int,
        zone: str,
        to_date: Literal["inclusive", "exclusive"],
        untimed: int,
        concurrency: int,
        made: bool,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="promises-", dir=MEMORY)
        self.world = World(
            Path(self._folder.name),
            dialect=replace(dialect, zone=zone, to_date=to_date),
            lookback_days=str(lookback),
            concurrency=str(concurrency),
        )
        if made:
            shutil.copy(prepared(), self.world.warehouse)
        self.watch = Watch(self.world)
        self.names = 0
        self.done["worlds"] += 1
        self.honest = True
        self.vanished: list[Entry] = []
        timeless = [entry(f"u{n}-", None) for n in range(untimed)]
        self.watch.insert(*spread(count, self.world.clock.now(), days), *timeless)

    def teardown(self) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    # --- what the source does

    @step(count=st.sampled_from([1, 2, 5, 99, 130]))
    def new_entries_come(self, count: int) -> None:
        self.world.clock.advance(minutes=20)
        end = self.world.clock.now()
        self.watch.insert(*spread(count, end, 1 / 96, self._name()))

    @step(days=st.floats(0.01, 60), count=st.integers(1, 4))
    def entries_come_late(self, days: float, count: int) -> None:
        moment = self.world.clock.now() - timedelta(days=days)
        self.watch.insert(*spread(count, moment, 0.2, self._name()))

    @step(count=st.integers(1, 3))
    def entries_without_a_time_come(self, count: int) -> None:
        self.watch.insert(*(entry(self._name(), None) for _ in range(count)))

    @precondition(lambda self: self.entries)
    @step(place=st.floats(0, 1), count=st.integers(1, 3))
    def an_entry_comes_at_the_same_instant(self, place: float, count: int) -> None:
        placed = self._at(place)
        moment = self.world.clock.now() if placed.at is None else placed.occurred_at
        self.watch.insert(*(entry(self._name(), moment) for _ in range(count)))

    @precondition(lambda self: self.entries)
    @step(place=st.floats(0, 1))
    def an_entry_changes(self, place: float) -> None:
        self.watch.change(self._at(place), new_value={"changed": self._name()})

    @precondition(lambda self: self.entries)
    @step(places=st.lists(st.floats(0, 1), min_size=1, max_size=3))
    def entries_vanish(self, places: list[float]) -> None:
        taken = list({str(e.id): e for e in map(self._at, places)}.values())
        self.vanished += taken
        self.watch.take(taken)

    @precondition(lambda self: self.entries)
    @step(place=st.floats(0, 1))
    def old_entries_expire(self, place: float) -> None:
        bound = self._at(place / 2).at
        if bound is not None:
            self.watch.take([e for e in self.entries if e.at is not None and e.at < bound])

    @precondition(lambda self: self.vanished)
    @step(count=st.integers(1, 3))
    def what_had_vanished_returns(self, count: int) -> None:
        back, self.vanished = self.vanished[:count], self.vanished[count:]
        self.watch.insert(*back)

    @step(dialect=honest_dialects)
    def the_dialect_is_another(self, dialect: Dialect) -> None:
        self._speak(dialect, honest=True)

    @step(dialect=hard_dialects)
    def the_dialect_is_a_hard_one(self, dialect: Dialect) -> None:
        self._speak(dialect, honest=False)

    @step(zone=st.sampled_from(ZONES))
    def days_begin_elsewhere(self, zone: str) -> None:
        self.watch.speak(replace(self.world.dialect, zone=zone))

    @step(hours=st.sampled_from([1, 9, 24, 24, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        self.world.clock.advance(hours=hours)

    # --- what an operator does, and what happens to them

    @step()
    def sync(self) -> None:
        self._run(self.world.sync, honest=self.honest)

    @step(deep=st.booleans())
    def verify(self, deep: bool) -> None:
        self._run(self.world.deep if deep else self.world.verify, honest=self.honest)
        if not deep:
            self._run(self.world.sync, honest=self.honest)

    @step(
        trouble=st.one_of(
            st.tuples(st.just("budget"), st.sampled_from([1, 2, 3, 5, 8, 20])),
            st.tuples(st.just("faults"), faults.some(faults.broken())),
            st.tuples(
                st.just("lies"), faults.some(faults.broken(), faults.refusals(), faults.lies())
            ),
            st.tuples(st.just("changes"), changes),
        ),
        command=commands,
    )
    def a_run_meets(self, trouble: tuple[str, Any], command: str) -> None:
        kind, how = trouble
        do = getattr(self.world, command)
        if kind == "budget":
            seen = self._run(do, honest=False, max_requests=str(how))
            assert seen.requests <= how
        elif kind == "faults":
            self._run(do, Script(faults=how), honest=False)
        elif kind == "lies":
            # Not of a verification: it is one count where that says that all is equal.
            self._run(self.world.sync, Script(faults=how), honest=False)
        else:
            script = Script(before={n: partial(self._change, *what) for n, what in how.items()})
            self._run(do, script, honest=False)

    @step(
        where=st.one_of(
            st.tuples(st.just("request"), st.integers(1, 12)),
            st.tuples(st.just("warehouse"), st.integers(1, 1_500)),
        ),
        command=commands,
    )
    def a_run_is_killed(self, where: tuple[str, int], command: str) -> None:
        kind, number = where
        do = getattr(self.world, command)
        if kind == "request":
            died = self.watch.kill(do, Script(before={number: die}))
        else:
            died = self.watch.kill(do, step=number)
        self.done["kills"] += died

    # --- helpers

    def _speak(self, dialect: Dialect, *, honest: bool) -> None:
        self.honest = honest
        now = self.world.dialect
        self.watch.speak(replace(dialect, zone=now.zone, to_date=now.to_date))

    @property
    def entries(self) -> list[Entry]:
        return self.world.source.entries(ORGANIZATION)

    def _name(self) -> str:
        self.names += 1
        return f"n{self.names}-"

    def _at(self, place: float) -> Entry:
        """The entry at this part of the log, 0 being the oldest and 1 the newest."""
        entries = self.entries
        return entries[round(place * (len(entries) - 1))]

    def _change(self, kind: int, place: float, days: float) -> None:
        """One of the source's rules, in the middle of a run, which is no step of its own."""
        self.done["steps"] -= 1
        if kind == 0 or not self.entries:
            self.new_entries_come(3)
        elif kind == 1:
            self.entries_come_late(days, 2)
        elif kind == 2:
            self.an_entry_comes_at_the_same_instant(place, 1)
        elif kind == 3:
            self.an_entry_changes(place)
        elif kind == 4:
            self.entries_vanish([place])
        else:
            self.old_entries_expire(place)

    def _run(self, do: Callable[..., Seen], *args: Any, **options: Any) -> Seen:
        seen = self.watch.run(do, *args, **options)
        result = seen.result
        self.done["runs"] += 1
        self.done["requests"] += seen.requests
        note(f"{result.command}: {result.status}, {seen.requests} requests, {result.message}")
        return seen

"""The ways in which a log can change while it is served."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.source import Filters, Source

START = datetime(2025, 1, 1, tzinfo=UTC)


def _entry(entry_id: str, hours: float, organization_id: str = "org_a", **more: Any) -> Entry:
    at = microseconds(START + timedelta(hours=hours))
    return Entry(at=at, id=entry_id, organization_id=organization_id, **more)


def _ids(source: Source, organization_id: str = "org_a") -> list[str | None]:
    log = source.log(organization_id)
    assert log is not None
    return [entry.id for entry in log.entries]


class AgainstAPlainList(RuleBasedStateMachine):
    """Whatever is done to a source in whatever order, it holds what a plain list would."""

    @initialize()
    def begin(self) -> None:
        self.source = Source(organizations=["org_a"])
        self.model: list[Entry] = []
        self.number = 0

    @rule(hours=st.lists(st.integers(0, 48), max_size=4), name=st.sampled_from("xyz"))
    def insert(self, hours: list[int], name: str) -> None:
        self.number += 1
        new = [
            _entry(f"{self.number}-{position}", hour, entity_type=name)
            for position, hour in enumerate(hours)
        ]
        self.source.insert(*new)
        self.model += new

    @rule(position=st.integers(0, 99), hour=st.integers(0, 48))
    def change(self, position: int, hour: int) -> None:
        if self.model:
            old = self.model[position % len(self.model)]
            new = _entry(old.id or "", hour, entity_type="changed")
            self.source.change(old.id or "", at=new.at, entity_type="changed")
            self.model[self.model.index(old)] = new

    @rule(position=st.integers(0, 99))
    def vanish(self, position: int) -> None:
        if self.model:
            gone = self.model.pop(position % len(self.model))
            self.source.vanish(gone.id or "")

    @rule(hour=st.integers(0, 48))
    def expire(self, hour: int) -> None:
        before = START + timedelta(hours=hour)
        self.source.expire(before)
        self.model = [entry for entry in self.model if entry.occurred_at >= before]

    @invariant()
    def the_log_is_the_list_in_the_order_of_time(self) -> None:
        log = self.source.log("org_a")
        assert log is not None
        assert [entry.at for entry in log.entries] == sorted(entry.at for entry in self.model)
        assert {entry.id: entry for entry in log.entries} == {e.id: e for e in self.model}

    @invariant()
    def a_filter_finds_what_is_there_now(self) -> None:
        log = self.source.log("org_a")
        assert log is not None
        found = log.filtered(Filters(entity_type="x")).entries
        assert {e.id for e in found} == {e.id for e in self.model if e.entity_type == "x"}


TestAgainstAPlainList = AgainstAPlainList.TestCase
TestAgainstAPlainList.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@given(st.lists(st.integers(0, 20)), st.integers(-1, 21), st.integers(-1, 21))
@settings(deadline=None)
def test_a_span_holds_exactly_the_entries_between_its_bounds(
    hours: list[int], since: int, until: int
) -> None:
    source = Source([_entry(str(n), hour) for n, hour in enumerate(hours)], organizations=["org_a"])
    log = source.log("org_a")
    assert log is not None
    bounds = [microseconds(START + timedelta(hours=hour)) for hour in (since, until)]
    low, high = log.span(*bounds)
    assert high - low == sum(since <= hour < until for hour in hours)
    assert log.span(None, None) == (0, len(hours))


def test_each_organization_has_a_log_of_its_own() -> None:
    source = Source([_entry("a", 1)], organizations=["org_empty"])
    source.insert(_entry("b", 2, "org_b"))
    assert (_ids(source), _ids(source, "org_b"), _ids(source, "org_empty")) == (["a"], ["b"], [])
    assert source.log("org_unknown") is None
    assert [entry.id for entry in source.entries()] == ["a", "b"]
    assert [entry.id for entry in source.entries("org_b")] == ["b"]


def test_an_organization_whose_last_entry_vanished_still_exists() -> None:
    source = Source([_entry("a", 1)])
    source.vanish("a")
    assert _ids(source) == []


def test_a_log_that_was_taken_before_a_change_stays_as_it_was() -> None:
    source = Source([_entry("a", 1)])
    before = source.log("org_a")
    source.insert(_entry("b", 2))
    source.vanish("a")
    assert before is not None
    assert [entry.id for entry in before.entries] == ["a"]


def test_two_entries_may_bear_one_id() -> None:
    source = Source([_entry("a", 1)])
    source.insert(_entry("a", 2))
    assert _ids(source) == ["a", "a"]


def test_an_id_that_is_not_there_is_an_error_and_nothing_changes() -> None:
    source = Source([_entry("a", 1)])
    with pytest.raises(KeyError, match="no entry z"):
        source.vanish("a", "z")
    with pytest.raises(KeyError, match="no entry z"):
        source.change("z", entity_name="other")
    assert _ids(source) == ["a"]


def test_the_log_can_be_asked_for_as_it_was() -> None:
    now = [0.0]
    source = Source([_entry("a", 1)], clock=lambda: now[0])
    for minute in range(1, 4):
        now[0] = minute * 60.0
        source.insert(_entry(str(minute), minute))
    sizes = []
    for instant in (-5, 59, 60, 150, 1_000):
        log = source.log("org_a", as_of=instant)
        assert log is not None
        sizes.append(len(log.entries))
    assert sizes == [1, 1, 2, 3, 4]

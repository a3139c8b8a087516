"""How a log can change while it is served."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from etl.sandbox.entry import Entry, microseconds
from etl.sandbox.source import Log, Source

START = datetime(2025, 1, 1, tzinfo=UTC)
hours = st.none() | st.integers(0, 48)


def _entry(entry_id: str, hour: float | None, organization_id: str = "org_a") -> Entry:
    at = None if hour is None else microseconds(START + timedelta(hours=hour))
    return Entry(at=at, id=entry_id, organization_id=organization_id)


def _log(source: Source, organization_id: str = "org_a", **asked: float) -> Log:
    log = source.log(organization_id, **asked)
    assert log is not None
    return log


def _ids(source: Source, organization_id: str = "org_a", **asked: float) -> list[str | None]:
    return [entry.id for entry in _log(source, organization_id, **asked).entries]


class AgainstAPlainList(RuleBasedStateMachine):
    """Whatever is done to a source in whatever order, it holds what a plain list would."""

    @initialize()
    def begin(self) -> None:
        self.source = Source(organizations=["org_a"])
        self.model: list[Entry] = []
        self.number = 0

    @rule(hour=hours)
    def insert(self, hour: int | None) -> None:
        self.number += 1
        self.model.append(_entry(str(self.number), hour))
        self.source.insert(self.model[-1])

    @rule(position=st.integers(0, 99), hour=hours)
    def change(self, position: int, hour: int | None) -> None:
        if self.model:
            position %= len(self.model)
            new = _entry(str(self.model[position].id), hour)
            self.source.change(str(new.id), at=new.at)
            self.model[position] = new

    @rule(position=st.integers(0, 99))
    def vanish(self, position: int) -> None:
        if self.model:
            self.source.vanish(str(self.model.pop(position % len(self.model)).id))

    @rule(hour=st.integers(0, 48))
    def expire(self, hour: int) -> None:
        before = START + timedelta(hours=hour)
        self.source.expire(before)
        self.model = [e for e in self.model if e.at is None or e.occurred_at >= before]

    @invariant()
    def the_log_is_the_list_as_stored_and_in_the_order_of_time(self) -> None:
        log = _log(self.source)
        assert log.stored == self.model
        assert log.entries == sorted(self.model, key=lambda e: -1 if e.at is None else e.at)


TestAgainstAPlainList = AgainstAPlainList.TestCase
TestAgainstAPlainList.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_each_organization_has_its_own_log_also_after_its_last_entry_vanished() -> None:
    source = Source([_entry("a", 1)], organizations=["org_empty"])
    source.insert(_entry("b", 0, "org_b"))
    assert (_ids(source), _ids(source, "org_b"), _ids(source, "org_empty")) == (["a"], ["b"], [])
    assert [entry.id for entry in source.entries()] == ["b", "a"]
    assert [entry.id for entry in source.entries("org_b")] == ["b"]
    source.vanish("b")
    assert _ids(source, "org_b") == []
    assert source.log("org_unknown") is None


def test_an_unknown_id_is_an_error_and_changes_nothing() -> None:
    source = Source([_entry("a", 1)])
    with pytest.raises(KeyError, match="no entry z"):
        source.vanish("a", "z")
    with pytest.raises(KeyError, match="no entry z"):
        source.change("z", entity_name="other")
    assert _ids(source) == ["a"]


def test_the_log_can_be_asked_for_as_it_was() -> None:
    now = [0.0]
    source = Source([_entry("0", 1)], clock=lambda: now[0])
    for minute in (1, 2):
        now[0] = minute * 60.0
        source.insert(_entry(str(minute), 1))
    asked = [_ids(source, as_of=instant) for instant in (-5, 59, 60, 1_000)]
    assert asked == [["0"], ["0"], ["0", "1"], ["0", "1", "2"]]

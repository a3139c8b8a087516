"""Why days are not proven, as `etl status` tells it word for word."""

from datetime import timedelta

import pytest

from etl.cli.main import main
from etl.sandbox.dialect import Dialect
from promises.adversary import Fault, Script, total
from promises.conftest import MakeWorld
from promises.entries import spread
from promises.faults import nothing
from promises.world import World

CLOSED = "the beginning to 2025-06-14"


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> "Told":
    return Told(capsys)


class Told:
    """What `etl status` says of a world's days that are not proven, newest first."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, world: World) -> list[str]:
        self._capsys.readouterr()
        assert main(["status", "--warehouse", str(world.warehouse)]) == 0
        lines = (line.strip() for line in self._capsys.readouterr().out.splitlines())
        mark = "not proven: "
        return [line.removeprefix(mark) for line in lines if line.startswith(mark)]


def test_days_whose_walk_was_not_finished(make: MakeWorld, told: Told) -> None:
    world = make()
    world.source.insert(*spread(1_500, world.clock.now(), 60))
    world.sync(max_requests="9", concurrency="1")
    assert told(world) == [f"{CLOSED}: interrupted"]


@pytest.mark.parametrize(
    ("budget", "fault", "reason"),
    [
        ("18", total(1), "the total moved"),
        ("6", nothing, "pages before the stated end came empty"),
    ],
)
def test_days_that_were_not_served_as_they_were_stated(
    make: MakeWorld, told: Told, budget: str, fault: Fault, reason: str
) -> None:
    """The budget ends before they are fetched again."""
    world = make()
    world.source.insert(*spread(1_500, world.clock.now(), 60))
    world.sync(Script(faults={6: fault}), max_requests=budget, concurrency="1")
    assert told(world) == [f"{CLOSED}: {reason}"]


@pytest.mark.parametrize(
    ("dialect", "count", "budget", "days", "reason"),
    [
        (Dialect(total_cap=200), 300, "8", CLOSED,
         "the total that is stated is only a lower bound"),
        (Dialect(max_skip=0), 130, "35", "2025-05-27 to 2025-05-27",
         "more entries than the API's paging reaches"),
        (Dialect(), 10_300, "4", CLOSED, "10329 entries, too many for one window"),
    ],
    ids=["capped", "refused", "large"],
)  # fmt: skip
def test_days_that_are_to_be_cut_before_they_can_be_fetched(
    make: MakeWorld, told: Told, dialect: Dialect, count: int, budget: str, days: str, reason: str
) -> None:
    """The budget ends before they are; of a total that was only capped it was said that no paging
    reaches so far."""
    world = make(dialect=dialect)
    busy = world.clock.now().replace(hour=20) - timedelta(days=20)
    world.source.insert(*spread(count, busy, 0.2), *spread(30, world.clock.now(), 30, "few"))
    world.sync(max_requests=budget, concurrency="1")
    assert told(world) == [f"{days}: {reason}"]


def test_days_that_hold_more_than_can_be_paged_to_and_cannot_be_cut(
    make: MakeWorld, told: Told
) -> None:
    """All lies in one evening of the source's zone; the budget ends before that is fetched."""
    world = make(dialect=Dialect(zone="America/Los_Angeles"))
    morning = world.clock.now().replace(hour=6) - timedelta(days=1)
    world.source.insert(*spread(10_300, morning, 0.2))
    world.sync(max_requests="6")
    reason = f"10300 entries in {CLOSED}, more than the API's paging reaches"
    assert told(world) == [f"{CLOSED}: {reason}"]


def test_a_day_that_cannot_be_paged_to_its_end_even_by_type(make: MakeWorld, told: Told) -> None:
    world = make(dialect=Dialect(max_skip=0))
    busy = world.clock.now().replace(hour=20) - timedelta(days=20)
    world.source.insert(*spread(400, busy, 0.2), *spread(30, world.clock.now(), 30, "few"))
    assert world.sync().result.exit_code == 6
    (line,) = told(world)
    reason = "2025-05-27 holds 401 entries, more than the API's paging reaches even by type"
    assert line == f"2025-05-27 to 2025-05-27: {reason}; 100 are here"


def test_days_whose_counts_contradict_each_other(make: MakeWorld, told: Told) -> None:
    """The first sync's second page states less than its first: all days are to be fetched."""
    world = make()
    world.source.insert(*spread(250, world.clock.now(), 30))
    world.sync(Script(faults={2: total(-3)}), max_requests="3")
    assert told(world) == [
        "2025-06-15 to now: to be walked again",
        f"{CLOSED}: to be walked again",
    ]


def test_days_whose_total_falls_again_and_again(make: MakeWorld, told: Told) -> None:
    world = make(lookback_days="0")
    world.source.insert(*spread(10, world.clock.now(), 0.3))
    world.sync()
    world.source.insert(*spread(250, world.clock.now(), 0.1, "new"))
    world.sync(Script(faults={n: total(3) for n in range(2, 100, 2)}), max_requests="60")
    reason = "260 entries here, 260 stated by the source, and the total fell"
    assert told(world) == [f"2025-06-15 to now: {reason}"]


def test_days_of_a_capped_total_that_cannot_be_cut(make: MakeWorld, told: Told) -> None:
    world = make(dialect=Dialect(zone="America/Los_Angeles", total_cap=200))
    morning = world.clock.now().replace(hour=6) - timedelta(days=1)
    world.source.insert(*spread(300, morning, 0.2))
    world.sync()
    reason = f"{CLOSED} holds more entries than the total, 200, that is stated"
    assert told(world) == [f"{CLOSED}: {reason}"]

"""What a run tells of its progress."""

from itertools import pairwise

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import spread

ENTRIES = 12_000


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_first_sync_tells_after_each_page_how_many_of_all_entries_have_come(
    make: MakeWorld, order: str
) -> None:
    """It grew only when a batch was loaded, by 7,000 at a time: so the time left was wrong, too."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(ENTRIES, world.clock.now(), 60))
    assert world.sync().complete
    told = [entries for entries, _ in world.told]
    assert max(told) == ENTRIES
    assert all(entries <= 100 * answers for answers, entries in enumerate(told, start=1))
    assert all(0 <= after - before <= 100 for before, after in pairwise(told))
    assert {total for _, total in world.told} == {ENTRIES}  # the first page has said so


def test_a_run_that_goes_on_after_an_interruption_tells_what_has_come_of_what_is_expected(
    make: MakeWorld,
) -> None:
    world = make()
    world.source.insert(*spread(ENTRIES, world.clock.now(), 60))
    assert not world.sync(max_requests="30").complete
    assert world.sync().complete
    for entries, total in world.told:
        assert total is not None
        assert entries <= total
        assert 0.7 * ENTRIES <= total <= 1.3 * ENTRIES

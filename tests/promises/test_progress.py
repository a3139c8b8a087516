"""What a run tells of its progress."""

import pytest

from etl.sandbox.dialect import Dialect
from promises.conftest import MakeWorld
from promises.entries import spread

ENTRIES = 12_000


def test_a_backfill_is_told_as_so_many_of_all_also_where_it_goes_on_after_an_interruption(
    make: MakeWorld,
) -> None:
    world = make()
    world.source.insert(*spread(ENTRIES, world.clock.now(), 60))
    assert not world.sync(max_requests="30").complete
    assert {total for _, total in world.told} == {ENTRIES}
    assert world.sync().complete
    ranges_known = [(entries, total) for entries, total in world.told if entries > ENTRIES // 4]
    assert ranges_known
    for entries, total in ranges_known:
        assert total is not None
        assert entries <= total
        assert 0.7 * ENTRIES <= total <= 1.3 * ENTRIES


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_figure_told_grows_with_every_few_requests_and_is_never_more_than_what_has_come(
    make: MakeWorld, order: str
) -> None:
    """It grew only when a batch was loaded, by 7,000 at a time: so the time left was wrong, too."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    world.source.insert(*spread(ENTRIES, world.clock.now(), 60))
    assert world.sync().complete
    told = [entries for entries, _ in world.told]
    assert len(told) > ENTRIES // 100
    for answers, entries in enumerate(told, start=1):
        assert entries <= 100 * answers
    pages = told[: ENTRIES // 100]  # what comes after these are counts
    for before, after in zip(pages, pages[5:], strict=False):
        assert before < after
    assert max(told) == ENTRIES

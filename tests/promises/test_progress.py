"""What a run tells of its progress."""

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

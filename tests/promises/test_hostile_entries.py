"""Entries that no API should send: each is kept, does no harm to its neighbours, and costs nothing
at later syncs.

Each case is put into an ordinary log twice, in the midst of an older page and as the newest entry
but one. Then days go by. The log is dense enough that no bound here leaves room to read it again.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from etl.sandbox.dialect import Dialect
from etl.sandbox.entry import Entry
from promises.conftest import MakeWorld
from promises.entries import entry, spread
from promises.world import Seen, World


@dataclass(frozen=True, slots=True)
class Case:
    """`made` turns the usual text of an entry into a hostile one.

    `reason` is the one it is quarantined for, None where it becomes a row.
    """

    made: Callable[[bytes], bytes]
    reason: str | None = None


def without(field: str) -> Callable[[bytes], bytes]:
    """Renames a field, so that nobody finds it."""
    return lambda text: text.replace(b'"%s"' % field.encode(), b'"x_%s"' % field.encode())


def time(written: bytes) -> Callable[[bytes], bytes]:
    """Replaces the value of `created_at`, which is the last field."""
    return lambda text: text[: text.index(b'"created_at":') + 13] + written + b"}"


def named(value: bytes) -> Callable[[bytes], bytes]:
    """Replaces the entity's name by another JSON text."""
    return lambda text: text.replace(b'"Auditor"', value)


def instead(value: bytes) -> Callable[[bytes], bytes]:
    return lambda text: value


PLAIN = {
    "NUL, escaped": Case(named(rb'"a\u0000b"')),
    "NaN": Case(named(b"NaN")),
    "an integer beyond 64 bits": Case(named(b"123456789012345678901234567890")),
    "a number beyond all floats": Case(named(b"1e999")),
    "60 levels of nesting": Case(named(b'{"a":' * 60 + b"1" + b"}" * 60)),
    "50,000 levels of nesting": Case(named(b"[" * 50_000 + b"]" * 50_000)),
    "3 MB in one value": Case(named(b'"' + b"x" * 3_000_000 + b'"')),
    "unknown fields": Case(lambda text: b'{"sig":[1,{"n":null}],"v":2.50,' + text[1:]),
    "a field given twice": Case(lambda text: b'{"entity_name":"other",' + text[1:]),
    "white space": Case(lambda text: b"{\n\t " + text[1:].replace(b",", b" ,\r\n  ")),
    "HTML": Case(named(b'"<script>alert(1)</script>"')),
    "SQL": Case(named(b'"\'; DROP TABLE audit_log; --"')),
    "terminal escapes": Case(named(rb'"\u001b[31mred\u001b]0;title\u0007"')),
}
"""Each has an id and a time like any other, and so is a row: all are tried together."""

ODD = {
    "no id": Case(without("id")),
    "an id that is null": Case(lambda text: text.replace(b'"id":"hostile', b'"id":null,"_":"')),
    "an empty id": Case(lambda text: text.replace(b'"id":"hostile', b'"id":"","_":"')),
    "an id that is a number": Case(
        lambda text: text.replace(b'"id":"hostile', b'"id":7').replace(b'",', b",", 1)
    ),
    "no time": Case(without("created_at"), "no_time"),
    "a time that is null": Case(time(b"null"), "no_time"),
    "a time that cannot be read": Case(time(b'"the day before yesterday"'), "unreadable_time"),
    "a time that is an object": Case(time(b'{"at":1}'), "unreadable_time"),
    "a time that is a huge number": Case(time(b"1e300"), "unreadable_time"),
    "a time of many digits": Case(time(b"9" * 400), "unreadable_time"),
    "a time in the year 99999": Case(time(b'"99999-01-01T00:00:00Z"'), "unreadable_time"),
    "a time in 2099": Case(time(b'"2099-12-31T23:59:59Z"')),
    "a time in 1970": Case(time(b'"1970-01-01T00:00:00Z"')),
    "a time of zero": Case(time(b"0")),
    "a string": Case(instead(b'"not an entry"'), "not_an_object"),
    "null": Case(instead(b"null"), "not_an_object"),
    "a list": Case(instead(b'[{"id":"in a list"}]'), "not_an_object"),
    "a number": Case(instead(b"42"), "not_an_object"),
    "an empty object": Case(instead(b"{}"), "no_time"),
    "a NUL byte": Case(named(b'"a\x00b"'), "not_json"),
    "a lone surrogate": Case(named(rb'"\ud800 and \udfff"'), "not_json"),
    "a raw control character": Case(named(b'"a\x01b"'), "not_json"),
    "a raw record separator": Case(named(b'"a\x1eb"'), "not_json"),
    "a byte that is no UTF-8": Case(named(b'"a\xffb"'), "not_json"),
}

CASES = ODD | PLAIN


@pytest.mark.parametrize(
    ("name", "order"), list(zip(ODD, itertools.cycle(["newest", "oldest"]), strict=False))
)
def test_a_hostile_entry_is_kept_and_harms_nobody(make: MakeWorld, name: str, order: str) -> None:
    case = CASES[name]
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    usual = spread(290, world.clock.now(), 10)
    hostile = [
        hostile_at(world, case, usual[170].occurred_at + timedelta(minutes=1), 0),
        hostile_at(world, case, usual[-1].occurred_at - timedelta(minutes=1), 1),
    ]
    hostile = hostile[: len({item.text for item in hostile})]  # identical ones are one
    world.source.insert(*usual, *hostile)
    assert world.sync().complete
    kept_and_harmless(world, [item.text for item in hostile], case.reason)
    quiet(world)
    world.clock.advance(days=8)  # the open window has moved over the older of the two
    world.source.insert(*spread(9, world.clock.now(), 8, "day"))
    assert quiet(world).result.inserted == 9
    kept_and_harmless(world, [item.text for item in hostile], case.reason)
    assert world.verify().result.exit_code == 0


def hostile_at(world: World, case: Case, moment: datetime, number: int) -> Entry:
    """A hostile entry, unlike its twin where the case has room for a difference."""
    usual = entry(f"hostile{number}", moment, target_id=f"usr_{number}")
    return entry(f"hostile{number}", moment, text=case.made(world.text(usual).encode()))


def kept_and_harmless(world: World, texts: list[bytes | None], reason: str | None) -> None:
    assert world.stored() == world.texts()
    written = sorted(str(text, "utf-8", "backslashreplace") for text in texts if text is not None)
    if reason is None:
        held = world.ask("SELECT raw FROM audit_log WHERE NOT regexp_matches(id, '^(e|day)[0-9]')")
        assert not world.ask("FROM quarantine")
    else:
        held = world.ask("SELECT raw FROM quarantine ORDER BY ALL")
        assert world.ask("SELECT DISTINCT reason FROM quarantine") == [(reason,)]
    assert sorted(str(raw) for (raw,) in held) == written
    assert not world.ask("FROM absences")
    assert not world.ask("FROM audit_log_versions")


def quiet(world: World) -> Seen:
    """No sync reads anything again, also where it cuts a window; the last one touches no row."""
    news, _ = cheap(world, 3), cheap(world, 3)
    before = world.held()
    cheap(world, 2)
    assert world.held() == before
    return news


def cheap(world: World, most: int) -> Seen:
    seen = world.sync()
    assert seen.complete
    assert seen.requests <= most
    return seen


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_all_of_them_at_once_do_not_keep_a_log_from_being_proven(
    make: MakeWorld, order: str
) -> None:
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    usual = spread(1_170, world.clock.now(), 20)
    hostile = [
        hostile_at(world, case, usual[10 + n * 29].occurred_at + timedelta(minutes=1), n)
        for n, case in enumerate(CASES.values())
    ]
    world.source.insert(*usual, *hostile)
    assert world.sync().complete
    unfit = sorted(str(case.reason) for case in CASES.values() if case.reason)
    assert world.ask("SELECT reason FROM quarantine ORDER BY ALL") == [(why,) for why in unfit]
    for day in range(9):  # until the open window has moved over every one of the newer ones
        world.clock.advance(days=1)
        world.source.insert(*spread(60, world.clock.now(), 0.9, f"day{day}-"))
        quiet(world)
    assert world.stored() == world.texts()
    assert not world.ask("FROM absences")


@pytest.mark.parametrize(("order", "same_page"), [("newest", True), ("oldest", False)])
def test_one_id_with_several_contents_is_one_row_and_the_rest_is_quarantined(
    make: MakeWorld, order: str, same_page: bool
) -> None:
    """On one page the greater hash is the row; neither a second run nor a shifted page flips it."""
    world = make(dialect=Dialect(order=order))  # type: ignore[arg-type]
    usual = spread(380, world.clock.now(), 20)
    step = timedelta(minutes=1) if same_page else timedelta(days=6)
    first = usual[40].occurred_at + timedelta(seconds=1)
    twins = [entry("twin", first + step * n, new_value=n) for n in range(3)]
    world.source.insert(*usual, *twins)
    assert world.sync().complete
    assert world.stored() == world.texts()
    assert world.ask("SELECT count(*), any_value(reason) FROM quarantine") == [(2, "duplicate_id")]
    ((greatest,),) = world.ask("SELECT content_hash FROM audit_log WHERE id = 'twin'")
    others = [str(hash_) for (hash_,) in world.ask("SELECT content_hash FROM quarantine")]
    assert greatest >= max(others) or not same_page
    rows = world.ask("SELECT raw FROM audit_log WHERE id = 'twin'")
    for batch in range(3):
        world.clock.advance(hours=3)
        world.source.insert(*spread(70, world.clock.now(), 0.01, f"more{batch}-"))
        quiet(world)
    assert world.deep().result.exit_code == 0
    assert world.ask("SELECT raw FROM audit_log WHERE id = 'twin'") == rows
    assert world.stored() == world.texts()
    assert not world.ask("FROM absences")
    quiet(world)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_an_entry_with_neither_id_nor_time_is_one_wherever_on_a_page_it_stands(
    make: MakeWorld, order: str
) -> None:
    """Its neighbours are others each time: at the edge of a page, and where others come between."""
    world = make(dialect=Dialect(order=order, page_cap=10))  # type: ignore[arg-type]
    usual = spread(42, world.clock.now(), 4)
    lost = usual[20].occurred_at
    world.source.insert(*usual, entry("lost", lost + timedelta(hours=1), text=b'"gone"'))
    assert world.sync().complete
    for batch in range(2):
        beside = [
            entry(f"{n}-{batch}", lost + timedelta(minutes=n)) for n in (59 - batch, 61 + batch)
        ]
        older = spread(2, usual[0].occurred_at - timedelta(days=batch), 0.1, f"older{batch}-")
        world.source.insert(*older, *beside)
        assert world.deep().complete
        assert world.ask("SELECT count(*) FROM quarantine") == [(1,)]
    assert world.stored() == world.texts()
    assert not world.ask("FROM absences")


def test_an_entry_that_becomes_readable_is_one_entry_still(make: MakeWorld) -> None:
    world = make()
    usual = spread(50, world.clock.now(), 5)
    good = world.text(usual[-1]).encode()
    world.source.insert(*usual)
    world.source.change("e49", text=time(b'"soon"')(good))
    assert world.sync().complete
    world.source.change("e49", text=None)
    assert world.deep().result.exit_code == 8
    assert world.ask("SELECT raw FROM audit_log WHERE id = 'e49'") == [(good.decode(),)]
    quiet(world)
    world.source.change("e49", text=time(b'"never"')(good))
    assert world.deep().result.exit_code == 8
    assert world.ask("SELECT count(*) FROM quarantine WHERE id = 'e49'") == [(2,)]
    assert world.ask("SELECT count(*) FROM held_entries") == [(50,)]
    quiet(world)

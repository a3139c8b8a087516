"""Makes the files of this folder, with the program as it was at commit 510a299 (see README.md)."""

import gzip
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb
from msgspec import structs
from promises.entries import entry, spread
from promises.world import World

to = Path(sys.argv[1])


READ_BY_RUNS = ("absent_entries", "coverage", "known_entries", "purges", "refutes", "watermark")


def keep(world: World, name: str) -> None:
    """Copied table by table and without the views that no run reads: a tenth of the size."""
    plain = to / f"{name}.duckdb"
    with duckdb.connect() as engine:
        engine.execute(f"ATTACH '{world.warehouse}' AS source")
        for kind, view in engine.execute(
            "SELECT 'VIEW', view_name FROM duckdb_views() "
            "WHERE database_name = 'source' AND NOT internal UNION "
            "SELECT if(function_type = 'macro', 'MACRO', 'MACRO TABLE'), function_name "
            "FROM duckdb_functions() WHERE database_name = 'source' AND NOT internal"
        ).fetchall():
            if view not in READ_BY_RUNS:
                engine.execute(f"DROP {kind} source.{view}")
        engine.execute(f"ATTACH '{plain}' AS target (STORAGE_VERSION 'v1.0.0')")
        engine.execute("COPY FROM DATABASE source TO target")
        engine.execute("DETACH target")
    packed = gzip.compress(plain.read_bytes(), 9, mtime=0)
    plain.with_suffix(".duckdb.gz").write_bytes(packed)
    plain.unlink()
    print(name, duckdb.__version__, len(packed))


def several_runs(folder: Path) -> World:
    world = World(folder)
    now = world.clock.now()
    usual = spread(290, now, 60)
    unread = structs.replace(usual[200], id="unread", text=b'{"id":"unread","created_at":"?"}')
    twins = [entry("twin", now - timedelta(days=20), actor_name=n) for n in ("Ada", "Bea")]
    world.source.insert(*usual, unread, *twins)
    assert world.sync().complete
    world.clock.advance(days=1)
    now = world.clock.now()
    world.source.insert(*spread(4, now, 1, "second"))
    assert world.sync().complete
    world.clock.advance(days=1)
    now = world.clock.now()
    world.source.insert(*spread(4, now, 1, "third"), entry("late", now - timedelta(days=4)))
    world.source.change("e288", actor_name="Cleo")
    world.source.vanish("e150")
    world.sync()
    world.source.change("e20", actor_name="Cleo")
    assert world.deep().complete
    world.clock.advance(days=1)
    seen = world.sync()
    assert seen.complete
    return world


def interrupted(folder: Path, like: World) -> World:
    world = World(folder)
    world.clock.set(like.clock.now())
    world.source.insert(*like.source.entries())
    seen = world.sync(max_requests="2")
    assert seen.result.status == "incomplete"
    assert 0 < seen.result.inserted < 300
    return world


with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
    whole = several_runs(Path(one))
    keep(whole, "several_runs")
    keep(interrupted(Path(other), whole), "interrupted")

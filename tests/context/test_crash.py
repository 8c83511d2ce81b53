"""The store in a process of its own that is killed, or whose disk is full."""

from __future__ import annotations

import itertools
import random
import resource
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from hubagent.clock import SystemClock
from hubagent.context.store import ContextStore
from hubagent.types import EntityId

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20

WRITER = textwrap.dedent("""
    import itertools, sys
    from pathlib import Path
    from hubagent.clock import SystemClock
    from hubagent.context.store import ContextStore
    from hubagent.types import (
        Area, AreaId, Binding, Declaration, Entity, EntityId, Message,
    )

    store = ContextStore(Path(sys.argv[1]), clock=SystemClock(), durability="strict")
    number = int(sys.argv[2])
    lamp = EntityId("light.lamp")
    for number in itertools.count(number):
        extra = EntityId(f"light.extra_{number % 7}")
        for entity_id, topic in ((lamp, "home/lamp"), (extra, f"home/{extra}")):
            entity = Entity(entity_id, "light", f"Lamp {number if entity_id == extra else 0}")
            binding = Binding(entity_id, topic, "state")
            store.declare(Declaration(entity, None, (binding,), ()))
        store.ingest([Message("home/lamp", str(number).encode(), False, SystemClock().now_s())])
        if store.set_area(Area(AreaId("a"), str(number), ("x" * (number % 300),))):
            print(number, flush=True)
        store.tick()
        if number % 10 == 9:
            store.close()
""")


def acknowledged(folder: Path, start: int, lines: int) -> int:
    """Run the writer until it acknowledged so many numbers, kill it, return the last one."""
    command = [sys.executable, "-c", WRITER, str(folder), str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = [int(line) for line in itertools.islice(process.stdout, lines)]
        finally:
            process.kill()
        said += [int(line) for line in process.stdout if line.endswith("\n")]
    assert len(said) >= lines, "the writer died by itself"
    return said[-1]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_however_often_the_hub_is_killed(tmp_path: Path) -> None:
    random_ = random.Random(7)  # noqa: S311 - the same kills every time
    folder, last = tmp_path / "store", 0
    for _ in range(KILLS):
        last = acknowledged(folder, last + 1, random_.randrange(1, 40))
        store = ContextStore(folder, clock=SystemClock())
        assert store.recovery is not None
        assert store.recovery.set_aside == ()
        assert store.recovery.refused is None
        (area,) = store.view().areas()
        assert int(area.name) in (last, last + 1), "said, or about to be said"
        state = store.view().state(EntityId("light.lamp")).state
        assert isinstance(state, str)
        assert last - 1 <= int(state) <= last + 1


FILLER = textwrap.dedent("""
    import resource, signal, sys
    from pathlib import Path
    from hubagent.clock import ManualClock
    from hubagent.context.store import ContextStore
    from hubagent.types import Area, AreaId

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    clock = ManualClock()
    store = ContextStore(Path(sys.argv[1]), clock=clock)
    kept = [store.set_area(Area(AreaId(str(n)), "x" * 500)) for n in range(100)]
    assert kept[0] and not kept[-1], kept
    assert kept == sorted(kept, reverse=True), "once it is full it stays full"
    assert store.suspended()
    assert len(store.view().areas()) == 100, "the hub itself goes on"
    assert store.counters()["disk_failures"] > 0
    clock.advance(31.0)
    store.tick()
    assert store.suspended(), "no room for a snapshot either"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    clock.advance(31.0)
    store.tick()
    assert store.suspended() is None
    assert store.set_area(Area(AreaId("last"), "Last"))
    print(kept.count(True))
""")


def test_a_full_disk_stops_persistence_and_not_the_hub(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert limits[0] == resource.RLIM_INFINITY, "the test needs a shell without a file limit"
    folder = tmp_path / "store"
    command = [sys.executable, "-c", FILLER, str(folder), "20000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert 10 < int(done.stdout) < 40
    store = ContextStore(folder, clock=SystemClock())
    assert len(store.view().areas()) == 101

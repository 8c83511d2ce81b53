"""What the adapters make of recorded messages, by convention, as the table of ``docs/conventions.md``.

Run ``python benchmarks/conventions.py FOLDER > docs/conventions.md`` with a folder of ``*.jsonl`` files, one message
a line with ``topic``, ``payload`` and ``retained``. Everything is replayed through a real store as it was
recorded and in two shuffled orders (what was said on one topic stays in its order); the entities and, of
what a broker keeps, the states must be the same.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.conventions import adapters
from hubagent.devices.directory import Directory
from hubagent.types import Declaration, EntityId, Message, StateChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = dict[str, Any]


class _Recorder(ContextStore):
    """A store that keeps what it was told."""

    told: dict[str, Declaration]

    def declare(self, declaration: Declaration) -> tuple[StateChange, ...]:
        self.told[str(declaration.entity.entity_id)] = declaration
        return super().declare(declaration)

    def remove(self, entity_id: EntityId) -> None:
        self.told.pop(str(entity_id), None)
        super().remove(entity_id)


def replay(rows: Iterable[Row]) -> _Recorder:
    """Return a store that heard these messages."""
    clock = ManualClock()
    store = _Recorder(clock=clock)
    store.told = {}
    directory = Directory(store, adapters())
    directory.start()
    for row in rows:
        clock.advance(0.01)
        message = Message(
            row["topic"], row["payload"].encode(), bool(row["retained"]), clock.now_s()
        )
        for adapter, _ in store.ingest([message]).watched:
            directory.handle(adapter, message)
    return store


def shuffled(rows: list[Row], seed: int) -> list[Row]:
    """Mix the topics; what was said on one topic stays in its order."""
    by_topic: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_topic[row["topic"]].append(row)
    turns = [row["topic"] for row in rows]
    random.Random(seed).shuffle(turns)  # noqa: S311  # nothing secret
    waiting = {topic: iter(said) for topic, said in by_topic.items()}
    return [next(waiting[topic]) for topic in turns]


def states(store: _Recorder) -> dict[str, object]:
    """Return state, attributes and availability of every entity."""
    view = store.view()
    found = {entity.entity_id: view.state(entity.entity_id) for entity in view.entities()}
    return {
        str(key): (item.state, dict(item.attributes), item.available) for key, item in found.items()
    }


def main(folder: str) -> None:
    """Print the page."""
    files = sorted(Path(folder).glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    store = replay(rows)
    entities = store.view().entities()
    last = {row["topic"]: row for row in rows}
    announced = ("/config", "/bridge/devices", "/bridge/groups", "/availability")
    kept = [r for r in rows if r["topic"].endswith(announced) or last[r["topic"]] is r]
    expected = states(replay(kept))
    same = [
        replay(shuffled(rows, seed)).view().entities() == entities
        and states(replay(shuffled(kept, seed))) == expected
        for seed in (1, 2)
    ]
    print(
        "# Conventions\n\nMade by `benchmarks/conventions.py` from"
        f" {len(rows)} recorded messages in {len(files)} files, which are not part of the project.\n"
        f"In two shuffled orders: {sum(same)} of {len(same)} with the same entities and states.\n\n"
        "A command counts as confirmed when its entity has a state that the device itself tells, by whichever\n"
        "means its convention has; one that changes no state, such as a beep, is counted with its entity.\n\n"
        "| adapter | entities | with a state | commands | confirmed |\n| --- | --- | --- | --- | --- |"
    )
    view = store.view()
    totals = [0, 0, 0, 0]
    for adapter in adapters():
        mine = [d for d in store.told.values() if d.entity.source.startswith(f"{adapter.name}:")]
        commands = [spec for item in mine for spec in item.commands]
        heard = sum(view.state(item.entity.entity_id).state is not None for item in mine)
        confirmed = sum(not spec.optimistic for spec in commands)
        counts = [len(mine), heard, len(commands), confirmed]
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        print(f"| `{adapter.name}` | " + " | ".join(map(str, counts)) + " |")
    print("| all | " + " | ".join(map(str, totals)) + " |")


if __name__ == "__main__":
    main(sys.argv[1])

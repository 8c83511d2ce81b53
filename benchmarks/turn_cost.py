"""What a turn costs, from words to the command that would be sent, at homes of growing size.

    python benchmarks/turn_cost.py [--entities 20 100 500 2000] [--json]

One thread, wall and processor time. Ours is the whole turn (dialogue, model, resolver, plan, answer) on
the real store and the released model; only the wire is left out. Beside it, in the same loop and on the
same sentences, hassil followed by gazetteer-matcher, which only recognise. Homes are invented
(``hubagent.simulate.generate``), sentences speak of their things by name, kind and room, a quarter
with a slip of the finger.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from hubagent.evaluate.peers import GAZETTEER, PeerHome, gazetteer_engine
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.generate import generate_home
from hubagent.training.noise import typo
from hubagent.types import AreaId, Outcome, OutcomeKind, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.simulate.home import HomeModel
    from hubagent.types import Command

SEED = 3
SENTENCES = 120
APART_S = 600.0
"""Time between two sentences, so that none is a follow-up."""
ASKED = {
    "light": ("turn on the {name}", "{name} off", "dim the {name} to 30 percent",
              "turn off the lights in the {area}", "is the {name} on"),
    "switch": ("switch the {name} on", "turn off the {name}"),
    "cover": ("open the {name}", "close the blinds in the {area}", "set the {name} to 50 percent"),
    "climate": ("set the {name} to 21 degrees",),
    "fan": ("turn the {name} on",),
    "media_player": ("pause the {name}", "set the volume of the {name} to 20 percent"),
    "sensor": ("what is the temperature in the {area}",),
}  # fmt: skip


class NoWire:
    """Takes commands and sends nothing."""

    def execute(self, commands: Sequence[Command]) -> tuple[Outcome, ...]:
        """Return every command as sent."""
        return tuple(Outcome(command, OutcomeKind.SENT) for command in commands)


def sentences(home: HomeModel, generator: random.Random) -> list[tuple[str, AreaId | None]]:
    """Return sentences about things of the home, each with the room it is said in."""
    areas = {area.area_id: area.name for area in home.areas}
    things = [item for item in home.entities if item.domain in ASKED and item.area_id]
    found: list[tuple[str, AreaId | None]] = []
    while len(found) < SENTENCES:
        thing = generator.choice(things)
        area = areas[AreaId(str(thing.area_id))]
        text = generator.choice(ASKED[thing.domain]).format(name=thing.name, area=area).lower()
        if len(found) % 4 == 0:
            words = text.split()
            at = generator.randrange(len(words))
            words[at] = typo(words[at], generator)
            text = " ".join(words)
        found.append((text, generator.choice(home.areas).area_id))
    return found


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor milliseconds."""
    wall, processor = time.perf_counter(), time.thread_time()
    run()
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000


def measure(entities: int, understander: Understander) -> dict[str, Any]:
    """Run both engines on one home, sentence by sentence in turn."""
    generator = random.Random(SEED)  # noqa: S311 - repeatable draws, no secret
    home = generate_home(entities, SEED)
    hub = MemoryHub(home)
    pipeline = Pipeline(understand=understander, values=values, context=hub.store, act=NoWire(),
                        clock=hub.clock)  # fmt: skip
    areas = {area.area_id: area.name for area in home.areas}
    peer = gazetteer_engine(
        PeerHome(
            tuple(areas.values()),
            tuple(floor.name for floor in home.floors),
            tuple((e.name, e.domain, areas.get(AreaId(str(e.area_id)), "")) for e in home.entities),
        )
    )
    said = sentences(home, generator)
    times: dict[str, list[tuple[float, float]]] = {"hubagent": [], GAZETTEER: []}
    decisions: dict[str, int] = {}
    gc.collect()
    gc.freeze()
    for number, (text, area) in enumerate([*said[:10], *said]):
        hub.clock.advance(APART_S)
        utterance = Utterance(TurnId(str(number)), text, hub.clock.now_s(), area_id=area)
        records: list[Any] = []
        ours = timed(lambda: records.append(pipeline.run_turn(utterance)))  # noqa: B023 - run at once
        theirs = timed(lambda: peer(text))  # noqa: B023
        if number >= 10:  # the first ones warm caches up, for both
            times["hubagent"].append(ours)
            times[GAZETTEER].append(theirs)
            decision = records[0].decision.value
            decisions[decision] = decisions.get(decision, 0) + 1
    gc.unfreeze()
    return {"entities": entities, "decisions": decisions} | {
        engine: {
            "p50_ms": float(np.percentile([wall for wall, _ in found], 50)),
            "p95_ms": float(np.percentile([wall for wall, _ in found], 95)),
            "cpu_p50_ms": float(np.percentile([cpu for _, cpu in found], 50)),
            "cpu_p95_ms": float(np.percentile([cpu for _, cpu in found], 95)),
        }
        for engine, found in times.items()
    }


def main() -> None:
    """Measure homes of several sizes and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entities", type=int, nargs="+", default=[20, 100, 500, 2000])
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    understander = Understander.load()
    rows = []
    for entities in arguments.entities:
        row = measure(entities, understander)
        rows.append(row)
        if not arguments.json:
            ours, theirs = row["hubagent"], row[GAZETTEER]
            print(
                f"{entities:5} entities  ours {ours['p50_ms']:.1f} / {ours['p95_ms']:.1f} ms"
                f" (CPU {ours['cpu_p50_ms']:.1f} / {ours['cpu_p95_ms']:.1f})"
                f"  {GAZETTEER} {theirs['p50_ms']:.1f} / {theirs['p95_ms']:.1f} ms"
                f" (CPU {theirs['cpu_p50_ms']:.1f} / {theirs['cpu_p95_ms']:.1f})"
                f"  {theirs['cpu_p50_ms'] / ours['cpu_p50_ms']:.1f}x  {row['decisions']}",
                flush=True,
            )
    if arguments.json:
        print(json.dumps({"seed": SEED, "sentences": SENTENCES, "rows": rows}))


if __name__ == "__main__":
    main()

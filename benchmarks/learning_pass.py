"""What learning costs a busy home: a pass over 90 days, a pass the night after, and a turn.

A journal of 100 turns a day is made of real turns on the demo home (each sentence is said once to the
real pipeline, its turn is repeated with other times), a fifth of them refused and said otherwise. Then,
in a process of its own, the first pass of a fresh start (which reads all of it) and the pass of one more
day. CPU time of one core; memory is what Python allocates for it, measured in a run apart.

    python benchmarks/learning_pass.py [--days 90] [--turns 100] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hubagent.brain import Brain
from hubagent.evidence import Signal, SignalKind
from hubagent.feedback.journal import Journal
from hubagent.replay import MemoryHub
from hubagent.simulate.demo import demo_home
from hubagent.types import TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from hubagent.evidence import JournalTurn

DAY_S = 86_400.0
THINGS = ("kitchen light", "floor lamp", "desk lamp", "night light", "garden lights", "bedroom light",
          "bathroom light", "hallway light", "ceiling light", "coffee machine", "extractor", "printer")  # fmt: skip
OWN_NAMES = (
    "cosy glow",
    "thinking spot",
    "little moon",
    "fairy forest",
    "dream catcher",
    "big bertha",
)
MENDED = tuple(
    (f"turn on the {own}", f"turn on the {THINGS[at + 1]}") for at, own in enumerate(OWN_NAMES)
)
FINE = tuple(f"turn {way} the {thing}" for thing in THINGS for way in ("on", "off"))


def _turns(understand: Understander) -> dict[str, JournalTurn]:
    """Say each sentence once; return the turns as the journal keeps them."""
    hub = MemoryHub(demo_home())
    brain = Brain(context=hub.store, understand=understand, clock=hub.clock)
    pipeline = brain.pipeline(values=values, act=hub.executor)
    for text in (*FINE, *(first for first, _ in MENDED)):
        hub.advance(100.0)
        pipeline.run_turn(Utterance(TurnId(text), text, hub.clock.now_s()))
    return {turn.heard: turn for turn in brain.journal.turns()}


def _write(
    journal: Journal, turns: dict[str, JournalTurn], days: range, per_day: int, start_s: float
) -> None:
    dice = random.Random(days.start)  # noqa: S311 - repeatable
    for day in days:
        for number in range(per_day * 9 // 10):  # a ninth of them takes two turns
            at_s = start_s + day * DAY_S + 7 * 3600 + number * 57_600 / per_day
            if number % 9 == 0:
                first, then = dice.choice(MENDED)
                _say(journal, turns[first], at_s, SignalKind.UNHANDLED)
                _say(journal, turns[then], at_s + 8, SignalKind.KEPT)
            else:
                _say(journal, turns[dice.choice(FINE)], at_s, SignalKind.KEPT)


def _say(journal: Journal, turn: JournalTurn, at_s: float, kind: SignalKind) -> None:
    said = replace(turn, turn_id=TurnId(f"{at_s}"), at_s=at_s)
    journal.append(said, [Signal(said.turn_id, kind, at_s + 1)])


def _pass(folder: Path, now_s: float, per_day: int, days: int) -> dict[str, float]:
    """Run the passes in this process; return their costs."""
    understand = Understander.load()
    turns = _turns(understand)
    hub = MemoryHub(demo_home(), now_s=now_s)
    brain = Brain(context=hub.store, understand=understand, clock=hub.clock, state_dir=folder)
    brain.pipeline(values=values, act=hub.executor)
    found: dict[str, float] = {}
    for name in ("first", "next night"):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        report = brain.learn()
        found[f"{name}, turns read"] = report.new
        found[f"{name}, wall s"] = round(time.perf_counter() - wall_s, 2)
        found[f"{name}, cpu s"] = round(time.process_time() - cpu_s, 2)
        if name == "first":
            _write(brain.journal, turns, range(days, days + 1), per_day, now_s - days * DAY_S)
            hub.clock.advance(DAY_S)
    found["pairs"] = len(brain.pairs())
    found["journal MiB"] = round((folder / "journal.sqlite").stat().st_size / 2**20, 1)
    brain.close()
    fresh = Brain(context=hub.store, understand=understand, clock=hub.clock, state_dir=folder)
    fresh.pipeline(values=values, act=hub.executor)
    tracemalloc.start()
    fresh.learn()
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    fresh.close()
    found["memory at most MiB"], found["memory kept MiB"] = (
        round(size / 2**20, 1) for size in (most, kept)
    )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    now_s = 1_767_225_600.0 + given.days * DAY_S
    if given.folder is not None:
        print(json.dumps(_pass(given.folder, now_s, given.turns, given.days)))
        return
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        turns = _turns(Understander.load())
        _write(journal, turns, range(given.days), given.turns, now_s - given.days * DAY_S)
        journal.close()
        child = subprocess.run(
            [sys.executable, __file__, "--folder", folder, "--days", str(given.days), "--turns", str(given.turns)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    found = json.loads(child.stdout)
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24}{value}")


if __name__ == "__main__":
    main()

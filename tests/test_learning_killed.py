"""Power cuts: a child that learns is killed at any moment, and the tables are the old or the new."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubagent.rewrite.pairs import LearnedStore

SOURCES = 40
_PROMOTE = """
import sys
from pathlib import Path
from hubagent.evidence import Changes, Pair, Stage
from hubagent.rewrite.pairs import LearnedStore
from hubagent.types import Layer
store = LearnedStore(Path(sys.argv[1]))
generation = int(store.setting("generation", "0"))
print("ready", flush=True)
while True:
    generation += 1
    stage = Stage.LIVE if generation % 2 else Stage.RETIRED
    pairs = tuple(
        Pair(f"words {number}", "turn on the lamp", Layer.PERSONAL, stage, "chain", "x",
             sessions=float(generation))
        for number in range(40)
    )
    store.change(Changes(pairs=pairs, settings=(("generation", str(generation)),)))
"""
_LEARN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_learning import Household
home = Household(Path(sys.argv[1]))
for number in range(30):
    for day in range(8):
        home.mend(f"the cosy thing number{number}", "turn on the floor lamp", day + number / 100)
print("ready", flush=True)
home.learn(9)
sys.stdin.read()
"""


def _killed(code: str, path: Path, after_s: float, *more: str) -> None:
    """Run a child and kill it so long after it has begun."""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path), *more],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(after_s)
        child.kill()


@pytest.mark.slow
def test_a_promotion_that_is_cut_off_moves_all_pairs_or_none(tmp_path: Path) -> None:
    dice = random.Random(11)  # noqa: S311 - repeatable
    path, generations = tmp_path / "learned.sqlite", []
    for _ in range(8):
        _killed(_PROMOTE, path, dice.uniform(0, 0.15))
        store = LearnedStore(path)
        generation = int(store.setting("generation", "0"))
        pairs = store.pairs()
        store.close()
        assert {pair.sessions for pair in pairs} == ({float(generation)} if generation else set())
        assert len({pair.stage for pair in pairs}) == bool(generation)
        assert len(pairs) == (SOURCES if generation else 0)
        generations.append(generation)
    assert generations == sorted(generations)
    assert generations[-1] > 8  # the children did come to something


@pytest.mark.slow
def test_a_pass_that_is_cut_off_leaves_the_old_tables_or_the_new(tmp_path: Path) -> None:
    found = []
    for number, after_s in enumerate((0.0, 0.05, 0.1, 0.2, 0.3, 5.0)):
        path = tmp_path / f"{number}.sqlite"
        _killed(_LEARN, path, after_s, str(Path(__file__).parent))
        store = LearnedStore(path)
        found.append((len(store.pairs()), len(store.entries())))
        store.close()
    assert set(found) <= {(0, 0), (30, 1)}
    assert found[-1] == (30, 1)

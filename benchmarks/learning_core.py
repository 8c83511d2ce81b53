"""What the compiled parts of learning cost: the absorbing chain and the phrase index.

    python benchmarks/learning_core.py [--states 1000 10000 100000] [--entries 5000 100000] [--json]

Processor time of one thread. The chain is made of invented sessions (people say something, some say it in
another way, few change the subject); beside it ``scipy.sparse.linalg`` solves the same equations: all
chances to end well at once, and rows of the fundamental matrix from one factorisation. The index holds
invented requests with vectors in groups, as those of sentences are; beside it a product of matrices in
numpy finds the same neighbours in floats.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from typing import TYPE_CHECKING, Any

# One thread for the peers too; has to be said before they are loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from hubagent.learn.chain import solve  # noqa: E402
from hubagent.rewrite.index import PhraseIndex  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SEED = 5
ROWS = 1000
"""Candidates of a learning pass."""
FAMILY = 6
"""Wordings that people take for the same request."""
WIDTH = 384
LIMIT = 20
SEARCHES = 200
VERBS = ("turn on", "turn off", "dim", "open", "close", "play", "set", "is", "what is", "add")
ROOMS = (
    "kitchen",
    "living room",
    "bedroom",
    "hall",
    "porch",
    "garage",
    "attic",
    "nursery",
    "study",
)
THINGS = ("lamp", "light", "blinds", "fan", "heating", "music", "door", "weather", "timer", "radio",
          "volume", "shopping list", "imagine dragons", "christmas tree", "coffee machine")  # fmt: skip

Chain = tuple[list[tuple[int, int, float]], list[float], list[float]]


def sessions(states: int) -> Chain:
    """Return (edges, good ends, bad ends) of three sessions a state."""
    generator = random.Random(SEED)  # noqa: S311
    counts: dict[tuple[int, int], float] = {}
    good, bad = [0.0] * states, [0.0] * states
    quality = [generator.random() for _ in range(states)]
    for _ in range(3 * states):
        # Some requests are made far more often than others.
        state = int(states * generator.random() ** 3)
        while generator.random() > quality[state] and generator.random() < 0.8:
            first = state - state % FAMILY
            change = generator.random() < 0.03
            following = int(
                states * generator.random() ** 3
                if change
                else min(first + generator.randrange(FAMILY), states - 1)
            )
            if following != state:
                counts[state, following] = counts.get((state, following), 0.0) + 1.0
            state = following
        good[state] += quality[state]
        bad[state] += 1 - quality[state]
    edges = [(source, target, count) for (source, target), count in counts.items()]
    return edges, good, bad


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest of three runs in seconds, and what the last one returned."""
    times, result = [], None
    for _ in range(3):
        started_s = time.thread_time()
        result = work()
        times.append(time.thread_time() - started_s)
    return min(times), result


def scipy_chain(chain: Chain, rows: list[int]) -> dict[str, Any] | None:
    """Return seconds for all chances and for the rows, with the chances; ``None`` without scipy."""
    try:
        from scipy import sparse
        from scipy.sparse import linalg
    except ImportError:
        return None
    edges, good, bad = chain
    source, target, count = (np.array(column) for column in zip(*edges, strict=True))
    states = len(good)

    def system() -> tuple[Any, Any]:
        steps = sparse.csr_array((count, (source, target)), shape=(states, states))
        leaving = steps.sum(axis=1) + good + bad + 1.0
        inverse = sparse.diags_array(1.0 / leaving)
        return sparse.eye_array(states) - inverse @ steps, np.array(good) / leaving

    def chances() -> NDArray[np.float64]:
        matrix, success = system()
        return np.asarray(linalg.spsolve(matrix.tocsc(), success))

    def visits() -> list[int]:
        matrix, success = system()
        factors = linalg.splu(matrix.tocsc())
        best = []
        for row in rows:
            start = np.zeros(states)
            start[row] = 1.0
            best.append(int(np.argmax(factors.solve(start, trans="T") * success)))
        return best

    all_s, success = timed(chances)
    started_s = time.thread_time()
    best = visits()
    return {
        "all_s": all_s,
        "rows_s": time.thread_time() - started_s,
        "success": success,
        "best": best,
    }


def chain_figures(states: int) -> dict[str, Any]:
    """Return what the chain costs, and whether scipy agrees."""
    chain = sessions(states)
    edges, good, bad = chain
    rows = random.Random(SEED).sample(range(states), min(ROWS, states))  # noqa: S311
    all_s, everything = timed(lambda: solve(edges, good, bad, rows=range(states), keep=1))
    rows_s, some = timed(lambda: solve(edges, good, bad, rows=rows))
    found: dict[str, Any] = {
        "states": states, "edges": len(edges), "rows": len(rows),
        "all_ms": all_s * 1e3, "rows_ms": rows_s * 1e3,
    }  # fmt: skip
    peer = scipy_chain(chain, rows)
    if peer is not None:
        ours = np.array([outlook.success for outlook in everything])
        same = [
            outlook.targets[0][0] == best if outlook.targets else outlook.success == 0
            for outlook, best in zip(some, peer["best"], strict=True)
        ]
        found |= {
            "scipy_all_ms": peer["all_s"] * 1e3, "scipy_rows_ms": peer["rows_s"] * 1e3,
            "largest_difference": float(np.abs(ours - peer["success"]).max()),
            "same_target": sum(same) / len(same),
        }  # fmt: skip
    return found


def phrase(generator: random.Random) -> str:
    """Return an invented request."""
    room, thing = generator.choice(ROOMS), generator.choice(THINGS)
    return f"{generator.choice(VERBS)} the {room} {thing} {generator.randrange(100)}"


def index_figures(entries: int) -> dict[str, Any]:
    """Return what a search costs, and how many neighbours of the floats are found."""
    generator, numbers = random.Random(SEED), np.random.default_rng(SEED)  # noqa: S311
    axes = numbers.normal(size=(32, WIDTH)).astype(np.float32)

    def directions(count: int) -> NDArray[np.float32]:
        groups = numbers.normal(size=(count, 32)).astype(np.float32) @ axes
        vectors = groups + numbers.normal(size=(count, WIDTH)).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    vectors, queries = directions(entries), directions(SEARCHES)
    said = [phrase(generator) for _ in range(SEARCHES)]
    index = PhraseIndex(WIDTH)
    started_s = time.thread_time()
    for number, vector in enumerate(vectors):
        index.add(number, phrase(generator), vector)
    add_s = time.thread_time() - started_s
    ours: list[float] = []
    sounds: list[float] = []
    floats: list[float] = []
    recalled = 0
    # In one loop, so that whatever else the machine does falls on all of them.
    for text, query in zip(said, queries, strict=True):
        at = [time.thread_time()]
        index.nearest(text, query, limit=LIMIT)
        at.append(time.thread_time())
        index.nearest(text, limit=LIMIT)
        at.append(time.thread_time())
        cosines = vectors @ query
        best = np.argpartition(-cosines, LIMIT)[:LIMIT]
        at.append(time.thread_time())
        for times, start in zip((ours, sounds, floats), range(3), strict=True):
            times.append((at[start + 1] - at[start]) * 1e3)
        by_vector = index.nearest("", query, limit=LIMIT)
        recalled += len({near.id for near in by_vector} & set(best.tolist()))
    read_s, data = timed(index.to_bytes)
    load_s, _ = timed(lambda: PhraseIndex.from_bytes(data))
    quantiles = {
        f"{name}_p{quantile}_ms": float(np.percentile(times, quantile))
        for name, times in (("both", ours), ("sound", sounds), ("numpy", floats))
        for quantile in (50, 95)
    }
    return {
        "entries": entries, **quantiles, "recall": recalled / (LIMIT * SEARCHES),
        "add_us": add_s / entries * 1e6, "write_ms": read_s * 1e3, "read_ms": load_s * 1e3,
        "megabytes": len(data) / 1e6,
    }  # fmt: skip


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--states", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--entries", type=int, nargs="*", default=[5000, 100_000])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    found = {
        "chain": [chain_figures(states) for states in options.states],
        "index": [index_figures(entries) for entries in options.entries],
    }
    if options.json:
        print(json.dumps(found))
        return
    for title, rows in found.items():
        print(title)
        for row in rows:
            print("  " + ", ".join(f"{name} {value:.4g}" for name, value in row.items()))


if __name__ == "__main__":
    main()

"""What rewriting costs: looking up a pair, searching 5,000 own words and a table of 100,000.

Run with ``python benchmarks/rewriting.py``; made-up words and vectors, one core, milliseconds of wall clock.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hubagent.evidence import Changes, Entry, Pair, Stage, Tally
from hubagent.replay import MemoryHub
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.decide import LearnedRewriter
from hubagent.rewrite.guardrail import Guardrail
from hubagent.rewrite.pairs import LearnedStore
from hubagent.rewrite.search import RankedSearch
from hubagent.rewrite.table import GlobalTable, Row, write_table
from hubagent.simulate.home import load_home
from hubagent.types import Clause, Hypothesis, Layer, TurnId, Understanding, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

OWN, EVERYWHERE, WIDTH, TIMES = 5_000, 100_000, 384, 200
HOME: dict[str, Any] = {
    "entities": [
        {"id": f"light.l{number}", "name": f"Lamp {number}", "state": "off"} for number in range(40)
    ]
}


def main() -> None:
    """Print one line a measurement: p50 and p95."""
    dice, noise = random.Random(1), np.random.default_rng(1)  # noqa: S311 # no secret
    syllables = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "ar", "en", "il")]
    words = ["".join(dice.choices(syllables, k=dice.choice((1, 2, 3)))) for _ in range(4000)]

    def sentence() -> str:
        return " ".join(dice.sample(words, 6))

    def vector() -> NDArray[np.float32]:
        return noise.normal(size=WIDTH).astype(np.float32)

    texts = list(dict.fromkeys(sentence() for _ in range(EVERYWHERE)))
    store, guard = LearnedStore(), Guardrail(sensitive=is_sensitive)
    small = [np.clip(np.round(vector() * 32), -127, 127).astype(np.int8) for _ in range(OWN)]
    store.change(
        Changes(
            pairs=tuple(
                Pair(f"odd {text}", "light up the lamps", Layer.PERSONAL, Stage.LIVE, "chain", "")
                for text in texts[:OWN]
            ),
            entries=tuple(
                Entry(text, "i|x", tally=Tally(3.0, 0.0), embedding=row.tobytes())
                for text, row in zip(texts[:OWN], small, strict=True)
            ),
        )
    )
    view = MemoryHub(load_home(HOME)).store.view()

    def said(number: int, text: str) -> tuple[Utterance, Understanding]:
        read = Understanding(
            text, (Clause(0, len(text), (Hypothesis("i", 0.4),)),), 0.2, tuple(vector().tolist())
        )
        return Utterance(TurnId(str(number)), text, 1e9 + number), read

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        write_table(
            path, (Row(t, t, 10.0, 1.0, 5) for t in texts), embed=lambda _text: vector().tolist()
        )
        table = GlobalTable(path)
        started_s = time.perf_counter()
        rows = len(table)
        print(f"reading a table of {rows} rows: {time.perf_counter() - started_s:.1f} s")
        rewriter = LearnedRewriter(store, guard, None, table)
        strange = [said(n, sentence()) for n in range(TIMES)]
        known = [said(n, f"odd {text}") for n, text in enumerate(texts[:TIMES])]
        _show("no pair", strange, lambda it: rewriter.known(it[0], view))
        _show("a known pair", known, lambda it: rewriter.known(it[0], view))
        for name, everywhere in ((f"search {OWN}", None), (f"search {OWN} + {rows}", table)):
            search = RankedSearch(store, guard, everywhere)
            _show(name, strange, lambda it, s=search: s.best(*it, view, 1.0))  # type: ignore[misc] # s is bound now


def _show(
    name: str,
    items: list[tuple[Utterance, Understanding]],
    do: Callable[[tuple[Utterance, Understanding]], object],
) -> None:
    took_ms = []
    for item in items:
        started_s = time.perf_counter()
        do(item)
        took_ms.append((time.perf_counter() - started_s) * 1000)
    ordered = sorted(took_ms[5:])
    print(
        f"{name}: p50 {ordered[len(ordered) // 2]:.4f}, p95 {ordered[int(len(ordered) * 0.95)]:.4f}"
    )


if __name__ == "__main__":
    main()

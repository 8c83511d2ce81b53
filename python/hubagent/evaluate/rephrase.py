"""How well the rephrase detector finds what put a request right, beside its rivals, in one run.

In: the public data. Invented households that nothing was trained or chosen on, with sentence templates
of their own, and real recordings of odd ids; both go through the whole hub, so decisions, probabilities
and embeddings are real. Out: scores of the shipped weights and of rivals trained by the same recipe on
the same examples.

Metrics as in "Contextual Rephrase Detection ..." (2021.emnlp-main.143): F1 of the turn pointed at,
exact answers, and "none" by itself, also by the silence before the turn.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hubagent.evaluate.rephrase_rivals import CONTEXTUAL, SIMILARITY, Rivals, Scores, score
from hubagent.evaluate.report import Figure, Rows
from hubagent.learn.picture import GAPS_S
from hubagent.learn.rephrase import RephraseDetector
from hubagent.learn.sessions import LATER
from hubagent.training.rephrase_data import Streams
from hubagent.training.rephrase_examples import examples
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hubagent.training.rephrase_dialogues import Stream
    from hubagent.training.rephrase_examples import Example

HOUSEHOLDS, RECORDED = 60, 40
_PAIRWISE = "pairwise"
_DRAWS = 1000
"""Of households, for an interval (percentile bootstrap)."""
_ORDER = (CONTEXTUAL, "pairwise, flags", _PAIRWISE, SIMILARITY)


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of dialogue, judged by every detector."""

    name: str
    requests: int
    none: float
    """Share of the requests that no later turn put right."""
    seeds: Mapping[str, tuple[Scores, ...]]
    by_gap: Mapping[str, Mapping[str, Scores]]
    """Silence before the turn -> detector -> scores of its seeds together."""
    gain: tuple[float, float, float]
    """Relative gain in F1 over ``pairwise``, %: value, lower and upper end of its 95 % interval."""
    misses: tuple[tuple[str, str, str, str], ...]
    """(request, later turns, right answer, answer given) of the first seed of the detector."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "requests": self.requests, "none": self.none, "gain": list(self.gain),
            "seeds": {name: [asdict(item) for item in seeds] for name, seeds in self.seeds.items()},
            "by_gap": {
                gap: {name: asdict(item) for name, item in kinds.items()}
                for gap, kinds in self.by_gap.items()
            },
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RephraseReport:
    """The comparison on invented households and on recordings, and what a judgement costs."""

    compared: tuple[Compared, ...]
    cost_us: tuple[float, float]
    """Of one judgement of five later turns: p50 and p95."""

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            **{part.name: part.as_json() for part in self.compared},
            "cost_us": {"p50": self.cost_us[0], "p95": self.cost_us[1]},
        }

    def figures(self) -> Iterator[Figure]:
        """Yield what is compared with other runs."""
        for part in self.compared:
            for name, seeds in part.seeds.items():
                cases = round(part.requests * (1.0 - part.none)) or 1
                yield Figure(
                    f"rephrase, {part.name}: F1 % ({name})", 100.0 * _mean(seeds, "f1"), cases
                )
            yield Figure(f"rephrase, {part.name}: gain over pairwise %", part.gain[0])
        yield Figure("rephrase: a judgement us", self.cost_us[0], higher_is_better=False)

    def tables(self) -> dict[str, Rows]:
        """Return rows for people: title -> rows, the first row being the heads."""
        found: dict[str, Rows] = {}
        for part in self.compared:
            rows: Rows = [("detector", "F1 %", "exact %", "none precision %", "none recall %")]
            rows += [
                (name, *(_spread(part.seeds[name], what)
                         for what in ("f1", "exact", "none_precision", "none_recall")))
                for name in _ORDER
            ]  # fmt: skip
            found[
                f"rephrases, {part.name}: {part.requests} requests, {100 * part.none:.0f} % without"
            ] = rows
            gaps: Rows = [
                ("silence", "requests", "F1 %", "pairwise F1 %", "exact %", "none precision %")
            ]
            gaps += [
                (gap, str(kinds[CONTEXTUAL].cases // len(part.seeds[CONTEXTUAL])),
                 _percent(kinds[CONTEXTUAL].f1), _percent(kinds[_PAIRWISE].f1),
                 _percent(kinds[CONTEXTUAL].exact), _percent(kinds[CONTEXTUAL].none_precision))
                for gap, kinds in part.by_gap.items()
            ]  # fmt: skip
            found[f"rephrases, {part.name}, by silence"] = gaps
        gains: Rows = [("dialogues", "F1 over pairwise", "95 % interval")]
        gains += [
            (part.name, f"{part.gain[0]:+.1f} %", f"{part.gain[1]:+.1f} to {part.gain[2]:+.1f} %")
            for part in self.compared
        ]
        found["contextual over pairwise"] = gains
        found["one judgement"] = [
            ("p50 us", "p95 us"), (f"{self.cost_us[0]:.0f}", f"{self.cost_us[1]:.0f}"),
        ]  # fmt: skip
        return found

    def not_right(self) -> Rows:
        """Return the requests that were judged wrongly."""
        heads = ("request", "later", "right", "given")
        return [heads, *(miss for part in self.compared for miss in part.misses)]


def run_rephrase(
    data: Path, *, progress: Callable[[str, int, int], None] | None = None
) -> RephraseReport:
    """Compare the shipped detector with its rivals.

    Args:
        data: Folder of the public data.
        progress: Called with (what, done, all).

    Raises:
        DataError: If the data cannot be read.
        ModelError: If there is no good model, or no good weights.
    """
    streams = Streams(data, Understander.load())
    rivals = Rivals.load()
    parts = []
    first: Stream | None = None
    for name, drawn, homes in (
        ("invented households", streams.invented("test", HOUSEHOLDS), HOUSEHOLDS),
        ("recordings", streams.recorded("test", RECORDED), RECORDED),
    ):
        found: list[Example] = []
        for done, stream in enumerate(drawn, 1):
            found += examples(stream)
            first = first or stream
            if progress is not None:
                progress(f"rephrases: {name}", done, homes)
        parts.append(compare(name, found, rivals))
    return RephraseReport(tuple(parts), _cost_us(first) if first else (0.0, 0.0))


def compare(name: str, found: Sequence[Example], rivals: Rivals) -> Compared:
    """Score every detector on the same requests."""
    truth = np.array([item.answer for item in found])
    given = rivals.answers([item.seen for item in found])
    buckets = np.array([item.bucket for item in found])
    by_gap: dict[str, dict[str, Scores]] = {}
    for bucket in sorted(set(buckets.tolist())):
        which = buckets == bucket
        by_gap[_gap_name(bucket)] = {
            kind: score(
                np.tile(truth[which], len(seeds)), np.concatenate([s[which] for s in seeds])
            )
            for kind, seeds in given.items()
        }
    first = given[CONTEXTUAL][0]
    return Compared(
        name, len(found), float((truth == 0).mean()),
        {kind: tuple(score(truth, seed) for seed in seeds) for kind, seeds in given.items()},
        by_gap,
        _gain(np.array([item.household for item in found]), truth, given),
        tuple(
            (item.text, " / ".join(item.later), str(item.answer), str(answer))
            for item, answer in zip(found, first.tolist(), strict=True) if item.answer != answer
        ),
    )  # fmt: skip


def _gain(
    homes: NDArray[np.str_],
    truth: NDArray[np.int64],
    given: Mapping[str, Sequence[NDArray[np.int64]]],
) -> tuple[float, float, float]:
    """Return the relative gain in F1 over ``pairwise`` and its interval over households, %."""
    counts = {
        kind: [_counts(homes, truth, seed) for seed in given[kind]]
        for kind in (CONTEXTUAL, _PAIRWISE)
    }

    def gain(weights: NDArray[np.float64]) -> float:
        f1 = {
            kind: statistics.fmean(
                2.0 * float(weights @ hits) / max(1.0, float(weights @ both))
                for hits, both in seeds
            )
            for kind, seeds in counts.items()
        }
        return 100.0 * (f1[CONTEXTUAL] / max(f1[_PAIRWISE], 1e-9) - 1.0)

    number = len(set(homes.tolist()))
    dice = np.random.default_rng(1)
    draws = [
        gain(dice.multinomial(number, [1.0 / number] * number).astype(float)) for _ in range(_DRAWS)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    return gain(np.ones(number)), float(low), float(high)


def _counts(
    homes: NDArray[np.str_], truth: NDArray[np.int64], given: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return by household the right turns pointed at, and how many are pointed at and are there."""
    _, which = np.unique(homes, return_inverse=True)
    hits = np.bincount(which, ((given == truth) & (given > 0)).astype(np.float64))
    both = np.bincount(which, (given > 0).astype(float) + (truth > 0))
    return hits.astype(np.float64), both.astype(np.float64)


def _cost_us(stream: Stream) -> tuple[float, float]:
    """Return what one judgement of five later turns costs, p50 and p95, words seen for the first time."""
    detector = RephraseDetector.load()
    turns = [said.turn for said in stream.said]
    costs = []
    for at in range(len(turns) - LATER):
        started = time.perf_counter()
        detector.judge(turns[at], turns[at + 1 : at + 1 + LATER], stream.signals, stream.words)
        costs.append((time.perf_counter() - started) * 1e6)
    return float(np.percentile(costs, 50)), float(np.percentile(costs, 95))


def _gap_name(bucket: int) -> str:
    if bucket == len(GAPS_S):
        return f"over {GAPS_S[-1]:.0f} s"
    return f"up to {GAPS_S[bucket]:.0f} s"


def _mean(seeds: Sequence[Scores], what: str) -> float:
    return statistics.fmean(getattr(item, what) for item in seeds)


def _spread(seeds: Sequence[Scores], what: str) -> str:
    values = [100.0 * getattr(item, what) for item in seeds]
    spread = f" +- {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.1f}{spread}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f}"

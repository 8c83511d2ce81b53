"""What the rephrase detector is compared with, and the scores of a comparison.

The rivals see a request and one later turn at a time and no other, as a pairwise rephrase classifier
does; then the turn that scores above a threshold is taken. ``pairwise`` sees the same embeddings, the
same features of the words and the same outcomes as the detector; ``pairwise, flags`` also what people
did and when; ``similarity`` only the angle between the embeddings. Thresholds and rules were chosen on
households kept for choosing (``training``), never on those that are scored.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hubagent.errors import ModelError
from hubagent.learn.picture import BLOCKS, Floats
from hubagent.learn.rephrase import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hubagent.learn.picture import Picture

RIVALS = Path(__file__).parent / "rephrase_rivals.npz"
RECORD = Path(__file__).parent / "rephrase_rivals.json"
PAIRWISE: dict[str, tuple[str, ...]] = {
    "pairwise": ("words", "agree", "turn"),
    "pairwise, flags": ("words", "agree", "turn", "flags", "when"),
}
"""Rival -> the blocks of a picture that it sees."""
SIMILARITY = "similarity"
CONTEXTUAL = "contextual"
OWN = frozenset({"turn", "flags", "when"})
"""Blocks that say something of a turn by itself, so that a pair has two of them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How scores of later turns become an answer."""

    threshold: float
    last: bool
    """Take the last turn above the threshold, not the one that scores most."""

    def of(self, scores: Floats) -> int:
        """Return 0 for none, else the number of a later turn, from 1."""
        above = np.flatnonzero(scores > self.threshold)
        if not len(above):
            return 0
        return int(above[-1] if self.last else scores.argmax()) + 1


class Pairwise:
    """Scores each later turn beside the request alone."""

    def __init__(self, weights: Mapping[str, Floats], blocks: Sequence[str]) -> None:
        self._weights = weights
        self._blocks = tuple(blocks)

    def __call__(self, seen: Picture) -> Floats:
        """Return a logit for each later turn."""
        w = self._weights
        projected = seen.embeddings @ w["project"]
        source = np.broadcast_to(projected[0], projected.shape)
        parts: list[Floats] = [source, projected, source * projected]
        for name in self._blocks:
            rows = seen.rows[:, BLOCKS[name]]
            parts.append(rows)
            if name in OWN:
                parts.append(np.broadcast_to(rows[0], rows.shape))
        hidden = np.maximum(np.hstack(parts) @ w["in"] + w["in_bias"], 0.0)
        hidden = np.maximum(hidden @ w["mix"] + w["mix_bias"], 0.0)
        return np.asarray((hidden @ w["point"] + w["point_bias"])[1:])


def similarity(seen: Picture) -> Floats:
    """Return the cosine of each later turn's embedding and the request's."""
    return np.asarray(seen.embeddings[1:] @ seen.embeddings[0])


def contextual(network: Network, seen: Picture) -> int:
    """Return the detector's answer: 0 for none, else the number of a later turn."""
    return int(network(seen)[0].argmax())


@dataclass(frozen=True, slots=True)
class Rivals:
    """Everything that is compared, as trained: some seeds of each."""

    networks: tuple[Network, ...]
    pairwise: Mapping[str, tuple[tuple[Pairwise, Choice], ...]]
    similarity: Choice

    def answers(self, pictures: Sequence[Picture]) -> dict[str, tuple[NDArray[np.int64], ...]]:
        """Return the answers of each kind of detector, one array a seed."""
        found = {
            CONTEXTUAL: tuple(
                np.array([contextual(network, seen) for seen in pictures])
                for network in self.networks
            )
        }
        for name, seeds in self.pairwise.items():
            found[name] = tuple(
                np.array([choice.of(rival(seen)) for seen in pictures]) for rival, choice in seeds
            )
        found[SIMILARITY] = (np.array([self.similarity.of(similarity(seen)) for seen in pictures]),)
        return found

    @classmethod
    def load(cls, weights: Path = RIVALS, record: Path = RECORD) -> Rivals:
        """Load what training wrote.

        Raises:
            ModelError: If a file is missing or damaged, or they do not belong together.
        """
        hint = "reinstall hubagent, or train with `python -m hubagent.training rephrase`"
        try:
            content = json.loads(record.read_text(encoding="utf-8"))
            if hashlib.sha256(weights.read_bytes()).hexdigest() != content["sha256"]:
                raise ModelError(f"`{weights}` is not the released file", hint=hint)
            with np.load(weights, allow_pickle=False) as arrays:
                return cls.of({name: arrays[name] for name in arrays.files}, content["choices"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"cannot read `{weights}`: {error}", hint=hint) from error

    @classmethod
    def of(
        cls, arrays: Mapping[str, Floats], choices: Mapping[str, Sequence[Sequence[float]]]
    ) -> Rivals:
        """Put rivals together.

        Args:
            arrays: ``kind/seed/name`` -> array.
            choices: Kind -> (threshold, last) of each seed.
        """
        kinds: dict[str, dict[str, dict[str, Floats]]] = {}
        for key, array in arrays.items():
            kind, seed, name = key.split("/")
            kinds.setdefault(kind, {}).setdefault(seed, {})[name] = array.astype(np.float32)
        made = {
            kind: tuple(Choice(float(threshold), bool(last)) for threshold, last in seeds)
            for kind, seeds in choices.items()
        }
        return cls(
            tuple(Network(seed) for _, seed in sorted(kinds[CONTEXTUAL].items())),
            {
                kind: tuple(
                    (Pairwise(seed, blocks), choice)
                    for (_, seed), choice in zip(
                        sorted(kinds[kind].items()), made[kind], strict=True
                    )
                )
                for kind, blocks in PAIRWISE.items()
            },
            made[SIMILARITY][0],
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """How well a detector answers; shares are 0 where there is nothing to share."""

    cases: int
    f1: float
    """Of the turns pointed at: right ones among those it points at, and among those there are."""
    precision: float
    recall: float
    exact: float
    """Share of the requests with the very answer, none included."""
    none_precision: float
    none_recall: float


def score(truth: NDArray[np.int64], given: NDArray[np.int64]) -> Scores:
    """Score answers: 0 for none, else the number of a later turn."""
    right = truth == given
    pointed, there = given > 0, truth > 0
    hits = int((right & pointed).sum())
    nones = int((right & ~pointed).sum())
    return Scores(
        len(truth), _share(2 * hits, pointed.sum() + there.sum()), _share(hits, pointed.sum()),
        _share(hits, there.sum()), _share(right.sum(), len(truth)),
        _share(nones, (~pointed).sum()), _share(nones, (~there).sum()),
    )  # fmt: skip


def choose(truth: NDArray[np.int64], scores: Sequence[Floats]) -> Choice:
    """Return the threshold and rule with the best F1 on scores of each request's later turns."""
    everything = np.concatenate(scores)
    best, found = -1.0, Choice(0.0, last=True)
    for threshold in np.unique(np.quantile(everything, np.linspace(0.3, 0.998, 200))):
        for last in (True, False):
            choice = Choice(float(threshold), last)
            f1 = score(truth, np.array([choice.of(item) for item in scores])).f1
            if f1 > best:
                best, found = f1, choice
    return found


def _share(part: float, of: float) -> float:
    return float(part) / float(of) if of else 0.0

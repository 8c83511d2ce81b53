"""Weights of the ranker from examples: a listwise softmax over candidates, pulled to those set by hand.

In: examples, each the candidates of one request with their features and which one is right. Out:
weights. What the words say and what the context adds is trained; what is usual stays by hand, for
its bound is a rule. Whatever the examples say, a weight keeps its sign, and context stays behind
explicit words.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubagent.resolve.rank import Weights

_APART = 0.05
"""By how much a weight stays behind one that it must not reach."""
_ROUNDS = 20
"""Of the projection, which moves one pair of weights at a time."""

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """Candidates of one request, and the index of the one that was meant."""

    home: str
    features: tuple[Mapping[str, float], ...]
    right: int

    @property
    def source(self) -> str:
        """Return where the home is from: what stands before the slash of its name."""
        return self.home.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights are trained."""

    strength: float = 0.02
    """Of the pull towards the weights set by hand."""
    dropout: float = 0.2
    """Share of examples, drawn anew in each step, that are seen without their context."""
    steps: int = 400
    rate: float = 0.1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Scores:
    """How well weights choose."""

    examples: int
    top_1: float
    log_loss: float


def split(
    examples: Iterable[Example], held_out: float, seed: int = 1
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return examples to train on and to test on; no home is in both, each source is in each."""
    examples = tuple(examples)
    dice = random.Random(seed)  # noqa: S311 - no secret
    kept_back: set[str] = set()
    for source in sorted({example.source for example in examples}):
        homes = sorted({example.home for example in examples if example.source == source})
        dice.shuffle(homes)
        kept_back.update(homes[: round(held_out * len(homes))])
    return (
        tuple(example for example in examples if example.home not in kept_back),
        tuple(example for example in examples if example.home in kept_back),
    )


def evaluate(examples: Sequence[Example], weights: Weights) -> Scores:
    """Return how often the right candidate is first, and the loss; of n that tie each is 1/n."""
    if not examples:
        return Scores(0, 0.0, 0.0)
    first, loss = 0.0, 0.0
    for example in examples:
        scores = np.array([weights.score(features) for features in example.features])
        best = np.flatnonzero(scores >= scores.max() - 1e-9)
        first += float(example.right in best) / len(best)
        loss -= float(np.log(_softmax(scores)[example.right]))
    return Scores(len(examples), first / len(examples), loss / len(examples))


def compare(examples: Sequence[Example], by_hand: Weights, trained: Weights) -> dict[str, Any]:
    """Return the scores of both, and how many examples of each source choose otherwise."""
    pairs = zip(examples, _choices(examples, by_hand), _choices(examples, trained), strict=True)
    changed = Counter(example.source for example, before, after in pairs if before != after)
    return {
        "by_hand": asdict(evaluate(examples, by_hand)),
        "trained": asdict(evaluate(examples, trained)),
        "changed": {s: changed[s] for s in sorted({example.source for example in examples})},
    }


def _choices(examples: Iterable[Example], weights: Weights) -> list[int]:
    return [
        int(np.argmax([weights.score(features) for features in example.features]))
        for example in examples
    ]


def fit(examples: Sequence[Example], start: Weights, recipe: Recipe | None = None) -> Weights:
    """Return trained weights; without examples those to start from."""
    recipe = recipe or Recipe()
    names = (*start.explicit, *start.context)
    tables = [
        np.array([[item.get(name, 0.0) for name in names] for item in example.features])
        for example in examples
    ]
    # The score of what is usual is bounded and not trained, so it is a constant here.
    usual = replace(start, explicit={}, context={})
    offsets = [np.array([usual.score(item) for item in example.features]) for example in examples]
    by_hand = np.array([start.of(name) for name in names])
    words_only = np.array([float(name in start.explicit) for name in names])
    dice = np.random.default_rng(recipe.seed)
    vector, mean, square = by_hand.copy(), np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, recipe.steps + 1 if examples else 0):
        slope = 2.0 * recipe.strength * (vector - by_hand)
        dropped = dice.random(len(examples)) < recipe.dropout
        for example, table, offset, blind in zip(examples, tables, offsets, dropped, strict=True):
            seen = table * words_only if blind else table
            share = _softmax(seen @ vector + (0.0 if blind else offset))
            share[example.right] -= 1.0
            slope += share @ seen / len(examples)
        mean = 0.9 * mean + 0.1 * slope  # Adam
        square = 0.99 * square + 0.01 * slope**2
        size = recipe.rate / np.sqrt(step)
        vector = vector - size * (mean / (1 - 0.9**step)) / (
            np.sqrt(square / (1 - 0.99**step)) + 1e-8
        )
        vector = _bounded(dict(zip(names, vector, strict=True)), start)
    trained = {name: float(value) for name, value in zip(names, vector, strict=True)}
    return replace(
        start,
        explicit={name: trained[name] for name in start.explicit},
        context={name: trained[name] for name in start.context},
    )


def _bounded(weights: dict[str, float], start: Weights) -> Floats:
    """Return the nearest weights, roughly, with the signs set by hand and context behind words."""
    for name, value in weights.items():
        weights[name] = max(value, 0.0) if start.of(name) >= 0 else min(value, 0.0)
    ordered = [name for name in ("here", "place", "name") if name in weights]
    if "here" in weights:
        weights["here"] = max(weights["here"], start.usual_most + _APART)
    for _ in range(_ROUNDS):
        for less, more in pairwise(ordered):
            over = weights[less] + _APART - weights[more]
            if over > 0:
                weights[more] += over if less == "here" else over / 2
                weights[less] -= 0.0 if less == "here" else over / 2
    words = sum(max(weights[name], 0.0) for name in start.explicit)
    context = sum(max(weights[name], 0.0) for name in start.context)
    if context > words - _APART:
        # "here" has a least value of its own, so the others give way.
        others = context - weights.get("here", 0.0)
        share = max(words - _APART - weights.get("here", 0.0), 0.0) / others if others else 1.0
        for name in start.context:
            if name != "here":
                weights[name] *= min(share, 1.0)
    return np.array(list(weights.values()))


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())


def as_toml(weights: Weights) -> str:
    """Return ``weights.toml`` with these weights, its comments and bounds as they are."""
    text = resources.files("hubagent.resolve").joinpath("weights.toml").read_text(encoding="utf-8")
    for name, value in (*weights.explicit.items(), *weights.context.items()):
        text = re.sub(rf"(?m)^({name} *= )\S+", rf"\g<1>{value:.2f}", text)
    return text

"""How much each trait of a rewrite counts in this home: the ranker's weights, moved a little.

In: rewrites that were used, with what the ranker saw and how the turn ended. Out: weights near the
shipped ones: the maximum of the likelihood of those ends under a Gaussian prior around what is shipped,
so that without evidence, or once it has faded, they are the shipped ones again. What feedback
supervises without any annotation is the ranker of Cho et al., 2021.nlp4convai-1.17.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hubagent.learn.life import DAY_S, PER_DAY, faded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BOUND = 1.0
"""Farthest that a weight goes from the shipped one, in logits."""
STEP = 0.1
"""Farthest that it goes in one pass."""
_PRIOR = 4.0
"""Strength of the prior: one over the variance of a home's weights around the shipped ones."""
_ROUNDS = 200
_RATE = 0.05


class Used(NamedTuple):
    """A rewrite that was used."""

    words: str
    at_s: float
    good: float
    """Probability that it was what was meant."""
    features: Mapping[str, float]
    score: float
    """Probability that the ranker gave it."""


def moved(
    shipped: Mapping[str, float], own: Mapping[str, float], used: Sequence[Used], now_s: float
) -> dict[str, float]:
    """Return the weights of the home after one step; only those that differ from the shipped ones.

    Args:
        shipped: Weights that may be moved.
        own: Those of the home so far, by the same names; what is missing is as shipped.
        used: What the ranker's choices came to.
        now_s: The newest turn, to which they are faded.
    """
    names = sorted(shipped)
    base = np.array([shipped[name] for name in names])
    before = np.clip(
        np.array([own.get(name, shipped[name]) for name in names]), base - BOUND, base + BOUND
    )
    best = np.clip(
        base + _best_shift(names, used, before - base, now_s), base - BOUND, base + BOUND
    )
    after = before + np.clip(best - before, -STEP, STEP)
    return {
        name: round(float(value), 4)
        for name, value, usual in zip(names, after, base, strict=True)
        if abs(value - usual) >= 5e-4
    }


def _best_shift(names: Sequence[str], used: Sequence[Used], own: Floats, now_s: float) -> Floats:
    """Return how far from the shipped weights the evidence would have them; ``own`` is how far they are."""
    shift = np.zeros(len(names))
    if not used:
        return shift
    seen = np.array([[item.features.get(name, 0.0) for name in names] for item in used])
    good = np.array([item.good for item in used])
    weight = np.array(_worth(used, now_s))
    score = np.clip([item.score for item in used], 1e-4, 1 - 1e-4)
    logits = np.log(score / (1 - score)) - seen @ own  # as the shipped weights would have it
    for _ in range(_ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-(logits + seen @ shift)))
        shift += _RATE * (seen.T @ (weight * (good - chance)) - _PRIOR * shift) / (1 + weight.sum())
    return shift


def _worth(used: Sequence[Used], now_s: float) -> list[float]:
    """Return what each counts: it fades, and a day counts the same words twice at most."""
    often: dict[tuple[str, int], int] = {}
    for item in used:
        key = (item.words, int(item.at_s // DAY_S))
        often[key] = often.get(key, 0) + 1
    return [
        faded(item.at_s, now_s) * min(1.0, PER_DAY / often[item.words, int(item.at_s // DAY_S)])
        for item in used
    ]

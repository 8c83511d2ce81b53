"""Make probabilities honest: one temperature per head, fitted on sentences kept apart.

Source: Guo et al., On Calibration of Modern Neural Networks, arXiv:1706.04599 (sections 2 and 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities over the last axis.

    Args:
        logits: float (..., classes).
        temperature: Above 1 makes the model less sure, below 1 more.
    """
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    weights = np.exp(scaled)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def sigmoid(logit: float, temperature: float = 1.0) -> float:
    """Return the probability of one yes-or-no logit."""
    return float(0.5 * (1.0 + np.tanh(0.5 * logit / temperature)))


def negative_log_likelihood(
    logits: NDArray[np.float32],
    truth: NDArray[np.int64],
    temperature: float,
    names: NDArray[np.int64] | None = None,
) -> float:
    """Return the mean of -log p(truth).

    Args:
        logits: float (examples, classes).
        truth: int (examples,), the right class of each, or its name's number when ``names`` is given.
        temperature: As in ``softmax``.
        names: int (classes,), number of the public name of each class, -1 for none; probabilities of
            classes that bear the same name are added up, as they are where they are used.
    """
    probabilities = softmax(logits, temperature)
    if names is not None:
        probabilities = sum_by_name(probabilities, names)
    chosen = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def sum_by_name(
    probabilities: NDArray[np.float64], names: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return float (examples, names): the classes of each name added up, those without left out."""
    total = np.zeros((len(probabilities), int(names.max()) + 1))
    for index, name in enumerate(names):
        if name >= 0:
            total[:, name] += probabilities[:, index]
    return total


def fit_temperature(
    logits: NDArray[np.float32],
    truth: NDArray[np.int64],
    names: NDArray[np.int64] | None = None,
) -> float:
    """Return the temperature in [0.2, 5] of the least negative log-likelihood.

    Golden-section search over the logarithm; the function has one minimum there. The arguments are
    those of ``negative_log_likelihood``.
    """
    low, high = np.log(0.2), np.log(5.0)
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        left_cost = negative_log_likelihood(logits, truth, float(np.exp(left)), names)
        if left_cost < negative_log_likelihood(logits, truth, float(np.exp(right)), names):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2.0))


def calibration_error(
    probabilities: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10
) -> float:
    """Return the expected calibration error, in [0, 1]: how far "0.8" is from eight in ten.

    Args:
        probabilities: float (examples,), of the chosen class.
        right: bool (examples,), whether the chosen class was the right one.
        bins: Number of equal parts of [0, 1].
    """
    if len(probabilities) == 0:
        return 0.0
    part = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    total = 0.0
    for index in range(bins):
        inside = part == index
        if inside.any():
            gap = abs(float(right[inside].mean()) - float(probabilities[inside].mean()))
            total += gap * float(inside.mean())
    return total

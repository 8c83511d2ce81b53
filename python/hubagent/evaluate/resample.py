"""95 % intervals over households.

The percentile bootstrap (Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of
Statistics 7(1), 1979).
Households are drawn with replacement, whole: the turns of one are not independent of each other. The
draws depend on nothing but the number of households, so figures of several arms are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Parts: TypeAlias = tuple[Sequence[float], Sequence[float]]
    """Numerator and denominator of a rate, one number a household each."""

DRAWS = 2000
_SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval; ``None`` where there is nothing to count."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def as_json(self) -> dict[str, float | None]:
        """Return it as plain data."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.3g}"
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


def ratio(part: Sequence[float], whole: Sequence[float], *, scale: float = 1.0) -> Estimate:
    """Return sum(part) / sum(whole) over households, with its interval; ``scale`` multiplies it.

    Draws in which ``whole`` is 0 count as infinite where there is a part, else not at all.
    """
    return _estimate([(part, whole)], lambda rates: scale * rates[0])


def cut(rate: Parts, before: Parts) -> Estimate:
    """Return by how many per cent a rate is lower than one before: 100 (1 - rate / rate before)."""
    return _estimate([rate, before], lambda rates: 100 * (1 - rates[0] / rates[1]))


def difference(rate: Parts, other: Parts, base: Parts) -> Estimate:
    """Return by how much one rate is below another, in per cent of a third."""
    return _estimate([rate, other, base], lambda rates: 100 * (rates[1] - rates[0]) / rates[2])


def _estimate(rows: Sequence[Parts], figure: Callable[[Floats], Floats | np.float64]) -> Estimate:
    """Return a figure of rates, each (one number a household, likewise) as part and whole."""
    parts = np.asarray([part for part, _ in rows], float)
    wholes = np.asarray([whole for _, whole in rows], float)
    households = parts.shape[1]
    if not households:
        return Estimate(None)
    dice = np.random.default_rng(_SEED)
    times = dice.multinomial(households, [1 / households] * households, size=DRAWS).T
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(figure(parts.sum(1) / wholes.sum(1)))
        drawn = np.asarray(figure((parts @ times) / (wholes @ times)))
    drawn = drawn[~np.isnan(drawn)]
    if not np.isfinite(value) or not len(drawn):
        return Estimate(None)
    low, high = (float(x) for x in np.percentile(drawn, [2.5, 97.5], method="nearest"))
    return Estimate(round(value, 4), _finite(low), _finite(high))


def _finite(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None

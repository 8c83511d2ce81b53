"""Beta distributions of success, compared and bounded by quadrature.

In: soft counts. Out: probabilities. On the scale of the log odds ``z`` the density of Beta(a, b) is
proportional to ``x^a (1-x)^b`` with ``x = 1/(1+e^-z)``: smooth and bounded for every a, b > 0, so
that the trapezoid on a fixed grid is right to 1e-4 up to 4,000 counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hubagent.evidence import Tally

_Z = np.linspace(-60.0, 60.0, 4001)
_LOG_X = -np.logaddexp(0.0, -_Z)
_LOG_1_X = -np.logaddexp(0.0, _Z)


class Beta(NamedTuple):
    """What is believed of a rate of success."""

    a: float
    b: float

    @classmethod
    def of(cls, tally: Tally, *, mean: float = 0.5, strength: float = 2.0) -> Beta:
        """Return the posterior of soft counts over a prior of some mean and strength (counts)."""
        return cls(strength * mean + tally.good, strength * (1.0 - mean) + tally.bad)

    @property
    def mean(self) -> float:
        """Expected rate."""
        return self.a / (self.a + self.b)


def better(one: Beta, other: Beta) -> float:
    """Return the probability that one rate is above the other; of both ways it is 1 together."""
    below = _below(other)
    return float(np.dot(_masses(one), below))


def lower(belief: Beta, share: float = 0.05) -> float:
    """Return the rate that lies below the true one but for ``share`` of the belief."""
    at = int(np.searchsorted(_below(belief), share))
    return float(np.exp(_LOG_X[min(at, len(_Z) - 1)]))


def upper(belief: Beta, share: float = 0.05) -> float:
    """Return the rate that lies above the true one but for ``share`` of the belief."""
    return 1.0 - lower(Beta(belief.b, belief.a), share)


def _masses(belief: Beta) -> NDArray[np.float64]:
    log = belief.a * _LOG_X + belief.b * _LOG_1_X
    masses: NDArray[np.float64] = np.exp(log - log.max())
    masses /= masses.sum()
    return masses


def _below(belief: Beta) -> NDArray[np.float64]:
    """Return P(rate < x) at each point of the grid, half of a point's own mass counted."""
    masses = _masses(belief)
    below: NDArray[np.float64] = np.cumsum(masses) - masses / 2
    return below

"""What may be told of how many homes said something: the one step between counts and anything anybody sees.

``plain`` lets out what enough homes said on enough days, as it is. That hides who is rare, and is not
private in the sense of any proof: whoever runs all but one of those homes, or compares two tables, learns
what the last one said. It is for a fleet of one's own.

``dp`` adds noise, so that what comes out is nearly as likely without any one hub in the week: (epsilon,
delta)-differential privacy with one hub's part of one week as the unit. Counts are those of :data:`bound`
keys a hub at most, each by one (``counts.sql``), so that one hub moves them by ``sqrt(bound)`` in all.
Discrete Gaussian noise is added to each, and what is then below a threshold is not named at all. Noise,
threshold and the accounting are OpenDP's (``make_gaussian_threshold``; Canonne, Kamath, Steinke, "The Discrete
Gaussian for Differential Privacy", arXiv 2004.00010; Bun, Steinke, "Concentrated Differential Privacy",
arXiv 1605.02065).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist
from typing import Any, Protocol

import opendp.prelude as dp
import pyarrow as pa
import pyarrow.compute as pc

LET_OUT = pa.schema(
    [
        ("locale", pa.string()),
        ("src", pa.string()),
        ("dst", pa.string()),
        ("rewritten", pa.int32()),
        ("hubs", pa.int64()),
    ]
)
_BETWEEN = "\x1f"
"""Between the parts of a key: no word has it (``wire``: printable)."""
_SINGLE = 1
"""Keys of so few hubs are left in the engine, see :meth:`Private.let_out`."""

dp.enable_features("contrib")


class Rule(Protocol):
    """How counts become what may be told."""

    @property
    def name(self) -> str:
        """As tables name it: ``plain`` or ``dp``."""
        ...

    @property
    def bound(self) -> int:
        """Distinct transitions of one hub that count."""
        ...

    @property
    def floor(self) -> int:
        """Counts that need not leave the engine."""
        ...

    @property
    def unseen(self) -> int:
        """How many homes may have said what is not told."""
        ...

    def let_out(self, counts: pa.Table) -> pa.Table:
        """Return rows of :data:`LET_OUT` in the order of the keys.

        Args:
            counts: As ``counts.sql`` makes them with this bound and floor.
        """
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A threshold, and no more."""

    homes: int = 20
    days: int = 2
    bound: int = 20
    name: str = field(default="plain", init=False)

    @property
    def floor(self) -> int:
        """Implements :attr:`Rule.floor`."""
        return self.homes - 1

    @property
    def unseen(self) -> int:
        """Implements :attr:`Rule.unseen`."""
        return self.homes - 1

    def let_out(self, counts: pa.Table) -> pa.Table:
        """Implements :meth:`Rule.let_out`."""
        enough = pc.greater_equal(counts["hubs"], self.homes)
        days = pc.add(pc.subtract(counts["last_day"], counts["first_day"]), 1)
        kept = counts.filter(pc.and_(enough, pc.greater_equal(days, self.days)))
        return kept.select(LET_OUT.names).cast(LET_OUT)


@dataclass(frozen=True, slots=True)
class Private:
    """Gaussian noise and a threshold."""

    epsilon: float = 1.0
    delta: float = 1e-8
    bound: int = 20
    name: str = field(default="dp", init=False)

    @property
    def floor(self) -> int:
        """Implements :attr:`Rule.floor`."""
        return _SINGLE

    @property
    def unseen(self) -> int:
        """Implements :attr:`Rule.unseen`."""
        return self.threshold + _SINGLE

    @property
    def scale(self) -> float:
        """Standard deviation of the noise, homes."""
        return _scale(self.epsilon, self.delta, self.bound)

    @property
    def threshold(self) -> int:
        """What a noisy count must reach to be told."""
        return _threshold(self.scale, self.delta, self.bound)

    @property
    def rho(self) -> float:
        """What one release costs in zero-concentrated differential privacy; such costs add up."""
        return self.bound / (2 * self.scale**2)

    def let_out(self, counts: pa.Table) -> pa.Table:
        """Implements :meth:`Rule.let_out`.

        Which keys there are is secret too. So counts go in less :data:`_SINGLE`, never below nothing, and
        come out with it added again: ``max(count - 1, 0)`` moves no more than the count does, so the
        guarantee is the same, and the many keys of one home need never be held.
        """
        columns = [counts[name].to_pylist() for name in LET_OUT.names]
        exact = {
            _BETWEEN.join((locale, src, dst, str(rewritten))): hubs - _SINGLE
            for locale, src, dst, rewritten, hubs in zip(*columns, strict=True)
            if hubs > _SINGLE
        }
        noisy = _mechanism(self.scale, self.threshold)(exact) if exact else {}
        rows = sorted((*key.split(_BETWEEN), hubs) for key, hubs in noisy.items())
        told = [
            {"locale": locale, "src": src, "dst": dst, "rewritten": int(rewritten), "hubs": hubs + _SINGLE}
            for locale, src, dst, rewritten, hubs in rows
        ]  # fmt: skip
        return pa.Table.from_pylist(told, schema=LET_OUT)


def epsilon_of(rho: float, delta: float) -> float:
    """Return the epsilon at some delta of costs in zero-concentrated differential privacy."""
    space = dp.atom_domain(T="i64"), dp.absolute_distance(T=float)
    measured: Any = dp.m.make_gaussian(*space, scale=math.sqrt(1 / (2 * rho)))
    fixed: Any = dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(measured), delta)
    return float(fixed.map(1.0)[0])


def cost_of(scale: float, threshold: int, bound: int) -> tuple[float, float]:
    """Return (rho, delta) of one release, as OpenDP accounts for it."""
    rho, delta = _mechanism(scale, threshold).map((bound, math.sqrt(bound), 1.0))
    return float(rho), float(delta)


@cache
def _scale(epsilon: float, delta: float, bound: int) -> float:
    """Return the least noise, to a tenth, whose half of delta gives epsilon; the threshold has the other half."""
    low, high = 1, 2
    while epsilon_of(bound / (2 * (high / 10) ** 2), delta / 2) > epsilon:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        fits = epsilon_of(bound / (2 * (middle / 10) ** 2), delta / 2) <= epsilon
        low, high = (low, middle) if fits else (middle, high)
    return high / 10


@cache
def _threshold(scale: float, delta: float, bound: int) -> int:
    """Return the least threshold at which a hub's keys of its own show with half of delta at most."""
    one = -math.expm1(math.log1p(-delta / 2) / bound)
    threshold = math.floor(1 - scale * NormalDist().inv_cdf(one))
    while cost_of(scale, threshold, bound)[1] > delta / 2:
        threshold += 1
    return threshold


@cache
def _mechanism(scale: float, threshold: int) -> Any:  # noqa: ANN401 # OpenDP has no types
    keys = dp.map_domain(dp.atom_domain(T=str), dp.atom_domain(T="i64"))
    distance = dp.l02inf_distance(dp.absolute_distance(T=float))
    return dp.m.make_gaussian_threshold(keys, distance, scale=scale, threshold=threshold)

"""Figures of a run, and a run beside an earlier one."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Rows: TypeAlias = list[tuple[str, ...]]
"""A table; the first row holds the heads."""
_CLEAR = 2.0
"""Standard errors from which a difference counts as more than chance."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a run.

    ``cases`` is over how many a share in percent was counted, 0 for what is no share.
    """

    name: str
    value: float
    cases: int = 0
    higher_is_better: bool = True

    def error(self) -> float:
        """Return the standard error of a share, in points; 0 for what is no share.

        Source: that of a binomial share, its value kept half a case away from 0 and 100 %.
        """
        if not self.cases:
            return 0.0
        share = min(max(self.value / 100.0, 0.5 / self.cases), 1.0 - 0.5 / self.cases)
        return 100.0 * math.sqrt(share * (1.0 - share) / self.cases)


def stored(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Return figures as plain data, as ``--json`` prints them."""
    return [asdict(figure) for figure in figures]


def read_figures(document: Mapping[str, Any]) -> dict[str, Figure]:
    """Return the figures of a stored run by name.

    Raises:
        DataError: If the document is none that ``hubagent evaluate --json`` wrote.
    """
    try:
        found = (Figure(**item) for item in document["figures"])
        return {figure.name: figure for figure in found}
    except (KeyError, TypeError) as error:
        raise DataError(
            "the earlier run is not one of this command",
            hint="store one with: hubagent evaluate ... --json > run.json",
        ) from error


def compared(now: Iterable[Figure], before: Mapping[str, Figure]) -> Rows:
    """Return a table of what changed: before, now, difference, and what to think of it."""
    rows: Rows = [("figure", "before", "now", "difference", "")]
    for figure in now:
        old = before.get(figure.name)
        if old is None:
            continue
        difference = figure.value - old.value
        error = math.hypot(figure.error(), old.error())
        better = (difference > 0) == figure.higher_is_better
        verdict = "better" if better else "worse"
        if not difference:
            verdict = "same"
        elif error and abs(difference) < _CLEAR * error:
            verdict = f"within chance (2 errors: {_CLEAR * error:.1f})"
        rows.append((
            figure.name, f"{old.value:.2f}", f"{figure.value:.2f}", f"{difference:+.2f}", verdict,
        ))  # fmt: skip
    return rows

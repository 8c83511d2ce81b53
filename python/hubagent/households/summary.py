"""Figures of lived households: counted over the truth, never over what the hub believes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hubagent.simulate.wishes import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubagent.households.life import Truth
    from hubagent.households.population import Lived

WEEK = 7


def share(part: float, whole: float) -> float | None:
    """Return a share rounded to four places, ``None`` of nothing."""
    return round(part / whole, 4) if whole else None


def defect_rate(truth: Iterable[Truth]) -> float | None:
    """Return the share of turns after which the person had to try again."""
    verdicts = [item.verdict.defect for item in truth]
    return share(sum(verdicts), len(verdicts))


def by_week(truth: Sequence[Truth]) -> list[float | None]:
    """Return the defect rate of each week."""
    weeks = 1 + max((item.day for item in truth), default=0) // WEEK
    return [
        defect_rate(item for item in truth if item.day // WEEK == week) for week in range(weeks)
    ]


def summary(lived: Sequence[Lived]) -> dict[str, Any]:
    """Return the figures of many households as plain data."""
    truth = [item for one in lived for item in one.truth]
    first = [item for item in truth if item.attempt == 0]
    applied = [item for item in truth if item.rewrite]
    return {
        "households": len(lived),
        "turns": len(truth),
        "errands": len(first),
        "misheard": share(sum(item.said != item.heard for item in truth), len(truth)),
        "verdicts": _counted(item.verdict.name.lower() for item in truth),
        "defect_rate": defect_rate(truth),
        "defect_rate_by_week": by_week(truth),
        "first_turn_defect_rate": defect_rate(first),
        "first_turn_defect_rate_by_week": by_week(first),
        "not_fulfilled": _not_fulfilled(truth, len(first)),
        "sensitive_moved_unasked": sum(item.sensitive for item in truth),
        "signals": _summed(one.signals for one in lived),
        "pairs_in_use": _counted(pair.origin for one in lived for pair in one.pairs),
        "rewrites": _counted(item.rewrite for item in applied),
        "wins": sum(item.is_win for item in applied),
        "losses": sum(item.is_loss for item in applied),
    }


def _not_fulfilled(truth: Sequence[Truth], errands: int) -> float | None:
    """Return the share of errands of which no turn did what was wanted."""
    done = {item.errand for item in truth if item.verdict is Verdict.DONE and item.attempt < 200}
    return share(errands - len(done), errands)


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))

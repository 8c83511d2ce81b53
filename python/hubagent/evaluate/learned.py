"""What learning did, counted over the truth of lived households.

A turn with a rewrite is judged beside the same words in the same home without it, which were run too
(``households/life.py``): a win did what was wanted where the words alone did not; a loss made the turn
worse. Whether people are better off over weeks is judged beside the control arm, where the same people
want the same things, put them into the same words and are heard the same way, and nothing is learned.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubagent.evaluate.resample import Estimate, cut, difference, ratio
from hubagent.evidence import source_key
from hubagent.households.summary import WEEK
from hubagent.simulate.people import CHANGE_DAY
from hubagent.simulate.wishes import ELSEWHERE, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.households.life import Truth
    from hubagent.households.population import Lived

_LEAST_TO_SAY = 5
"""Wins and losses together below which a ratio says nothing."""


def was_good(turn: Truth) -> bool:
    """Return whether the words as heard do without a rewrite."""
    return not (turn.verdict if turn.without is None else turn.without).defect


@dataclass(frozen=True, slots=True)
class Counts:
    """One number a household for each thing counted, so that households can be drawn."""

    lived: Sequence[Lived]

    def of(self, holds: Callable[[Truth], bool]) -> list[float]:
        """Count the turns for which something holds."""
        return [float(sum(holds(turn) for turn in one.truth)) for one in self.lived]

    def parts(
        self, part: Callable[[Truth], bool], among: Callable[[Truth], bool]
    ) -> tuple[list[float], list[float]]:
        """Count those of some turns for which ``part`` holds, and all of them."""
        return self.of(_both(among, part)), self.of(among)

    def rate(self, part: Callable[[Truth], bool], among: Callable[[Truth], bool]) -> Estimate:
        """Return the share, in per cent, of turns for which ``part`` holds among some."""
        return ratio(*self.parts(part, among), scale=100.0)


def arm_figures(lived: Sequence[Lived], control: Sequence[Lived]) -> dict[str, Any]:
    """Return the figures of one arm as plain data, rates in per cent with 95 % intervals.

    Args:
        lived: The households of the arm.
        control: The same households with nothing learned, in the same order.
    """
    counts = Counts(lived)
    wins, losses = sum(counts.of(_is_win)), sum(counts.of(_is_loss))
    weeks = 1 + max((turn.day for one in lived for turn in one.truth), default=0) // WEEK
    return {
        "turns": int(sum(counts.of(_always))),
        "errands": int(sum(counts.of(_is_first))),
        "defects": counts.rate(_is_defect, _always).as_json(),
        "defects_by_week": [counts.rate(_is_defect, _in(week)).as_json() for week in range(weeks)],
        "first_words_defects": counts.rate(_is_defect, _is_first).as_json(),
        "first_words_defects_by_week": [
            counts.rate(_is_defect, _both(_is_first, _in(week))).as_json() for week in range(weeks)
        ],
        "fewer_defects": _fewer(lived, control, _always),
        "fewer_first_words_defects": _fewer(lived, control, _is_first),
        "fewer_defects_in_the_last_week": _fewer(lived, control, _in(weeks - 1)),
        "triggered": int(sum(counts.of(_is_triggered))),
        "triggered_share": counts.rate(_is_triggered, _always).as_json(),
        "triggered_defects": counts.rate(_is_defect, _is_triggered).as_json(),
        "triggered_defects_without": counts.rate(_was_defect, _is_triggered).as_json(),
        "triggered_fewer_defects": cut(
            counts.parts(_is_defect, _is_triggered), counts.parts(_was_defect, _is_triggered)
        ).as_json(),
        "triggered_defects_by_week": [
            {
                "with": counts.rate(_is_defect, _both(_is_triggered, _in(week))).as_json(),
                "without": counts.rate(_was_defect, _both(_is_triggered, _in(week))).as_json(),
            }
            for week in range(weeks)
        ],
        "wins": int(wins),
        "losses": int(losses),
        "win_loss": win_loss(counts.of(_is_win), counts.of(_is_loss)).as_json(),
        "false_triggers": counts.rate(_is_triggered, was_good).as_json(),
        "harmed": counts.rate(_is_loss, was_good).as_json(),
        "moved_for_idle_talk": counts.rate(_is_defect, lambda turn: turn.kind == ELSEWHERE).as_json(),
        "sensitive_moved_unasked": int(sum(counts.of(lambda turn: turn.sensitive))),
        "after_the_change": recovery(lived),
        "good_pairs": kept(lived),
    }  # fmt: skip


def win_loss(wins: Sequence[float], losses: Sequence[float]) -> Estimate:
    """Return wins to a loss; without a loss only a lower bound, that of a binomial share.

    The bound is exact for independent turns (Clopper and Pearson, Biometrika 26, 1934).
    """
    won, lost = sum(wins), sum(losses)
    if won + lost < _LEAST_TO_SAY:
        return Estimate(None)
    if lost:
        return ratio(wins, losses)
    share = 0.025 ** (1 / won)
    return Estimate(None, round(share / (1 - share), 2))


def further_cut(
    lived: Sequence[Lived], before: Sequence[Lived], control: Sequence[Lived]
) -> dict[str, float | None]:
    """Return the defects that an arm has less than another, in per cent of those of the control."""
    return difference(
        *(Counts(arm).parts(_is_defect, _always) for arm in (lived, before, control))
    ).as_json()


def kept(lived: Sequence[Lived]) -> dict[str, Any]:
    """Return how long good pairs stayed in use: those that won at least twice, and more than they lost.

    ``in_use`` is the share of the nights since a pair was first in use, up to the change; ``lost`` are
    those out of use on its eve, or at the end of a life that ends before.
    """
    nights = possible = good = lost = 0
    for one in lived:
        last = min(max((turn.day for turn in one.truth), default=0), CHANGE_DAY - 1)
        scores: Counter[tuple[str, str]] = Counter()
        wins: Counter[tuple[str, str]] = Counter()
        for turn in one.truth:
            key = (source_key(turn.heard), turn.target)
            scores[key] += turn.is_win - turn.is_loss
            wins[key] += turn.is_win
        for pair in one.pairs:
            key = (pair.source, pair.target)
            if wins[key] >= 2 and scores[key] > 0 and pair.first_day <= last:
                good += 1
                used = min(pair.nights, last - pair.first_day + 1)
                nights += used
                possible += last - pair.first_day + 1
                lost += pair.last_day < last
    share = round(100 * nights / possible, 2) if possible else None
    return {"good": good, "in_use": share, "lost": lost}


def recovery(lived: Sequence[Lived]) -> dict[str, Any]:
    """Return how what changed in the fifth week went: own names that now mean another lamp.

    A changed name has recovered on the first day on which its first words did what was wanted. Names
    that never did, or were not used, are counted apart.
    """
    days: list[int] = []
    never = 0
    for one in lived:
        by_goal: dict[str, list[Truth]] = {}
        for turn in one.truth:
            if turn.changed and turn.attempt == 0:
                by_goal.setdefault(turn.goal, []).append(turn)
        for turns in by_goal.values():
            first = next((t.day for t in turns if t.verdict is Verdict.DONE), None)
            if first is None:
                never += 1
            else:
                days.append(first - CHANGE_DAY)
    changed = Counts(lived)
    return {
        "changed_wishes": len(days) + never,
        "recovered": len(days),
        "median_days": sorted(days)[len(days) // 2] if days else None,
        "defects": changed.rate(_is_defect, _both(_is_changed, _is_first)).as_json(),
        "wrong": changed.rate(lambda t: t.verdict is Verdict.WRONG, _both(_is_changed, _is_first)).as_json(),
        "wrong_by_rewrite": int(sum(changed.of(lambda t: t.changed and bool(t.rewrite) and t.is_loss))),
    }  # fmt: skip


def _fewer(
    lived: Sequence[Lived], control: Sequence[Lived], among: Callable[[Truth], bool]
) -> dict[str, float | None]:
    """Return by how many per cent there are fewer defects than in the control arm."""
    here, there = Counts(lived), Counts(control)
    return cut(here.parts(_is_defect, among), there.parts(_is_defect, among)).as_json()


def _always(_turn: Truth) -> bool:
    return True


def _is_win(turn: Truth) -> bool:
    return turn.is_win


def _is_loss(turn: Truth) -> bool:
    return turn.is_loss


def _is_first(turn: Truth) -> bool:
    return turn.attempt == 0


def _is_defect(turn: Truth) -> bool:
    return turn.verdict.defect


def _is_changed(turn: Truth) -> bool:
    return turn.changed


def _is_triggered(turn: Truth) -> bool:
    return bool(turn.rewrite)


def _was_defect(turn: Truth) -> bool:
    return turn.without is not None and turn.without.defect


def _in(week: int) -> Callable[[Truth], bool]:
    return lambda turn: turn.day // WEEK == week


def _both(one: Callable[[Truth], bool], other: Callable[[Truth], bool]) -> Callable[[Truth], bool]:
    return lambda turn: one(turn) and other(turn)

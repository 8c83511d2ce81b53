"""First judgements of turns, by rules: what counts until trained judges are given.

The strengths are those of the method sheet, 4.1; gaps as in 2021.emnlp-main.143: what is said soon
after words that came to nothing is most likely for the same goal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.evidence import SignalKind
from hubagent.learn.outcome import came_to_nothing, worked
from hubagent.learn.sessions import gap_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubagent.evidence import JournalTurn, Signal
    from hubagent.types import TurnId

_BAD = {
    SignalKind.UNHANDLED: 0.95, SignalKind.CORRECTION: 0.95, SignalKind.BY_HAND: 0.9, SignalKind.REPHRASE: 0.8,
    SignalKind.UNDO: 0.8, SignalKind.CANCEL: 0.8, SignalKind.NO: 0.8, SignalKind.REPEAT: 0.7, SignalKind.BARGE_IN: 0.6,
}  # fmt: skip
_GOOD = {
    SignalKind.KEPT: 0.6,
    SignalKind.THANKS: 0.95,
    SignalKind.YES: 0.95,
    SignalKind.SILENCE: 0.3,
}
_PRIOR = 0.15
_SOON_S = 20.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is made of a request and the turns after it; see ``learn.rephrase``."""

    index: int | None
    probability: float
    chances: tuple[float, ...]
    rephrases: tuple[float, ...]


def rephrase(
    turn: JournalTurn,
    later: Sequence[JournalTurn],
    signals: Mapping[TurnId, Sequence[Signal]],
) -> Judgement:
    """Return which of the later turns says a turn again, and how surely each does."""
    again: list[float] = []
    before, surely = turn, 1.0
    for item in later:
        hint = max((s.strength for s in signals.get(before.turn_id, ()) if s.kind is SignalKind.REPHRASE),
                   default=0.0)  # fmt: skip
        if came_to_nothing(before):
            hint = max(hint, 0.85 if gap_s(before, item) <= _SOON_S else 0.5)
        surely *= hint
        again.append(surely)
        before = item
    chances = tuple(p if worked(item) else 0.0 for p, item in zip(again, later, strict=True))
    best = max(range(len(chances)), key=lambda at: chances[at], default=None)
    if best is None or chances[best] < 0.5:
        return Judgement(None, 1.0 - max(chances, default=0.0), chances, tuple(again))
    return Judgement(best, chances[best], chances, tuple(again))


def defect(signals: Sequence[Signal]) -> float:
    """Return how likely a turn went wrong by the signals on it, taken as independent."""
    good, bad = 1.0 - _PRIOR, _PRIOR
    for signal in signals:
        against, speaks_for = _BAD.get(signal.kind, 0.0), _GOOD.get(signal.kind, 0.0)
        bad *= 1.0 - speaks_for * signal.strength
        good *= 1.0 - against * signal.strength
    return bad / (good + bad)

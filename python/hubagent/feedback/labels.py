"""The label model: signals on a turn become the probability that it went wrong.

In: a turn and its signals. Out: P(wrong | signals), a soft label. Each kind of signal is a labelling function
that speaks against a turn or for it, or holds its tongue; they are taken as independent given the
truth: P(y | L) ~ P(y) prod P(L_j | y). Ratner et al., "Data Programming", arXiv 1605.07723, and
"Snorkel", arXiv 1711.10160. How much each is to be believed starts from the method sheet (4.1)
and is estimated again on the hub's own journal by EM, within bounds and with the sheet as prior,
so that one odd household cannot turn a sign into its opposite. Interruption and rephrase come together, so they
are one function (sheet, 4.1). Where a trap makes a sign meaningless its function does not apply.

Pure: the order of signals does not matter, and more evidence against never makes a turn better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hubagent.errors import DataError
from hubagent.evidence import SignalKind
from hubagent.feedback.signals import failed, load
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubagent.evidence import JournalTurn, Signal

Votes = tuple[float | None, ...]
"""By function, in the order of ``FUNCTIONS``: how surely it spoke, 0..1; ``None`` = does not apply."""


class Function(NamedTuple):
    """One labelling function."""

    name: str
    kinds: Mapping[SignalKind, float]
    """What it hears, and how much of it counts."""
    against: bool
    strength: float
    """Of the sheet, 0..1: it is right in (1 + strength) / 2 of the turns on which it speaks."""
    often: float
    """How often it speaks on a turn of its class."""

    @property
    def weight(self) -> float:
        """Log of the likelihood ratio of the sheet, against positive."""
        ratio = math.log((1 + self.strength) / (1 - self.strength))
        return ratio if self.against else -ratio

    def rates(self) -> tuple[float, float]:
        """Return how often it speaks on turns that went wrong, and on others, by the sheet."""
        rare = self.often * (1 - self.strength) / (1 + self.strength)
        return (self.often, rare) if self.against else (rare, self.often)


K = SignalKind
FUNCTIONS = (
    Function("broken_off", {K.REPHRASE: 1.0, K.BARGE_IN: 0.75}, True, 0.80, 0.35),
    Function("repeat", {K.REPEAT: 1.0}, True, 0.70, 0.20),
    Function("unhandled", {K.UNHANDLED: 1.0}, True, 0.95, 0.50),
    Function("correction", {K.CORRECTION: 1.0}, True, 0.95, 0.10),
    Function("given_up", {K.CANCEL: 1.0}, True, 0.80, 0.10),
    Function("undo", {K.UNDO: 1.0}, True, 0.80, 0.10),
    Function("by_hand", {K.BY_HAND: 1.0}, True, 0.90, 0.20),
    Function("no", {K.NO: 1.0}, True, 0.95, 0.30),
    Function("kept", {K.KEPT: 1.0}, False, 0.60, 0.50),
    Function("thanks", {K.THANKS: 1.0}, False, 0.95, 0.05),
    Function("yes", {K.YES: 1.0}, False, 0.95, 0.50),
    Function("silence", {K.SILENCE: 1.0}, False, 0.30, 0.50),
)
PRIOR = 0.2
"""Share of turns that go wrong where nothing is known of a home."""
_PRIOR_BOUNDS = (0.02, 0.6)
_PSEUDO = 40.0
"""Turns that the sheet's word weighs as much as, for each function and class."""
_BOUND = 2.0
"""The weight of a function stays within this factor of the sheet's, whatever a journal says."""
_RATES = (1e-4, 0.98)
_ROUNDS = 60
_STILL = 1e-5


@dataclass(frozen=True, slots=True)
class LabelModel:
    """How far each function is believed."""

    prior: float = PRIOR
    """P(wrong) of a turn of which nothing else is known."""
    rates: tuple[tuple[float, float], ...] = field(
        default_factory=lambda: tuple(item.rates() for item in FUNCTIONS)
    )
    """By function: how often it speaks on turns that went wrong, and on others."""

    def probability(self, turn: JournalTurn, signals: Iterable[Signal]) -> float:
        """Return P(wrong | signals) of a turn: its soft label."""
        return _sigmoid(_logit(self.prior) + self.evidence(votes(turn, signals)))

    def evidence(self, spoken: Votes) -> float:
        """Return the log likelihood ratio of what the functions say: above 0 speaks against."""
        total = 0.0
        for vote, (wrong, right) in zip(spoken, self.rates, strict=True):
            if vote is not None:
                silent = math.log((1 - wrong) / (1 - right))
                total += silent + vote * (math.log(wrong / right) - silent)
        return total

    def fit(self, spoken: Sequence[Votes]) -> LabelModel:
        """Return the model estimated again by EM on what functions said of turns; no labels needed.

        Deterministic. With no turns it is the model of the sheet; with few it hardly moves from it.

        Args:
            spoken: Votes of each turn, of :func:`votes`.
        """
        said = np.array([[np.nan if v is None else v for v in row] for row in spoken], dtype=float)
        if not said.size:
            return LabelModel()
        applies = ~np.isnan(said)
        said = np.where(applies, said, 0.0)
        model = LabelModel()
        for _ in range(_ROUNDS):
            wrong = model._posterior(said, applies)
            fitted = _maximised(said, applies, wrong)
            moved = max(
                abs(a - b)
                for one, other in zip(model.rates, fitted.rates, strict=True)
                for a, b in zip(one, other, strict=True)
            )
            model = fitted
            if moved < _STILL:
                break
        return model

    def likelihood(self, spoken: Sequence[Votes]) -> float:
        """Return the mean log likelihood of what functions said of turns, whatever their truth."""
        total = 0.0
        for row in spoken:
            wrong, right = math.log(self.prior), math.log(1 - self.prior)
            for vote, (if_wrong, if_right) in zip(row, self.rates, strict=True):
                if vote is not None:
                    wrong += vote * math.log(if_wrong) + (1 - vote) * math.log(1 - if_wrong)
                    right += vote * math.log(if_right) + (1 - vote) * math.log(1 - if_right)
            total += float(np.logaddexp(wrong, right))
        return total / max(1, len(spoken))

    def as_document(self) -> dict[str, Any]:
        """Return the model as plain data."""
        names = [item.name for item in FUNCTIONS]
        return {"prior": self.prior, "rates": dict(zip(names, map(list, self.rates), strict=True))}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LabelModel:
        """Return the model of :meth:`as_document`; functions it lacks are the sheet's.

        Raises:
            DataError: If it is no such document, or beyond the bounds.
        """
        try:
            prior = float(document["prior"])
            rates = tuple(
                _bounded(item, *map(float, document["rates"].get(item.name, item.rates())))
                for item in FUNCTIONS
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"this is no label model: {error!r}") from None
        return cls(min(max(prior, _PRIOR_BOUNDS[0]), _PRIOR_BOUNDS[1]), rates)

    def _posterior(self, said: np.ndarray, applies: np.ndarray) -> np.ndarray:
        """Return P(wrong) of each turn, float64 (turns,)."""
        wrong, right = np.array(self.rates).T
        silent = np.log((1 - wrong) / (1 - right))
        spoken = np.log(wrong / right) - silent
        odds = _logit(self.prior) + np.where(applies, silent + said * spoken, 0.0).sum(axis=1)
        return np.asarray(1 / (1 + np.exp(-odds)))


def votes(turn: JournalTurn, signals: Iterable[Signal]) -> Votes:
    """Return what each function says of a turn, ``None`` where a trap makes it meaningless."""
    strongest: dict[SignalKind, float] = {}
    for signal in signals:
        strongest[signal.kind] = max(strongest.get(signal.kind, 0.0), _unit(signal.strength))
    trapped = _trapped(turn)
    spoken: list[float | None] = []
    for function in FUNCTIONS:
        kinds = [kind for kind in function.kinds if kind not in trapped]
        heard = [function.kinds[kind] * strongest.get(kind, 0.0) for kind in kinds]
        spoken.append(max(heard) if heard else None)
    return tuple(spoken)


def _trapped(turn: JournalTurn) -> frozenset[SignalKind]:
    """Return the kinds of signal that mean nothing on a turn like this."""
    words = load()
    nothing: set[SignalKind] = set()
    if turn.intent in words.ended_by_stop:
        nothing |= {K.BARGE_IN, K.CANCEL}
    if turn.decision is Decision.ASK:
        nothing |= {K.BARGE_IN, K.UNHANDLED}
    else:
        nothing |= {K.YES, K.NO}
    if not turn.done:
        nothing |= {K.KEPT, K.BY_HAND}
    if failed(turn):
        nothing |= {K.KEPT, K.THANKS, K.SILENCE}  # giving up is as silent as being content
    elif turn.intent.endswith(words.again_intents) or any(
        done.command in words.again_commands for done in turn.done
    ):
        nothing |= {K.REPEAT}
    return frozenset(nothing)


def _maximised(said: np.ndarray, applies: np.ndarray, wrong: np.ndarray) -> LabelModel:
    """Return the likeliest model for soft labels, with the sheet as prior."""
    rates = []
    for at, function in enumerate(FUNCTIONS):
        found = []
        for sheet, weight in zip(function.rates(), (wrong, 1 - wrong), strict=True):
            spoke = float((weight * said[:, at]).sum()) + _PSEUDO * sheet
            could = float((weight * applies[:, at]).sum()) + _PSEUDO
            found.append(spoke / could)
        rates.append(_bounded(function, *found))
    share = (float(wrong.sum()) + _PSEUDO * PRIOR) / (len(wrong) + _PSEUDO)
    return LabelModel(min(max(share, _PRIOR_BOUNDS[0]), _PRIOR_BOUNDS[1]), tuple(rates))


def _bounded(function: Function, wrong: float, right: float) -> tuple[float, float]:
    """Return rates whose weight is within bounds; how often it speaks in its own class is kept."""
    low, high = _RATES
    own, other = (wrong, right) if function.against else (right, wrong)
    own = min(max(own, 2 * low), high)
    sheet = abs(function.weight)
    weight = math.log(own / min(max(other, low), high))
    weight = min(max(weight, sheet / _BOUND), sheet * _BOUND)
    other = own * math.exp(-weight)
    return (own, other) if function.against else (other, own)


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))

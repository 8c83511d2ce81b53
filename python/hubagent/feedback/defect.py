"""How likely a turn is to go wrong, before it is carried out, and to have gone wrong, from what followed.

In: turns of the journal. Out: probabilities. Two models, as the one that decides about a rewrite may not
see the future (method sheet, 4.3): ``pre`` sees the words and what the model made of them, ``post`` also
the outcome, the next turns and the signals. Both are logistic over a few features a person can read: a
hub has hundreds of turns to learn from, not the millions of IQ-Net (Ling et al., CEUR-WS 2666, paper 12) and
RoBERTaIQ, from which the inputs are taken: utterance, answer, next utterance, metadata. Shipped weights
(``defect.toml``) come from simulated households. A hub learns by :meth:`Judge.learned`: the label model anew from its
journal, and ``pre`` from the judgements of ``post`` (distilled, as in the sheet), a bounded step from the
shipped weights, and only if that is better on turns it has not seen. ``post`` stays as shipped: taught
by the labels that it improves on, it got worse (0.962 to 0.959 AUC on held-out households).
"""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hubagent.errors import DataError
from hubagent.evidence import SignalKind as K, Tally, source_key
from hubagent.feedback import signals as words
from hubagent.feedback.labels import LabelModel, votes
from hubagent.types import Decision, OutcomeKind

if TYPE_CHECKING:
    from hubagent.evidence import JournalTurn, Signal

History = Callable[[str], Tally]
"""How turns of the same words (a ``source_key``) ended before."""
DAY_S = 86_400.0
NEXT_WITHIN_S = 45.0
"""So soon after the end of its answer another turn may be about this one."""
_KNOWN = 4.0
"""Turns of the same words that the usual rate of failure weighs as much as."""
_USUAL = 0.2
_SURE = 6.0
"""Log odds beyond which a probability tells nothing more."""
_OUTRIGHT = frozenset({K.CORRECTION, K.NO, K.UNDO, K.CANCEL, K.BY_HAND})
"""Signs by which a person says that it was wrong; what usually follows does not overrule them."""
_NOT_FOLLOWED = frozenset({OutcomeKind.FAILED, OutcomeKind.SILENT})

PRE = (
    "bias", "doubt", "narrow", "nothing_read", "out_of_scope", "misheard", "no_confidence", "short",
    "long", "failed_before", "known",
)  # fmt: skip
"""Features of ``pre``, none of which needs the turn to be carried out."""
POST = (
    *PRE, "refused", "asked", "ignored", "answered", "not_followed", "next", "next_soon", "next_alike",
    "next_failed", "next_same_things", "next_same_effect", "many_next", "evidence",
)  # fmt: skip
LEAST_TURNS = 80
_LEAST_OF_A_CLASS = 8.0
"""Turns, and soft counts of right and wrong ones, below which a hub keeps the shipped weights."""
_STEP = 0.75
"""The farthest a hub may move a weight."""
_PULL = 20.0
"""Turns that the shipped weights weigh as much as, for each feature."""
_ROUNDS = 25
_HELD_OUT = 5
"""One dialogue place and day in so many is kept for the comparison."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model with named features, and Platt's scaling of its log odds."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    slope: float = 1.0
    offset: float = 0.0

    def probability(self, features: Sequence[float]) -> float:
        """Return the calibrated probability; features in the order of ``names``."""
        odds = math.fsum(w * x for w, x in zip(self.weights, features, strict=True))
        return sigmoid(self.slope * odds + self.offset)

    def as_document(self) -> dict[str, Any]:
        """Return the model as plain data."""
        weights = dict(zip(self.names, self.weights, strict=True))
        return {"weights": weights, "slope": self.slope, "offset": self.offset}


class Judged(NamedTuple):
    """A turn to be learned from."""

    turn: JournalTurn
    later: Sequence[JournalTurn]
    """Those after it in its dialogue, oldest first."""
    signals: Sequence[Signal]
    """Found on it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges turns: the label model and the two defect models of one hub."""

    labels: LabelModel
    pre: Logistic
    post: Logistic

    @classmethod
    def shipped(cls) -> Judge:
        """Return the judge of a hub that has learned nothing."""
        return cls(LabelModel(), *shipped())

    def before(self, turn: JournalTurn, history: History | None = None) -> float:
        """Return how likely a turn is to go wrong, from what is known before it is carried out."""
        return self.pre.probability(pre_features(turn, history))

    def __call__(
        self,
        turn: JournalTurn,
        later: Sequence[JournalTurn] = (),
        signals: Sequence[Signal] = (),
        history: History | None = None,
    ) -> float:
        """Return how likely it is that a turn went wrong.

        Args:
            turn: The turn.
            later: Those after it in its dialogue, oldest first.
            signals: Found on it.
            history: Of the same words, before this turn; ``None`` = not known.
        """
        usual = self.post.probability(post_features(turn, later, signals, self.labels, history))
        return (
            max(usual, self.labels.probability(turn, signals)) if said_outright(signals) else usual
        )

    def learned(self, judged: Sequence[Judged]) -> Judge:
        """Return the judge that this journal teaches; starts from what was shipped, so it may be repeated.

        Few turns teach nothing; and neither the label model nor ``pre`` is taken if it tells less
        of the days held out than the shipped one.

        Args:
            judged: Turns with what followed and was found, oldest first.
        """
        if len(judged) < LEAST_TURNS:
            return Judge.shipped()
        labels = _labels(judged)
        shipped_pre, post = shipped()
        judge = Judge(labels, shipped_pre, post)
        known: dict[str, Tally] = defaultdict(Tally)
        rows, targets, days = [], [], []
        for turn, later, signals in judged:
            key = source_key(turn.heard)
            wrong = judge(turn, later, signals, known.__getitem__)
            if not words.is_talk(turn):
                rows.append(pre_features(turn, known.__getitem__))
                targets.append(wrong)
                days.append(_day(turn))
            known[key] = Tally(known[key].good + 1 - wrong, known[key].bad + wrong)
        return Judge(labels, fit(shipped_pre, rows, targets, days), post)

    def as_document(self) -> dict[str, Any]:
        """Return what this hub has learned as plain data."""
        return {"labels": self.labels.as_document(), "pre": self.pre.as_document()}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Judge:
        """Return the judge of :meth:`as_document`; weights are brought within a step of the shipped.

        Raises:
            DataError: If it is no such document.
        """
        try:
            pre, post = shipped()
            pre = _near(pre, _model(PRE, document["pre"]))
            return cls(LabelModel.from_document(document["labels"]), pre, post)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"this is no judge of turns: {error!r}") from None


def said_outright(signals: Sequence[Signal]) -> bool:
    """Return whether a person said or showed that the turn was wrong."""
    return any(signal.kind in _OUTRIGHT for signal in signals)


# --- features -------------------------------------------------------------------------------------


def pre_features(turn: JournalTurn, history: History | None = None) -> tuple[float, ...]:
    """Return the features of ``PRE``."""
    found = _pre(turn, history)
    return tuple(found[name] for name in PRE)


def post_features(
    turn: JournalTurn,
    later: Sequence[JournalTurn],
    signals: Sequence[Signal],
    labels: LabelModel,
    history: History | None = None,
) -> tuple[float, ...]:
    """Return the features of ``POST``."""
    found = _pre(turn, history)
    evidence = labels.evidence(votes(turn, signals))
    near = [it for it in later if it.at_s - words.ended_s(turn) <= NEXT_WITHIN_S]
    following = next((it for it in near if not words.is_talk(it)), None)
    found |= {
        "refused": float(turn.decision is Decision.REFUSE),
        "asked": float(turn.decision is Decision.ASK),
        "ignored": float(turn.decision is Decision.IGNORE),
        "answered": float(turn.decision is Decision.ANSWER),
        "not_followed": float(any(it.outcome in _NOT_FOLLOWED for it in turn.done)),
        "next": float(following is not None),
        "many_next": math.log1p(max(0, len(near) - 1)),
        "evidence": min(_SURE, max(-_SURE, evidence)),
        **dict.fromkeys(
            ("next_soon", "next_alike", "next_failed", "next_same_things", "next_same_effect"), 0.0
        ),
    }
    if following is not None:
        gap_s = max(0.0, following.at_s - words.ended_s(turn))
        things, others = ({it.entity_id for it in one.done} for one in (turn, following))
        found |= {
            "next_soon": math.exp(-gap_s / 10.0),
            "next_alike": words.alike(turn.heard, following.heard),
            "next_failed": float(words.failed(following)),
            "next_same_things": float(bool(things & others)),
            "next_same_effect": float(turn.interpretation == following.interpretation),
        }
    return tuple(found[name] for name in POST)


def _pre(turn: JournalTurn, history: History | None) -> dict[str, float]:
    count = len(source_key(turn.heard).split())
    tally = history(source_key(turn.heard)) if history is not None else Tally()
    rate = (tally.bad + _KNOWN * _USUAL) / (tally.total + _KNOWN)
    asr = turn.asr_confidence
    return {
        "bias": 1.0,
        "doubt": -_logit(turn.probability) if turn.probability > 0 else 0.0,
        "narrow": 1.0 - max(0.0, min(1.0, turn.margin)),
        "nothing_read": float(turn.probability <= 0),
        "out_of_scope": turn.out_of_scope,
        "misheard": 0.0 if asr is None else 1.0 - asr,
        "no_confidence": float(asr is None),
        "short": float(count <= 1),
        "long": math.log1p(max(0, count - 6)),
        "failed_before": _logit(rate) - _logit(_USUAL),
        "known": math.log1p(tally.total),
    }


# --- learning -------------------------------------------------------------------------------------


def fit(
    start: Logistic,
    rows: Sequence[Sequence[float]] | np.ndarray,
    labels: Sequence[float] | np.ndarray,
    groups: Sequence[str] | None = None,
    *,
    pull: float = _PULL,
    step: float = _STEP,
) -> Logistic:
    """Return the model moved towards soft labels, or ``start`` itself where that is no better.

    Newton's method on the log loss with a pull towards the weights of ``start``; each weight stays
    within ``step`` of it. A part of the groups is held out: the model is scaled on it (Platt) and
    taken only if its log loss there is lower. Deterministic, and a few milliseconds for a
    thousand turns.

    Args:
        start: The shipped model.
        rows: Features of each turn, float (turns, features).
        labels: Soft labels, 0..1.
        groups: What belongs together, such as a day; held out together. ``None`` = each for itself.
        pull: Turns that ``start`` weighs as much as.
        step: Farthest a weight may move.
    """
    x, y = np.asarray(rows, dtype=float), np.asarray(labels, dtype=float)
    if len(y) < LEAST_TURNS or min(y.sum(), (1 - y).sum()) < _LEAST_OF_A_CLASS:
        return start
    order = {group: at for at, group in enumerate(dict.fromkeys(groups or map(str, range(len(y)))))}
    held = np.array([order[g] % _HELD_OUT == 0 for g in groups or map(str, range(len(y)))])
    if held.all() or not held.any():
        return start
    weights = newton(start, x[~held], y[~held], pull=pull, step=step)
    slope, offset = _platt(x[held] @ weights, y[held], start)
    moved = Logistic(start.names, tuple(map(float, weights)), slope, offset)
    better = log_loss(moved, x[held], y[held]) < log_loss(start, x[held], y[held])
    return moved if better else start


def log_loss(model: Logistic, x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean log loss on soft labels; ``x`` float (turns, features)."""
    odds = model.slope * (x @ np.array(model.weights)) + model.offset
    return float(np.mean(np.logaddexp(0.0, odds) - y * odds))


def newton(
    start: Logistic,
    x: np.ndarray,
    y: np.ndarray,
    *,
    pull: float,
    step: float,
) -> np.ndarray:
    """Return the weights of least log loss, pulled to and within a step of those of ``start``."""
    origin = np.array(start.weights)
    weights = origin.copy()
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - y) + pull * (weights - origin)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + pull * np.eye(len(weights))
        moved = weights - np.linalg.solve(curvature, gradient)
        moved = np.clip(moved, origin - step, origin + step)
        if np.abs(moved - weights).max() < 1e-6:
            break
        weights = moved
    return weights


def _platt(odds: np.ndarray, y: np.ndarray, start: Logistic) -> tuple[float, float]:
    """Return slope and offset that fit the labels best, pulled towards those of ``start``."""
    scale = np.array([start.slope, start.offset])
    line = Logistic(("slope", "offset"), (float(scale[0]), float(scale[1])))
    rows = np.stack([odds, np.ones_like(odds)], axis=1)
    slope, offset = newton(line, rows, y, pull=_PULL, step=_STEP)
    return max(0.25, float(slope)), float(offset)


def _labels(judged: Sequence[Judged]) -> LabelModel:
    """Return the label model of all turns, if one of the others foretells the days held out better."""
    spoken = [votes(it.turn, it.signals) for it in judged]
    order = {day: at for at, day in enumerate(dict.fromkeys(_day(it.turn) for it in judged))}
    held = [order[_day(it.turn)] % _HELD_OUT == 0 for it in judged]
    seen = [row for row, out in zip(spoken, held, strict=True) if not out]
    unseen = [row for row, out in zip(spoken, held, strict=True) if out]
    shipped = LabelModel()
    if not seen or shipped.fit(seen).likelihood(unseen) <= shipped.likelihood(unseen):
        return shipped
    return shipped.fit(spoken)


def _day(turn: JournalTurn) -> str:
    """Return what is held out together: a day at one place."""
    return f"{turn.place} {turn.at_s // DAY_S:.0f}"


# --- data -----------------------------------------------------------------------------------------


@cache
def shipped() -> tuple[Logistic, Logistic]:
    """Return the models ``pre`` and ``post`` that come with the package."""
    text = resources.files(__package__).joinpath("defect.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return _model(PRE, table["pre"]), _model(POST, table["post"])


def _model(names: tuple[str, ...], table: Mapping[str, Any]) -> Logistic:
    weights = tuple(float(table["weights"][name]) for name in names)
    model = Logistic(names, weights, float(table["slope"]), float(table["offset"]))
    if not all(map(math.isfinite, (*weights, model.slope, model.offset))):
        raise ValueError("a weight is no number")
    return model


def _near(start: Logistic, model: Logistic) -> Logistic:
    """Return a model brought within a step of the shipped one, as what is imported must be."""

    def within(value: float, origin: float) -> float:
        return min(max(value, origin - _STEP), origin + _STEP)

    weights = tuple(
        within(value, origin) for value, origin in zip(model.weights, start.weights, strict=True)
    )
    slope = max(0.25, within(model.slope, start.slope))
    return Logistic(model.names, weights, slope, within(model.offset, start.offset))


def sigmoid(odds: float) -> float:
    """Return the probability of log odds, never quite 0 or 1."""
    odds = min(30.0, max(-30.0, odds))
    return 1 / (1 + math.exp(-odds))


def _logit(probability: float) -> float:
    kept = min(max(probability, sigmoid(-_SURE)), sigmoid(_SURE))
    return math.log(kept / (1 - kept))

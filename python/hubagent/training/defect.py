"""Weights of the defect models from simulated households, whose truth is known.

In: households that live with the real hub, its observer and journal. Out: the models ``pre`` and ``post``, and
how they do on households that were not trained on. In the simulation people speak again soon only when
they failed, and confidence tells much; both are facts of the simulation. So some errands are
moved close behind the one before, of the same people, and half of the confidences are taken away:
what is left to learn is what holds in both worlds.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hubagent.evidence import SignalKind, Tally, source_key
from hubagent.feedback import defect, signals
from hubagent.feedback.journal import Journal
from hubagent.feedback.labels import LabelModel, votes
from hubagent.feedback.watch import Observer
from hubagent.households.life import Life
from hubagent.households.population import household_of
from hubagent.households.reading import reader
from hubagent.simulate.wishes import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubagent.evidence import JournalTurn, Signal
    from hubagent.households.population import Setting
    from hubagent.ports import Understand
    from hubagent.simulate.people import Household

_LATER = 5
_SOON_S = (4.0, 40.0)
"""Gap to an errand that is moved close behind another."""
_RIDGE = 4.0
_CALIBRATED_ON = 5
"""One household in so many is for calibration alone."""


class Case(NamedTuple):
    """One turn, what was found on it, and whether it truly went wrong."""

    home: int
    day: int
    errand: str
    turn: JournalTurn
    signals: tuple[Signal, ...]
    wrong: bool | None
    """``None`` where a question was asked that offered what was meant: neither."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Features of turns; float64, one row a turn."""

    pre: np.ndarray
    post: np.ndarray
    wrong: np.ndarray
    label: np.ndarray
    """Soft labels of the label model alone."""
    outright: np.ndarray
    """Least probability that the judge gives, 0 where nobody said outright that it was wrong."""
    home: np.ndarray


class _Observed(Life):
    """A household whose hub keeps a journal."""

    def __init__(self, household: Household, understand: Understand) -> None:
        super().__init__(household, understand)
        self._journal = Journal(None)
        self._observer = Observer(self._journal, self._hub.store.view, self._hub.clock)
        self._hub.listeners.append(self._observer)
        self._pipeline._observer = self._observer

    def cases(self, number: int, days: int) -> Iterator[Case]:
        """Live so many days and yield every turn with its signals and its truth."""
        truths = list(self.live(days))
        self._observer.flush()
        turns = {turn.turn_id: turn for turn in self._journal.turns()}
        found = self._journal.signals(list(turns))
        for truth in truths:
            wrong = None if truth.verdict is Verdict.ASKED else truth.verdict.defect
            turn, said = turns[truth.turn_id], found.get(truth.turn_id, ())
            yield Case(number, truth.day, truth.errand, turn, said, wrong)

    def _pass(self, seconds: float) -> None:
        super()._pass(seconds)
        self._observer.tick()

    def _advance_to(self, at_s: float) -> None:
        super()._advance_to(at_s)
        self._observer.tick()


def collect(setting: Setting) -> Iterator[tuple[Case, ...]]:
    """Live households; yield the turns of each in order."""
    for number in range(setting.homes):
        life = _Observed(household_of(setting, number), reader())
        yield tuple(life.cases(number, setting.days))


def rows(
    homes: Iterable[Sequence[Case]],
    *,
    close: float,
    unheard: float,
    seed: int,
    fitted: int | None = None,
) -> Rows:
    """Return the features of all turns that ask for something.

    Args:
        homes: Turns of each household.
        close: Share of errands that are moved close behind the one before.
        unheard: Share of turns without a confidence of the recogniser.
        seed: Of both.
        fitted: Households (even 0, odd 1) whose label model is fitted to their journal, as it is on
            a hub after some weeks; 2 = none, ``None`` = all.
    """
    dice = random.Random(seed)  # noqa: S311 - no secret
    found: list[tuple[tuple[float, ...], tuple[float, ...], bool, float, float, int]] = []
    for cases in homes:
        labels = LabelModel()
        if fitted is None or cases[0].home % 2 == fitted:
            labels = labels.fit([votes(case.turn, case.signals) for case in cases])
        known: dict[str, Tally] = defaultdict(Tally)
        for at, case in enumerate(cases):
            turn, said = case.turn, case.signals
            if dice.random() < unheard:
                turn = replace(turn, asr_confidence=None)
            later = _later(cases, at)
            if not later and at + 1 < len(cases) and dice.random() < close:
                later, said = _moved(turn, said, cases[at + 1].turn, dice.uniform(*_SOON_S))
            label = labels.probability(turn, said)
            key = source_key(turn.heard)
            if case.wrong is not None and not signals.is_talk(turn):
                found.append((
                    defect.pre_features(turn, known.__getitem__),
                    defect.post_features(turn, later, said, labels, known.__getitem__),
                    case.wrong, label, label if defect.said_outright(said) else 0.0, case.home,
                ))  # fmt: skip
            was = known[key]
            known[key] = Tally(was.good + 1 - label, was.bad + label)
    pre, post, wrong, label_column, outright, home = zip(*found, strict=True)
    return Rows(
        np.array(pre), np.array(post), np.array(wrong, dtype=float), np.array(label_column), np.array(outright),
        np.array(home),
    )  # fmt: skip


def train(found: Rows) -> tuple[defect.Logistic, defect.Logistic]:
    """Return ``pre`` and ``post``, fitted and scaled on different households."""
    held = found.home % _CALIBRATED_ON == 0
    return (
        _fitted(defect.PRE, found.pre, found.wrong, held),
        _fitted(defect.POST, found.post, found.wrong, held),
    )


def measure(score: np.ndarray, wrong: np.ndarray) -> dict[str, float]:
    """Return how well scores, float (turns,), tell what went wrong: ranking and calibration."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(wrong[order])
    precision = hits / np.arange(1, len(wrong) + 1)
    inverse, counts = np.unique(score, return_inverse=True, return_counts=True)[1:]
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    bad, good = wrong.sum(), (1 - wrong).sum()
    bins = np.array_split(np.argsort(score, kind="stable"), 10)
    kept = np.clip(score, 1e-6, 1 - 1e-6)
    return {
        "turns": float(len(wrong)),
        "wrong": round(float(wrong.mean()), 4),
        "auc": round(float((ranks[wrong == 1].sum() - bad * (bad + 1) / 2) / (bad * good)), 4),
        "pr_auc": round(float((precision * wrong[order]).sum() / bad), 4),
        "ece": round(
            float(sum(len(b) * abs(score[b].mean() - wrong[b].mean()) for b in bins) / len(wrong)),
            4,
        ),
        "log_loss": round(
            float(-np.mean(wrong * np.log(kept) + (1 - wrong) * np.log(1 - kept))), 4
        ),
    }


def report(found: Rows, pre: defect.Logistic, post: defect.Logistic) -> dict[str, dict[str, float]]:
    """Return the figures of the label model alone and of both models."""
    usual = np.array([post.probability(row) for row in found.post])
    scores = {
        "labels": found.label,
        "pre": np.array([pre.probability(row) for row in found.pre]),
        "post": np.maximum(usual, found.outright),
    }
    return {name: measure(score, found.wrong) for name, score in scores.items()}


def as_toml(pre: defect.Logistic, post: defect.Logistic) -> str:
    """Return ``feedback/defect.toml``."""
    lines = [
        "# Weights of the defect models, written by `python -m hubagent.training defect`; see `defect.py`."
    ]
    for name, model in (("pre", pre), ("post", post)):
        lines += ["", f"[{name}]", f"slope = {model.slope:.4f}", f"offset = {model.offset:.4f}"]
        lines += ["", f"[{name}.weights]"]
        lines += [
            f"{feature} = {weight:.4f}"
            for feature, weight in zip(model.names, model.weights, strict=True)
        ]
    return "\n".join(lines) + "\n"


def _later(cases: Sequence[Case], at: int) -> list[JournalTurn]:
    """Return the turns after one that are of the same dialogue."""
    last, found = cases[at].turn, []
    for case in cases[at + 1 : at + 1 + _LATER]:
        if case.turn.place != last.place:
            continue
        if case.turn.at_s - signals.ended_s(last) > defect.NEXT_WITHIN_S:
            break
        found.append(case.turn)
        last = case.turn
    return found


def _moved(
    turn: JournalTurn, said: Sequence[Signal], following: JournalTurn, gap_s: float
) -> tuple[list[JournalTurn], tuple[Signal, ...]]:
    """Return another errand as said right after a turn, and the signals there would be then."""
    moved = replace(following, at_s=signals.ended_s(turn) + gap_s, place=turn.place)
    kept = [signal for signal in said if signal.kind is not SignalKind.SILENCE]
    return [moved], (*kept, *signals.of_words(turn, moved))


def _fitted(
    names: tuple[str, ...], x: np.ndarray, y: np.ndarray, held: np.ndarray
) -> defect.Logistic:
    nothing = defect.Logistic(names, (0.0,) * len(names))
    weights = defect.newton(nothing, x[~held], y[~held], pull=_RIDGE, step=np.inf)
    line = defect.Logistic(("slope", "offset"), (1.0, 0.0))
    scale = np.stack([x[held] @ weights, np.ones(int(held.sum()))], axis=1)
    slope, offset = defect.newton(line, scale, y[held], pull=1.0, step=np.inf)
    return defect.Logistic(names, tuple(map(float, weights)), float(slope), float(offset))

"""The question that is open, and what an answer to it chooses.

In: the resolutions of a turn that asked. Then, from the same place and in time, the words of the
answer: "the bedroom one", "both", "yes", "no". Out: resolutions that are decided, or nothing, when
the words are a new request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.types import Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.types import Candidate, EntityId, Utterance

ANSWER_WITHIN_S = 30.0
"""After this long a question is no longer open."""
MOST_WORDS = 7
"""An answer is short; more words are a new request."""

_WORD = re.compile(r"[^\W_]+")
_YES = frozenset({"yes", "yeah", "yep", "yup", "sure", "ok", "okay", "correct", "right", "please",
                  "do", "it", "go", "ahead", "definitely", "of", "course", "confirm", "confirmed"})  # fmt: skip
_SURELY_YES = frozenset({"yes", "yeah", "yep", "yup", "sure", "ok", "okay", "correct", "do", "go",
                         "definitely", "course", "confirm", "confirmed", "right"})  # fmt: skip
_NO = frozenset({"no", "nope", "nah", "cancel", "stop", "neither", "none", "nothing", "forget", "never",
                 "dont", "don", "t", "mind", "it", "thanks", "thank", "you", "of", "them", "not"})  # fmt: skip
_SURELY_NO = frozenset(
    {"no", "nope", "nah", "cancel", "neither", "none", "nothing", "forget", "never", "dont"}
)
_ALL = frozenset({"both", "all", "everything", "every", "each"})
_FILLERS = frozenset({"the", "a", "in", "on", "of", "one", "ones", "i", "mean", "meant", "please", "them",
                      "it", "room", "my", "just", "only", "that", "at"})  # fmt: skip
_ORDINALS = {"first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "latter": 1, "third": 2,
             "3rd": 2, "last": -1}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Open:
    resolutions: tuple[Resolution, ...]
    asked: int
    at_s: float


class Clarification:
    """Keeps at most one open question for each place that people speak from."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def ask(self, utterance: Utterance, resolutions: Sequence[Resolution], asked: int) -> None:
        """Remember a question: which resolution of the turn it is about."""
        place = _place(utterance)
        self._open[place] = _Open(tuple(resolutions), asked, utterance.heard_at_s)

    def answer(self, utterance: Utterance, view: ContextView) -> tuple[Resolution, ...] | None:
        """Return the decided resolutions; ``None`` when nothing was open or this is no answer.

        Either way the question is closed. A "no" decides for doing nothing.
        """
        question = self._open.pop(_place(utterance), None)
        if question is None or utterance.heard_at_s - question.at_s > ANSWER_WITHIN_S:
            return None
        words = tuple(_WORD.findall(utterance.text.casefold().replace("'", "")))
        if not words or len(words) > MOST_WORDS:
            return None
        asked = question.resolutions[question.asked]
        if set(words) <= _NO and set(words) & _SURELY_NO:
            return (Resolution(Decision.ANSWER, asked.intent, reason="nevermind"),)
        chosen = _chosen(words, asked, view)
        if chosen is None:
            return None
        decided = list(question.resolutions)
        decided[question.asked] = chosen
        if any(other.decision is Decision.ASK for other in decided):
            self.ask(utterance, decided, next(
                i for i, other in enumerate(decided) if other.decision is Decision.ASK
            ))  # fmt: skip
        return tuple(decided)


def _place(utterance: Utterance) -> str:
    return utterance.device or utterance.area_id or ""


def _chosen(words: tuple[str, ...], asked: Resolution, view: ContextView) -> Resolution | None:
    options = asked.candidates
    if set(words) <= _YES and set(words) & _SURELY_YES:
        return _taken(asked, options) if len(options) == 1 else None
    if set(words) & _ALL and set(words) <= _ALL | _FILLERS | {"two", "three"}:
        return _taken(asked, options)
    said = [word for word in words if word not in _FILLERS]
    if len(said) == 1 and said[0] in _ORDINALS and abs(_ORDINALS[said[0]]) < len(options):
        return _taken(asked, (options[_ORDINALS[said[0]]],))
    labels = [_label(candidate, view) for candidate in options]
    fitting = [
        option
        for option, label in zip(options, labels, strict=True)
        if said and all(word in label for word in said)
    ]
    return _taken(asked, tuple(fitting)) if len(fitting) == 1 and len(options) > 1 else None


def _label(candidate: Candidate, view: ContextView) -> frozenset[str]:
    """Return the words by which a candidate can be called: its names and those of its area."""
    areas = {area.area_id: area.name for area in view.areas()}
    names: list[str] = []
    for entity_id in candidate.entity_ids:
        entity = view.entity(entity_id)
        area_id = view.area_of(entity_id)
        names += [entity.name, *entity.aliases]
        if area_id is not None:
            names.append(areas.get(area_id, ""))
    return frozenset(word for name in names for word in _WORD.findall(name.casefold()))


def _taken(asked: Resolution, chosen: Sequence[Candidate]) -> Resolution:
    """Return the resolution that acts on what was chosen."""
    commands: dict[EntityId, Command] = {}
    for candidate in chosen:
        commands.update({command.entity_id: command for command in candidate.commands})
    return replace(
        asked,
        decision=Decision.ACT,
        commands=tuple(commands.values()),
        targets=tuple(commands),
        candidates=tuple(chosen),
        reason="",
    )

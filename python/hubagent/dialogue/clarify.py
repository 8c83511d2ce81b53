"""The question that is open, and what an answer to it chooses.

In: the resolutions of a turn that asked. Then, from the same place and in time, the words of the
answer: "the bedroom one", "both", "yes", "no". Out: resolutions that are decided, or that ask once
more among fewer; or nothing, when the words are a new request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from hubagent.dialogue.memory import place_of
from hubagent.dialogue.words import load, tokens
from hubagent.types import Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hubagent.dialogue.heard import Heard
    from hubagent.ports import ContextView
    from hubagent.types import Candidate, EntityId, Understanding, Utterance

ANSWER_WITHIN_S = 30.0
"""After this long a question is no longer open."""
MOST_WORDS = 12
"""An answer is short; more words are a new request."""
_MISHEARD = 0.78
"""Least likeness of a word of the answer to one of an option."""
_SHORTEST_MISHEARD = 4
_AREA_SHARE = 0.5
"""What a word counts that names the room of an option, not the option."""
_SURE = 0.75
"""Share of the telling words that an option must have."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that waits for its answer."""

    resolutions: tuple[Resolution, ...]
    asked: int
    at_s: float
    said: frozenset[str] = frozenset()
    """Words of the request that was asked about: an answer may repeat them."""
    understanding: Understanding | None = None
    heard: Heard | None = None
    """What the dialogue made of the request; handed back with the answer."""


class Clarification:
    """Keeps at most one open question for each place that people speak from."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}

    def ask(
        self,
        utterance: Utterance,
        resolutions: Sequence[Resolution],
        asked: int,
        *,
        understanding: Understanding | None = None,
        heard: Heard | None = None,
    ) -> None:
        """Remember a question: which resolution of the turn it is about."""
        self._open[place_of(utterance)] = Question(
            tuple(resolutions),
            asked,
            utterance.heard_at_s,
            frozenset(tokens(utterance.text)),
            understanding,
            heard,
        )

    def question(self, utterance: Utterance) -> Question | None:
        """Return the question that is open where the words were said."""
        question = self._open.get(place_of(utterance))
        if question is None or utterance.heard_at_s - question.at_s > ANSWER_WITHIN_S:
            return None
        return question

    def answer(self, utterance: Utterance, view: ContextView) -> tuple[Resolution, ...] | None:
        """Return the decided resolutions; ``None`` when nothing was open or this is no answer.

        Either way the question is closed. A "no" decides for doing nothing.
        """
        question = self.question(utterance)
        self._open.pop(place_of(utterance), None)
        words = tokens(utterance.text)
        if question is None or not words or len(words) > MOST_WORDS:
            return None
        asked = question.resolutions[question.asked]
        answers = load().answers
        if _means(words, answers["no"], answers["no_beside"]) or words[:2] in answers["over"]:
            return (Resolution(Decision.ANSWER, asked.intent, reason="nevermind"),)
        chosen = _chosen(words, question.said, asked, view)
        if chosen is None:
            return None
        decided = list(question.resolutions)
        decided[question.asked] = chosen
        open_ones = [n for n, item in enumerate(decided) if item.decision is Decision.ASK]
        if open_ones:
            self._open[place_of(utterance)] = replace(
                question,
                resolutions=tuple(decided),
                asked=open_ones[0],
                at_s=utterance.heard_at_s,
            )
        return tuple(decided)


def _means(words: Sequence[str], surely: Collection[str], beside: Collection[str]) -> bool:
    """Return whether the words are nothing but such an answer, with at least one sure word."""
    return bool(set(words) & set(surely)) and set(words) <= set(surely) | set(beside)


def _chosen(
    words: tuple[str, ...], request: frozenset[str], asked: Resolution, view: ContextView
) -> Resolution | None:
    options = asked.candidates
    answers = load().answers
    if _means(words, answers["yes"], answers["yes_beside"]) and len(options) == 1:
        return taken(asked, options)
    if len(options) < 2:
        return None
    if _means(words, answers["all"], answers["all_beside"]):
        return taken(asked, options)
    if _means(words, answers["any"], answers["any_beside"]):
        return taken(asked, options[:1])
    fillers = answers["fillers"]
    said = [word for word in words if word not in fillers]
    labels = [_label(option, view) for option in options]
    known = [word for word in said if any(_fit(word, *label) for label in labels)]
    unknown = [word for word in said if word not in known and word not in request]
    fresh = load().full | set(load().polarity) | answers["verbs"]
    if any(word in fresh and word not in answers["ordinals"] for word in unknown):
        return None
    telling = [w for w in known if any(not _fit(w, *label) for label in labels)] or known
    scores = [sum(_fit(word, *label) for word in telling) for label in labels]
    best = max(scores)
    pointed = "one" in words or "ones" in words or not unknown
    if best > 0 and (pointed or len(unknown) <= len(known)) and best >= _SURE * _AREA_SHARE:
        fitting = [o for o, score in zip(options, scores, strict=True) if score == best]
        if len(fitting) == 1 and (best >= _SURE * len(telling) * _AREA_SHARE):
            return taken(asked, fitting)
        if 1 < len(fitting) < len(options):
            return replace(asked, candidates=tuple(fitting), targets=fitting[0].entity_ids)
    return _by_position(words, unknown, asked)


def _by_position(
    words: Sequence[str], unknown: Sequence[str], asked: Resolution
) -> Resolution | None:
    """Return the choice of "the second one" or "number two"."""
    options, answers = asked.candidates, load().answers
    said = [word for word in words if word != "one"] if "number" not in words else words
    places = [answers["ordinals"][word] for word in said if word in answers["ordinals"]]
    rest = [word for word in unknown if word not in answers["ordinals"] and word != "number"]
    if len(places) == 1 and not rest and -len(options) <= places[0] < len(options):
        return taken(asked, (options[places[0]],))
    return None


Label = tuple[frozenset[str], frozenset[str]]


def _label(candidate: Candidate, view: ContextView) -> Label:
    """Return the words of a candidate's own names, and those of its rooms."""
    areas = {area.area_id: area for area in view.areas()}
    names: list[str] = []
    rooms: list[str] = []
    for entity_id in candidate.entity_ids:
        entity = view.entity(entity_id)
        area_id = view.area_of(entity_id)
        names += [entity.name, *entity.aliases]
        if area_id in areas:
            rooms += [areas[area_id].name, *areas[area_id].aliases]
    own = frozenset(word for name in names for word in tokens(name))
    return own, frozenset(word for name in rooms for word in tokens(name))


def _fit(word: str, own: frozenset[str], rooms: frozenset[str]) -> float:
    """Return how well a word fits: 1 by name, half by room, a little less if misheard."""
    number = load().answers["digits"].get(word, word)
    if {word, word.removesuffix("s"), f"{word}s", number} & own:
        return 1.0
    like = max((_likeness(word, other) for other in own), default=0.0)
    room = 1.0 if {word, word.removesuffix("s")} & rooms else 0.0
    room = room or max((_likeness(word, other) for other in rooms), default=0.0)
    return max(like, room * _AREA_SHARE)


def _likeness(said: str, other: str) -> float:
    if min(len(said), len(other)) < _SHORTEST_MISHEARD:
        return 0.0
    ratio = SequenceMatcher(None, said, other, autojunk=False).ratio()
    return ratio if ratio >= _MISHEARD else 0.0


def taken(asked: Resolution, chosen: Sequence[Candidate]) -> Resolution:
    """Return the resolution that acts on what was chosen."""
    commands: dict[EntityId, list[Command]] = {}
    for candidate in chosen:
        for command in candidate.commands:
            commands.setdefault(command.entity_id, [])
            if command not in commands[command.entity_id]:
                commands[command.entity_id].append(command)
    return replace(
        asked,
        decision=Decision.ACT,
        commands=tuple(command for several in commands.values() for command in several),
        targets=tuple(commands),
        candidates=tuple(chosen),
        reason="",
    )

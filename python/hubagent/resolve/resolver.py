"""From readings of an utterance to what is to be done in this home: act, answer, ask or refuse.

In: an ``Understanding`` and a ``ContextView``. Out: one ``Resolution`` a clause. Every reading that is
likely enough is grounded in the home, every grounding is scored with named features, and the best one
is taken when nothing else is near; nothing is published here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.resolve import intents, lexicon, rank
from hubagent.resolve.features import Failure, Grounding, is_sensitive
from hubagent.resolve.ground import Grounder
from hubagent.resolve.mention import read_mentions
from hubagent.resolve.questions import Questions
from hubagent.resolve.settings import Request, Settings
from hubagent.types import Candidate, Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView, Values
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.mention import Mention
    from hubagent.types import AreaId, Clause, EntityId, Hypothesis, Understanding

LEAST_PROBABILITY = 0.3
"""A best reading less likely than this is not understood."""
WORTH_TRYING = 0.1
"""Least probability of a further reading, and ..."""
WORTH_BESIDE = 0.25
"""... its least share of the best one's."""
MOST_OUT_OF_SCOPE = 0.5
_SECURING = frozenset({"lock", "close_cover", "close_valve"})
_SURE_NAME = 0.9
"""Least likeness of a name that is no guess."""
NO_THINGS_SCORE = 4.0
"""Grounding score of a reading that moves nothing: as good as a thing well named."""


@dataclass(slots=True)
class _Reading:
    """What one hypothesis comes to in this home."""

    hypothesis: Hypothesis
    resolution: Resolution
    score: float = -math.inf


@dataclass(slots=True)
class _Scene:
    """What the clauses of one utterance share."""

    view: ContextView
    text: str
    speaker_area: AreaId | None
    antecedents: tuple[EntityId, ...] = field(default=())


class Resolver:
    """Resolves the clauses of one utterance against one view."""

    def __init__(self, values: Values) -> None:
        self._lexicon = lexicon.load()
        self._specs = intents.load()
        self._weights = rank.load()
        self._settings = Settings(values, self._lexicon)
        self._questions = Questions(self._lexicon)

    def resolve(
        self,
        understanding: Understanding,
        view: ContextView,
        *,
        speaker_area: AreaId | None = None,
        antecedents: Sequence[EntityId] = (),
    ) -> tuple[Resolution, ...]:
        """Return what each clause comes to.

        Args:
            understanding: Clauses with readings, best first.
            view: The home at this instant.
            speaker_area: Where the speaker is; ``None`` if unknown.
            antecedents: Things that "it" and "them" may mean, besides those of earlier clauses.
        """
        if not understanding.clauses:
            return (Resolution(Decision.IGNORE, "", reason="nothing_said"),)
        scene = _Scene(view, understanding.text, speaker_area, tuple(antecedents))
        resolutions = []
        for clause in understanding.clauses:
            resolution = self._clause(clause, scene, understanding.out_of_scope)
            if resolution.targets:
                scene.antecedents = resolution.targets
            resolutions.append(resolution)
        return tuple(resolutions)

    # -- one clause --------------------------------------------------------------------------------

    def _clause(self, clause: Clause, scene: _Scene, out_of_scope: float) -> Resolution:
        if not clause.hypotheses:
            return Resolution(Decision.REFUSE, "", reason="not_understood")
        best = clause.hypotheses[0]
        if out_of_scope > MOST_OUT_OF_SCOPE:
            return Resolution(Decision.REFUSE, best.intent, reason="not_for_me")
        if best.probability < LEAST_PROBABILITY:
            return Resolution(Decision.REFUSE, best.intent, reason="not_understood")
        floor = max(WORTH_TRYING, WORTH_BESIDE * best.probability)
        readings = [
            self._read(hypothesis, clause, scene)
            for hypothesis in clause.hypotheses
            if hypothesis is best or hypothesis.probability >= floor
        ]
        grounded = [reading for reading in readings if reading.score > -math.inf]
        if not grounded:
            return readings[0].resolution
        return max(grounded, key=lambda reading: reading.score).resolution

    def _read(self, hypothesis: Hypothesis, clause: Clause, scene: _Scene) -> _Reading:
        understood = math.log(max(hypothesis.probability, 1e-6))
        spec = self._specs.get(hypothesis.intent)
        mentions = read_mentions(hypothesis, scene.text, clause.start, clause.end, self._lexicon)
        if spec is None:
            said = scene.text[clause.start : clause.end]
            grounder = self._grounder(scene)
            answer = self._questions.answer(hypothesis, said, mentions, grounder)
            if answer.decision is Decision.REFUSE:
                return _Reading(hypothesis, answer)
            return _Reading(hypothesis, answer, understood + NO_THINGS_SCORE)
        parts = [self._mention(hypothesis, clause, spec, item, scene) for item in mentions]
        for part in parts:
            if part.resolution.decision is Decision.REFUSE:
                return part
        score = understood + sum(part.score for part in parts) / len(parts)
        asked = [part for part in parts if part.resolution.decision is Decision.ASK]
        if asked:
            return _Reading(hypothesis, asked[0].resolution, score)
        return _Reading(hypothesis, _joined([part.resolution for part in parts]), score)

    def _grounder(self, scene: _Scene) -> Grounder:
        return Grounder(
            scene.view,
            self._lexicon,
            speaker_area=scene.speaker_area,
            antecedents=scene.antecedents,
        )

    # -- one mention -------------------------------------------------------------------------------

    def _mention(
        self,
        hypothesis: Hypothesis,
        clause: Clause,
        spec: IntentSpec,
        mention: Mention,
        scene: _Scene,
    ) -> _Reading:
        implied = dict(hypothesis.implied).get("domain", "")
        found = self._grounder(scene).ground(mention, spec, implied)
        if isinstance(found, Failure):
            return _Reading(hypothesis, _refused(spec, found))
        said = scene.text[clause.start : clause.end]
        able: list[tuple[Grounding, tuple[Command, ...], tuple[str, ...]]] = []
        failures: list[tuple[float, Failure]] = []
        for grounding in found:
            built = self._commands(hypothesis, said, spec, grounding, scene.view)
            score = self._weights.score(grounding.features)
            if isinstance(built, Failure):
                failures.append((score, built))
            else:
                able.append((grounding, *built))
        candidates = sorted(
            (
                Candidate(
                    intent=spec.intent,
                    entity_ids=grounding.entity_ids,
                    score=self._weights.score(grounding.features),
                    features=tuple(sorted(grounding.features.items())),
                    commands=commands,
                    unreachable=unreachable,
                )
                for grounding, commands, unreachable in able
            ),
            key=lambda item: (-item.score, item.entity_ids),
        )
        worst = max(failures, key=lambda item: item[0], default=None)
        if worst is not None and (not candidates or worst[0] >= candidates[0].score + 1.0):
            return _Reading(hypothesis, _refused(spec, worst[1]))
        best = candidates[0]
        return _Reading(
            hypothesis,
            self._decide(candidates, self._support(best, clause), scene.view),
            best.score,
        )

    def _commands(
        self,
        hypothesis: Hypothesis,
        said: str,
        spec: IntentSpec,
        grounding: Grounding,
        view: ContextView,
    ) -> tuple[tuple[Command, ...], tuple[str, ...]] | Failure:
        """Return commands for those that can follow and the names of those out of reach."""
        commands: list[Command] = []
        failures: list[Failure] = []
        unreachable: list[str] = []
        for entity_id in grounding.entity_ids:
            entity, state = view.entity(entity_id), view.state(entity_id)
            has = view.commands_of(entity_id)
            command = next((c for c in spec.commands[entity.domain] if c in has), None)
            if command is None:
                failures.append(
                    Failure("no_capability", {"name": entity.name, "intent": spec.intent})
                )
            elif not state.available:
                unreachable.append(entity.name)
            else:
                built = self._settings.command(
                    Request(hypothesis, said, spec, command, entity, state, has)
                )
                if isinstance(built, Failure):
                    failures.append(built)
                else:
                    commands.append(built)
        if commands:
            return tuple(commands), tuple(unreachable)
        if unreachable:
            return Failure("unreachable", {"names": tuple(unreachable)})
        return failures[0]

    # -- act, ask, confirm -------------------------------------------------------------------------

    def _support(self, best: Candidate, clause: Clause) -> float:
        """Return the probability of all readings that come to the same command.

        "Close the water valve" is as likely meant for a valve as for a cover; either closes it.
        """
        command = best.commands[0]
        domain = command.entity_id.split(".")[0]
        probability = 0.0
        for hypothesis in clause.hypotheses:
            spec = self._specs.get(hypothesis.intent)
            if spec is not None and command.command in spec.commands.get(domain, ()):
                probability += hypothesis.probability
        return probability

    def _decide(
        self, candidates: list[Candidate], probability: float, view: ContextView
    ) -> Resolution:
        best = candidates[0]
        near = [
            item
            for item in candidates
            if item.score > best.score - self._weights.ask_margin
            and not set(item.entity_ids) < set(best.entity_ids)
        ]
        if len(near) > 1 and not _covers(best, near):
            return _resolution(Decision.ASK, best, candidates=tuple(near), reason="which")
        sensitive = [e for i in best.entity_ids if is_sensitive(e := view.entity(i))]
        odd = any(entity.domain in self._specs[best.intent].confirm for entity in sensitive)
        if sensitive and (odd or not self._is_explicit(best, candidates, probability)):
            return _resolution(Decision.ASK, best, candidates=(best,), reason="confirm")
        return _resolution(
            Decision.ACT, best, candidates=tuple(candidates[:5]), commands=best.commands
        )

    def _is_explicit(
        self, best: Candidate, candidates: list[Candidate], probability: float
    ) -> bool:
        """Return whether the words, surely understood, single the candidate out.

        For what makes the home safer, such as locking, the room may help to single it out.
        """
        features = dict(best.features)
        if probability < self._weights.doubtful or features.get("name", 1.0) < _SURE_NAME:
            return False
        if all(command.command in _SECURING for command in best.commands):
            return True
        said = self._weights.explicit_score(features)
        return all(
            said - self._weights.explicit_score(dict(other.features)) >= self._weights.ask_margin
            for other in candidates
            if other is not best and not set(other.entity_ids) < set(best.entity_ids)
        )


def _covers(best: Candidate, near: list[Candidate]) -> bool:
    """Return whether the near ones all lie within the best, so that nothing else could be meant."""
    return all(set(item.entity_ids) <= set(best.entity_ids) for item in near)


def _resolution(
    decision: Decision,
    best: Candidate,
    *,
    candidates: tuple[Candidate, ...],
    reason: str = "",
    commands: tuple[Command, ...] = (),
) -> Resolution:
    return Resolution(
        decision,
        best.intent,
        commands=commands,
        targets=best.entity_ids,
        candidates=candidates,
        reason=reason,
        facts={"unreachable": best.unreachable} if best.unreachable else {},
    )


def _refused(spec: IntentSpec, failure: Failure) -> Resolution:
    return Resolution(Decision.REFUSE, spec.intent, reason=failure.reason, facts=failure.facts)


def _joined(resolutions: list[Resolution]) -> Resolution:
    """Return one resolution for all the mentions of a clause, each command once."""
    if len(resolutions) == 1:
        return resolutions[0]
    commands: dict[EntityId, Command] = {}
    for resolution in resolutions:
        commands.update({command.entity_id: command for command in resolution.commands})
    targets = dict.fromkeys(i for resolution in resolutions for i in resolution.targets)
    unreachable = tuple(
        name for r in resolutions for name in r.candidates[0].unreachable if r.candidates
    )
    return Resolution(
        Decision.ACT,
        resolutions[0].intent,
        commands=tuple(commands.values()),
        targets=tuple(targets),
        candidates=tuple(c for r in resolutions for c in r.candidates),
        facts={"unreachable": unreachable} if unreachable else {},
    )

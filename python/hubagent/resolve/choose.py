"""From candidates for one mention to a decision: act, ask which one, ask to confirm, or refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve.features import Failure, Grounding, is_sensitive
from hubagent.resolve.settings import Request, Settings
from hubagent.types import Candidate, Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.rank import Weights
    from hubagent.types import Hypothesis

_SECURING = frozenset({"lock", "close_cover", "close_valve"})
"""Commands that make a home safer; the room may help to single their target out."""
_SURE_NAME = 0.9
"""Least likeness of a name that is no guess."""
_BETTER = 1.0
"""By how much something that cannot be done must fit better to be what was meant."""
_SHOWN = 5


def build(
    reading: Hypothesis,
    said: str,
    spec: IntentSpec,
    found: Sequence[Grounding],
    *,
    view: ContextView,
    settings: Settings,
    weights: Weights,
) -> list[Candidate] | Failure:
    """Return candidates with their commands, best first; a failure if what fits best cannot do it.

    Args:
        reading: The hypothesis.
        said: Text of its clause.
        spec: What its intent does.
        found: Sets of entities with features.
        view: The home.
        settings: Fills the data of commands.
        weights: Weights of the features.
    """
    able: list[Candidate] = []
    failures: list[tuple[float, Failure]] = []
    for grounding in found:
        score = weights.score(grounding.features)
        built = _commands(reading, said, spec, grounding, view, settings)
        if isinstance(built, Failure):
            failures.append((score, built))
            continue
        commands, unreachable = built
        features = tuple(sorted(grounding.features.items()))
        able.append(
            Candidate(spec.intent, grounding.entity_ids, score, features, commands, unreachable)
        )
    able.sort(key=lambda item: (-item.score, item.entity_ids))
    worst = max(failures, key=lambda item: item[0], default=None)
    # An option said without a thing means what has it; what lacks it is no rival.
    rivals = spec.setting != "option" or any("name" in item.features for item in found)
    if worst is not None and (not able or (rivals and worst[0] >= able[0].score + _BETTER)):
        return worst[1]
    return able


def _commands(
    reading: Hypothesis,
    said: str,
    spec: IntentSpec,
    grounding: Grounding,
    view: ContextView,
    settings: Settings,
) -> tuple[tuple[Command, ...], tuple[str, ...]] | Failure:
    """Return commands for those that can follow, and the names of those out of reach."""
    commands: list[Command] = []
    failures: list[Failure] = []
    unreachable: list[str] = []
    for entity_id in grounding.entity_ids:
        entity, state = view.entity(entity_id), view.state(entity_id)
        has = view.commands_of(entity_id)
        command = next((c for c in spec.commands[entity.domain] if c in has), None)
        if command is None:
            failures.append(Failure("no_capability", {"name": entity.name, "intent": spec.intent}))
        elif not state.available:
            unreachable.append(entity.name)
        else:
            built = settings.commands(Request(reading, said, spec, command, entity, state, has))
            if isinstance(built, Failure):
                failures.append(built)
            else:
                commands.extend(built)
    if commands:
        return tuple(commands), tuple(unreachable)
    return Failure("unreachable", {"names": tuple(unreachable)}) if unreachable else failures[0]


def decide(
    candidates: Sequence[Candidate],
    spec: IntentSpec,
    *,
    probability: float,
    unexplained: int,
    view: ContextView,
    weights: Weights,
) -> Resolution:
    """Return what to do about candidates, best first.

    Args:
        candidates: At least one.
        spec: What the intent does.
        probability: How surely the request is understood.
        unexplained: Words of the request that are nothing to the hub.
        view: The home.
        weights: Weights and margins.
    """
    best = candidates[0]
    near = [
        item
        for item in candidates
        if item.score > best.score - weights.ask_margin
        and (item is best or not set(item.entity_ids) <= set(best.entity_ids))
    ]
    if len(near) > 1:
        return resolution(Decision.ASK, best, near, reason="which")
    sensitive = [e for i in best.entity_ids if is_sensitive(e := view.entity(i))]
    odd = any(entity.domain in spec.confirm for entity in sensitive)
    odd = odd or (unexplained > 0 and not _is_securing(best))
    if sensitive and (odd or not _is_explicit(best, candidates, probability, weights)):
        return resolution(Decision.ASK, best, (best,), reason="confirm")
    return resolution(Decision.ACT, best, candidates[:_SHOWN])


def _is_securing(best: Candidate) -> bool:
    """Return whether the commands make the home safer."""
    return all(command.command in _SECURING for command in best.commands)


def _is_explicit(
    best: Candidate, candidates: Sequence[Candidate], probability: float, weights: Weights
) -> bool:
    """Return whether the words, surely understood, single the candidate out."""
    features = dict(best.features)
    securing = _is_securing(best)
    if probability < (weights.doubtful_securing if securing else weights.doubtful):
        return False
    if features.get("name", 1.0) < _SURE_NAME:
        return False
    if securing:
        return True
    said = weights.explicit_score(features)
    return all(
        said - weights.explicit_score(dict(other.features)) >= weights.ask_margin
        for other in candidates
        if other is not best and not set(other.entity_ids) < set(best.entity_ids)
    )


def resolution(
    decision: Decision, best: Candidate, candidates: Sequence[Candidate], *, reason: str = ""
) -> Resolution:
    """Return a resolution for the best candidate; its commands only if it is to be acted on."""
    return Resolution(
        decision,
        best.intent,
        commands=best.commands if decision is Decision.ACT else (),
        targets=best.entity_ids,
        candidates=tuple(candidates),
        reason=reason,
        facts={"unreachable": best.unreachable} if best.unreachable else {},
    )

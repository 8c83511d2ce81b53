"""From candidates for one mention to a decision: act, ask which one, ask to confirm, or refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.features import Failure, Grounding, is_sensitive, preference
from hubagent.resolve.forms import COMFORT, Form
from hubagent.resolve.misheard import SURE_SOUND
from hubagent.resolve.settings import Request, Settings
from hubagent.resolve.surroundings import with_usual
from hubagent.types import Candidate, Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.rank import Weights
    from hubagent.types import AreaId, EntityId, Hypothesis

_SECURING = frozenset({"lock", "close_cover", "close_valve"})
"""Commands that make a home safer; the room may help to single their target out."""
_SAFER_OFF = frozenset({"switch", "climate", "water_heater", "input_boolean"})
"""Domains that make it safer, too, when they are turned off: an oven, a pump."""
_HOT = {"°C": 30.0, "°F": 86.0}
"""Temperature of a room above which a request is confirmed, by unit."""
_CELSIUS_MOST = 45.0
"""No thermostat in Celsius goes higher: what does is in Fahrenheit."""
_SURE_NAME = 0.9
"""Least likeness of a name that is no guess."""
_BETTER = 1.0
"""By how much something that cannot be done must fit better to be what was meant."""
_SHOWN = 5
_IMPLIED_KIND = 0.5
"""How well a thing fits a kind that nobody said."""
_GOING = frozenset({"playing", "paused"})
_ANY_MUSIC = frozenset({"music", "some", "song", "songs", "something", "tunes", "a", "the"})
"""Words that leave open what is to be played."""
_LEAST_CHOSEN = 2.0
"""How often something must have been played to be meant by "some music"."""
_WHAT_HAS_IT = frozenset({"option", "item", "media"})
"""Settings whose value tells which thing is meant."""


def build(
    reading: Hypothesis,
    said: str,
    spec: IntentSpec,
    found: Sequence[Grounding],
    *,
    view: ContextView,
    settings: Settings,
    weights: Weights,
    speaker_area: AreaId | None = None,
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
        speaker_area: Where the speaker is; ``None`` if unknown.
    """
    scored = [
        (weights.score(item.features), item) for item in with_usual(found, spec, view, speaker_area)
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].entity_ids))
    able: list[Candidate] = []
    failures: list[tuple[float, Failure]] = []
    careful = False  # what is sensitive is weighed against every rival
    for score, grounding in scored:
        if len(able) >= _SHOWN and score <= able[0].score - weights.ask_margin and not careful:
            break  # neither asked about nor shown, in a home where hundreds may fit
        built = _commands(reading, said, spec, grounding, view, settings)
        if isinstance(built, Failure):
            failures.append((score, built))
            continue
        commands, unreachable = built
        features = tuple(sorted(grounding.features.items()))
        able.append(
            Candidate(spec.intent, grounding.entity_ids, score, features, commands, unreachable)
        )
        careful = any(is_sensitive(view.entity(i)) for i in able[0].entity_ids)
    worst = max(failures, key=lambda item: item[0], default=None)
    # An option, an item or a title said without a thing means what has it; what lacks it is no rival.
    rivals = spec.setting not in _WHAT_HAS_IT or any("name" in item.features for item in found)
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
    for entity_id in _changed(grounding.entity_ids, spec, view):
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
                if spec.setting == "media" and state.state not in _GOING and "play_media" in has:
                    built = tuple(_preferred(item, view) for item in built)
                commands.extend(built)
    if commands:
        return tuple(commands), tuple(unreachable)
    return Failure("unreachable", {"names": tuple(unreachable)}) if unreachable else failures[0]


def _changed(
    ids: tuple[EntityId, ...], spec: IntentSpec, view: ContextView
) -> tuple[EntityId, ...]:
    """Return what a request moves of several things: "brighter" is for those that are on, if any is."""
    if len(ids) < 2 or not spec.setting.endswith("_step"):
        return ids
    awake = tuple(i for i in ids if preference(view.state(i).state, "awake") == 1.0)
    return awake or ids


def _preferred(command: Command, view: ContextView) -> Command:
    """Return the command with what is played there most, if music and nothing else was asked for."""
    said = text.tokens(str(command.data.get("media_content_id", "music")))
    if not _ANY_MUSIC.issuperset(said):
        return command
    chosen = next(
        (
            what
            for what, times in view.chosen(command.entity_id, "media")
            if times >= _LEAST_CHOSEN and not _ANY_MUSIC.issuperset(text.tokens(what))
        ),
        None,
    )
    if chosen is None:
        return command
    kind = command.data.get("media_content_type", "music")
    data = {**command.data, "media_content_id": chosen, "media_content_type": kind}
    return replace(command, command="play_media", data=data)


def decide(
    candidates: Sequence[Candidate],
    spec: IntentSpec,
    *,
    probability: float,
    unexplained: int,
    form: Form,
    wish: frozenset[str],
    says_what: bool,
    view: ContextView,
    weights: Weights,
) -> Resolution:
    """Return what to do about candidates, best first.

    Args:
        candidates: At least one.
        spec: What the intent does.
        probability: How surely the request is understood.
        unexplained: Words of the request that are nothing to the hub.
        form: Whether it is a request at all, or tells or asks something.
        wish: Domains that may be wished to move, where it tells how it is.
        says_what: Whether a word says what to do: "get the gate" says not that it is to be opened.
        view: The home.
        weights: Weights and margins.
    """
    best = candidates[0]
    wished = _is_wish(form, wish, best) and not any(
        is_sensitive(view.entity(i)) for i in best.entity_ids
    )
    if form is not Form.REQUEST and not wished:
        if is_securing(best) and all(is_sensitive(view.entity(i)) for i in best.entity_ids):
            return resolution(Decision.ASK, best, (best,), reason="confirm")
        # What it tells of may still be meant by the "it" of the next clause.
        return resolution(Decision.REFUSE, best, (best,), reason="not_for_me")
    near = [
        item
        for item in candidates
        if item.score > best.score - weights.ask_margin
        and (item is best or not set(item.entity_ids) <= set(best.entity_ids))
    ]
    if len(near) > 1:
        return resolution(Decision.ASK, best, near, reason="which")
    heard = dict(best.features).get("phonetic", 1.0)
    sensitive = [e for i in best.entity_ids if is_sensitive(e := view.entity(i))]
    if heard < SURE_SOUND or (sensitive and heard < 1.0):
        return resolution(Decision.ASK, best, (best,), reason="confirm")
    odd = any(entity.domain in spec.confirm for entity in sensitive)
    odd = odd or ((unexplained > 0 or not says_what) and not is_securing(best))
    if any(_is_hot(command, view) for command in best.commands):
        return resolution(Decision.ASK, best, (best,), reason="confirm")
    if sensitive and (odd or not _is_explicit(best, candidates, probability, weights)):
        return resolution(Decision.ASK, best, (best,), reason="confirm")
    return resolution(Decision.ACT, best, candidates[:_SHOWN])


def _is_wish(form: Form, wish: frozenset[str], best: Candidate) -> bool:
    """Return whether a remark on how it is here may be a wish for what was found.

    One that speaks of light, warmth, air or sound moves what makes it; any other, what it names.
    """
    domains = {entity_id.partition(".")[0] for entity_id in best.entity_ids}
    named = dict(best.features).get("name", 0.0) >= _SURE_NAME or _kind_said(best)
    meant = wish if wish or not named else COMFORT
    return form is Form.REMARK and domains <= meant


def _kind_said(best: Candidate) -> bool:
    return dict(best.features).get("kind", 0.0) > _IMPLIED_KIND


def _is_hot(command: Command, view: ContextView) -> bool:
    """Return whether a room would be heated beyond what anybody lives in."""
    target = command.data.get("temperature")
    if not command.entity_id.startswith("climate.") or not isinstance(target, int | float):
        return False
    unit = view.entity(command.entity_id).unit
    if unit not in _HOT:
        unit = "°C" if target <= _CELSIUS_MOST else "°F"
    return target > _HOT[unit]


def is_securing(best: Candidate) -> bool:
    """Return whether the commands make the home safer."""
    return all(
        command.command in _SECURING
        or (command.command == "turn_off" and command.entity_id.partition(".")[0] in _SAFER_OFF)
        for command in best.commands
    )


def _is_explicit(
    best: Candidate, candidates: Sequence[Candidate], probability: float, weights: Weights
) -> bool:
    """Return whether the words, surely understood, single the candidate out."""
    features = dict(best.features)
    securing = is_securing(best)
    if probability < (weights.doubtful_securing if securing else weights.doubtful):
        return False
    if features.get("name", 1.0) < _SURE_NAME and not (securing and features.get("only_one")):
        return False
    if securing:
        return True
    if not features.get("name") and features.get("kind", 0.0) <= _IMPLIED_KIND:
        return False  # "let them in" names no lock
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

"""The last form of a turn: what the past answers, what is asked first, what is taken back.

In: what the words were heard as and what their reading came to. Out: the resolutions of the turn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.dialogue.clarify import taken
from hubagent.dialogue.memory import UNDO
from hubagent.dialogue.undo import acting, opens, undo
from hubagent.types import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubagent.dialogue.heard import Attempt, Heard
    from hubagent.dialogue.memory import Past
    from hubagent.dialogue.undo import Sensitive
    from hubagent.ports import ContextView
    from hubagent.types import Command


MISSING = frozenset({"no_length", "missing_value"})
"""Reasons of a request that lacks nothing but a value."""


def settle(
    heard: Heard,
    resolutions: Sequence[Resolution],
    view: ContextView,
    *,
    by: Attempt | None,
    sensitive: Sensitive,
) -> tuple[Resolution, ...]:
    """Return the resolutions of the turn: questions that the past answers, what to take back.

    Args:
        heard: What the dialogue made of the words.
        resolutions: What the reading that was taken came to.
        view: The home.
        by: The attempt they are from; ``None`` for the plain reading.
        sensitive: Whether a thing is never moved on a guess.
    """
    found = tuple(_narrowed(heard, item, view) for item in resolutions)
    if by is None and heard.bare:
        found = tuple(_unmoved(item) for item in found)
    found = tuple(
        _guarded(item, view, sensitive) if by is not None or item is not was else item
        for item, was in zip(found, resolutions, strict=True)
    )
    if heard.wrong is not None:
        found = tuple(_not_understood(item) for item in found)
    talk = all(item.decision in {Decision.ANSWER, Decision.IGNORE} for item in found)
    if heard.wrong is None or talk or any(item.decision is Decision.REFUSE for item in found):
        return found
    return (*_taken_back(heard.wrong, found, view, sensitive), *found)


def asking(resolutions: Sequence[Resolution]) -> tuple[Resolution, ...]:
    """Return the resolutions, a refusal for want of a value as the question for it.

    "Set a timer": "For how long?". Not where something else is refused besides.
    """
    refused = [item for item in resolutions if item.decision is Decision.REFUSE]
    if len(refused) != 1 or refused[0].reason not in MISSING:
        return tuple(resolutions)
    return tuple(
        replace(item, decision=Decision.ASK) if item is refused[0] else item for item in resolutions
    )


def _narrowed(heard: Heard, item: Resolution, view: ContextView) -> Resolution:
    """Return a question answered by what was spoken of just now, if only one option is of it.

    The thing itself is; in a follow-up also what stands in the same room.
    """
    past = heard.before
    if item.decision is not Decision.ASK or item.reason != "which" or past is None:
        return item
    recent = set(past.targets)
    near = [c for c in item.candidates if recent and set(c.entity_ids) <= recent]
    if heard.wrong is not None or (not near and (heard.first or heard.last)):
        areas = {view.area_of(i) for i in recent}
        near = [
            c
            for c in item.candidates
            if {view.area_of(i) for i in c.entity_ids} == areas
            and not recent.intersection(c.entity_ids)
        ]
    return taken(item, near) if len(near) == 1 else item


def _guarded(item: Resolution, view: ContextView, sensitive: Sensitive) -> Resolution:
    """Ask before something sensitive is opened by words that do not name it."""
    if item.decision is not Decision.ACT:
        return item
    if not any(opens(command, view, sensitive) for command in item.commands):
        return item
    return acting(item.intent, item.commands, view, sensitive)


def _not_understood(item: Resolution) -> Resolution:
    """Refuse a correction of which only its "no" was understood."""
    if item.decision is Decision.ANSWER and item.intent == "HubNegate":
        return Resolution(Decision.REFUSE, item.intent, reason="not_understood")
    return item


def _taken_back(
    wrong: Past, found: Iterable[Resolution], view: ContextView, sensitive: Sensitive
) -> tuple[Resolution, ...]:
    """Return what undoes a turn for things that the corrected one leaves alone.

    Nothing sensitive is opened again for it: a door locked by mistake stays locked.
    """
    kept = {i for item in found for i in (*item.targets, *(c.entity_id for c in item.commands))}
    back = undo(wrong, view, sensitive, frozenset())
    result = []
    for item in back.resolutions:
        commands = tuple(
            command
            for command in (item.commands or _asked_of(item))
            if command.entity_id not in kept and not opens(command, view, sensitive)
        )
        if commands:
            result.append(acting(UNDO, commands, view, sensitive))
        elif item.reason == "nevermind":
            result.append(item)
    return tuple(result)


def _unmoved(item: Resolution) -> Resolution:
    """Refuse what would move something; a scene that was called by its name is no such thing."""
    ids = [command.entity_id for command in (*item.commands, *_asked_of(item))]
    if all(entity_id.startswith(("scene.", "script.")) for entity_id in ids):
        return item
    return Resolution(Decision.REFUSE, item.intent, reason="not_understood")


def _asked_of(item: Resolution) -> tuple[Command, ...]:
    return tuple(c for candidate in item.candidates for c in candidate.commands)

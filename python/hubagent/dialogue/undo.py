"""Taking back what was done: the state of each thing before the command, by commands.

In: the turns that can be taken back and the home now. Out: a ``Resolution`` that acts, asks first
where something sensitive would be opened again, or says what cannot be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.dialogue.memory import UNDO
from hubagent.dialogue.restore import restoring
from hubagent.dialogue.words import tokens
from hubagent.errors import UnknownEntityError
from hubagent.types import Candidate, Command, Decision, EntityId, Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from hubagent.dialogue.memory import Past
    from hubagent.ports import ContextView
    from hubagent.types import Entity

    Sensitive = Callable[[Entity], bool]

SECURING = frozenset({
    "lock", "close_cover", "close_valve", "turn_off",
    "alarm_arm_home", "alarm_arm_away", "alarm_arm_night", "alarm_arm_vacation",
})  # fmt: skip
"""Commands that make a home safer, so that they need no question."""
_STARTED_WITHIN_S = 15.0
"""What changes so soon after a scene or script is taken for its work."""
_STARTERS = frozenset({"scene", "script"})
_WORDS_BACK = {"add_item": "remove_item"}


@dataclass(frozen=True, slots=True)
class Undo:
    """What is to be taken back, and how."""

    resolutions: tuple[Resolution, ...]
    turns: tuple[Past, ...]


def undo(past: Past, view: ContextView, sensitive: Sensitive, only: Collection[EntityId]) -> Undo:
    """Return what takes one turn back.

    Args:
        past: The turn.
        view: The home now.
        sensitive: Whether a thing is never moved on a guess.
        only: Things to be taken back; empty for all of the turn.
    """
    commands: list[Command] = []
    stuck: list[str] = []
    for entity_id in dict.fromkeys(command.entity_id for command in past.commands):
        if only and entity_id not in only:
            continue
        back, known = _restored(entity_id, past, view)
        commands += back
        if not known:
            stuck.append(view.entity(entity_id).name)
    found: list[Resolution] = []
    if any(r.due_s is not None or r.timer is not None for r in past.resolutions) and not only:
        found.append(Resolution(Decision.ANSWER, UNDO, reason="nevermind"))
    if commands:
        found.append(acting(UNDO, commands, view, sensitive))
    elif stuck:
        facts = {"name": stuck[0]}
        found.append(Resolution(Decision.REFUSE, UNDO, reason="cannot_undo", facts=facts))
    elif not found:
        found.append(Resolution(Decision.ANSWER, UNDO, reason="as_before"))
    return Undo(tuple(found), (past,))


def acting(
    intent: str, commands: Sequence[Command], view: ContextView, sensitive: Sensitive
) -> Resolution:
    """Return a resolution that sends commands, once a question is answered if they open something."""
    ids = tuple(dict.fromkeys(command.entity_id for command in commands))
    candidate = Candidate(intent, ids, 0.0, (("dialogue", 1.0),), tuple(commands))
    if any(opens(command, view, sensitive) for command in commands):
        return Resolution(
            Decision.ASK, intent, targets=ids, candidates=(candidate,), reason="confirm"
        )
    return Resolution(
        Decision.ACT, intent, commands=tuple(commands), targets=ids, candidates=(candidate,)
    )


def opens(command: Command, view: ContextView, sensitive: Sensitive) -> bool:
    """Return whether a command moves something sensitive other than to make it safer."""
    return command.command not in SECURING and sensitive(view.entity(command.entity_id))


def meant(pasts: Sequence[Past], said: Collection[str]) -> tuple[Past, frozenset[EntityId]] | None:
    """Return the newest turn that moved what the words name, and which things those are.

    Args:
        pasts: Turns that can be taken back, the newest first.
        said: Words beside those that ask to undo; some may be talk.
    """
    for past in pasts:
        ids = {command.entity_id for command in past.commands}
        named = frozenset(i for i in ids if said and set(said) <= called(past.view, i))
        if named:
            return past, named
    return None


def called(view: ContextView, entity_id: EntityId) -> set[str]:
    """Return the words by which a thing may be called: its names, its room's, its domain."""
    entity, area_id = view.entity(entity_id), view.area_of(entity_id)
    areas = (area.name for area in view.areas() if area.area_id == area_id)
    names = (entity.name, *entity.aliases, *areas, entity.domain.replace("_", " "))
    words = {word for name in names for word in tokens(name)}
    return words | {f"{word}s" for word in words}


def _restored(
    entity_id: EntityId, past: Past, view: ContextView
) -> tuple[tuple[Command, ...], bool]:
    """Return the commands that restore a thing, and whether its state before is known at all."""
    try:
        entity, now = view.entity(entity_id), view.state(entity_id)
        then = past.view.state(entity_id)
    except UnknownEntityError:
        return (), True
    if entity.domain in _STARTERS:
        return _after_start(past, view)
    lists = [c for c in past.commands if c.entity_id == entity_id and c.command in _WORDS_BACK]
    if lists:
        return tuple(Command(entity_id, _WORDS_BACK[c.command], c.data) for c in lists), True
    back = restoring(entity, then, now, view.commands_of(entity_id))
    same = (then.state, dict(then.attributes)) == (now.state, dict(now.attributes))
    return back, bool(back) or (same and not _passing(entity_id, past))


def _passing(entity_id: EntityId, past: Past) -> bool:
    """Return whether a command leaves no state behind: a press, the next track."""
    return any(
        command.entity_id == entity_id
        and command.command in {"press", "locate", "media_next_track", "media_previous_track"}
        for command in past.commands
    )


def _after_start(past: Past, view: ContextView) -> tuple[tuple[Command, ...], bool]:
    """Return what restores the things that a scene or script has moved, as far as that is seen."""
    found: list[Command] = []
    for entity in view.entities():
        changes = view.history(entity.entity_id, limit=4)
        moved = any(0 <= c.at_s - past.view.now_s <= _STARTED_WITHIN_S for c in changes)
        if entity.category or not moved:
            continue
        try:
            then = past.view.state(entity.entity_id)
        except UnknownEntityError:
            continue
        commands = view.commands_of(entity.entity_id)
        found += restoring(entity, then, view.state(entity.entity_id), commands)
    return tuple(found), bool(found)

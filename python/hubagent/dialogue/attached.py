"""Things spoken of by what they are on: "the light on the fan", "the shade on the skylight", "its light".

In: the words and the home. Out: the words with the thing's own name: the light that one device has beside
its fan, or the Skylight Shade. Where no one thing is so, the words stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.dialogue.carry import is_place
from hubagent.dialogue.words import load, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubagent.ports import ContextView
    from hubagent.types import AreaId, Entity, EntityId

_ON = re.compile(
    r"\b(?:the|my|our)\s+(?P<part>[\w']+)\s+(?:on|of|in|at|by|over|under|above|beside|from)\s+"
    r"(?:the|my|our)\s+(?P<whole>[\w']+(?:\s+[\w']+)?)",
    re.IGNORECASE,
)
_ITS = re.compile(r"\bits\s+(?:own\s+)?(?P<part>[\w']+)\b", re.IGNORECASE)
_PARTS = frozenset({"light", "fan"})
"""Domains that a device has beside what it is for."""


def attached(
    said: str, view: ContextView, area_id: AreaId | None, spoken_of: Sequence[EntityId]
) -> str:
    """Return the words with the names of things that were spoken of by what they are on.

    Args:
        said: The words.
        view: The home.
        area_id: Where they were said; ``None`` if unknown.
        spoken_of: What "its" may be of, where the words before it name nothing.
    """
    found = _ON.search(said)
    if found is not None:
        name, end = _on(found, view, area_id)
        if name:
            return f"{said[: found.start()]}the {name}{said[end:]}"
    its = _ITS.search(said)
    if its is not None:
        before = {_domain(word) for word in tokens(said[: its.start()])} - {""}
        wholes = [e for e in view.entities() if e.domain in before] or [
            view.entity(i) for i in spoken_of
        ]
        name = _beside(_domain(its["part"].casefold()), wholes, view, area_id)
        if name:
            return f"{said[: its.start()]}the {name}{said[its.end() :]}"
    return said


def _on(found: re.Match[str], view: ContextView, area_id: AreaId | None) -> tuple[str, int]:
    """Return the name of what is meant and where its words end; empty if nothing is."""
    whole = found["whole"]
    for words in dict.fromkeys((whole, whole.split()[0])):
        end = found.start("whole") + len(words)
        if is_place(words, view):
            continue
        wanted = tokens(f"{words} {found['part']}")
        for match in view.match_names(" ".join(wanted), limit=4):
            if match.kind == "entity" and tokens(match.name) == wanted:
                return match.name, end
        named = [e for e in view.entities() if tokens(words) in _names(e)]
        of_kind = [e for e in view.entities() if e.domain == _domain(words.casefold())]
        for wholes in (named, of_kind):
            name = _beside(_domain(found["part"].casefold()), wholes, view, area_id)
            if name:
                return name, end
    return "", 0


def _beside(
    domain: str, wholes: Iterable[Entity], view: ContextView, area_id: AreaId | None
) -> str:
    """Return the name of the one thing of a domain on the devices of these, that of the room first."""
    if domain not in _PARTS:
        return ""
    devices = {e.device_id for e in wholes if e.device_id and e.domain != domain}
    found = [e for e in view.entities() if e.domain == domain and e.device_id in devices]
    here = [e for e in found if view.area_of(e.entity_id) == area_id] if area_id else []
    one = here if here else found
    return one[0].name if len(one) == 1 else ""


def _domain(noun: str) -> str:
    return next((d for d, nouns in load().kinds.items() if noun.removesuffix("s") in nouns), "")


def _names(entity: Entity) -> set[tuple[str, ...]]:
    return {tokens(name) for name in (entity.name, *entity.aliases)}

"""One light and no other: "only the uplighter", "just the reading lamp and nothing else".

In: an ``Understanding``. Out: resolutions as those of the resolver behind it. Where the words say that
something is to be on and nothing beside it, and it is a light, the other lights of its room go off with it;
in a home without rooms, all others. Anything else is left to the resolver behind.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve.later import TimedResolver
from hubagent.types import Command, Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.ports import ContextView, Understand, Values
    from hubagent.resolve.situation import Situation
    from hubagent.types import EntityId, Understanding

_ALONE = (
    r"(?:nothing else|no others?|none of the (?:others?|rest)|not the (?:others?|rest)|"
    r"on (?:its|their) own|by (?:itself|themselves))"
)
_END = r"(?:\s+(?:please|now|thanks))*\W*$"
_ONLY = re.compile(
    r"^\W*(?:(?:please|now|ok|okay|and|then)\s+)*(?:(?:can|could)\s+(?:you|we|i)\s+)?"
    r"(?:(?:leave|keep|have|i\s+want|i['\u2019]d\s+like|want|give\s+me|put|turn\s+on|switch\s+on)\s+)?"
    rf"only\s+(?:on\s+)?(?P<what>.+?)(?:\s+on)?(?:[\s,]+(?:and\s+)?{_ALONE})?{_END}",
    re.IGNORECASE,
)
_JUST = re.compile(
    r"^\W*(?:(?:please|now|ok|okay|and|then)\s+)*(?:"
    rf"(?:leave|keep)\s+just\s+(?P<left>.+?)\s+on|just\s+(?P<said>(?:the|my|our)\s+[\w' ]+?)(?:\s+on)?|(?:just\s+)?(?P<what>.+?)(?:\s+on)?[\s,]+(?:and\s+)?{_ALONE}){_END}",
    re.IGNORECASE,
)
_OTHER_DEEDS = re.compile(
    r"\b(?:off|out|close|closed|shut|open|lock|unlock|play|if|when|unless|not|don['\u2019]?t|louder|quieter|by)\b",
    re.IGNORECASE,
)


class ExclusiveResolver:
    """The resolver for requests for something, and for something alone."""

    def __init__(self, understand: Understand, values: Values) -> None:
        self._understand = understand
        self._timed = TimedResolver(understand, values)

    def resolve(self, understanding: Understanding, situation: Situation) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``TimedResolver.resolve``, and with all others off."""
        what = _alone(understanding.text)
        if what:
            lit = self._timed.resolve(self._understand.understand(f"turn on {what}"), situation)
            targets = {i for item in lit for i in item.targets}
            are_lights = all(i.startswith("light.") for i in targets)
            if targets and are_lights and all(item.decision is Decision.ACT for item in lit):
                dark = tuple(_beside(targets, situation.view))
                return (*lit, _off(dark)) if dark else lit
        return self._timed.resolve(understanding, situation)


def _alone(said: str) -> str:
    """Return what alone is to be on; empty where nothing of the kind was said."""
    found = _ONLY.match(said) or _JUST.match(said)
    what = "" if found is None else next(filter(None, found.groupdict().values()), "")
    return "" if _OTHER_DEEDS.search(what) else what


def _beside(targets: set[EntityId], view: ContextView) -> Iterator[EntityId]:
    """Yield the other lights of the rooms of these that can be put out and are not known to be."""
    for area_id in {view.area_of(i) for i in targets}:
        for entity_id in view.query(area_id=area_id, domain="light"):
            state = view.state(entity_id)
            if (
                entity_id not in targets
                and view.area_of(entity_id) == area_id
                and not view.entity(entity_id).category
                and state.available
                and state.state != "off"
            ):
                yield entity_id


def _off(ids: tuple[EntityId, ...]) -> Resolution:
    commands = tuple(Command(i, "turn_off") for i in ids)
    return Resolution(Decision.ACT, "HassTurnOff", commands=commands, targets=ids)

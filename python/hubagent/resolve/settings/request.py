"""What one entity is asked for, with the look-ups that every kind of setting needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.features import Failure
from hubagent.resolve.options import phrases
from hubagent.types import Command, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.resolve.intents import IntentSpec
    from hubagent.types import Capability, Entity, EntityState, Hypothesis, Value

Built = Command | tuple[Command, ...] | Failure
"""What a request for one entity comes to: commands in order, or why there are none."""

LEAST_LIKE = 0.75
"""Least likeness of a mode or source said to one the entity has."""
_NAMING = frozenset({"name", "device", "area", "floor"})
_SPOKEN = re.compile(r"[^\W_]+(?:[.,]\d+)?%?|%")


@dataclass(frozen=True)
class Request:
    """What one entity is asked for."""

    reading: Hypothesis
    said: str
    """Text of the clause."""
    spec: IntentSpec
    command: str
    entity: Entity
    state: EntityState
    commands: tuple[str, ...]
    """All commands the entity has."""

    @property
    def words(self) -> frozenset[str]:
        """The words of the clause."""
        return frozenset(text.tokens(self.said))

    @cached_property
    def free(self) -> tuple[str, ...]:
        """The words of the clause, as they were spoken, that name neither the thing nor a place."""
        named = [self.entity.name, *self.entity.aliases]
        named += [slot.text for slot in self.reading.slots if slot.name in _NAMING]
        own = {word for name in named for word in text.singulars(text.tokens(name))}
        found = []
        for word in _SPOKEN.findall(self.said.lower()):
            plain = text.singular("".join(text.tokens(word)))
            if plain in own:
                own.discard(plain)  # "the cool room to cool" says it twice
            else:
                found.append(word)
        return tuple(found)

    def with_slot(self, name: str, words: str) -> Request:
        """Return the request with these words in a slot."""
        others = (slot for slot in self.reading.slots if slot.name != name)
        slots = (*others, Slot(name, 0, 0, words))
        return replace(self, reading=replace(self.reading, slots=slots))

    def capability(self, name: str) -> Capability | None:
        """Return the entity's capability of that name."""
        return self.entity.capability(name)

    def slot(self, *names: str) -> str | None:
        """Return the words of the first of these slots that was filled."""
        return next((words for name in names if (words := self.reading.slot(name))), None)

    def implied(self, name: str) -> str:
        """Return what the reading itself fixes, empty for nothing."""
        return dict(self.reading.implied).get(name, "")

    @property
    def up(self) -> bool:
        """Whether a relative change goes up."""
        return self.implied("direction") != "down"

    def attribute(self, name: str) -> float | None:
        """Return a current attribute as a number."""
        value = self.state.attributes.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return None

    def to(self, data: Mapping[str, Value] | None = None, command: str = "") -> Command:
        """Return the command with this data."""
        return Command(self.entity.entity_id, command or self.command, dict(data or {}))

    def refused(self, reason: str, **facts: Value) -> Failure:
        """Return why the entity cannot do it."""
        return Failure(reason, {"name": self.entity.name, **facts})

    def unable(self, what: str) -> Failure:
        """Return that the entity lacks a capability."""
        return self.refused("no_capability", intent=self.spec.intent, what=what)

    def missing(self, what: str) -> Failure:
        """Return that no value was said."""
        return self.refused("missing_value", what=what)

    def outside(self, what: str, low: float, high: float, unit: str) -> Failure:
        """Return that the value said is outside the range."""
        return self.refused("out_of_range", what=what, minimum=low, maximum=high, unit=unit)


def nearest(words: str, options: tuple[str, ...]) -> str | None:
    """Return the option that the words mean, ``None`` if none is near."""
    said = tuple(word for word in text.tokens(words) if word not in {"mode", "the", "to"})
    for known, option, _ in phrases(options):
        if known == said or "".join(known) == "".join(said):
            return option
    best, best_likeness = None, LEAST_LIKE
    for option in options:
        name = " ".join(text.tokens(option.replace("_", " ")))
        likeness = SequenceMatcher(None, " ".join(said), name, autojunk=False).ratio()
        if likeness > best_likeness:
            best, best_likeness = option, likeness
    return best


def said_option(request: Request, options: tuple[str, ...]) -> str | None:
    """Return an option whose very words stand in the clause, the longest first."""
    words = tuple(token for word in request.free for token in text.tokens(word))
    for known in sorted(options, key=len, reverse=True):
        part = text.tokens(known.replace("_", " "))
        if part and known not in {"on", "off", "none"} and text.find(words, part) >= 0:
            return known
    return None


def option(request: Request, name: str, words: str, command: str) -> Command | Failure:
    """Return the command that chooses one of the entity's own options."""
    limits = request.capability(name)
    if limits is None:
        return request.unable(name)
    found = nearest(words, limits.options)
    if found is None:
        return request.refused("unknown_value", what=name, value=words)
    return request.to({name: found}, command)

"""What one entity is asked for, with the look-ups that every kind of setting needs."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.features import Failure
from hubagent.types import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.resolve.intents import IntentSpec
    from hubagent.types import Capability, Entity, EntityState, Hypothesis, Value

LEAST_LIKE = 0.75
"""Least likeness of a mode or source said to one the entity has."""


@dataclass(frozen=True, slots=True)
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


def nearest(words: str, options: tuple[str, ...], synonyms: Mapping[str, str]) -> str | None:
    """Return the option that the words mean, ``None`` if none is near."""
    said = " ".join(word for word in text.tokens(words) if word not in {"mode", "the", "to"})
    said = synonyms.get(said, said).replace("_", " ")
    best, best_likeness = None, LEAST_LIKE
    for option in options:
        known = " ".join(text.tokens(option.replace("_", " ")))
        if known == said or "".join(known.split()) == "".join(said.split()):
            return option
        likeness = SequenceMatcher(None, said, known, autojunk=False).ratio()
        if likeness > best_likeness:
            best, best_likeness = option, likeness
    return best


def said_option(request: Request, options: tuple[str, ...]) -> str | None:
    """Return an option whose very words stand in the clause, the longest first."""
    words = text.tokens(request.said)
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
    found = nearest(words, limits.options, {})
    if found is None:
        return request.refused("unknown_value", what=name, value=words)
    return request.to({name: found}, command)

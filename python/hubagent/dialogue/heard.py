"""What the dialogue makes of an utterance before it is read: the values it hands to the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.dialogue.memory import Past
    from hubagent.types import EntityId, Resolution, Understanding


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reading to be resolved, with what it may be about."""

    understanding: Understanding
    ids: tuple[EntityId, ...] = ()
    """What "it" is."""
    domains: frozenset[str] = frozenset()
    """Kinds of thing it is about if it can be; empty for any."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an utterance is, as far as the dialogue knows."""

    text: str
    """What is to be read as a request of its own."""
    note: str = "a new request"
    resolutions: tuple[Resolution, ...] | None = None
    """What is decided without any reading."""
    understanding: Understanding | None = None
    """The reading behind ``resolutions``, if there was one."""
    first: tuple[Attempt, ...] = ()
    """Readings that are tried before that of the text, and ..."""
    last: tuple[Attempt, ...] = ()
    """... after it, where it came to nothing."""
    ids: tuple[EntityId, ...] = ()
    """What "it" is in the text."""
    wrong: Past | None = None
    """The turn that a correction takes back."""
    undone: tuple[Past, ...] = ()
    """Turns that ``resolutions`` take back."""
    before: Past | None = None
    """The turn that is gone on from."""
    asked: tuple[EntityId, ...] = ()
    bare: bool = False
    """Nothing but a name was said, to go on with: the text alone asks for nothing to be moved."""

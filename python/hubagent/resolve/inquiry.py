"""What a question or a condition asks of the home, as values.

An ``Inquiry`` is a state or a quality, a bound it is held against, and the words that are left, which
say whose; ``inquiry_reader`` makes it from words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.resolve.lexicon import Quality
    from hubagent.resolve.places import Place


class PlaceWords(Protocol):
    """Says whether words are a place of the home."""

    def find(self, said: str) -> Place:
        """Return the place that the words mean, perhaps an unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that a value is held against: "above 23", "at most half"."""

    side: str
    """``above``, ``below``, ``least`` or ``most``."""
    value: float
    unit: str = ""
    """Words of the unit, if any were said."""

    def holds(self, value: float) -> bool:
        """Return whether a value is on that side."""
        if self.side == "above":
            return value > self.value
        if self.side == "below":
            return value < self.value
        return value >= self.value if self.side == "least" else value <= self.value


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question on the home, in words that are sorted but not yet looked up."""

    form: str
    """``is``, ``which``, ``many``, ``value``, ``most``, ``compare`` or ``statement``."""
    states: tuple[str, ...] = ()
    state_said: str = ""
    quality: Quality | None = None
    bound: Bound | None = None
    upward: bool = True
    """Of a comparison: whether more is what was asked for."""
    subject: tuple[str, ...] = ()
    """Words that say whose state it is, in order."""
    places: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    """What is compared, in words."""
    all: bool = False
    any: bool = False
    negated: bool = False
    pronoun: bool = False
    somebody: bool = False
    ambient: bool = False
    """Said of a room or the air, not of a thing."""
    rooms: bool = False
    """Whether rooms are asked for, not what is in them."""
    closed: bool = False
    """Of a comparison: whether it is asked with yes or no: "is it colder outside than in here"."""

    @property
    def empty(self) -> bool:
        """Whether nothing was asked that a home could tell."""
        return not (self.states or self.quality or self.bound)


class CalledWords(Protocol):
    """Says where words are the name of a thing of the home."""

    def called(self, words: Sequence[str]) -> Sequence[tuple[int, int]]:
        """Return start and end of each name that stands in the words, in order."""
        ...


class Names(PlaceWords, CalledWords, Protocol):
    """What the words of a question are asked of the home."""

    def words(self) -> frozenset[str]:
        """Return every word of its names."""
        ...

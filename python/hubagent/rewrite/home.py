"""What the things and places of a home are called, as the guard-rails and the index need it.

In: a view. Out: look-ups over the names as tokens; costs one pass over the entities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.rewrite.words import lexicon, singular, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubagent.ports import ContextView
    from hubagent.types import Entity

_SETTINGS = frozenset(
    {
        "input_datetime",
        "input_number",
        "input_select",
        "input_text",
        "number",
        "select",
        "event",
        "update",
    }
)
"""Domains whose names are no things people speak of: "Wake-up Time"."""
_Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HomeWords:
    """The names of a home."""

    things: tuple[tuple[_Name, str, bool], ...]
    """(name in singular tokens, name as written, whether it is sensitive)."""
    places: tuple[tuple[_Name, str], ...]
    words: frozenset[str]
    """Every word of a name that tells things apart, in the singular."""
    nouns: frozenset[str]
    """Those that only ever end a longer name: "machine" of a coffee machine."""

    @classmethod
    def of(cls, view: ContextView, sensitive: Callable[[Entity], bool]) -> HomeWords:
        """Collect the names of a view.

        Args:
            view: The home.
            sensitive: Whether a thing is never moved on a guess.
        """
        things = tuple(
            (_name(name), name, sensitive(entity))
            for entity in view.entities()
            if not entity.category and entity.domain not in _SETTINGS
            for name in (entity.name, *entity.aliases)
        )
        places = tuple(
            (_name(name), name)
            for items in (view.areas(), view.floors())
            for item in items
            for name in (item.name, *item.aliases)
        )
        known = lexicon()
        words = frozenset(
            word
            for name in [item[0] for item in things] + [item[0] for item in places]
            for word in name
            if word not in known.sets["small"] and word not in known.poles and word.isalpha()
        )
        names = [item[0] for item in things] + [item[0] for item in places]
        telling = {word for name in names for word in (name[:-1] if len(name) > 1 else name)}
        return cls(things, places, words, words - telling)

    def has_word(self, word: str) -> bool:
        """Return whether a word is one of a name here."""
        return singular(word) in self.words

    def names_anything(self, words: tuple[str, ...]) -> bool:
        """Return whether the words have the whole name of a thing or a place."""
        said = _singulars(words)
        names = [item[0] for item in self.things] + [item[0] for item in self.places]
        return any(True for name in names for _ in _at(said, name))

    def sensitive_in(self, words: tuple[str, ...]) -> str:
        """Return the name of a sensitive thing that is called in full, empty for none.

        The front door is not called by "front door light" where a light has that name.
        """
        said = _singulars(words)
        covered = [
            range(start, start + len(name))
            for name, _, dangerous in self.things
            if not dangerous
            for start in _at(said, name)
        ]
        for name, written, dangerous in self.things:
            for start in _at(said, name) if dangerous else ():
                span = range(start, start + len(name))
                if not any(set(span) < set(other) for other in covered):
                    return written
        return ""

    def places_in(self, words: tuple[str, ...]) -> frozenset[int]:
        """Return where words of places of the home stand."""
        said = _singulars(words)
        return frozenset(
            at
            for name, _ in self.places
            for start in _at(said, name)
            for at in range(start, start + len(name))
        )

    def added(
        self, source: tuple[str, ...], target: tuple[str, ...], *, heard: Callable[[str], bool]
    ) -> str:
        """Return what the target names although the source named another, empty for nothing.

        Args:
            source: Words that were said.
            target: Words that are to stand for them.
            heard: Whether a word may have been said although it was understood as another.
        """
        said, meant = _singulars(source), _singulars(target)
        kinds = lexicon().kinds.keys()
        things = [(name, written) for name, written, _ in self.things]
        named = [name for name, _ in things if any(True for _ in _at(said, name))]
        looked_at = things if any(not kinds >= set(name) for name in named) else []
        if any(True for name, _ in self.places for _ in _at(said, name)):
            looked_at = [*looked_at, *self.places]
        for name, written in looked_at:
            missing = set(name) - set(said)
            if missing and any(True for _ in _at(meant, name)) and not all(map(heard, missing)):
                return written
        return ""


def _singulars(words: tuple[str, ...]) -> _Name:
    return tuple(map(singular, words))


def _name(text: str) -> _Name:
    return _singulars(tokens(text))


def _at(words: _Name, name: _Name) -> Iterator[int]:
    """Yield where a name stands within words."""
    for start in range(len(words) - len(name) + 1) if name else ():
        if words[start : start + len(name)] == name:
            yield start

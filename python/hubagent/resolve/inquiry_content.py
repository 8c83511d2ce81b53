"""The words of a question that say whose state is asked for, and the places that were said.

In: words that no state or quality has taken. Out: those that name something, and the places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import Values
    from hubagent.resolve.inquiry import PlaceWords
    from hubagent.resolve.lexicon import Lexicon

PLACED = frozenset({"in", "on", "at", "inside", "down", "up", "out", "over", "near"})
"""Words before a place."""
_SIDES = frozenset({"left", "right"})


class ContentWords:
    """Tells words that name something from those that questions are made of."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._values = values
        self.own_colours: frozenset[str] = frozenset()
        """Colours that are words of names in the home that is asked."""

    def places(self, words: list[str], places: PlaceWords) -> tuple[tuple[str, ...], list[str]]:
        """Return the places that stand behind "in" and the like, and the words without them."""
        found: list[str] = []
        left: list[str] = []
        index = 0
        while index < len(words):
            size = self._place_at(words, index, places)
            if size:
                found.append(" ".join(words[index : index + size]))
                index += size
            else:
                left.append(words[index])
                index += 1
        return tuple(found), left

    def _place_at(self, words: list[str], index: int, places: PlaceWords) -> int:
        leads = index > 0 and words[index - 1] in PLACED
        if tuple(words[index : index + 2]) in {
            ("in", "here"),
            ("up", "here"),
            ("down", "here"),
            ("down", "there"),
            ("up", "there"),
            ("out", "there"),
        }:
            return 2
        if index and words[index:] == ["out"]:  # "how cold is it out"
            return 1
        for size in range(min(5, len(words) - index), 0, -1):
            part = tuple(words[index : index + size])
            lexicon = self._lexicon
            if part in lexicon.outside | lexicon.inside | lexicon.upper | lexicon.lower:
                return size
            if part[0] in {"the", "a"} and not leads:
                continue
            if leads and any(self.is_content(word) for word in part):
                place = places.find(" ".join(part))
                if not place.unknown and self.is_content(part[-1]):
                    return size
        return 0

    def content(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words that say whose state is asked for; "left" where it is the left one."""
        found = []
        for index, word in enumerate(words):
            side = word in _SIDES and index > 0 and words[index - 1] in {"the", "my", "our"}
            if side or self.is_content(word):
                found.append(word)
        return tuple(found)

    def is_content(self, word: str) -> bool:
        """Return whether a word may say whose state is asked for."""
        if (text.singular(word),) in self._lexicon.kind_words:
            return True
        if word in self._lexicon.fillers | self._lexicon.skipped:
            return False
        if self._values.colour(word) is not None and word not in self.own_colours:
            return False
        return word not in self._lexicon.carriers or (
            self._lexicon.is_own_word(word) and word not in PLACED
        )

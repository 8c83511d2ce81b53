"""Slips of the finger in the words that requests are made of, put right before anything reads them.

In: words as typed. Out: the same, with "trun", "ligths" and "tiimer" as "turn", "lights" and "timer".
Only a word that is none (the caller knows: not in the model's vocabulary, not in a name of the home)
is touched, only where one slip makes it from a single word of the closed class (``spelling.toml``),
and never where it might be the opposite as well.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORD = re.compile(r"[^\W\d_]{3,}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST = 4
"""Letters of a word that may be meant: shorter ones are too much alike."""


def repaired(said: str, is_word: Callable[[str], bool]) -> str:
    """Return the text with slips in its closed-class words put right.

    Args:
        said: What was typed or heard.
        is_word: Whether a word in lower case is one, so no slip.
    """

    def put_right(match: re.Match[str]) -> str:
        word = match[0].lower()
        meant = _contracted().get(word) or _meant().get(word)
        return match[0] if meant is None or is_word(match[0].lower()) else meant

    return _WORD.sub(put_right, said)


@cache
def _contracted() -> Mapping[str, str]:
    """Return words written as they are spoken -> those that are meant."""
    source = resources.files("hubagent.understand").joinpath("spelling.toml")
    table: Mapping[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))["spoken"]
    return table


@cache
def _meant() -> Mapping[str, str]:
    """Return slips -> the one word that they come from; the likelier kind of slip decides."""
    source = resources.files("hubagent.understand").joinpath("spelling.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    words = {word for word in data["words"].split() if len(word) >= _SHORTEST}
    opposite = {one: other for pair in data["opposites"] for one, other in (pair, pair[::-1])}
    likely: dict[str, set[str]] = {}
    possible: dict[str, set[str]] = {}
    for word in sorted(words):
        for found, slips in ((likely, _likely_slips(word)), (possible, _slips(word))):
            for slip in slips - words:
                found.setdefault(slip, set()).add(word)
    table = {}
    for slip, of in possible.items():
        meant = _one(likely.get(slip) or of)
        if meant is not None and opposite.get(meant) not in of:
            table[slip] = meant
    return table


def _one(words: set[str]) -> str | None:
    """Return the only word of several; of one and its plural the singular, which means less."""
    found = {word for word in words if word.removesuffix("s") == word or word[:-1] not in words}
    return found.pop() if len(found) == 1 else None


def _likely_slips(word: str) -> set[str]:
    """Return the word with two letters exchanged, or a letter doubled or lost."""
    found = {word[:at] + word[at] + word[at:] for at in range(len(word))}
    found |= {word[:at] + word[at + 1 :] for at in range(len(word))}
    found |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return found - {word}


def _slips(word: str) -> set[str]:
    """Return those, and the word with a wrong letter or one too many."""
    found = _likely_slips(word)
    for at in range(len(word)):
        found |= {word[:at] + letter + word[at + 1 :] for letter in _LETTERS}
    for at in range(len(word) + 1):
        found |= {word[:at] + letter + word[at:] for letter in _LETTERS}
    return found - {word}

"""Words as the resolver compares them: tokens, singular forms, likeness.

Strings in, tuples of tokens or numbers in [0, 1] out; knows nothing of homes.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_APOSTROPHE = re.compile(r"['\u2019`]")
_WORD = re.compile(r"[^\W_]+(?:\.\d+)?", re.UNICODE)
_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
}  # fmt: skip
_SPELLED = {digit: word for word, digit in _NUMBERS.items()}
_MISSPELT = 0.78
"""Least likeness of two words taken for one and the same, mistyped or misheard."""
_SHORTEST_MISSPELT = 4


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text: lower case, no accents, no apostrophes, small numbers as digits."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", text.casefold()))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(_NUMBERS.get(word, word) for word in _WORD.findall(letters))


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """Return the word without its plural ending, as far as spelling tells."""
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s")


def spoken(word: str) -> str:
    """Return the word as it sounds: a small number in letters, as "three" may be heard for "tree"."""
    return _SPELLED.get(word, word)


@lru_cache(maxsize=8192)
def singulars(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return every word in the singular."""
    return tuple(singular(word) for word in words)


@lru_cache(maxsize=65536)
def likeness(said: str, known: str) -> float:
    """Return how surely two words are the same, 0 when they are taken for different ones.

    Equal in the singular is 1; a slip of spelling in a word of four letters or more counts by the
    share of letters in common; anything with a digit must be equal.
    """
    if said == known or singular(said) == singular(known):
        return 1.0
    if min(len(said), len(known)) < _SHORTEST_MISSPELT or not (said + known).isalpha():
        return 0.0
    ratio = SequenceMatcher(None, said, known, autojunk=False).ratio()
    return ratio if ratio >= _MISSPELT else 0.0


def find(words: tuple[str, ...], part: tuple[str, ...]) -> int:
    """Return where ``part`` stands within ``words``, -1 if it does not."""
    size = len(part)
    if size and part[0] not in words:
        return -1  # mostly so, and quick to see
    for start in range(len(words) - size + 1):
        if words[start : start + size] == part:
            return start
    return -1


def is_plural(word: str) -> bool:
    """Return whether a word is in the plural."""
    return singular(word) != word

"""Prepare the text of an utterance without moving any character.

In comes what was typed or recognised, out goes text of the same length in lower case with plain
quotes, dashes and spaces, so that spans found in it are spans of the original.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u0060": "'", "\u00b4": "'", "\u201c": '"', "\u201d": '"',
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u00ba": "\u00b0", "\uff05": "%", "_": " ",
})  # fmt: skip


@lru_cache(maxsize=8192)
def normalise(text: str) -> str:
    """Return the text in lower case with plain punctuation, character for character.

    Control characters and every kind of space become a blank. A letter whose lower case has
    another length stays as it is.
    """
    return "".join(_plain(character) for character in text.translate(_PLAIN))


def _plain(character: str) -> str:
    if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return " "
    lower = character.lower()
    return lower if len(lower) == 1 else character

"""Opposites in words: which poles were said, and which may have been meant by what was heard.

Words of a request in, axis -> signs out; the axes are data (``guardrail.toml``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hubagent.rewrite.words import lexicon

if TYPE_CHECKING:
    from hubagent.rewrite.words import Axis


def poles(words: tuple[str, ...]) -> dict[Axis, set[int]]:
    """Return the axes of which a pole was said, with the signs of those poles."""
    known = lexicon()
    found: dict[Axis, set[int]] = {}
    for at, word in enumerate(words):
        if word in known.poles and not _is_preposition(words, at):
            axis, sign = known.poles[word]
            found.setdefault(axis, set()).add(sign)
    return found


def _is_preposition(words: tuple[str, ...], at: int) -> bool:
    """Return whether "on" or "off" tells where, as in "turn off the lamp on the desk"."""
    known = lexicon()
    if words[at] not in {"on", "off"} or at == 0 or at + 1 == len(words):
        return False
    return (
        words[at + 1] in known.sets["determiners"]
        and words[at - 1] not in known.sets["switch"]
        and any(words[i] in {"on", "off"} for i in range(len(words)) if i != at)
    )


def signs(found: dict[Axis, set[int]]) -> set[int]:
    """Return the signs of the axes that count beside others."""
    return {sign for axis, each in found.items() if axis.signed for sign in each}


def near_poles(source: tuple[str, ...], target: tuple[str, ...]) -> dict[Axis, set[int]]:
    """Return the poles that words of the source alone may have been, misheard or mistyped."""
    known = lexicon()
    found: dict[Axis, set[int]] = {}
    for at, word in enumerate(source):
        if word in target or word in known.poles:
            continue
        meant = {known.near[word]} if word in known.near and _stands_free(source, at) else set()
        meant |= _poles_spelt_like(word)
        for axis, sign in meant:
            found.setdefault(axis, set()).add(sign)
    return found


def _stands_free(words: tuple[str, ...], at: int) -> bool:
    """Return whether a short word stands where "on" and "off" do: at an end, or behind "turn"."""
    return at + 1 == len(words) or at == 0 or words[at - 1] in lexicon().sets["switch"]


@lru_cache(maxsize=4096)
def _poles_spelt_like(word: str) -> frozenset[tuple[Axis, int]]:
    """Return the poles whose words this one is but for a letter."""
    known = lexicon().poles
    return frozenset(pole for spelt, pole in known.items() if _one_letter_off(word, spelt))


def _one_letter_off(word: str, pole: str) -> bool:
    """Return whether a longer word is a pole but for one letter."""
    if min(len(word), len(pole)) < 4 or abs(len(word) - len(pole)) > 1 or word == pole:
        return False
    short, long = sorted((word, pole), key=len)
    same = next((i for i, char in enumerate(short) if char != long[i]), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]

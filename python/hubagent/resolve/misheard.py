"""Names that a recogniser misheard: "ferry lights" for the Fairy Lights, "lan turn" for the Lantern.

In: the words of a mention that nothing in the home fits, and the nearness in spelling and sound that
the home's index of names gives. Out: the things whose whole name sounds so. What is found here is a
doubtful find: it is asked about unless it is near and nothing else is.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.ports import ContextView, NameMatch
    from hubagent.resolve.lexicon import Lexicon

SURE_ROOM = 0.85
"""Least nearness of a room that is taken for the one said: there are few, and they sound apart."""
SURE_SOUND = 0.87
"""Least nearness of a misheard name that is acted upon unasked."""
_LEAST = 0.75
"""Least nearness of a misheard name that is worth a question, and ..."""
_LEAST_SPELLING = 0.68
"""... of its spelling: short words of few consonants sound alike by chance."""
_AHEAD = 0.1
"""By how much it must be nearer than the next name."""
_MOST_WORDS = 5
_SHORTEST = 4
_LOOKED_AT = 12


@dataclass(frozen=True, slots=True)
class Heard:
    """What has a name that sounds like the words, and how near it is in [0, 1]."""

    id: str
    nearness: float


def misheard(
    words: tuple[str, ...], kind: str, view: ContextView, lexicon: Lexicon
) -> Heard | None:
    """Return what the words are most likely a mishearing of; ``None`` if nothing, or two.

    Args:
        words: What was said of the thing and its place, as tokens.
        kind: ``entity`` or ``area``.
        view: The home.
        lexicon: The resolver's words.
    """
    best: dict[str, tuple[float, NameMatch]] = {}
    for window in _windows(words, lexicon):
        spoken = " ".join(map(text.spoken, window))
        for match in view.match_names(spoken, limit=_LOOKED_AT):
            if match.kind != kind or match.fuzzy < _LEAST_SPELLING:
                continue
            near = (match.fuzzy + match.phonetic) / 2
            known = best.get(match.id)
            if (known is None or near > known[0]) and _may_be(window, match.name, lexicon):
                best[match.id] = near, match
    ranked = sorted(best.values(), key=lambda item: -item[0])
    if not ranked or ranked[0][0] < _LEAST:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _AHEAD:
        return None
    near, match = ranked[0]
    return Heard(match.id, near)


def _windows(words: tuple[str, ...], lexicon: Lexicon) -> Iterator[tuple[str, ...]]:
    """Yield the runs of words that could be a name, with every word that tells things apart.

    Only words of rooms, kinds and requests may be left out at the ends: whatever else was said must
    be part of the name, or "Anna's blue lantern" would be any lantern.
    """
    spare = [lexicon.is_own_word(word) or word in lexicon.carriers for word in words]
    if all(spare):
        return
    first, last = spare.index(False), len(words) - spare[::-1].index(False)
    for start, end in itertools.product(range(first + 1), range(last, len(words) + 1)):
        window = words[start:end]
        if len(window) <= _MOST_WORDS and len("".join(window)) >= _SHORTEST:
            yield window


def _may_be(window: tuple[str, ...], name: str, lexicon: Lexicon) -> bool:
    """Return whether nothing in the words speaks against the name.

    A common word of homes is what it is: it must stand in the name, unless the name has it in one
    with another ("bed side" in "Bedside Lamp"). The numbers of the name must be said.
    """
    known = set(text.singulars(text.tokens(name)))
    said = "".join(window)
    # What an own word may be a part of: "bed" of "bedside", not "room" of a bedroom unsaid.
    wholes = [part for part in known if not lexicon.is_own_word(part) or part in said]
    for word in window:
        if text.singular(word) in known:
            continue
        unheard = word.isdigit() and text.spoken(word) == word
        part = any(word in whole for whole in wholes)
        if unheard or (lexicon.is_own_word(word) and not part):
            return False
    return all(word in window for word in known if word.isdigit())

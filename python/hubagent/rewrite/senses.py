"""What single words mean where they stand, as far as guard-rails need to know: time or thing, kind or name.

Words of a request in, yes or no out; pure. The words are data (``guardrail.toml``).
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from hubagent.rewrite.words import lexicon, numbers, singular

if TYPE_CHECKING:
    from hubagent.rewrite.home import HomeWords

_ALIKE = 0.6
"""Share of letters in common from which a word may be another one, misheard."""


def is_question(words: tuple[str, ...]) -> bool:
    """Return whether something is asked to be told."""
    known = lexicon().sets
    first = words[0]
    if first == "do":  # "do the dishes", but "do we have ..."
        return len(words) > 1 and words[1] in {"we", "i", "you", "they"}
    return first in known["questions"] and first not in known["requests"]


def corrects(words: tuple[str, ...]) -> bool:
    """Return whether the first word says that something else was meant: "no, turn on the fan"."""
    known = lexicon().sets
    if words[0] != "no" or len(words) < 3:
        return False
    return words[1] in known["corrections"] or (words[1] == "i" and words[2] in known["meant"])


def is_time(words: tuple[str, ...], at: int) -> bool:
    """Return whether a word of time tells a time.

    It does not in "I am home", "every light", and where it is what is switched: "turn off the sunset".
    """
    known, word = lexicon(), words[at]
    behind = words[at + 1] if at + 1 < len(words) else ""
    if word == "am":
        return at > 0 and bool(numbers(words[at - 1 : at])[0])
    if word == "every":
        return behind not in known.kinds
    if at < 2 or words[at - 1] not in known.sets["determiners"]:
        return True
    verb = words[at - 2]
    if verb in known.poles and at > 2 and words[at - 3] in known.sets["switch"]:
        verb = words[at - 3]
    ends = not behind or behind in known.poles or behind in {"to", "please"}
    return not (ends and verb in known.sets["corrections"])


def kinds_of(words: tuple[str, ...], home: HomeWords | None) -> set[str]:
    """Return the kinds that are spoken of; a "music room" is no music, but a garage is one."""
    known = lexicon()
    places = home.places_in(words) if home is not None else frozenset()
    return {
        known.kinds[word]
        for at, word in enumerate(words)
        if word in known.kinds and (at not in places or word in known.sensitive_nouns)
    }


def is_another_noun(word: str, words: tuple[str, ...], home: HomeWords) -> bool:
    """Return whether a noun is that of something else: "bean machine" where only coffee has a machine."""
    known, at = lexicon(), words.index(word)
    before = words[at - 1] if at else ""
    return (
        singular(word) in home.nouns
        and before.isalpha()
        and not home.has_word(before)
        and before not in known.sets["small"] | known.sets["prepositions"] | known.sets["switch"]
        and before not in known.poles
        and before not in known.kinds
    )


def sounds_alike(said: str, wanted: str) -> bool:
    """Return whether a word may be another one, misheard, by its letters."""
    return SequenceMatcher(None, said, wanted, autojunk=False).ratio() >= _ALIKE

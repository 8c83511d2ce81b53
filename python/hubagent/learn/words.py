"""What two sentences have in common, word by word: likeness, numbers, opposites, names.

Façade of the likeness of texts in Rust, and the few sets of words that decide whether a sentence
asks for the same thing as another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hubagent._core import likeness
from hubagent.evidence import source_key

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_SMALL = frozenset((
    "a", "an", "the", "my", "our", "your", "this", "that", "these", "those", "it", "please", "can",
    "could", "would", "will", "you", "we", "i", "i'd", "i'm", "me", "us", "to", "of", "in", "at",
    "for", "and", "is", "are", "be", "do", "hey", "ok", "okay", "now", "just", "so", "with", "some",
    "then", "there", "here",
))  # fmt: skip
"""Words that say nothing of what is wanted."""
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = (
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_NUMBERS = {word: number for number, word in enumerate(_ONES)}
_NUMBERS |= {word: 20 + 10 * at for at, word in enumerate(_TENS)}
_NUMBERS |= {"hundred": 100, "half": 50, "quarter": 25, "full": 100, "max": 100}
_OPPOSITES = (
    (("on", "start", "activate", "enable"), ("off", "stop", "deactivate", "disable", "kill")),
    (("open", "raise"), ("close", "shut", "lower")),
    (("up", "increase", "louder", "brighter", "warmer", "hotter", "faster", "more"),
     ("down", "decrease", "quieter", "dim", "darker", "cooler", "colder", "slower", "less")),
    (("lock", "arm"), ("unlock", "disarm")),
    (("mute",), ("unmute",)),
    (("pause",), ("resume", "play")),
)  # fmt: skip
_SIDES = {
    word: (number, side)
    for number, sides in enumerate(_OPPOSITES)
    for side, words in enumerate(sides)
    for word in words
}
_CORRECTING = frozenset({"no", "not", "nope", "wrong", "said", "meant", "mean", "instead"})
_TAKING_BACK = frozenset({"undo", "cancel", "nevermind", "never", "back", "forget"})
_SHORT = 4
"""Words up to which a sentence may be a mere correction or taking back."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence taken apart."""

    key: str
    words: tuple[str, ...]
    content: frozenset[str]
    numbers: frozenset[int]
    sides: frozenset[tuple[int, int]]
    """(which pair of opposites, which side)."""
    corrects: bool
    """Begins like a correction: ``no, I said ...``."""
    takes_back: bool
    """Short, and of the words that take something back."""


@lru_cache(maxsize=512)
def said(text: str) -> Said:
    """Take a sentence apart."""
    key = source_key(text)
    words = tuple(key.split())
    return Said(
        key,
        words,
        frozenset(words) - _SMALL,
        _numbers(words),
        frozenset(_SIDES[word] for word in words if word in _SIDES),
        not _CORRECTING.isdisjoint(words[:3]),
        len(words) <= _SHORT and not _TAKING_BACK.isdisjoint(words),
    )


def _numbers(words: tuple[str, ...]) -> frozenset[int]:
    """Return the numbers in words: ``twenty five`` and ``25`` are one."""
    found: list[int] = []
    tens = False
    for word in words:
        digits = word.rstrip("%°")
        if digits.isdecimal() and len(digits) < 7:
            found.append(int(digits))
        elif word in _NUMBERS:
            number = _NUMBERS[word]
            if tens and 0 < number < 10:
                found[-1] += number
            else:
                found.append(number)
        tens = word in _TENS
    return frozenset(found)


WORD_FEATURES = (
    "same", "shared", "source_in_later", "later_in_source", "spelling", "sound", "spelling_of_rest", "sound_of_rest",
    "nothing_lost", "nothing_new", "names_shared", "names_lost", "names_new", "names_swapped", "new_names_sound",
    "lost_names_sound", "lost_unknown", "new_unknown", "numbers_same", "numbers_differ", "number_new", "number_lost",
    "opposite", "way_same", "way_one", "longer", "shorter", "short",
)  # fmt: skip


def compare(before: str, after: str, names: AbstractSet[str]) -> list[float]:
    """Return the features ``WORD_FEATURES`` of two sentences, each in [0, 1].

    Args:
        before: The earlier sentence.
        after: The later one.
        names: Words of names in the home, lower case; may be empty, then nothing is known of them.
    """
    one, other = said(before), said(after)
    lost, new = one.content - other.content, other.content - one.content
    shared = one.content & other.content
    everything = one.content | other.content
    spelling, sound = likeness(one.key, other.key)
    rest = likeness(_joined(one, lost), _joined(other, new)) if lost and new else (0.0, 0.0)
    lost_names, new_names = lost & names, new & names
    return [
        float(one.key == other.key), len(shared) / max(1, len(everything)),
        len(shared) / max(1, len(one.content)), len(shared) / max(1, len(other.content)),
        spelling, sound, rest[0], rest[1], float(not lost), float(not new),
        _few(shared & names), _few(lost_names), _few(new_names),
        float(bool(lost_names) and bool(new_names)),
        _nearest(new_names, lost), _nearest(lost_names, new),
        _few(lost - names) if names else 0.0, _few(new - names) if names else 0.0,
        float(bool(one.numbers) and one.numbers == other.numbers),
        float(bool(one.numbers) and bool(other.numbers) and one.numbers != other.numbers),
        float(bool(other.numbers) and not one.numbers), float(bool(one.numbers) and not other.numbers),
        float(any((pair, 1 - side) in other.sides for pair, side in one.sides)),
        float(bool(one.sides & other.sides)), float(bool(one.sides) != bool(other.sides)),
        _more(len(other.words), len(one.words)), _more(len(one.words), len(other.words)),
        float(len(other.content) <= 2),
    ]  # fmt: skip


def _joined(sentence: Said, words: frozenset[str]) -> str:
    return " ".join(word for word in sentence.words if word in words)


def _few(words: AbstractSet[str]) -> float:
    return min(len(words), 4) / 4.0


def _more(count: int, than: int) -> float:
    return min(max(count - than, 0), 6) / 6.0


def _nearest(words: AbstractSet[str], others: AbstractSet[str]) -> float:
    """Return how much like one of the others the words sound, on average; 0 without any."""
    if not words or not others:
        return 0.0
    nearest = [max(likeness(word, other)[1] for other in others) for word in words]
    return sum(nearest) / len(nearest)

"""From the words of an amount to a number in a given range.

"half", "max" and "quarter" are parts of the range; "a bit" and "a lot" scale one ordinary step;
numbers are read by the understanding's own reader, which the wiring hands over.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from hubagent.ports import Values
    from hubagent.resolve.lexicon import Lexicon

_LEADING = frozenset({"to", "at", "by", "the", "of", "its", "about", "around"})
_LONGEST_NUMBER = 6
_KEPT = 4096
_NO_AMOUNT = frozenset(
    {"one", "ones", "a", "the", "low", "high", "medium", "mid", "middle", "full"}
)
_UNITED = re.compile(r"%|\bper ?cent\b|\bdegrees?\b", re.IGNORECASE)
_COUNTED = frozenset({
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "oclock", "am", "pm",
})  # fmt: skip
_FAHRENHEIT = re.compile(r"(?:°\s*|\b|\d)f\b|fahrenheit", re.IGNORECASE)
_CELSIUS = re.compile(r"(?:°\s*|\b|\d)c\b|celsius|centigrade", re.IGNORECASE)


class Amounts:
    """Reads amounts; ``None`` means that the words are no amount."""

    def __init__(self, values: Values, lexicon: Lexicon) -> None:
        self.values = values
        self._lexicon = lexicon
        self.ordinary = lexicon.carriers | {word for kind in lexicon.kind_words for word in kind}
        """Words that requests are made of; one that is an option besides must be marked as one."""
        # Every candidate of a request reads the same words.
        self.number = lru_cache(maxsize=_KEPT)(self._number)

    def _number(self, words: str) -> float | None:
        """Return the plain number said; a scale of temperature after it does not matter."""
        return self.values.number(_CELSIUS.sub(_digit, _FAHRENHEIT.sub(_digit, words)))

    def said(self, words: Sequence[str], *, bare: bool = False) -> str | None:
        """Return the last run of words that is an amount: marked ("to 20") or with a unit ("20 %").

        What a number counts that is no amount ("in ten minutes") is none. ``bare`` takes a number
        that is neither marked nor has a unit, too.
        """
        for end in range(len(words), 0, -1):
            for start in range(max(0, end - _LONGEST_NUMBER), end):
                run = " ".join(words[start:end])
                if words[start] in _LEADING or self.number(run) is None:
                    continue
                if set(words[end : end + 1]) & _COUNTED or set(words[start:end]) <= _NO_AMOUNT:
                    return None
                marked = start > 0 and words[start - 1] in _LEADING
                return run if bare or marked or _UNITED.search(run) else None
        return None

    def part_said(self, words: Sequence[str]) -> str | None:
        """Return the longest run of words for a part of a range: "two thirds", "half way"."""
        return _longest(words, self._lexicon.amounts)

    def steps_said(self, words: Sequence[str]) -> str | None:
        """Return the longest run of words for a number of steps: "a bit", "two notches"."""
        return _longest(words, self._lexicon.steps)

    def share(self, words: Sequence[str]) -> float | None:
        """Return by which share of itself something changes: 0.5 for "down by half"."""
        for index, word in enumerate(words):
            if word == "by" and (part := self.part_said(words[index + 1 : index + 4])):
                return self.part(part)
        return None

    def share_kept(self, words: Sequence[str]) -> float | None:
        """Return which share of itself something is to become: 0.5 for "half of what it is"."""
        for index in range(1, len(words) - 1):
            if tuple(words[index : index + 2]) != ("what", "it"):
                continue
            before = words[: index - 1] if words[index - 1] == "of" else words[:index]
            if part := self.part_said(before[-3:]):
                return self.part(part)
        return None

    def part(self, words: str) -> float | None:
        """Return which part of a range is said, 0..1: "half" is 0.5; ``None`` for numbers."""
        said = _without_leading(text.tokens(words))
        return self._lexicon.amounts.get(said)

    def within(self, words: str, low: float, high: float) -> float | None:
        """Return the value said, where words for a part mean that part of ``low`` .. ``high``."""
        part = self.part(words)
        if part is not None:
            return low + part * (high - low)
        return self.number(words)

    def colour(self, words: str) -> tuple[int | None, tuple[int, int, int] | None]:
        """Return a colour temperature in kelvin and a colour, whichever the words name.

        Shades that have no name of their own count by their last words: "deep red" is red.
        """
        parts = words.split()
        for start in range(len(parts)):
            said = " ".join(parts[start:])
            found = self.values.kelvin(said), self.values.colour(said)
            if found != (None, None):
                return found
        return None, None

    def change(self, words: str | None, step: float) -> float:
        """Return the size of a relative change: a number said, or so many ordinary steps."""
        steps = self.steps(words)
        if steps is not None:
            return steps * step
        number = self.number(words or "")
        return abs(number) if number is not None else step

    def steps(self, words: str | None) -> float | None:
        """Return how many ordinary steps are said: 1 for nothing, 0.5 for "a bit"."""
        if not words:
            return 1.0
        return self._lexicon.steps.get(_without_leading(text.tokens(words)))


def _digit(scale: re.Match[str]) -> str:
    """Keep the digit before a scale that follows it directly: ``72F``."""
    return "".join(char for char in scale[0] if char.isdigit())


def _without_leading(words: tuple[str, ...]) -> tuple[str, ...]:
    start = 0
    while start < len(words) - 1 and words[start] in _LEADING:
        start += 1
    return words[start:]


def unit_said(words: str) -> str:
    """Return ``°F`` or ``°C`` when the words name a scale of temperature, else nothing."""
    if _FAHRENHEIT.search(words):
        return "°F"
    return "°C" if _CELSIUS.search(words) else ""


def converted(value: float, unit: str, wanted: str) -> float:
    """Return a temperature in another scale."""
    if unit == wanted:
        return value
    return value * 9 / 5 + 32 if wanted == "°F" else (value - 32) * 5 / 9


def _longest(words: Sequence[str], known: Container[tuple[str, ...]]) -> str | None:
    """Return the longest run of words whose tokens are known, the first of several."""
    for size in range(min(len(words), _LONGEST_NUMBER), 0, -1):
        for start in range(len(words) - size + 1):
            run = " ".join(words[start : start + size])
            if text.tokens(run) in known:
                return run
    return None

"""A shortened request in its parts: "a bit less", "off again", "thirty for the light".

In: the words. Out: which way, how much, of what quality, on or off, and the words that are none of
this: what else is spoken of. Knows nothing of homes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.dialogue.words import load, tokens

if TYPE_CHECKING:
    from hubagent.ports import Values

_NUMBER_WORDS = 4
_COLOUR_WORDS = 3
_TO = frozenset({"to", "at", "on"})
_BY = frozenset({"by", "back", "another"})
_UNITS = frozenset({"degree", "degrees", "percent", "more", "less", "notch", "step"})
_SWITCHED = frozenset({"off", "open", "close", "shut"})
_NUMBERED = frozenset({"number", "no"})
_JOINERS = frozenset({"and", "hundred", "point"})
_DETERMINERS = frozenset({"the", "my", "our", "that", "this"})
_INSIDE = frozenset({"the", "in", "of", "and", "my", "your", "at", "on"})
"""Small words that may stand inside what is named: "the blackout in the bedroom"."""
_MOST_IN_A_NAME = 12
"""The largest number that things are told apart by."""


@dataclass(slots=True)
class Short:
    """The parts of a shortened request; empty where nothing was said of it."""

    polarity: str = ""
    way: str = ""
    """``up``, ``down``, ``more`` (as before) or ``back`` (the other way)."""
    quality: str = ""
    amount: str = ""
    """A number, as said."""
    complaint: bool = False
    """Whether the way is that of a complaint: a number behind "too loud" is where to go."""
    absolute: bool = False
    """Whether the number is where to go, not how far."""
    part: str = ""
    size: str = ""
    colour: str = ""
    other: str = ""
    """The words that are nothing of this, from the first to the last of them."""
    full: bool = False
    """Whether it has words of requests that are no shortened ones."""
    words: list[str] = field(default_factory=list)

    @property
    def says(self) -> bool:
        """Whether it says what is wanted, be it little."""
        return bool(
            self.polarity or self.way or self.amount or self.part or self.size or self.colour
        )

    @property
    def bare_number(self) -> bool:
        """Whether it says a number and nothing of what it counts."""
        units = _UNITS.intersection(self.words)
        return bool(self.amount) and not (self.way or self.quality or self.absolute or units)

    @property
    def only_level(self) -> bool:
        """Whether it says a level and not what of: that of what was spoken of, else of nothing."""
        return bool(self.amount or self.part) and not (self.quality or self.colour or self.polarity)


def parse(text: str, values: Values) -> Short:
    """Return the parts of a request, whether it is a shortened one or not."""
    words = tokens(text)
    short = Short(words=list(words))
    others: list[int] = []
    at = 0
    while at < len(words):
        named = bool(others) and others[-1] == at - 1
        size = 0 if named and _is_of_name(words, at, values) else _take(words, at, short, values)
        if not size:
            others.append(at)
            size = 1
        at += abs(size)
    if others:
        first, last = others[0], others[-1] + 1
        short.other = " ".join(words[first:last])
        between = [word for n, word in enumerate(words[first:last], first) if n not in others]
        short.full = short.full or not _INSIDE.issuperset(between)
    return short


def _take(words: tuple[str, ...], at: int, short: Short, values: Values) -> int:
    """Take the part that starts at a word; return how many words it has, 0 if it is none."""
    known = load()
    rest = words[at:]
    number = _number(words, at, values)
    if rest[0] in _NUMBERED and _number(words, at + 1, values):
        return 0
    for phrase, sort, value, quality in known.phrases.get(rest[0], ()):
        if rest[: len(phrase)] != phrase or len(phrase) < number:
            continue
        if sort == "polarity" and value == "on" and _number(words, at + 1, values) > 0:
            return 1  # "on thirty"
        if sort == "polarity" and value == "on" and _is_placed(words, at):
            return 0  # "the one on the veranda"
        if sort in {"direction", "complaint"}:
            short.complaint = sort == "complaint"
            short.way, short.quality = value, quality or short.quality
        elif sort == "quality":
            short.quality = quality
        else:
            setattr(short, sort, value)
        return len(phrase)
    if number:
        return _taken_number(words, at, number, short)
    if rest[0] in known.fillers:
        return 0 if _is_described(words, at) else 1
    for size in range(min(_COLOUR_WORDS, len(rest)), 0, -1):
        said = " ".join(rest[:size])
        if values.colour(said) is not None or values.kelvin(said) is not None:
            short.colour = said
            return size
    short.full = short.full or rest[0] in known.full
    return 0


def _is_described(words: tuple[str, ...], at: int) -> bool:
    """Return whether a small word tells which one: "the right one", "the back light"."""
    inner = words[at] not in _INSIDE | load().pronouns | {"one", "ones", "a", "an"}
    return inner and 0 < at < len(words) - 1 and words[at - 1] in _DETERMINERS


def _is_placed(words: tuple[str, ...], at: int) -> bool:
    """Return whether an "on" tells where a thing is: it stands between that and a place."""
    thing = at > 0 and (words[at - 1] in {"one", "ones"} or words[at - 1] not in load().fillers)
    return thing and words[at + 1 : at + 2] != () and words[at + 1] in _DETERMINERS


def _is_of_name(words: tuple[str, ...], at: int, values: Values) -> bool:
    """Return whether a small number right behind a name is part of it: "stable two", "bulb 3 off"."""
    if _number(words, at, values) != 1 or _UNITS.intersection(words[at + 1 : at + 2]):
        return False
    return 0 < (values.number(words[at]) or 0.0) <= _MOST_IN_A_NAME


def _taken_number(words: tuple[str, ...], at: int, size: int, short: Short) -> int:
    """Take a number: an amount, unless it can only be a thing's number ("three off")."""
    behind = words[at + size : at + size + 1]
    before = words[at - 1 : at] if at else ()
    if before and before[0] in _NUMBERED:
        return 0
    unit = bool(_UNITS.intersection(behind))
    if words[at] == "one" and size == 1 and before and not (unit or _is_amount_behind(before[0])):
        return size  # "the playroom one"
    if behind and behind[0] in {"on", "off"} and not _TO.intersection(before):
        return 0
    clock = "at" in before and not unit and bool(_SWITCHED.intersection(words))
    short.full = short.full or clock  # "turn it off at eleven" is a time, not eleven percent
    short.amount = " ".join(words[at : at + size])
    short.absolute = short.complaint or bool(_TO.intersection(before))
    return size


def _is_amount_behind(word: str) -> bool:
    """Return whether a number behind the word is an amount: "to one", "up one"."""
    return word in _TO or word in _BY or word in load().ways


def _number(words: tuple[str, ...], at: int, values: Values) -> int:
    """Return how many words from one on are a number, 0 if none is."""
    known = load().single
    if at >= len(words) or words[at] in known or values.number(words[at]) is None:
        return 0
    for size in range(min(_NUMBER_WORDS, len(words) - at), 0, -1):
        said = words[at : at + size]
        each = all(
            word in _JOINERS or (word not in known and values.number(word) is not None)
            for word in said
        )
        ends = said[0] not in _JOINERS and (size == 1 or said[-1] != "and")
        if each and ends and values.number(" ".join(said)) is not None:
            return size
    return 0

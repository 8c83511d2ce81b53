"""A clause before its words are read: what is mere talk in it, and numbers that belong to names.

People explain themselves: "feed lorry's here, open the lane gate". And a model that knows no names
takes "fan two" for a fan and an amount. Both are put right here, with the words alone and one
question to the home: is there such a name?
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Protocol

from hubagent.resolve import text
from hubagent.types import Slot

if TYPE_CHECKING:
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Hypothesis

_COMMA = re.compile(r"[,;:.!]\s+")
_THINGS = frozenset({"name", "device", "area", "floor"})
_AMOUNTS = frozenset(
    {"amount", "brightness", "percentage", "position", "temperature", "volume_level", "volume_step",
     "humidity"}
)  # fmt: skip
_ONE_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)"
_NUMBERS = re.compile(
    rf"(?:(?:numbers?|no\.?)\s+)?({_ONE_NUMBER}(?:(?:\s*,\s*|\s+)(?:and\s+)?{_ONE_NUMBER})*)"
    r"(?:\s*$|\s+(?=(?:at|to|on|off|by)\b))",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\b[^\W\d_]+(?:['\u2019]s|s['\u2019])(?=\s)")
_COUNTED = re.compile(rf"\s+{_ONE_NUMBER}$", re.IGNORECASE)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6"}
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})\s+$", re.IGNORECASE)
_UNIT = re.compile(
    r"\s*(?:degrees?|percent|%|°|points?|notch(?:es)?|steps?|minutes?|hours?)", re.IGNORECASE
)
_NUMBERED = re.compile(
    rf"(?P<thing>.*[^\W\d].*?)\s+(?:numbers?\s+)?"
    rf"(?P<numbers>{_ONE_NUMBER}(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+){_ONE_NUMBER}\b.*)",
    re.IGNORECASE,
)


class Names(Protocol):
    """What the words of a request are asked of a home: which names there are."""

    def has_word(self, word: str) -> bool:
        """Return whether a name has the word, perhaps spelt otherwise."""
        ...

    def has_all(self, words: tuple[str, ...]) -> bool:
        """Return whether one name has all the words."""
        ...

    def is_called(self, word: str) -> bool:
        """Return whether a thing is called just so."""
        ...

    def owns_room(self, word: str) -> bool:
        """Return whether one room is called after the owner that the word says ("emmas")."""
        ...


def request_span(
    utterance: str, start: int, end: int, lexicon: Lexicon, names: Names
) -> tuple[int, int]:
    """Return the span of the clause without talk before its last comma.

    Without a word that requests something behind the comma ("on", "open", "set") all is kept.
    """
    for comma in reversed(list(_COMMA.finditer(utterance, start, end))):
        before, behind = utterance[start : comma.start()], utterance[comma.end() : end]
        if _requests(behind, lexicon) and _is_talk(before, lexicon, names):
            return comma.end(), end
    return start, end


def _is_talk(words: str, lexicon: Lexicon, names: Names) -> bool:
    """Return whether words ask for nothing and name no thing, room or kind.

    "Kitchen, hall and bedroom lights on" begins with no talk, nor does "kitchen's dark, lights on".
    """
    tokens = text.tokens(words)
    named = any(lexicon.is_own_word(token) or names.is_called(token) for token in tokens)
    return len(tokens) > 1 and not named and not _requests(words, lexicon)


def _requests(words: str, lexicon: Lexicon) -> bool:
    return any(token in lexicon.requests for token in text.tokens(words))


def numbered(said: str) -> tuple[str, ...]:
    """Return one phrase for each number of a list: "bulbs one and two" is two bulbs.

    Any other phrase is returned as it is.
    """
    found = _NUMBERED.fullmatch(said.strip())
    if found is None:
        return (said,)
    numbers = re.findall(_ONE_NUMBER, found["numbers"], re.IGNORECASE)
    return tuple(f"{found['thing']} {number}" for number in numbers)


def with_places(
    reading: Hypothesis, utterance: str, start: int, end: int, lexicon: Lexicon, names: Names
) -> Hypothesis:
    """Return the reading of a clause with a slot for every place that words such as "next door" say.

    Whatever those words were taken for, they are no part of a name. "Emma's music" is that of the
    room called after her, and no artist.
    """
    spoken = _spoken(frozenset(lexicon.spoken_places)).finditer(utterance, start, end)
    owned = (m for m in _OWNER.finditer(utterance, start, end) if _is_owner(m, reading, names))
    for found in (*spoken, *owned):
        kept = []
        for slot in reading.slots:
            if slot.end <= found.start() or found.end() <= slot.start:
                kept.append(slot)
            elif slot.start < found.start():
                words = utterance[slot.start : found.start()].rstrip()
                kept.append(replace(slot, end=slot.start + len(words), text=words))
        place = Slot("area", found.start(), found.end(), found[0])
        reading = replace(reading, slots=(*kept, place))
    return reading


def _is_owner(found: re.Match[str], reading: Hypothesis, names: Names) -> bool:
    """Return whether a room is called after the owner, and nothing else was made of the word."""
    taken = any(
        slot.name in _THINGS and slot.start < found.end() and found.start() < slot.end
        for slot in reading.slots
    )
    return not taken and names.owns_room("".join(text.tokens(found[0])))


@cache
def _spoken(places: frozenset[tuple[str, ...]]) -> re.Pattern[str]:
    phrases = sorted((r"\s+".join(words) for words in places), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


def with_numbers(reading: Hypothesis, utterance: str, names: Names) -> Hypothesis:
    """Return the reading with numbers made part of the name they stand behind.

    "Fan two" becomes one name when the home has a name with both words and nothing stands between;
    an amount that is left ("at thirty percent") stays one.

    Args:
        reading: Slots over ``utterance``.
        utterance: The whole text.
        names: The names of the home.
    """
    slots = [_without_amount(slot, utterance) for slot in reading.slots]
    reading = replace(reading, slots=tuple(slots))
    slots = [_with_ordinal(slot, utterance, names) for slot in slots]
    reading = replace(reading, slots=tuple(slots))
    slots.sort(key=lambda slot: slot.start)
    for left, right in itertools.pairwise(slots):
        if left.name not in _THINGS or right.name not in _AMOUNTS:
            continue
        number = _NUMBERS.match(right.text)
        if number is None or utterance[left.end : right.start].strip():
            continue
        first = re.match(_ONE_NUMBER, number[1], re.IGNORECASE)
        if first is not None and names.has_all((*text.tokens(left.text), *text.tokens(first[0]))):
            end = right.start + number.end(1)
            name = "name" if left.name == "device" else left.name
            joined = [Slot(name, left.start, end, utterance[left.start : end])]
            amount = right.text[number.end() :]
            if amount:
                start = right.end - len(amount)
                joined.append(replace(right, start=start, text=amount))
            kept = tuple(slot for slot in slots if slot not in (left, right))
            return replace(reading, slots=(*kept, *joined))
    return reading


def _with_ordinal(slot: Slot, utterance: str, names: Names) -> Slot:
    """Return a thing with the number before it, where names count: "the second lamp" is Lamp Two."""
    found = _ORDINAL.search(utterance, 0, slot.start) if slot.name in _THINGS else None
    if found is None or not names.has_all((*text.tokens(slot.text), _ORDINALS[found[1].lower()])):
        return slot
    return replace(slot, start=found.start(1), text=utterance[found.start(1) : slot.end])


def counts(utterance: str, end: int) -> bool:
    """Return whether a number that ends there counts what follows: "three degrees"."""
    return _UNIT.match(utterance, end) is not None


def _without_amount(slot: Slot, utterance: str) -> Slot:
    """Return a thing or place without a number that counts what follows: "bedroom three degrees"."""
    counted = _COUNTED.search(slot.text) if slot.name in _THINGS else None
    if counted is None or not counts(utterance, slot.end):
        return slot
    words = slot.text[: counted.start()]
    return replace(slot, end=slot.start + len(words), text=words)

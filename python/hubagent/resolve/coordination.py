"""Where a sentence with "and", "then" or commas falls into requests, and what each says in full.

Strings in, strings out; knows no home. What stands between two joints is a **segment**: one that begins
with a verb ("close the blinds"), one that only says what becomes of a thing ("the lamp off", "pendants to
twenty"), a question, a mere value ("and fifty percent"), or a fragment that needs one beside it ("the
lamp" of "turn the lamp and the fan off"). Segments are put together into parts that can stand alone, and
the verb that people say once for several is put back: "turn the den off and the hall on". The words are
data (``coordination.toml``).
"""

from __future__ import annotations

import enum
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.question_forms import form_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubagent.ports import Values

_JOINT = re.compile(
    r"\s*[,;:.?!]+\s+(?:(?:and|then|also|plus|oh|but)\b,?\s+)*"
    r"|\s+(?:and|then|plus)\s+(?:(?:then|also)\s+)*(?!a\s+half\b)"
    r"|\s+but\s+(?=(?:leave|keep|turn|switch|set|put|make|dim|open|close)\b)",
    re.IGNORECASE,
)
_AND = re.compile(r"\b(?:and|plus|also)\b", re.IGNORECASE)
_PAUSES = frozenset({"", ",", ":", ";", ".", "!"})
_TO = frozenset({"to", "at", "on", "by"})
_WE_ARE = re.compile(r"^\W*(?:\w+\s+)?we['\u2019]re\b", re.IGNORECASE)
_LEAVE = re.compile(
    r"^(?:leave|keep)\s+(?=.*\b(?:on|off|open|closed|shut|locked|running)\b)", re.IGNORECASE
)
_UNIT = re.compile(r"(?:%|\b(?:percent|per cent|degrees?))(?=[\s.!,]*$)", re.IGNORECASE)
_MOST_PARTS = 6
_LEAST_LEVEL = 10.0
"""A smaller number behind a name may be part of it."""


@cache
def words_of(name: str) -> frozenset[str]:
    """Return a class of words: ``verbs``, ``openers``, ..."""
    return _table()[name]


@cache
def _table() -> Mapping[str, frozenset[str]]:
    source = resources.files("hubagent.resolve").joinpath("coordination.toml")
    table: Mapping[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))
    return {name: frozenset(words.split()) for name, words in table.items()}


class _Kind(enum.Enum):
    VERB = enum.auto()
    OPEN_VERB = enum.auto()
    """A verb and its thing that wait for more: "turn the lamp"."""
    PREDICATE = enum.auto()
    QUESTION = enum.auto()
    VALUE = enum.auto()
    FRAGMENT = enum.auto()
    TALK = enum.auto()


@dataclass(slots=True)
class _Segment:
    start: int
    end: int
    kind: _Kind
    predicate: bool
    """Whether it says what becomes of something."""
    ended_by: str
    """The joint behind it."""


def joined(said: str) -> bool:
    """Return whether the words have a joint at which they might be taken apart."""
    return _JOINT.search(said.strip(" ,;:.?!")) is not None


def parts(said: str, values: Values) -> tuple[str, ...]:
    """Return the requests of a sentence, each in full; none where it is one request or none at all.

    Args:
        said: All that was said.
        values: Reads numbers and colours.
    """
    assembly = _Assembly(said)
    for segment in _segments(said, values):
        if not assembly.take(segment):
            return ()
    spans = assembly.finished()
    if not 1 < len(spans) <= _MOST_PARTS:
        return ()
    return _in_full([said[part.start : part.end].strip(" ,;:.!") for part in spans])


@dataclass(slots=True)
class _Assembly:
    """Parts as they are put together from segments, from left to right."""

    said: str
    parts: list[_Segment] = field(default_factory=list)
    waiting: _Segment | None = None
    """What needs something behind it, or before."""

    def take(self, segment: _Segment) -> bool:
        """Take in one segment; false where the whole is better left in one."""
        if segment.kind is _Kind.FRAGMENT and not self.parts and segment.ended_by.strip() == ":":
            self.waiting = None
            return True  # "pizza and a film: lights down, TV on"
        if segment.kind is _Kind.TALK:
            return self.waiting is None and segment.ended_by.strip()[:1] in _PAUSES
        asked = bool(self.parts) and self.parts[-1].kind is _Kind.QUESTION
        if asked and not _AND.search(self.said[self.parts[-1].end : segment.start]):
            return False  # "any frost tonight, put the heater on": the one hangs on the other
        if segment.kind in {_Kind.VERB, _Kind.OPEN_VERB, _Kind.QUESTION}:
            self._begin(segment)
        elif segment.kind is _Kind.PREDICATE and not asked:
            self._complete(segment)
        elif self.waiting is not None:
            self.waiting.end = segment.end
            if segment.predicate:  # "lamps one and two off"
                self._complete(segment)
        elif self.parts and (segment.kind is _Kind.VALUE or asked):
            self.parts[-1].end = segment.end
        else:
            self.waiting = segment
        return True

    def finished(self) -> list[_Segment]:
        """Return the parts; what still waits belongs to the last one."""
        if self.waiting is None:
            return self.parts
        if not self.parts or self.waiting.kind is _Kind.OPEN_VERB:
            return []
        self.parts[-1].end = self.waiting.end
        return self.parts

    def _begin(self, segment: _Segment) -> None:
        """Begin a part; what waited is one of its own, or goes on what was before it."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None and waiting.kind is _Kind.OPEN_VERB:
            self.parts.append(waiting)
        elif waiting is not None and self.parts:
            self.parts[-1].end = waiting.end
        elif waiting is not None:
            segment.start = waiting.start
        if segment.kind is _Kind.OPEN_VERB:
            self.waiting = segment
        else:
            self.parts.append(segment)

    def _complete(self, segment: _Segment) -> None:
        """Add what says what becomes of a thing, with all that waited for it."""
        if self.waiting is not None:
            segment.start = self.waiting.start
        self.parts.append(segment)
        self.waiting = None


def _segments(said: str, values: Values) -> Iterator[_Segment]:
    start = 0
    ends = [(joint.start(), joint.end(), joint[0]) for joint in _JOINT.finditer(said)]
    for end, behind, joint in (*ends, (len(said), len(said), "")):
        if said[start:end].strip(" ,;:.!?"):
            words = text.tokens(said[start:end])
            kind = _kind(said[start:end], words, values)
            yield _Segment(start, end, kind, has_predicate(words, values), joint)
        start = behind


def _kind(segment: str, words: tuple[str, ...], values: Values) -> _Kind:
    if not words or words[0] == "not":
        return _Kind.FRAGMENT  # "but not the hall"
    verb = verb_of(words)
    if verb:
        waits = verb in words_of("open_verbs") and not has_predicate(words, values)
        return _Kind.OPEN_VERB if waits else _Kind.VERB
    first = next((w for w in words if w not in words_of("openers") - words_of("tellers")), "")
    if first in words_of("tellers") or _WE_ARE.match(segment):
        return _Kind.TALK
    if form_of(words) != "statement":
        return _Kind.QUESTION
    if _is_value(words, values):
        return _Kind.VALUE
    return _Kind.PREDICATE if has_predicate(words, values) else _Kind.FRAGMENT


def verb_of(words: Sequence[str]) -> str:
    """Return the verb that a request begins with, behind words of politeness; empty for none."""
    for word, behind in zip(words, (*words[1:], ""), strict=True):
        is_noun = word in words_of("nouns_too") and behind in {"on", "off", "to", ""}
        if word in words_of("verbs") and not is_noun:
            return word
        if word not in words_of("openers"):
            return ""
    return ""


def has_predicate(words: Sequence[str], values: Values) -> bool:
    """Return whether words say what becomes of something, not only what is meant."""
    for number, word in enumerate(words):
        behind = words[number + 1] if number + 1 < len(words) else ""
        if word in words_of("particles"):
            placed = word in words_of("prepositions") and behind in words_of("determiners")
            of_verb = number > 0 and words[number - 1] in words_of("verbs")  # "turn on the lamp"
            if not placed or of_verb:
                return True
        if not number:
            continue
        if word in _TO and values.number(behind) is not None:
            return True
        if word == "to" and behind and "list" not in words[number:]:
            return True
        if values.colour(word) is not None:
            return True
        if not behind and (values.number(word) or 0.0) >= _LEAST_LEVEL:
            return True  # "antler lamp thirty", but "lamp two"
    return False


def _is_value(words: Sequence[str], values: Values) -> bool:
    """Return whether words are a value of what was said before: "fifty percent", "a warm white"."""
    said = " ".join(words)
    return (
        values.number(words[0]) is not None
        or values.colour(said) is not None
        or values.kelvin(said) is not None
    )


def _in_full(said: list[str]) -> tuple[str, ...]:
    """Return the parts with the verb that was said only once."""
    verb = ""
    found: list[str] = []
    for part in said:
        own = verb_of(text.tokens(part))
        if own:
            verb = own if own in words_of("shared_verbs") else ""
        elif verb and form_of(text.tokens(part)) == "statement":
            found.append(f"{verb} {part}")
            continue
        found.append(_LEAVE.sub("turn ", part))
    return tuple(found)


def with_shared_unit(said: Sequence[str], values: Values) -> dict[int, tuple[int, str]]:
    """Return parts that end in a bare number: the part whose unit each may share, and it with that.

    "Put the den on twenty one and the hall on eighteen degrees". Keys are the numbers of the parts.
    """
    units = [(n, found[0]) for n, part in enumerate(said) if (found := _UNIT.search(part))]
    if len(units) != 1:
        return {}
    from_part, unit = units[0]
    return {
        number: (from_part, f"{part} {unit}")
        for number, part in enumerate(said)
        if number != from_part and values.number(" ".join(text.tokens(part)[-1:])) is not None
    }

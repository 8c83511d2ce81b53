"""The words of a clause: which belong together, and which could be part of a name.

Slots of the model are a start. They may be cut short or missing, so a device phrase takes in the free
words beside it that occur in names of the home, or are common words of rooms and kinds.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.tidy import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.tidy import Names
    from hubagent.types import Hypothesis

_DEVICE = frozenset({"name", "device", "list_name"})
_PLACE = frozenset({"area", "floor"})
_FOREIGN = frozenset({
    "person", "relation", "place", "event", "food_type", "drink_type", "meal_type", "ingredient",
    "cooking_type", "business_name", "business_type", "weather", "news_topic", "joke_type",
    "definition_word", "personal_info", "sport_type", "transport_type", "transport_name",
    "game", "game_type", "app", "coffee_type", "message", "email_address", "time_of_day",
})  # fmt: skip
"""Slots that mean nothing to a device: their words may as well be its name."""
_BRIDGES = frozenset({"of"})
_LEADING = frozenset(
    {"forward", "back", "last", "bright", "flat", "quiet", "loud", "speed", "color", "colour"}
)
"""Words of requests that stand in names, too: "forward cabin"."""
_LETTERS = frozenset({"a"})
"""Small words that number things: "bunk A"."""
_DETERMINERS = frozenset({"the", "a", "an", "my", "our", "all", "both", "every", "this", "that"})
_JOINERS = frozenset({"and", "the", "or", "s", "in", "on", "my", "our"})
_FOR = frozenset({"for"})
_WITHIN_A_NAME = frozenset({"", "'s", "\u2019s", "s"})
"""What may stand between two halves of a name: "Pia's fan"."""
_SWITCHES = frozenset({"turn", "switch", "put", "turned", "switched"})
_SWITCHED = frozenset({"on", "off"})
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Part:
    """A device phrase or a place, by its characters in the utterance."""

    start: int
    end: int
    is_place: bool


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    token: str
    free: bool
    """In no slot."""
    naming: bool
    """Free, and a word of rooms, kinds or names, not one that carries a request ("turn", "to")."""
    strange: bool
    """Free, and neither: nothing that the home or a request has."""


class ClauseWords:
    """The words of a clause, and which of them belong together."""

    def __init__(
        self,
        hypothesis: Hypothesis,
        utterance: str,
        start: int,
        end: int,
        lexicon: Lexicon,
        names: Names,
    ) -> None:
        self._utterance = utterance
        self._lexicon = lexicon
        self._names = names
        within = (slot for slot in hypothesis.slots if start <= slot.start and slot.end <= end)
        slots = sorted(within, key=lambda slot: (slot.start, -slot.end))
        self._slots = [slot for slot in slots if slot.name not in _FOREIGN]
        self.unexplained = 0
        self._words: list[_Word] = []
        for match in _SPOKEN.finditer(utterance, start, end):
            self._words.append(self._word(match.start(), match.end()))

    def _word(self, start: int, end: int) -> _Word:
        token = "".join(text.tokens(self._utterance[start:end]))
        free = not any(slot.start < end and start < slot.end for slot in self._slots)
        carrier = token in self._lexicon.carriers
        naming = free and (
            self._is_noun(token) or self._leads_name(token, end)
            if carrier
            else self._is_naming(token, start, end)
        )
        strange = free and not carrier and not naming
        self.unexplained += strange
        return _Word(start, end, token, free, naming, strange)

    def _is_naming(self, token: str, start: int, end: int) -> bool:
        if token.isdigit():  # "kids room 2", but neither "to 20" nor "bedroom 2 degrees warmer"
            before = self._words[-1] if self._words else None
            adjoins = before is not None and self._adjoins(before, start)
            return adjoins and not counts(self._utterance, end)
        return self._lexicon.is_own_word(token) or self._names.has_word(token)

    def _adjoins(self, before: _Word, start: int) -> bool:
        """Return whether a word directly behind one could be the number of the same thing."""
        return before.naming or any(
            slot.name in _DEVICE | _PLACE and slot.end == before.end < start for slot in self._slots
        )

    def _leads_name(self, token: str, end: int) -> bool:
        """Return whether a small word and the kind behind it are a name here: "night light"."""
        behind = _SPOKEN.match(self._utterance, end + 1)
        if behind is None or token in self._lexicon.requests:
            return False
        if token in _LEADING and self._names.has_all((token, "".join(text.tokens(behind[0])))):
            return True
        kind = "".join(text.tokens(behind[0]))
        is_kind = (text.singular(kind),) in self._lexicon.kind_words
        small = self._lexicon.skipped | self._lexicon.all | self._lexicon.both
        return is_kind and token not in small and self._names.has_all((token, kind))

    def _is_noun(self, token: str) -> bool:
        """Return whether a word of both uses names a thing here: "the switch", "bedroom lock"."""
        if not self._words or (text.singular(token),) not in self._lexicon.kind_words:
            return False
        before = self._words[-1]
        return before.naming or before.strange or not before.free or before.token in _DETERMINERS

    def parts(self) -> list[Part]:
        """Return device phrases and places in order, each as wide as its words reach."""
        parts: list[Part] = []
        for slot in self._slots:
            if parts and slot.start < parts[-1].end:
                continue
            if slot.name in _DEVICE:
                part = self._widened(slot.start, slot.end, parts)
                if parts and self._is_one(parts[-1], part):
                    part = Part(parts.pop().start, part.end, is_place=False)
                parts.append(part)
            elif slot.name in _PLACE:
                parts.extend(self._place(slot.start, slot.end))
        if all(part.is_place for part in parts):
            parts.extend(self._by_kind(parts))
        parts.sort(key=lambda part: part.start)
        return [part for part in parts if not self._is_aside(part, parts)]

    def _is_aside(self, part: Part, parts: list[Part]) -> bool:
        """Return whether a phrase tells for whom or why, not what: "on for the cleaner"."""
        before = [word for word in self._words if word.end <= part.start]
        while before and before[-1].token in _DETERMINERS:
            before.pop()
        known = any(
            self._lexicon.is_own_word(word) or self._names.has_word(word)
            for word in text.tokens(self._utterance[part.start : part.end])
        )
        after_for = bool(before) and before[-1].token in _FOR
        things = [other for other in parts if not other.is_place]
        if after_for and parts[0] is not part:
            return not (part.is_place and known)
        comma = "," in self._utterance[self._end_before(part, parts) : part.start]
        return part.is_place and not known and comma and bool(things)

    def _end_before(self, part: Part, parts: list[Part]) -> int:
        """Return where the phrase before one ends; its own start if it is the first."""
        index = parts.index(part)
        return parts[index - 1].end if index else part.start

    def _is_one(self, left: Part, right: Part) -> bool:
        """Return whether two device phrases stand side by side and are one cut in two."""
        gap = self._utterance[left.end : right.start]
        return not left.is_place and gap.strip() in _WITHIN_A_NAME

    def _widened(self, start: int, end: int, before: list[Part]) -> Part:
        """Take in naming words on both sides of a device slot."""
        floor = before[-1].end if before else 0
        for word in reversed([w for w in self._words if floor <= w.start and w.end <= start]):
            if not word.naming:
                break
            start = word.start
        return Part(self._with_strange(start, floor), self._reach(end), is_place=False)

    def _with_strange(self, start: int, floor: int) -> int:
        """Return where a phrase starts with the strange words right before it.

        Whoever says "the dungeon light" means no other light, however little the home knows of it.
        """
        if _determined(self._utterance[start:]):
            return start
        for word in reversed([w for w in self._words if floor <= w.start and w.end <= start]):
            if not word.strange or self._utterance[word.end : start].strip():
                break
            start = word.start
        return start

    def _reach(self, end: int) -> int:
        """Return the end of the naming words that follow directly."""
        for word in (w for w in self._words if w.start >= end):
            if not word.naming:
                break
            end = word.end
        return end

    def _place(self, start: int, end: int) -> Iterator[Part]:
        """Yield a place with naming words before it, and the device phrase right behind it."""
        for word in reversed([w for w in self._words if w.end <= start]):
            is_kind = (text.singular(word.token),) in self._lexicon.kind_words
            if not word.naming or is_kind:
                break
            start = word.start
        reach = self._reach(end)
        behind = [word for word in self._words if end <= word.start and word.end <= reach]
        while behind and behind[0].token.isdigit():  # "kids room" 2
            end = behind.pop(0).end
        yield Part(start, end, is_place=True)
        if behind:
            yield Part(behind[0].start, reach, is_place=False)

    def _by_kind(self, parts: list[Part]) -> Iterator[Part]:
        """Yield "everything", or the first free words that end in a kind: "the cinema light"."""
        for word in self._words:
            if word.free and (word.token,) in self._lexicon.everything:
                yield Part(word.start, word.end, is_place=False)
                return
        for run in self._runs(parts):
            for size in range(len(run), 0, -1):
                if self._lexicon.kinds_of(tuple(word.token for word in run[:size])):
                    floor = max((p.end for p in parts if p.end <= run[0].start), default=0)
                    start = self._with_strange(run[0].start, floor)
                    yield Part(start, run[size - 1].end, is_place=False)
                    return
        if not parts:
            yield from self._by_position()

    def _by_position(self) -> Iterator[Part]:
        """Yield the words where a thing is named: "yoda on", "turn on the telescope"."""
        spans = [(w.start, w.end) for w in self._words if w.strange or w.naming]
        if not spans:
            return
        start, end = spans[0][0], spans[-1][1]
        around = [w for w in self._words if w.end <= start or w.start >= end]
        inside = [w for w in self._words if start <= w.start and w.end <= end]
        before = [w.token for w in around if w.end <= start]
        behind = [w.token for w in around if w.start >= end]
        while before and before[-1] in _DETERMINERS:
            before.pop()
        whole = all(w.strange or w.naming for w in inside)
        if whole and (
            (not before and behind[:1] and behind[0] in _SWITCHED)
            or (before and before[-1] in _SWITCHED and len(before) > 1)
            or (before and before[-1] in _SWITCHES and behind[:1] and behind[0] in _SWITCHED)
        ):
            yield self._widened(start, end, [])

    def _runs(self, parts: list[Part]) -> Iterator[list[_Word]]:
        run: list[_Word] = []
        for index, word in enumerate(self._words):
            inside = any(part.start < word.end and word.start < part.end for part in parts)
            bridge = run and word.free and self._bridges(word, run) and self._goes_on(index)
            if not inside and (word.naming or bridge):
                run.append(word)
            elif run:
                yield run
                run = []
        if run:
            yield run

    def _bridges(self, word: _Word, run: list[_Word]) -> bool:
        """Return whether a small word stands inside a name: "eye of sauron", "bunk A light"."""
        if word.token in _BRIDGES:
            return True
        return word.token in _LETTERS and self._names.has_all((run[-1].token, word.token))

    def _goes_on(self, index: int) -> bool:
        """Return whether a name goes on behind a word: "eye of sauron"."""
        return index + 1 < len(self._words) and self._words[index + 1].naming

    def loose(self, parts: list[Part]) -> tuple[str, ...]:
        """Return the runs of naming words that are part of nothing."""
        return tuple(self._utterance[run[0].start : run[-1].end] for run in self._runs(parts))

    def leads(self, parts: list[Part]) -> bool:
        """Return whether a place stands before its device: "kitchen light", "hall and den lights"."""
        for left, right in itertools.pairwise(parts):
            gap = text.tokens(self._utterance[left.end : right.start])
            if not right.is_place:
                return not gap or gap == ("s",)
            if not set(gap) <= _JOINERS:
                return False
        return False


def _determined(words: str) -> bool:
    """Return whether words begin with a determiner, before which no name begins."""
    return text.tokens(words)[:1] in {("the",), ("my",), ("our",), ("your",)}

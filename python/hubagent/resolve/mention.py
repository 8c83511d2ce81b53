"""From the slots of one hypothesis to the things it mentions, still in words.

A mention is a device phrase with the places said of it: "the lamp in the kitchen", "kitchen and
bedroom lights", "everything upstairs", or a place alone. Slots may be cut short or missing ("pool"
of "pool pump"), so a phrase takes in the free words beside it that could be part of a name. Nothing
is looked up in the home here.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubagent.resolve.lexicon import Lexicon, Said
    from hubagent.types import Hypothesis

_DEVICE = frozenset({"name", "device"})
_PLACE = frozenset({"area", "floor"})
_JOINERS = frozenset({"and", "the", "or", "s", "in", "on", "my", "our"})
_FOREIGN = frozenset({
    "person", "relation", "place", "event", "food_type", "drink_type", "meal_type", "ingredient",
    "cooking_type", "business_name", "business_type", "weather", "news_topic", "joke_type",
    "definition_word", "personal_info", "sport_type", "transport_type", "transport_name",
    "game", "game_type", "app", "coffee_type", "message", "email_address", "time_of_day",
})  # fmt: skip
"""Slots that mean nothing to a device: their words may as well be its name."""
_BRIDGES = frozenset({"of"})
_DETERMINERS = frozenset({"the", "a", "an", "my", "our", "all", "both", "every", "this", "that"})
_QUANTIFIER_REACH = 4
"""Words before a device phrase in which "all" or "both" speak of it."""
_EXCEPT = re.compile(
    r",?\b(?:except(?: for)?|excluding|apart from|other than|besides|but(?: not| for)?)\b(?!\s+(?:i|we|it|please)\b)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:,|\band\b|\bor\b)\s*", re.IGNORECASE)
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Mention:
    """One device phrase with its places; any part may be empty."""

    said: str = ""
    """The device phrase as it was said, for sentences."""
    words: tuple[str, ...] = ()
    """Its naming words; empty for none, a pronoun, or "everything"."""
    kinds: tuple[Said, ...] = ()
    """Kinds that its last words may name, the longest first."""
    places: tuple[str, ...] = ()
    all: bool = False
    both: bool = False
    everything: bool = False
    pronoun: bool = False
    excepted: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    """Phrases of the clause in no slot, which count only if the home has something called so."""
    unexplained: int = 0
    """How many words of the clause are neither a request's, nor in a slot, nor of any name."""

    @property
    def kind(self) -> Said | None:
        """The kind that the most words name."""
        return self.kinds[0] if self.kinds else None

    @property
    def rest(self) -> tuple[str, ...]:
        """The words before the kind: "kitchen" of "kitchen light"."""
        return self.words if self.kind is None else self.words[: self.kind.start]

    @property
    def plural(self) -> bool:
        """Whether more than one thing is spoken of."""
        return self.all or self.both or (self.kind is not None and self.kind.plural)


def device_mention(said: str, lexicon: Lexicon, *, before: str = "") -> Mention:
    """Return the mention that a device phrase makes, with the words before it as its quantifiers."""
    tokens = text.tokens(said)
    near = (*text.tokens(before)[-_QUANTIFIER_REACH:], *tokens)
    everything = tokens in lexicon.everything
    pronoun = any(word in lexicon.pronouns for word in tokens) and all(
        word in lexicon.pronouns | lexicon.skipped | lexicon.all | lexicon.both for word in tokens
    )
    words = () if everything or pronoun else lexicon.content(said)
    return Mention(
        said=said,
        words=words,
        kinds=lexicon.kinds_of(words),
        all=everything or any(word in lexicon.all for word in near),
        both=any(word in lexicon.both for word in near),
        everything=everything,
        pronoun=pronoun,
    )


def read_mentions(
    hypothesis: Hypothesis,
    utterance: str,
    start: int,
    end: int,
    *,
    lexicon: Lexicon,
    is_name_word: Callable[[str], bool],
) -> tuple[Mention, ...]:
    """Return what the hypothesis mentions, in order; one empty mention when it names nothing.

    Args:
        hypothesis: A reading with slots over ``utterance``.
        utterance: The whole text.
        start: Where the clause of the hypothesis starts in it, and ...
        end: ... where it ends.
        lexicon: The resolver's words.
        is_name_word: Whether some name of the home has a word.
    """
    end, excepted = _excepted(hypothesis, utterance, start, end)
    clause = _Clause(hypothesis, utterance, start, end, lexicon, is_name_word)
    parts = clause.parts()
    mentions: list[Mention] = []
    waiting: list[str] = []
    for index, part in enumerate(parts):
        said = utterance[part.start : part.end]
        if not part.is_place:
            mention = device_mention(said, lexicon, before=utterance[start : part.start])
            mentions.append(replace(mention, places=tuple(waiting)))
            waiting = []
        elif mentions and not clause.leads(parts[index:]):
            mentions[-1] = replace(mentions[-1], places=(*mentions[-1].places, said))
        else:
            waiting.append(said)
    if waiting or not mentions:
        mentions.append(Mention(places=tuple(waiting), loose=clause.loose(parts)))
    mentions = [replace(mention, unexplained=clause.unexplained) for mention in mentions]
    placed = [mention.places for mention in mentions if mention.places]
    shared = placed[0] if len(placed) == 1 else ()
    return tuple(
        replace(mention, places=mention.places or shared, excepted=excepted) for mention in mentions
    )


def _excepted(
    hypothesis: Hypothesis, utterance: str, start: int, end: int
) -> tuple[int, tuple[str, ...]]:
    """Return where the rest of the clause ends, and what is left out of it.

    "All the lights but the hall" without a slot for the hall must never become the hall.
    """
    slotted = [slot for slot in hypothesis.slots if slot.name == "except"]
    found = _EXCEPT.search(utterance, start, end)
    if found is None:
        return end, tuple(slot.text for slot in slotted)
    named = _AND.split(utterance[found.end() : end])
    return found.start(), tuple(words.strip(" .,!?") for words in named if words.strip(" .,!?"))


@dataclass(frozen=True, slots=True)
class _Part:
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


class _Clause:
    """The words of a clause, and which of them belong together."""

    def __init__(
        self,
        hypothesis: Hypothesis,
        utterance: str,
        start: int,
        end: int,
        lexicon: Lexicon,
        is_name_word: Callable[[str], bool],
    ) -> None:
        self._utterance = utterance
        self._lexicon = lexicon
        self._is_name_word = is_name_word
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
        naming = free and (self._is_noun(token) if carrier else self._is_naming(token, start))
        self.unexplained += free and not carrier and not naming
        return _Word(start, end, token, free, naming)

    def _is_naming(self, token: str, start: int) -> bool:
        if token.isdigit():  # "kids room 2", but not "to 20"
            before = self._words[-1] if self._words else None
            return before is not None and self._adjoins(before, start)
        return self._lexicon.is_own_word(token) or self._is_name_word(token)

    def _adjoins(self, before: _Word, start: int) -> bool:
        """Return whether a word directly behind one could be the number of the same thing."""
        return before.naming or any(
            slot.name in _DEVICE | _PLACE and slot.end == before.end < start for slot in self._slots
        )

    def _is_noun(self, token: str) -> bool:
        """Return whether a word of both uses names a thing here: "the switch", "bedroom lock"."""
        if not self._words or (text.singular(token),) not in self._lexicon.kind_words:
            return False
        before = self._words[-1]
        return before.naming or not before.free or before.token in _DETERMINERS

    def parts(self) -> list[_Part]:
        """Return device phrases and places in order, each as wide as its words reach."""
        parts: list[_Part] = []
        for slot in self._slots:
            if parts and slot.start < parts[-1].end:
                continue
            if slot.name in _DEVICE:
                part = self._widened(slot.start, slot.end, parts)
                if parts and self._is_one(parts[-1], part):
                    part = _Part(parts.pop().start, part.end, is_place=False)
                parts.append(part)
            elif slot.name in _PLACE:
                parts.extend(self._place(slot.start, slot.end))
        if all(part.is_place for part in parts):
            parts.extend(self._by_kind(parts))
        return sorted(parts, key=lambda part: part.start)

    def _is_one(self, left: _Part, right: _Part) -> bool:
        """Return whether two device phrases stand side by side and are one cut in two."""
        gap = self._utterance[left.end : right.start]
        return not left.is_place and not gap.strip()

    def _widened(self, start: int, end: int, before: list[_Part]) -> _Part:
        """Take in naming words on both sides of a device slot."""
        floor = before[-1].end if before else 0
        for word in reversed([w for w in self._words if floor <= w.start and w.end <= start]):
            if not word.naming:
                break
            start = word.start
        return _Part(start, self._reach(end), is_place=False)

    def _reach(self, end: int) -> int:
        """Return the end of the naming words that follow directly."""
        for word in (w for w in self._words if w.start >= end):
            if not word.naming:
                break
            end = word.end
        return end

    def _place(self, start: int, end: int) -> Iterator[_Part]:
        """Yield a place with words of rooms before it, and the device phrase right behind it."""
        for word in reversed([w for w in self._words if w.end <= start]):
            is_kind = (text.singular(word.token),) in self._lexicon.kind_words
            if not word.naming or is_kind or not self._lexicon.is_own_word(word.token):
                break
            start = word.start
        reach = self._reach(end)
        behind = [word for word in self._words if end <= word.start and word.end <= reach]
        while behind and behind[0].token.isdigit():  # "kids room" 2
            end = behind.pop(0).end
        yield _Part(start, end, is_place=True)
        if behind:
            yield _Part(behind[0].start, reach, is_place=False)

    def _by_kind(self, parts: list[_Part]) -> Iterator[_Part]:
        """Yield "everything", or the first free words that end in a kind: "the cinema light"."""
        for word in self._words:
            if word.free and (word.token,) in self._lexicon.everything:
                yield _Part(word.start, word.end, is_place=False)
                return
        for run in self._runs(parts):
            for size in range(len(run), 0, -1):
                if self._lexicon.kinds_of(tuple(word.token for word in run[:size])):
                    yield _Part(run[0].start, run[size - 1].end, is_place=False)
                    return

    def _runs(self, parts: list[_Part]) -> Iterator[list[_Word]]:
        run: list[_Word] = []
        for index, word in enumerate(self._words):
            inside = any(part.start < word.end and word.start < part.end for part in parts)
            bridge = run and word.free and word.token in _BRIDGES and self._goes_on(index)
            if not inside and (word.naming or bridge):
                run.append(word)
            elif run:
                yield run
                run = []
        if run:
            yield run

    def _goes_on(self, index: int) -> bool:
        """Return whether a name goes on behind a word: "eye of sauron"."""
        return index + 1 < len(self._words) and self._words[index + 1].naming

    def loose(self, parts: list[_Part]) -> tuple[str, ...]:
        """Return the runs of naming words that are part of nothing."""
        return tuple(self._utterance[run[0].start : run[-1].end] for run in self._runs(parts))

    def leads(self, parts: list[_Part]) -> bool:
        """Return whether a place stands before its device: "kitchen light", "hall and den lights"."""
        for left, right in itertools.pairwise(parts):
            gap = text.tokens(self._utterance[left.end : right.start])
            if not right.is_place:
                return not gap or gap == ("s",)
            if not set(gap) <= _JOINERS:
                return False
        return False

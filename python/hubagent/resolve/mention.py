"""From the slots of one hypothesis to the things it mentions, still in words.

A mention is a device phrase with the places said of it: "the lamp in the kitchen", "kitchen and
bedroom lights", "everything upstairs", or a place alone. Slots may be cut short or missing ("pool"
of "pool pump"), so a phrase takes in the free words beside it that could be part of a name. Nothing
is looked up in the home here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.clause_words import ClauseWords
from hubagent.resolve.coordination import words_of
from hubagent.resolve.tidy import numbered, request_span

if TYPE_CHECKING:
    from hubagent.resolve.lexicon import Lexicon, Said
    from hubagent.resolve.tidy import Names
    from hubagent.types import Hypothesis

_QUANTIFIER_REACH = 4
"""Words before a device phrase in which "all" or "both" speak of it."""
_EXCEPT = re.compile(
    r",?\b(?:except(?: for)?|excluding|apart from|other than|besides|bar|minus|save for|leaving out|not counting|but(?: not| for)?)\b(?!\s+(?:i|we|it|please)\b)",
    re.IGNORECASE,
)
_ONE_OF = re.compile(
    r"\b(?:one|either)\s+of\s+(?:the|my|our|these|those)\b|\beither\s+(?=\w)", re.IGNORECASE
)
_DONE = re.compile(r"\b(?:off|shut|closed)\b", re.IGNORECASE)
"""Words behind which a request goes on after what is left out; "on" may be of that: "the one on the shelf"."""
_PLACES = frozenset({"area", "floor", "except"})
_AND = re.compile(r"\s*(?:,|\band\b|\bor\b)\s*", re.IGNORECASE)


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
    one: bool = False
    """Whether one of several is spoken of, and not said which."""
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
    def many(self) -> bool:
        """Whether the last naming word is a plural that is no kind: "sconces"."""
        plural = bool(self.words) and text.is_plural(self.words[-1])
        return self.kind is None and plural and not self.one

    @property
    def rest(self) -> tuple[str, ...]:
        """The words before the kind: "kitchen" of "kitchen light"."""
        return self.words if self.kind is None else self.words[: self.kind.start]

    @property
    def plural(self) -> bool:
        """Whether more than one thing is spoken of."""
        many = self.kind is not None and self.kind.plural
        return not self.one and (self.all or self.both or many)


def device_mention(said: str, lexicon: Lexicon, *, before: str = "") -> Mention:
    """Return the mention that a device phrase makes, with the words before it as its quantifiers."""
    tokens = text.tokens(said)
    near = (*text.tokens(before)[-_QUANTIFIER_REACH:], *tokens)
    everything = tokens in lexicon.everything
    pronoun = any(word in lexicon.pronouns for word in tokens) and all(
        word in lexicon.pronouns | lexicon.skipped | lexicon.all | lexicon.both for word in tokens
    )
    words = () if everything or pronoun else lexicon.content(said)
    one = _ONE_OF.search(f"{before} {said}") is not None
    if one and words[:1] in {("1",), ("either",)}:
        words = words[1:]
    return Mention(
        said=said,
        words=words,
        kinds=lexicon.kinds_of(words),
        all=everything or (not one and any(word in lexicon.all for word in near)),
        both=any(word in lexicon.both for word in near),
        one=one,
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
    names: Names,
) -> tuple[Mention, ...]:
    """Return what the hypothesis mentions, in order; one empty mention when it names nothing.

    Args:
        hypothesis: A reading with slots over ``utterance``.
        utterance: The whole text.
        start: Where the clause of the hypothesis starts in it, and ...
        end: ... where it ends.
        lexicon: The resolver's words.
        names: The names of the home.
    """
    start, end = request_span(utterance, start, end, lexicon, names)
    hypothesis, end, excepted, behind = _excepted(hypothesis, utterance, start, end)
    clause = ClauseWords(hypothesis, utterance, start, end, lexicon, names)
    parts = clause.parts()
    mentions: list[Mention] = []
    waiting: list[str] = []
    for index, part in enumerate(parts):
        said = utterance[part.start : part.end]
        if not part.is_place:
            for phrase in numbered(said):
                mention = device_mention(phrase, lexicon, before=utterance[start : part.start])
                mentions.append(replace(mention, places=tuple(waiting)))
            waiting = []
        elif mentions and not clause.leads(parts[index:]):
            mentions[-1] = replace(mentions[-1], places=(*mentions[-1].places, said))
        else:
            waiting.append(said)
    if waiting or not mentions:
        spoken_of = not waiting and _has_object(utterance[start:end], lexicon)
        mentions.append(Mention(places=tuple(waiting), pronoun=spoken_of))
    placed = [mention.places for mention in mentions if mention.places]
    shared = placed[0] if len(placed) == 1 else ()
    return tuple(
        replace(
            mention,
            places=mention.places or shared or behind,
            excepted=excepted,
            loose=clause.loose(parts),
            unexplained=clause.unexplained,
        )
        for mention in mentions
    )


def _has_object(clause: str, lexicon: Lexicon) -> bool:
    """Return whether a verb and its pronoun stand side by side: "start it", but not "it's dark"."""
    return any(
        verb in words_of("verbs") and word in lexicon.pronouns
        for verb, word in pairwise(text.tokens(clause))
    )


def _excepted(
    reading: Hypothesis, utterance: str, start: int, end: int
) -> tuple[Hypothesis, int, tuple[str, ...], tuple[str, ...]]:
    """Return the reading and the end of its clause without what is left out, that, and the places behind.

    "All the lights but the hall" without a slot for the hall must never become the hall; and a
    slot says that something is left out only where words do: "the light by the fire pit" is there.
    """
    found = _EXCEPT.search(utterance, start, end)
    before = end if found is None else found.start()
    slots = (
        replace(slot, name="area") if slot.name == "except" and slot.start < before else slot
        for slot in reading.slots
    )
    reading = replace(reading, slots=tuple(slots))
    if found is None:
        return reading, end, (), ()
    done = _DONE.search(utterance, found.end(), end)
    last = end if done is None else done.start()
    named = (words.strip(" .,!?") for words in _AND.split(utterance[found.end() : last]))
    # "Everything but the arc lamp off in the lounge": that is the lounge's, not the whole home's.
    behind = tuple(s.text for s in reading.slots if s.name in _PLACES and last < s.start < end)
    return reading, found.start(), tuple(words for words in named if words), behind

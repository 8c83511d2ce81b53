"""From the slots of one hypothesis to the things it mentions, still in words.

A mention is a device phrase with the places said of it: "the lamp in the kitchen", "kitchen and
bedroom lights", "everything upstairs", or a place alone. Nothing is looked up in the home here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from hubagent.resolve.lexicon import Lexicon, Said
    from hubagent.types import Hypothesis, Slot

_DEVICE = frozenset({"name", "device"})
_PLACE = frozenset({"area", "floor"})
_JOINERS = frozenset({"and", "the", "or", "s", "in", "on", "my", "our"})
_QUANTIFIER_REACH = 4
"""Words before a device phrase in which "all" or "both" speak of it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One device phrase with its places; any part may be empty."""

    said: str = ""
    """The device phrase as it was said, for sentences."""
    words: tuple[str, ...] = ()
    """Its naming words; empty for none, a pronoun, or "everything"."""
    kind: Said | None = None
    places: tuple[str, ...] = ()
    all: bool = False
    both: bool = False
    everything: bool = False
    pronoun: bool = False
    excepted: tuple[str, ...] = ()

    @property
    def rest(self) -> tuple[str, ...]:
        """The words before the kind: "kitchen" of "kitchen light"."""
        return self.words if self.kind is None else self.words[: self.kind.start]

    @property
    def plural(self) -> bool:
        """Whether more than one thing is spoken of."""
        return self.all or self.both or (self.kind is not None and self.kind.plural)


def read_mentions(
    hypothesis: Hypothesis, utterance: str, start: int, lexicon: Lexicon
) -> tuple[Mention, ...]:
    """Return what the hypothesis mentions, in order; one empty mention when it names nothing.

    Args:
        hypothesis: A reading with slots over ``utterance``.
        utterance: The whole text.
        start: Where the clause of the hypothesis starts in it.
        lexicon: The resolver's words.
    """
    slots = _spans(hypothesis)
    excepted = tuple(slot.text for slot in hypothesis.slots if slot.name == "except")
    mentions: list[Mention] = []
    waiting: list[Slot] = []
    for slot in slots:
        if slot.name in _PLACE:
            if mentions and not _leads(slot, slots, utterance):
                mentions[-1] = _with_place(mentions[-1], slot)
            else:
                waiting.append(slot)
            continue
        before = utterance[start : slot.start]
        mention = _device(utterance[slot.start : slot.end], before, lexicon)
        for place in waiting:
            mention = _with_place(mention, place)
        waiting = []
        mentions.append(mention)
    if waiting or not mentions:
        mentions.append(Mention(places=tuple(slot.text for slot in waiting)))
    placed = [mention.places for mention in mentions if mention.places]
    shared = placed[0] if len(placed) == 1 else ()
    return tuple(
        replace(mention, places=mention.places or shared, excepted=excepted) for mention in mentions
    )


def _spans(hypothesis: Hypothesis) -> list[Slot]:
    """Return device and place slots in order; of several over the same words, the first."""
    found: list[Slot] = []
    for slot in sorted(hypothesis.slots, key=lambda item: (item.start, -item.end)):
        if slot.name in _DEVICE | _PLACE and (not found or slot.start >= found[-1].end):
            found.append(slot)
    return found


def _leads(place: Slot, slots: list[Slot], utterance: str) -> bool:
    """Return whether the place stands before its device: "kitchen light", "kitchen and hall lights"."""
    index = slots.index(place)
    for left, right in zip(slots[index:], slots[index + 1 :], strict=False):
        gap = text.tokens(utterance[left.end : right.start])
        if right.name in _DEVICE:
            return not gap or gap == ("s",)
        if not set(gap) <= _JOINERS:
            return False
    return False


def _with_place(mention: Mention, place: Slot) -> Mention:
    return replace(mention, places=(*mention.places, place.text))


def _device(said: str, before: str, lexicon: Lexicon) -> Mention:
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
        kind=lexicon.kind_of(words),
        all=everything or any(word in lexicon.all for word in near),
        both=any(word in lexicon.both for word in near),
        everything=everything,
        pronoun=pronoun,
    )

"""Requests that name an option of a thing, whatever else they were taken for: "put Netflix on".

In: a clause with its readings, and a home. Out: one more reading, whose option stands in a ``mode``
slot so that it is no part of a name: "gandalf to the candle effect" is Gandalf and candle, "R2 on
turbo suction" is R2 and turbo. Where no thing was named, those that have the option are meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hubagent.resolve import intents, options, text
from hubagent.resolve.named import named
from hubagent.types import Hypothesis, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Clause, Entity

INTENT = "HubSetOption"
LEAST_PROBABILITY = 0.5
"""How surely words that are an option of a thing in the home are meant as one."""
MOST_PROBABILITY = 0.79
"""... and at most: words that are nothing to the hub keep an option without a thing from moving any."""
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?(?:\.\d+)?")
_LONGEST = 5
_FEW = 3
_SOURCE = (("domain", "media_player"),)
_PARTS = frozenset({"halfway", "midway", "ajar"})
"""Single words for a part of a range that are nothing else."""
_ENDS = frozenset({"all", "fully", "completely", "1"})
"""First words of what is said of an end or a count: "all the way", "one step"."""
_TAILS = (("of", "the", "way", "down"), ("of", "the", "way", "up"), ("of", "the", "way"),
          ("way", "down"), ("way", "up"), ("open",), ("closed",), ("shut",), ("down",), ("up",))  # fmt: skip
"""Words behind a part that belong to it."""
_TILTS = frozenset({"tilt", "tilted", "tilting", "slats", "slat", "louvres", "louvers", "vanes"})
_NOT = frozenset({"off", "stop", "disable", "without", "not", "dont", "never", "no", "cancel", "end", "quit", "leave"})  # fmt: skip
_ASKED = frozenset({"is", "are", "was", "were", "what", "whats", "which", "who", "whos", "when", "how", "hows", "why", "does", "do", "did", "has", "have"})  # fmt: skip
_ASKED_OF = frozenset({"you", "we", "i", "they", "any", "all", "the", "my", "our"})
_SOUGHT = frozenset({"search_query", "song", "artist", "album", "playlist", "podcast", "audiobook", "movie", "music_genre"})  # fmt: skip
_JOINERS = frozenset({"to", "the", "on", "in", "at", "a", "an", "s", "with", "into", "of", "mode"})
"""Words left at the edge of a slot when an option is cut out of it."""
_KEPT = frozenset({
    "name", "device", "area", "floor", "except", "amount", "brightness", "percentage", "position",
    "temperature", "volume_level", "humidity", "color",
})  # fmt: skip


class _Word(NamedTuple):
    token: str
    start: int
    end: int


class _Offer(NamedTuple):
    """Who offers an option, and of which kind it is."""

    kind: options.OptionKind
    options: tuple[str, ...]
    domain: str


class ByOption:
    """Finds the options of a home in requests; its index is made once for each picture's entities."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._ordinary = lexicon.carriers | {w for kind in lexicon.kind_words for w in kind}
        self._entities: tuple[Entity, ...] = ()
        self._offers: Mapping[tuple[str, ...], frozenset[_Offer]] = {}

    def readings(self, clause: Clause, utterance: str, view: ContextView) -> list[Hypothesis]:
        """Return readings of a clause in which an option, a part or a tilt of a thing is set."""
        words = [
            _Word("".join(text.tokens(match[0])), match.start(), match.end())
            for match in _SPOKEN.finditer(utterance, clause.start, clause.end)
        ]
        tokens = tuple(word.token for word in words)
        if not tokens or _asks(tokens) or _NOT & set(tokens):
            return []
        found = []
        if (chosen := self._place(tokens, view)) is not None:
            place, domains = chosen
            spoken_of = [dict(item.implied).get("domain", "") for item in clause.hypotheses]
            likely = [domain for domain in (*spoken_of, *sorted(domains)) if domain in domains]
            sure = len(domains) == 1 or likely[0] in spoken_of
            implied = (("domain", likely[0]),) if sure else ()
            span = words[place.start].start, words[place.end - 1].end
            if not _within_colour(clause, *span):
                found.append(_reading(INTENT, "mode", clause, utterance, span, implied))
        names = [range(n.start, n.end) for n in named(tokens, view.entities())]
        tilt = [
            word
            for at, word in enumerate(words)
            if word.token in _TILTS and not any(at in name for name in names)
        ]
        if not tilt and (part := self._part(tokens)) is not None:
            span = words[part.start].start, words[part.end - 1].end
            found.append(_reading("HubSetMeasure", "amount", clause, utterance, span))
        if tilt:
            span = tilt[-1].start, tilt[-1].end
            cover = (("domain", "cover"),)
            found.append(_reading("HubSetTilt", "mode", clause, utterance, span, cover))
        return [reading for reading in found if reading is not None]

    def _part(self, tokens: tuple[str, ...]) -> options.Place | None:
        """Return where a part of a range stands that is no end: "two thirds", "half way"."""
        for size in range(_LONGEST, 0, -1):
            for start in range(len(tokens) - size + 1):
                part, end = tokens[start : start + size], start + size
                by = start > 0 and tokens[start - 1] == "by"
                if part not in self._lexicon.amounts or part[0] in _ENDS:
                    continue
                if size == 1 and part[0] not in _PARTS and not by:
                    continue
                tails = (len(tail) for tail in _TAILS if tokens[end : end + len(tail)] == tail)
                return options.Place(" ".join(part), start - by, end + next(tails, 0))
        return None

    def _place(
        self, tokens: tuple[str, ...], view: ContextView
    ) -> tuple[options.Place, frozenset[str]] | None:
        """Return where the option stands that takes in the most words, and whose domains have it."""
        self._index(view)
        best: options.Place | None = None
        domains: set[str] = set()
        for offer in self._offered(tokens):
            place = options.find(tokens, offer.options, offer.kind, self._ordinary)
            if place is None or self._is_thing_itself(place, offer, tokens, view):
                continue
            size = place.end - place.start
            if best is None or size > best.end - best.start:
                best, domains = place, set()
            if (place.start, place.end) == (best.start, best.end):
                domains.add(offer.domain)
        return None if best is None else (best, frozenset(domains))

    def _is_thing_itself(
        self, place: options.Place, offer: _Offer, tokens: tuple[str, ...], view: ContextView
    ) -> bool:
        """Return whether "fan on" is a fan switched on, not the fan of a thermostat that is named."""
        nouns = tokens[place.start : place.end]
        if not (
            place.option in options.SWITCHES and set(nouns) & {e.domain for e in view.entities()}
        ):
            return False
        around = text.singulars((*tokens[: place.start], *tokens[place.end :]))
        kinds = (kind for word in around for kind in self._lexicon.kinds_of((word,)))
        return not any(offer.domain in said.kind.fits for said in kinds)

    def _offered(self, tokens: tuple[str, ...]) -> Iterator[_Offer]:
        seen: set[_Offer] = set()
        for start in range(len(tokens)):
            for end in range(start + 1, min(len(tokens), start + _LONGEST) + 1):
                for offer in self._offers.get(tokens[start:end], ()):
                    if offer not in seen:
                        seen.add(offer)
                        yield offer

    def _index(self, view: ContextView) -> None:
        entities = view.entities()
        if entities is self._entities:
            return
        found: dict[tuple[str, ...], set[_Offer]] = {}
        for entity in entities:
            for kind in options.kinds():
                limits = entity.capability(kind.capability)
                if limits is None or not limits.options or entity.category:
                    continue
                offer = _Offer(kind, limits.options, entity.domain)
                for words, _, _ in options.phrases(limits.options):
                    found.setdefault(words, set()).add(offer)
        self._entities = entities
        self._offers = {words: frozenset(offers) for words, offers in found.items()}


def _asks(tokens: tuple[str, ...]) -> bool:
    """Return whether words begin as a question does: "do you", but not "do flames on the panel"."""
    if tokens[0] == "do":
        return tokens[1:2] == () or tokens[1] in _ASKED_OF
    return tokens[0] in _ASKED


def _within_colour(clause: Clause, start: int, end: int) -> bool:
    """Return whether the words are only a part of a colour: the "warm" of "warm white"."""
    slots = clause.hypotheses[0].slots if clause.hypotheses else ()
    return any(
        slot.name == "color"
        and slot.start <= start
        and end <= slot.end
        and end - start < slot.end - slot.start
        for slot in slots
    )


def _reading(
    intent: str,
    slot: str,
    clause: Clause,
    utterance: str,
    span: tuple[int, int],
    implied: tuple[tuple[str, str], ...] = (),
) -> Hypothesis | None:
    """Return the reading with the span in a slot of its own; ``None`` if nothing else is said."""
    start, end = span
    slots = tuple(_cut(clause, start, end, utterance))
    around = text.tokens(f"{utterance[clause.start : start]} {utterance[end : clause.end]}")
    alone = not around and implied == _SOURCE and len(text.tokens(utterance)) <= _FEW
    if not (around or alone) or any(item.name in _SOUGHT for item in slots):
        return None
    moving = sum(h.probability for h in clause.hypotheses if h.intent in intents.load())
    kept = tuple(item for item in slots if item.name in _KEPT)
    said = Slot(slot, start, end, utterance[start:end])
    return Hypothesis(
        intent, min(max(moving, LEAST_PROBABILITY), MOST_PROBABILITY), (*kept, said), implied
    )


def _cut(clause: Clause, start: int, end: int, utterance: str) -> Iterator[Slot]:
    """Yield the slots of the best reading without the words of the option."""
    slots = clause.hypotheses[0].slots if clause.hypotheses else ()
    for slot in slots:
        if slot.end <= start or slot.start >= end:
            yield slot
            continue
        for first, last in ((slot.start, start), (end, slot.end)):
            words = utterance[first:last].strip() if first < last else ""
            content = [t for t in text.tokens(words) if t not in _JOINERS]
            if content:
                left = utterance.index(words, first)
                yield Slot(slot.name, left, left + len(words), words)

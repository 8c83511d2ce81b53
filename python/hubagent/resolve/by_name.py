"""Requests by a whole name and a value: "do the window display in pink", "have the beacon do a slow flash".

In: a clause and a home. Out: at most one reading, of the one thing that is named in full and of a colour,
an option it has, or a number said beside it. It is tried only where every other reading came to nothing:
however oddly the verb is chosen, a thing and its colour leave little to be misunderstood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import options, text
from hubagent.resolve.by_option import INTENT
from hubagent.resolve.named import named, scattered
from hubagent.types import Hypothesis, Slot

if TYPE_CHECKING:
    from hubagent.ports import ContextView, Values
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Clause, Entity

PROBABILITY = 0.6
"""How surely such a request is understood: less than anything sensitive needs."""
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?(?:\.\d+)?\s*%?")
_LONGEST = 4
_UNITS = frozenset({"percent", "degrees", "degree"})
_READ_ONLY = frozenset({"sensor", "binary_sensor", "weather", "sun", "person", "todo", "scene"})
_SMALL = frozenset(
    ["stick", "pop", "chuck", "bung", "whack", "slap", "behind", "above", "below", "beside", "next"]
)
_MOST_OTHERS = 1
"""Most words that are neither name nor value nor small."""


class ByName:
    """Finds a thing and a value in a clause."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._values = values
        self._small = (
            lexicon.carriers | lexicon.fillers | lexicon.skipped | lexicon.requests | _SMALL
        )
        self._ordinary = lexicon.carriers | {w for kind in lexicon.kind_words for w in kind}

    def reading(self, clause: Clause, utterance: str, view: ContextView) -> Hypothesis | None:
        """Return the reading of a clause; ``None`` if no one thing, or no value for it, is said."""
        spots = [
            ("".join(text.tokens(match[0])), match.start(), match.start() + len(match[0].rstrip()))
            for match in _SPOKEN.finditer(utterance, clause.start, clause.end)
        ]
        words = tuple(word for word, _, _ in spots)
        found = [
            (item.things, set(range(item.start, item.end)))
            for item in named(words, view.entities())
            if not all(e.domain in _READ_ONLY for e in item.things)
        ]
        if not found and (things := scattered(words, view.entities())):
            plain = self._lexicon.plain
            own = {plain(w) for e in things for n in (e.name, *e.aliases) for w in text.tokens(n)}
            found = [(things, {i for i, word in enumerate(words) if plain(word) in own})]
        if len(found) != 1:
            return None
        things, taken = found[0]
        able = [thing for thing in things if thing.domain not in _READ_ONLY]
        if len(able) != 1:
            return None
        value = self._value(able[0], words, taken)
        if value is None:
            return None
        intent, slot, first, last = value
        others = [
            word
            for at, word in enumerate(words)
            if at not in taken and not first <= at < last and word not in self._small
        ]
        if len(others) > _MOST_OTHERS:
            return None
        start, end = spots[first][1], spots[last - 1][2]
        begin, stop = spots[min(taken)][1], spots[max(taken)][2]
        if begin < end and start < stop:  # a value between the words of the name
            return None
        slots = (
            Slot("name", begin, stop, utterance[begin:stop]),
            Slot(slot, start, end, utterance[start:end]),
        )
        return Hypothesis(intent, PROBABILITY, slots, (("domain", able[0].domain),))

    def _value(
        self, thing: Entity, words: tuple[str, ...], taken: set[int]
    ) -> tuple[str, str, int, int] | None:
        """Return the intent, the slot and the place of the longest value said for the thing."""
        free = tuple("" if at in taken else word for at, word in enumerate(words))
        for kind in options.kinds():
            limits = thing.capability(kind.capability)
            place = limits and options.find(free, limits.options, kind, self._ordinary)
            if place:
                return INTENT, "mode", place.start, place.end
        for size in range(_LONGEST, 0, -1):
            for first in range(len(words) - size + 1):
                last = first + size
                if any(at in taken for at in range(first, last)):
                    continue
                said = " ".join(words[first:last])
                if thing.domain == "light" and (
                    self._values.colour(said) or self._values.kelvin(said)
                ):
                    return "HassLightSet", "color", first, last
                united = words[last - 1] in _UNITS or said.endswith("%")
                alone = first - 1 in taken and len(taken) + size == len(words)  # "cove 40"
                if (united or alone) and self._values.number(said) is not None:
                    return "HubSetMeasure", "amount", first, last
        return None

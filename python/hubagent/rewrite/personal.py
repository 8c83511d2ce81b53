"""What works in this home: its own successful words, and its names put into what was said.

The personal index of Cho et al. (2021.nlp4convai-1.17) with its affinity layers: own words, names of the
home, what is played here. Names are no sentences, so they are put where the words that nothing here has
stand: "turn on gand elf" becomes "turn on Gandalf". The home is asked anew in each search: what is no
longer there is in no candidate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubagent.evidence import Affinity, source_key
from hubagent.rewrite.index import PhraseIndex
from hubagent.rewrite.rank import Candidate, Commonness
from hubagent.rewrite.words import lexicon, singular, tokens
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hubagent.evidence import Entry
    from hubagent.ports import ContextView, PairStore

LIMIT = 20
LEAST_GOOD = 1.5
"""Turns that ended well, faded, before own words are offered: two of the last weeks."""
_LEAST_SOUND = 0.5
_LONGEST_NAME = 4
"""Words that a name may be heard as."""
_NAMES = 3
"""Names tried for each part of what was said."""


class PersonalIndex:
    """Searches what works in this home; brought up to date when the tables have changed."""

    def __init__(self, store: PairStore) -> None:
        """Keep the tables; the index is made at the first search."""
        self._store = store
        self._version = -1
        self._entries: dict[int, Entry] = {}
        self._ids: dict[str, int] = {}
        self._by_width: dict[int, PhraseIndex] = {}  # another model's vectors are apart
        self._sounds = PhraseIndex(0)
        self.common = Commonness()

    def near(
        self, text: str, vector: NDArray[np.float32] | None, view: ContextView
    ) -> list[Candidate]:
        """Return candidates for what was said.

        Args:
            text: As :func:`hubagent.evidence.source_key` makes it.
            vector: Its embedding, unit length; ``None`` searches by sound alone.
            view: The home now.
        """
        self._refresh()
        found = [*self._own(text, vector), *self._by_name(text, view)]
        unique: dict[str, Candidate] = {}
        for candidate in found:
            unique.setdefault(source_key(candidate.text), candidate)
        return list(unique.values())

    # -- own words ---------------------------------------------------------------------------------

    def _own(self, text: str, vector: NDArray[np.float32] | None) -> Iterator[Candidate]:
        rows: dict[int, tuple[float, float]] = {}
        index = self._by_width.get(len(vector)) if vector is not None else None
        if index is not None:
            for near in index.nearest(text, vector, limit=LIMIT):
                rows[near.id] = (near.similarity, near.sound)
        for near in self._sounds.nearest(text, limit=LIMIT):
            rows.setdefault(near.id, (0.0, near.sound))
        for number, (similarity, sound) in rows.items():
            entry = self._entries[number]
            yield Candidate(
                text=entry.text,
                layer=Layer.PERSONAL,
                similarity=similarity,
                sound=sound,
                interpretation=entry.interpretation,
                tally=entry.tally,
                last_s=entry.last_s,
                hours=entry.hours,
                place=entry.place,
            )

    def _refresh(self) -> None:
        """Take over what changed since the last search; what is the same stays in the index."""
        if self._version == self._store.version:
            return
        self._version = self._store.version
        wanted = {
            entry.text: entry
            for entry in self._store.entries()
            if entry.affinity is not Affinity.OWN or entry.tally.good >= LEAST_GOOD
        }
        for text in self._ids.keys() - wanted.keys():
            self._drop(self._ids.pop(text))
        for text, entry in wanted.items():
            number = self._ids.get(text)
            if number is None or self._entries[number].embedding != entry.embedding:
                if number is not None:
                    self._drop(number)
                number = max(self._entries, default=-1) + 1
                self._ids[text] = number
                self._add(number, entry)
            self._entries[number] = entry
        self.common = Commonness(wanted)

    def _add(self, number: int, entry: Entry) -> None:
        vector = np.frombuffer(entry.embedding, dtype=np.int8).astype(np.float32)
        if vector.any():
            index = self._by_width.setdefault(len(vector), PhraseIndex(len(vector)))
            index.add(number, entry.text, vector)
        self._sounds.add(number, entry.text, np.zeros(0, dtype=np.float32))

    def _drop(self, number: int) -> None:
        del self._entries[number]
        self._sounds.remove(number)
        for index in self._by_width.values():
            index.remove(number)

    # -- names -------------------------------------------------------------------------------------

    def _by_name(self, text: str, view: ContextView) -> Iterator[Candidate]:
        """Yield what was said with a name in the place of words that nothing here has."""
        names = _names(view)
        known = {word for name in names for word in map(singular, tokens(name))}
        small, poles = lexicon().sets["small"], lexicon().poles
        words = text.split()
        strange = [
            at
            for at, word in enumerate(words)
            if singular(word) not in known and word not in small and word not in poles
        ]
        if not strange or not names:
            return
        index = PhraseIndex(0)
        for number, name in enumerate(names):
            index.add(number, name, np.zeros(0, dtype=np.float32))
        for start, end in _spans(words, strange):
            heard = " ".join(words[start:end])
            for near in index.nearest(heard, limit=_NAMES):
                if near.sound >= _LEAST_SOUND:
                    meant = " ".join([*words[:start], names[near.id], *words[end:]])
                    yield Candidate(meant, Layer.PERSONAL, 0.0, near.sound, named=True)


def _spans(words: Sequence[str], strange: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield spans that begin and end with, or next to, a strange word and hold the first one."""
    first, last = strange[0], strange[-1]
    for start in range(max(0, first - 1), first + 1):
        for end in range(last + 1, min(len(words), last + 2) + 1):
            if end - start <= _LONGEST_NAME:
                yield start, end


def _names(view: ContextView) -> list[str]:
    """Return what can be spoken of here: things, places, and what is played."""
    found: dict[str, None] = {}
    for entity in view.entities():
        if not entity.category:
            found.update(dict.fromkeys((entity.name, *entity.aliases)))
        if entity.domain == "media_player":
            found.update(dict.fromkeys(what for what, _ in view.chosen(entity.entity_id, "media")))
    for items in (view.areas(), view.floors()):
        for item in items:
            found.update(dict.fromkeys((item.name, *item.aliases)))
    return [name for name in map(source_key, found) if name]

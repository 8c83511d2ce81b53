"""Phrases nearest to what was said, by meaning and by sound: façade of the index in Rust.

The first stage of search-based rewriting: "Personalized Search-based Query Rewrite System for
Conversational AI" (Cho et al., NLP4ConvAI 2021, 2021.nlp4convai-1.17) retrieves by vectors alone;
the channel of sounds beside them, for what a recogniser misheard or split, is ours. Every search
looks at every phrase: at 100,000 that takes milliseconds, needs no tuning and misses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hubagent import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Near(NamedTuple):
    """A phrase that is near.

    Attributes:
        id: The phrase's own number.
        similarity: Cosine of the vectors, in [-1, 1]; 0 when the search was by sound alone.
        sound: Likeness of the sounds, in [0, 1].
    """

    id: int
    similarity: float
    sound: float


class PhraseIndex:
    """Phrases with their vectors and sounds; safe to use from several threads."""

    def __init__(self, width: int) -> None:
        """Make an empty index of vectors of ``width`` numbers; 0 makes it one of sounds alone."""
        self._core = _core.PhraseIndex(width)

    @classmethod
    def from_bytes(cls, data: bytes) -> PhraseIndex:
        """Read what :meth:`to_bytes` wrote.

        Raises:
            DataError: If it is anything else, down to a single bit; a file may be from outside.
        """
        index = cls.__new__(cls)
        index._core = _core.PhraseIndex.from_bytes(data)
        return index

    def to_bytes(self) -> bytes:
        """Return all of it, texts too, versioned and with a checksum."""
        return self._core.to_bytes()

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return self._core.width

    def __len__(self) -> int:
        """Return the number of phrases."""
        return len(self._core)

    def add(self, id: int, text: str, vector: NDArray[np.float32]) -> None:
        """Add a phrase, in place of the one of the same id.

        Args:
            id: Its own number, from 0 to 2**64 - 1.
            text: As it is said; only its sound is compared.
            vector: Shape ``(width,)``; only its direction counts.

        Raises:
            ValueError: If the vector has another width, or is not finite, or all zero.
        """
        self._core.add(id, text, _bytes(vector))

    def remove(self, id: int) -> bool:
        """Remove a phrase; say whether it was there."""
        return self._core.remove(id)

    def nearest(
        self, text: str, vector: NDArray[np.float32] | None = None, *, limit: int = 20
    ) -> list[Near]:
        """Return the ``limit`` nearest by vector and the ``limit`` nearest by sound, as one list.

        Each has both measures; the greatest sum comes first, then the lower id.

        Args:
            text: What was said.
            vector: Shape ``(width,)``; ``None`` asks by sound alone.
            limit: How many of either; phrases that share no sound at all are not near by sound.

        Raises:
            ValueError: If the vector has another width, or is not finite, or all zero.
        """
        packed = b"" if vector is None else _bytes(vector)
        return [Near(*row) for row in self._core.nearest(text, packed, limit)]


def _bytes(vector: NDArray[np.float32]) -> bytes:
    return np.asarray(vector, dtype=np.float32).tobytes()


def likeness(one: str, other: str) -> tuple[float, float]:
    """Return how alike two texts are spelled and how alike they sound, both in [0, 1]."""
    return _core.likeness(one, other)

"""The model of a process, which reads each text once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from hubagent.ports import Understand
    from hubagent.types import Understanding

_MOST = 30_000
"""Texts remembered; some 12 KB each."""


class Remembered:
    """An understander that reads each text once; one for all households of a process."""

    def __init__(self, understand: Understand) -> None:
        self._understand = understand
        self._known: dict[str, Understanding] = {}

    def understand(self, text: str) -> Understanding:
        """Return what the model makes of the words."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._understand.understand(text)
            if len(self._known) > _MOST:
                del self._known[next(iter(self._known))]
        return found

    def is_word(self, word: str) -> bool:
        """Return whether it is a usual word."""
        return self._understand.is_word(word)


@cache
def reader() -> Remembered:
    """Return the model, with its memory, of this process."""
    return Remembered(Understander.load())

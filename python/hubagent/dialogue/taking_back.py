"""Undo: which of the last turns is meant, and what takes it back.

In: the words and the turns of this place. Out: a ``Heard`` whose resolutions put things back as they were; ``None``
where the words ask for nothing of the kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.dialogue import words as known
from hubagent.dialogue.heard import Heard
from hubagent.dialogue.memory import UNDO, Memory, Past
from hubagent.dialogue.undo import meant, undo
from hubagent.types import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.dialogue.undo import Sensitive
    from hubagent.ports import ContextView
    from hubagent.types import Utterance

_COUNTS = {"both": 2, "two": 2, "2": 2, "couple": 2, "three": 3, "3": 3, "four": 4, "4": 4}


class TakingBack:
    """Hears what asks for things to be as they were."""

    def __init__(self, memory: Memory, sensitive: Sensitive) -> None:
        """Work on the turns of a memory.

        Args:
            memory: The last turns.
            sensitive: Whether a thing is never moved on a guess.
        """
        self._memory = memory
        self._sensitive = sensitive
        self._words = known.load()

    def heard(self, utterance: Utterance, said: str, view: ContextView) -> Heard | None:
        """Return what takes back what is meant; ``None`` if nothing is to be taken back."""
        pasts = self._memory.undoable(utterance)
        newest = self._memory.newest(utterance)
        rest, asked = said, False
        for pattern in self._words.undo:
            asked = asked or pattern.search(rest) is not None
            rest = pattern.sub(" ", rest)
        if newest is not None and newest.took_back:
            asked = asked or self._words.patterns["once_more"].match(said) is not None
        put_back = self._words.patterns["put_back"].search(said)
        if put_back is not None and not asked:
            naming = [w for w in known.tokens(put_back["what"]) if w not in self._words.fillers]
            asked = bool(naming) and meant(pasts, naming) is not None
            rest = put_back["what"]
        if not asked:
            return None
        if not pasts:
            if self._words.undo[0].search(said) is None:
                return None
            nothing = Resolution(Decision.REFUSE, UNDO, reason="nothing_to_undo")
            return Heard(utterance.text, resolutions=(nothing,), note="undo, but nothing was done")
        extra = [word for word in known.tokens(rest) if word not in self._words.fillers]
        extra = [word for word in extra if word not in {"no", "wait", "last", "one", "did", "what"}]
        count = next((_COUNTS[word] for word in extra if word in _COUNTS), 1)
        if self._words.patterns["from_the_start"].search(said) is not None:
            count = _about_the_same(pasts)
        if count > 1 and len(pasts) > 1:
            return self._several(utterance, pasts[:count], view)
        past, only = meant(pasts, extra) or (pasts[0], frozenset())
        taken_back = undo(past, view, self._sensitive, only)
        return Heard(
            utterance.text,
            resolutions=taken_back.resolutions,
            undone=taken_back.turns,
            note=f"undo of turn {past.turn_id}",
        )

    def _several(self, utterance: Utterance, pasts: Sequence[Past], view: ContextView) -> Heard:
        """Take the last turns back, the newest first; each thing is as it was before the oldest."""
        found: tuple[Resolution, ...] = ()
        for number, past in enumerate(pasts):
            older = {c.entity_id for other in pasts[number + 1 :] for c in other.commands}
            only = frozenset(c.entity_id for c in past.commands) - older
            if only or not past.commands:
                found = (*found, *undo(past, view, self._sensitive, only).resolutions)
        note = f"undo of turns {', '.join(past.turn_id for past in pasts)}"
        return Heard(utterance.text, resolutions=found, undone=tuple(pasts), note=note)


def _about_the_same(pasts: Sequence[Past]) -> int:
    """Return how many of the last turns moved the same things, one after the other."""
    moved = [frozenset(command.entity_id for command in past.commands) for past in pasts]
    return next((n for n, ids in enumerate(moved) if not ids or ids != moved[0]), len(moved))

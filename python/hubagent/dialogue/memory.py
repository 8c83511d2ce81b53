"""What was said and done in the last turns, by the place that people speak from.

In: turns as they end. Out: the last one that later words may refer to, and those that can be taken
back. Bounded in number and time; nothing of it outlives a restart.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.types import Clause, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.types import (
        Command,
        EntityId,
        Hypothesis,
        Resolution,
        TurnId,
        Understanding,
        Utterance,
    )

UNDO = "HubUndo"
"""Intent of what takes something back."""
FOLLOWED_WITHIN_S = 150.0
"""So long words such as "it" and "brighter" may be about what was said before."""
FOLLOWED_TURNS = 3
"""Turns back that they may reach."""
UNDONE_WITHIN_S = 900.0
KEPT_TURNS = 12
"""Turns of one place that are kept."""
_PLACES = 64
_SHARED = frozenset({"which_are", "how_many", "any_yes"})
"""Answers of which only the things they affirm are spoken about afterwards."""


@dataclass(frozen=True, slots=True)
class Past:
    """One turn that is over."""

    turn_id: TurnId
    at_s: float
    view: ContextView
    """The home before it."""
    understanding: Understanding | None
    resolutions: tuple[Resolution, ...]
    commands: tuple[Command, ...] = ()
    group: tuple[EntityId, ...] = ()
    """Its targets with those of the turns that it went on from: "and the kitchen"."""
    asked: tuple[EntityId, ...] = ()
    """All things it asked to choose from, when it was the answer to a question."""
    took_back: bool = False
    """It undid another turn, so it is none to be undone."""

    @property
    def targets(self) -> tuple[EntityId, ...]:
        """The things it was about, in the order said."""
        found: dict[EntityId, None] = {}
        own = [r for r in self.resolutions if r.intent != UNDO] or self.resolutions
        for resolution in own:
            found.update(dict.fromkeys(_spoken_of(resolution, self.view)))
        return tuple(found)

    @property
    def last(self) -> Resolution:
        """What its last clause came to."""
        return self.resolutions[-1]

    def reading(self) -> tuple[str, Hypothesis] | None:
        """Return the words of its last clause and the reading taken; slots count within them."""
        clauses = self.understanding.clauses if self.understanding is not None else ()
        for clause in reversed(clauses):
            for hypothesis in clause.hypotheses:
                if hypothesis.intent == self.last.intent:
                    return self._words_of(clause), hypothesis
        return self._other_reading()

    def _other_reading(self) -> tuple[str, Hypothesis] | None:
        """Return the reading that was taken instead of the model's, if it is of the words kept."""
        own = self.last.reading
        if own is None or self.understanding is None or not self.understanding.clauses:
            return None
        text = self.understanding.text
        if any(text[slot.start : slot.end] != slot.text for slot in own.slots):
            return None
        return self._words_of(self.understanding.clauses[-1]), own

    def _words_of(self, clause: Clause) -> str:
        text = self.understanding.text if self.understanding is not None else ""
        return " " * clause.start + text[clause.start : clause.end]

    @property
    def undoable(self) -> bool:
        """Whether it did something, now or for later, that was not the undoing of another."""
        later = any(r.due_s is not None or _starts_timer(r) for r in self.resolutions)
        return not self.took_back and (bool(self.commands) or later)


@dataclass(slots=True)
class _Talk:
    turns: deque[Past] = field(default_factory=lambda: deque(maxlen=KEPT_TURNS))
    undone: set[TurnId] = field(default_factory=set)


class Memory:
    """Keeps the last turns of each place."""

    def __init__(self) -> None:
        self._talks: dict[str, _Talk] = defaultdict(_Talk)

    def keep(self, utterance: Utterance, past: Past, *, undone: Sequence[Past] = ()) -> None:
        """Remember a turn, and which turns it took back."""
        place = place_of(utterance)
        if place not in self._talks and len(self._talks) >= _PLACES:
            self._talks.pop(next(iter(self._talks)))
        talk = self._talks[place]
        talk.turns.append(past)
        talk.undone.update(item.turn_id for item in undone)
        talk.undone &= {item.turn_id for item in talk.turns}

    def newest(self, utterance: Utterance) -> Past | None:
        """Return the last turn of the place, whatever it was; ``None`` when that is too long ago."""
        talk = self._talks.get(place_of(utterance))
        newest = talk.turns[-1] if talk and talk.turns else None
        if newest is None or utterance.heard_at_s - newest.at_s > FOLLOWED_WITHIN_S:
            return None
        return newest

    def spoken_of(self, utterance: Utterance) -> Past | None:
        """Return the last turn that was about things of the home; ``None`` if there is none near."""
        talk = self._talks.get(place_of(utterance))
        for past in list(reversed(talk.turns))[:FOLLOWED_TURNS] if talk else ():
            if utterance.heard_at_s - past.at_s > FOLLOWED_WITHIN_S:
                return None
            if past.targets and past.last.decision is not Decision.REFUSE:
                return past
        return None

    def requested(self, utterance: Utterance) -> Past | None:
        """Return the last turn near enough that moved something by a request of its own."""
        talk = self._talks.get(place_of(utterance))
        for past in list(reversed(talk.turns))[:FOLLOWED_TURNS] if talk else ():
            if utterance.heard_at_s - past.at_s > FOLLOWED_WITHIN_S:
                return None
            if past.commands and not past.took_back and past.reading() is not None:
                return past
        return None

    def undoable(self, utterance: Utterance) -> tuple[Past, ...]:
        """Return the turns of the place that did something and still stand, the newest first."""
        talk = self._talks.get(place_of(utterance)) or _Talk()
        return tuple(
            past
            for past in reversed(talk.turns)
            if past.undoable
            and past.turn_id not in talk.undone
            and utterance.heard_at_s - past.at_s <= UNDONE_WITHIN_S
        )


def place_of(utterance: Utterance) -> str:
    """Return where words were said, as far as dialogues must be told apart."""
    return utterance.device or utterance.area_id or ""


def _spoken_of(resolution: Resolution, view: ContextView) -> tuple[EntityId, ...]:
    if resolution.decision is Decision.ASK:
        return ()
    names = resolution.facts.get("yes")
    if resolution.reason in _SHARED and isinstance(names, tuple) and names:
        return tuple(i for i in resolution.targets if view.entity(i).name in names)
    return resolution.targets


def _starts_timer(resolution: Resolution) -> bool:
    return resolution.timer is not None and resolution.timer.action.value == "start"

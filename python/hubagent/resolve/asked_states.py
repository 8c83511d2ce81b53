"""Answers about states: which things of those spoken of are open, on, locked.

In: the scene of an inquiry. Out: a ``Verdict``, or ``None`` where no such thing can be in such a state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.asked_verdicts import names_of
from hubagent.resolve.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.resolve.asked_scene import AskedScene
    from hubagent.types import Entity, Value

_WITHOUT_SUBJECT = frozenset({"weather", "sun", "person", "device_tracker"})
"""Domains whose state is asked without naming anything: "is it raining", "is anyone home"."""
_LOOSE = frozenset({"on", "open", "unlocked", "running", "wet"})
"""States of which one of several things is worth a yes."""
_SHUT = frozenset({"open", "closed", "locked", "unlocked"})
_SCREENS = frozenset({"blind", "curtain", "shade", "shutter", "awning", "damper"})
"""Covers that keep nobody out: no part of "is everything shut"."""


class AskedStates:
    """Tells states of things."""

    def __init__(self, scene: AskedScene) -> None:
        self._scene = scene

    def asked(self) -> Verdict | None:
        """Return which of the things asked about are in the state; ``None`` if none can be."""
        entities = self._in_question()
        return self.of(entities) if entities else None

    def of(self, entities: tuple[Entity, ...]) -> Verdict | None:
        """Return which of things that can be in a state asked about are in it."""
        inquiry = self._scene.inquiry
        states = [
            next(s for s in inquiry.states if self._scene.lexicon.can_be(e, s)) for e in entities
        ]
        yes = [
            entity
            for entity, state in zip(entities, states, strict=True)
            if self._scene.lexicon.is_in_state(
                entity, self._scene.view.state(entity.entity_id).state, state
            )
        ]
        unknown = [e for e in entities if self._scene.view.state(e.entity_id).state is None]
        if len(unknown) == len(entities):
            return None
        no = [entity for entity in entities if entity not in yes]
        several = len(entities) > 1 and not inquiry.any and not inquiry.somebody
        # "Are the windows open", with two of them: either is enough to be told of.
        several = several and (inquiry.all or not _LOOSE & set(inquiry.states))
        is_so = not no if several or (inquiry.all and len(entities) > 1) else bool(yes)
        holds = is_so is not (inquiry.negated and bool(self._scene.request or inquiry.somebody))
        reason = {"which": "which_are", "many": "how_many"}.get(
            inquiry.form, f"{'all' if several else 'any'}_{'yes' if is_so else 'no'}"
        )
        named = self._rooms if inquiry.rooms else names_of
        facts: dict[str, Value] = {
            "state": inquiry.state_said,
            "asked": inquiry.states[0],
            "yes": named(yes),
            "no": named(no),
            "count": len(named(yes)),
            "total": len(entities),
            "kind": " ".join(inquiry.subject),
        }
        return Verdict(reason, facts, tuple(e.entity_id for e in entities), holds)

    def _rooms(self, entities: Sequence[Entity]) -> tuple[str, ...]:
        rooms = (self._scene.tellers.area_name(entity) for entity in entities)
        return tuple(dict.fromkeys(room for room in rooms if room))

    def _in_question(self) -> tuple[Entity, ...]:
        """Return the things whose state is asked for."""
        inquiry = self._scene.inquiry
        antecedents = tuple(
            entity
            for i in self._scene.grounder.antecedents
            if any(
                self._scene.lexicon.can_be(entity := self._scene.view.entity(i), s)
                for s in inquiry.states
            )
        )
        if inquiry.pronoun and antecedents and not inquiry.somebody:
            return antecedents
        areas, known = self._scene.areas()
        if not known:
            return ()
        open_ended = inquiry.form in {"which", "many"} or inquiry.any or inquiry.all
        spoken = inquiry.subject or areas is not None or (open_ended and not inquiry.pronoun)
        plural = open_ended or (bool(inquiry.subject) and text.is_plural(inquiry.subject[-1]))
        found = self._scene.tellers.in_state(inquiry.states, inquiry.subject, areas, plural=plural)
        if not spoken:
            found = tuple(
                entity
                for entity in found
                if entity.domain in _WITHOUT_SUBJECT
                or any("named" in self._scene.lexicon.states[s] for s in inquiry.states)
            )
        if not inquiry.subject and _SHUT & set(inquiry.states):
            found = tuple(entity for entity in found if entity.device_class not in _SCREENS)
        if not {"locked", "unlocked"} & set(inquiry.states):
            found = tuple(e for e in found if e.domain != "lock") or found
        return found if plural or areas is not None else self._scene.here_first(found)

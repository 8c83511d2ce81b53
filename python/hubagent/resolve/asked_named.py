"""Answers about things that a question names in full, however it is asked.

In: the scene of an inquiry and the words. Out: a ``Verdict``, or ``None``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.asked_verdicts import told_verdict
from hubagent.resolve.asked_when import last_change
from hubagent.resolve.named import Named, named, scattered, sensors_of

if TYPE_CHECKING:
    from hubagent.resolve.asked_scene import AskedScene
    from hubagent.resolve.asked_states import AskedStates
    from hubagent.resolve.asked_values import AskedValues
    from hubagent.resolve.inquiry import Inquiry
    from hubagent.resolve.verdict import Verdict
    from hubagent.types import Entity

_WITHIN = frozenset({"in", "inside", "at", "by", "near"})
_DETERMINERS = frozenset({"the", "my", "our", "his", "her", "their"})


class AskedByName:
    """Tells what is known of a thing named in full."""

    def __init__(self, scene: AskedScene, states: AskedStates, values: AskedValues) -> None:
        self._scene = scene
        self._states = states
        self._values = values

    def by_name(self, words: tuple[str, ...]) -> Verdict | None:
        """Return what is known of the thing that a question names in full, however it is asked.

        "What's the robot up to" is told its state; "does the gate remote need a new battery" its charge.
        The name must stand alone: a "big garage door" is no Garage Door, nor is the one "in the cellar"
        anything of a home without one.

        Args:
            words: Tokens of the question.
        """
        things, name = self._called(words)
        return self._known_of(things, name) if things else None

    def when(self, words: tuple[str, ...]) -> Verdict | None:
        """Return when what a question is about last changed."""
        things, name = self._called(words)
        also = self._scene.tellers.any_called(
            name or self._scene.inquiry.subject, self._scene.areas()[0]
        )
        things = (*things, *(e for e in also if e not in things))
        return last_change(words, things, self._scene.view, self._scene.lexicon)

    def _called(self, words: tuple[str, ...]) -> tuple[tuple[Entity, ...], tuple[str, ...]]:
        """Return the things that the words name in full, and the words of the name if they are one."""
        entities = self._scene.view.entities()
        spans = named(words, entities)
        if len(spans) == 1 and self._is_alone(spans[0], words):
            things, name = spans[0].things, words[spans[0].start : spans[0].end]
        elif not spans:
            things, name = scattered(words, entities), ()
        else:
            return (), ()
        areas, known = self._scene.areas()
        if areas is not None:
            things = tuple(e for e in things if self._scene.view.area_of(e.entity_id) in areas)
        return (things, name) if known else ((), ())

    def _known_of(self, things: tuple[Entity, ...], name: tuple[str, ...]) -> Verdict | None:
        inquiry, entities = self._scene.inquiry, self._scene.view.entities()
        sensors = tuple(e for e in sensors_of(name, entities) if e not in things) if name else ()
        if inquiry.quality is not None:
            told = self._scene.tellers.telling_of((*things, *sensors), inquiry.quality)
            if told:
                bounded = self._values.bounded(told) if inquiry.bound is not None else None
                return bounded or told_verdict(told, inquiry.quality)
            # A kettle tells no charge, and a meter of acid no warmth.
            things = tuple(e for e in things if e.domain == "sensor" and _may_tell(e, inquiry))
        able = tuple(
            e
            for e in things
            if any(self._scene.lexicon.can_be(e, state) for state in inquiry.states)
        )
        if able:
            return self._states.of(able)
        if all(thing.domain == "weather" for thing in things):
            return None  # more is told of the weather than its word
        told = tuple(
            item for e in things if (item := self._scene.tellers.described(e)).value is not None
        )
        return told_verdict(told, None) if told else None

    def _is_alone(self, found: Named, words: tuple[str, ...]) -> bool:
        """Return whether nothing else is said of which thing of that name is meant."""
        before = words[found.start - 1] if found.start else ""
        around = self._scene.tellers.around(found.things)
        if before and self._reads_as_name(before) and text.singular(before) not in around:
            return False
        behind = words[found.end :]
        if behind and self._is_other_kind(behind[0], found.things):
            return False
        if behind and not found.whole and self._names_more(behind[0]):
            return False  # "the bow thruster", where there are Bow Doors
        for index in range(len(behind) - 1):
            if behind[index] in _WITHIN and behind[index + 1] in _DETERMINERS:
                place = self._scene.grounder.places.find(" ".join(behind[index + 2 : index + 4]))
                one = self._scene.grounder.places.find(" ".join(behind[index + 2 : index + 3]))
                own = {text.singular(word) for word in behind[index + 2 : index + 4]} & around
                if place.unknown and one.unknown and not own:
                    return False
        return True

    def _is_other_kind(self, word: str, things: tuple[Entity, ...]) -> bool:
        """Return whether a word behind a name makes something else of it: "doorbell camera"."""
        kinds = self._scene.lexicon.kinds_of((word,))
        return bool(kinds) and not any(said.kind.fit(e) for said in kinds for e in things)

    def _names_more(self, word: str) -> bool:
        """Return whether a word behind where a sensor sits may be of a longer name."""
        return self._reads_as_name(word) and not word.endswith(("ing", "ed", "s"))

    def _reads_as_name(self, word: str) -> bool:
        small = (
            self._scene.lexicon.fillers | self._scene.lexicon.skipped | self._scene.lexicon.carriers
        )
        return word not in small and self._scene.lexicon.state_of((word,)) is None


def _may_tell(sensor: Entity, inquiry: Inquiry) -> bool:
    """Return whether a sensor may be asked for what its class does not name: "how full's the battery"."""
    quality = inquiry.quality.name if inquiry.quality is not None else ""
    return not sensor.device_class or (quality, sensor.device_class) == ("fill", "battery")

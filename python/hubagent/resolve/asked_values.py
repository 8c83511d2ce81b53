"""What things tell of a quality: of a thing, of a room and its air, held against a bound.

In: the scene of an inquiry. Out: what is told and by whom; nothing where nobody knows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.asked_verdicts import told_verdict
from hubagent.resolve.features import is_cooker
from hubagent.resolve.tellers import Told, number_of, unit_fits

if TYPE_CHECKING:
    from hubagent.resolve.asked_scene import AskedScene
    from hubagent.resolve.lexicon import Quality
    from hubagent.resolve.verdict import Verdict
    from hubagent.types import AreaId, Entity

_WARM = frozenset({"on", "heat", "heating", "auto", "electric", "gas"})
_SPOKEN_MOST = 5
_OF_ROOMS = frozenset({"temperature", "humidity", "illuminance", "brightness", "battery"})
"""Qualities that are no room's when they are another's."""
_HOT_C, _HOT_F = 60.0, 140.0


class AskedValues:
    """Tells values of things and rooms."""

    def __init__(self, scene: AskedScene) -> None:
        self._scene = scene

    def _told_here_first(self, told: tuple[Told, ...]) -> tuple[Told, ...]:
        """Return what the speaker's room tells of the one thing asked about, if it has such a thing."""
        near = self._scene.here_first(tuple(item.entity for item in told))
        return tuple(item for item in told if item.entity in near)

    def told(self) -> tuple[Told, ...]:
        """Return what those who were asked about tell."""
        inquiry = self._scene.inquiry
        quality = inquiry.quality
        if quality is None and inquiry.bound is not None:
            return self._of_the_bound()
        areas, known = self._scene.areas()
        if not known and not self._scene.outside:
            return ()
        if quality is None:
            return self._scene.tellers.measuring(inquiry.subject, areas)
        if inquiry.subject:
            own = self._scene.as_place(inquiry.subject) or self._scene.here_as(inquiry.subject)
            if own is not None and areas is None:
                return self._of_place(quality, own)
            plural = text.is_plural(inquiry.subject[-1])
            told = self._scene.tellers.telling(quality, inquiry.subject, areas, plural=plural)
            if not plural and areas is None and self._scene.lexicon.kinds_of(inquiry.subject):
                told = self._told_here_first(told)
            return told or self._scene.tellers.measuring(inquiry.subject, areas)
        if quality.name in {"media", "artist", "volume", "source"}:
            return self._of_what_plays(quality, areas)
        if areas is None and self._scene.request and inquiry.pronoun:
            related = self._scene.tellers.related(self._scene.request, "", quality)
            if related:
                return related
        told = self._of_place(quality, areas)
        if told or areas is not None or self._scene.outside or quality.name in _OF_ROOMS:
            return told
        told = self._scene.tellers.telling(quality, (), None)
        of_home = [t for t in told if self._scene.view.area_of(t.entity.entity_id) is None]
        return tuple(of_home or told)[:_SPOKEN_MOST]  # "how much power is the house using"

    def _of_place(self, quality: Quality, areas: frozenset[AreaId] | None) -> tuple[Told, ...]:
        """Return what is told of a room and its air; of the speaker's, where none was said."""
        if self._scene.outside:
            told = self.ambient(quality, areas or frozenset()) or self._outdoors(quality)
            return told or tuple(
                item
                for item in self._scene.tellers.telling(quality, (), None)
                if item.entity.domain == "weather"
            )
        if areas is not None:
            return self.ambient(quality, areas)
        here = self._scene.grounder.places.find("here").areas
        hot = self._of_what_is_hot(quality, here)
        if hot:
            return hot
        if here:
            told = self.ambient(quality, here)
            if told:
                return told
        if not self._scene.all_areas():
            return self._of_home(quality)[:_SPOKEN_MOST]
        indoors = frozenset(self._scene.all_areas() - self._scene.outdoor_areas())
        return self.ambient(quality, indoors)[:_SPOKEN_MOST]

    def _of_home(self, quality: Quality) -> tuple[Told, ...]:
        """Return what is told of the air of a home without rooms, by what is not called outdoors."""
        outdoors = {item.entity.entity_id for item in self._outdoors(quality)}
        return tuple(
            item
            for item in self._scene.tellers.telling(quality, (), None)
            if item.entity.domain in {"sensor", "climate", "humidifier"}
            and item.entity.entity_id not in outdoors
            and self._scene.tellers.is_ambient(item.entity, quality)
        )

    def _outdoors(self, quality: Quality) -> tuple[Told, ...]:
        """Return what sensors tell that are called after the outdoors, wherever they stand."""
        outdoor = self._scene.lexicon.outdoor | {
            w for words in self._scene.lexicon.outside for w in words
        }
        return tuple(
            item
            for item in self._scene.tellers.telling(quality, (), None)
            if item.entity.domain == "sensor" and outdoor & set(text.tokens(item.entity.name))
        )

    def ambient(self, quality: Quality, areas: frozenset[AreaId]) -> tuple[Told, ...]:
        """Return what is told of the air of rooms: by a sensor, else by what heats or cools them."""
        told = self._scene.tellers.telling(quality, (), areas)
        found = [item for item in told if self._scene.tellers.is_ambient(item.entity, quality)]
        sensors = [item for item in found if item.entity.domain == "sensor"]
        with_sensor = {self._scene.view.area_of(item.entity.entity_id) for item in sensors}
        return tuple(
            replace(item, where=self._scene.tellers.area_name(item.entity))
            for item in found
            if item in sensors or self._scene.view.area_of(item.entity.entity_id) not in with_sensor
        )

    def _of_what_is_hot(self, quality: Quality, here: frozenset[AreaId] | None) -> tuple[Told, ...]:
        """Return what is told of a thing in the speaker's room that is on or hot: that is meant.

        Where the room is not known, only of an oven or the like that is on.
        """
        asked = self._scene.inquiry
        if quality.name != "temperature" or asked.ambient or asked.bound or asked.places:
            return ()
        hot = [
            item
            for item in self._scene.tellers.telling(quality, (), here or None)
            if item.entity.domain in {"sensor", "climate"}
            and not self._scene.tellers.is_ambient(item.entity, quality)
            and (here or is_cooker(item.entity))
            and (self._is_heating(item.entity, quality) or (here and _is_hot(item)))
        ]
        sensors = [item for item in hot if item.entity.domain == "sensor"]
        return tuple(sensors or hot)

    def _is_heating(self, sensor: Entity, quality: Quality) -> bool:
        """Return whether the thing that a sensor sits in is on."""
        words = set(text.singulars(text.tokens(sensor.name)))
        words -= {text.singular(w) for phrase in quality.words for w in phrase}
        area_id = self._scene.view.area_of(sensor.entity_id)
        return any(
            words & set(text.singulars(text.tokens(other.name)))
            and self._scene.view.state(other.entity_id).state in _WARM
            for other in self._scene.view.entities()
            if other.domain in {"switch", "climate", "water_heater"}
            and self._scene.view.area_of(other.entity_id) == area_id
        )

    def _of_what_plays(self, quality: Quality, areas: frozenset[AreaId] | None) -> tuple[Told, ...]:
        """Return what is told of the player that is playing, the speaker's first."""
        told = self._scene.tellers.telling(quality, (), areas)
        if not told and quality.name == "artist":  # who sings it stands in many a title
            return self._of_what_plays(self._quality("media"), areas)
        playing = [t for t in told if self._scene.view.state(t.entity.entity_id).state == "playing"]
        here = self._scene.grounder.places.find("here").areas or frozenset()
        near = [t for t in playing if self._scene.view.area_of(t.entity.entity_id) in here]
        return tuple(near or playing)

    def _of_the_bound(self) -> tuple[Told, ...]:
        """Return what a bare number is held against: "it's under sixty".

        The thing that the words name; what the request is about; else how warm it is.
        """
        inquiry, bound = self._scene.inquiry, self._scene.inquiry.bound
        unit = bound.unit if bound is not None else ""
        areas, known = self._scene.areas()
        if not known and not self._scene.outside:
            return ()
        if inquiry.subject:
            told = self._scene.tellers.measuring(inquiry.subject, areas)
            told = tuple(item for item in told if unit_fits(unit, item.unit))
            own = self._scene.as_place(inquiry.subject) or self._scene.here_as(inquiry.subject)
            return told if told or own is None else self._of_place(self._temperature(), own)
        if areas is None and not self._scene.outside:
            related = self._scene.tellers.related(self._scene.request, unit)
            if len(related) == 1:
                return related
        told = self._of_place(self._temperature(), areas)
        return tuple(item for item in told if unit_fits(unit, item.unit))

    def _temperature(self) -> Quality:
        return self._quality("temperature")

    def _quality(self, name: str) -> Quality:
        return next(item for item in self._scene.lexicon.qualities if item.name == name)

    def bounded(self, told: tuple[Told, ...]) -> Verdict | None:
        """Return whether what is told is on the side of the bound that was said."""
        bound = self._scene.inquiry.bound
        values = [number_of(item.value) for item in told]
        if bound is None or any(value is None for value in values):
            return None
        sides = {
            replace(bound, value=_in_unit(bound.value, bound.unit, item.unit)).holds(value)
            for item, value in zip(told, values, strict=True)
            if value is not None
        }
        if len(sides) > 1:
            return None
        is_so = sides.pop()
        holds = is_so is not (self._scene.inquiry.negated and bool(self._scene.request))
        return replace(
            told_verdict(told, self._scene.inquiry.quality),
            holds=holds,
            reason=f"bound_{'yes' if holds else 'no'}" if len(told) == 1 else "values",
        )


def _is_hot(item: Told) -> bool:
    """Return whether a thing is far hotter than any room."""
    value = number_of(item.value)
    return value is not None and value > (_HOT_F if item.unit.endswith("F") else _HOT_C)


def _in_unit(value: float, said: str, unit: str) -> float:
    """Return a bound in the unit of a sensor, where another scale was said."""
    fahrenheit = said.casefold().endswith(("fahrenheit", "f"))
    celsius = said.casefold().endswith(("celsius", "centigrade", "c"))
    if fahrenheit and unit.endswith("C"):
        return (value - 32.0) * 5.0 / 9.0
    return value * 9.0 / 5.0 + 32.0 if celsius and unit.endswith("F") else value

"""Which things of the home can tell what is asked, and what they tell.

In: an ``Inquiry`` and the home. Out: things whose every naming word was said of them, in the tier of
those that fit best; never something that merely happens to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.features import is_cooker
from hubagent.resolve.lexicon import FITS, NEAR
from hubagent.resolve.once import (
    devices_by_id,
    entities_by_kind,
    entities_by_name,
    entities_of_devices,
)
from hubagent.types import SENSITIVE_DEVICE_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubagent.resolve.ground import Grounder
    from hubagent.resolve.lexicon import Kind, Lexicon, Quality
    from hubagent.types import AreaId, Entity, EntityId, Value

_GENERIC = frozenset({"room", "air", "sensor", "ambient", "indoor", "outdoor", "inside", "outside",
                      "climate", "home", "house", "thermometer", "meter", "monitor"})  # fmt: skip
"""Words of a sensor's name that name no thing it sits in."""
_HOUSE = frozenset({"house", "home", "place", "flat", "apartment"})
_SURE = 0.85
_TELLING = frozenset({"sensor", "climate", "weather", "binary_sensor", "number"})


@dataclass(frozen=True, slots=True)
class Told:
    """What one thing tells of a quality."""

    entity: Entity
    value: Value
    unit: str
    where: str = ""
    """The room whose air is measured; empty for a reading of a thing."""


class Tellers:
    """Looks for things that can answer, in one view of the home."""

    def __init__(self, grounder: Grounder, lexicon: Lexicon) -> None:
        self._grounder = grounder
        self._view = grounder.view
        self._lexicon = lexicon
        self._words: dict[EntityId, tuple[frozenset[str], frozenset[str]]] = {}

    @cached_property
    def _entities(self) -> tuple[Entity, ...]:
        return tuple(entity for entity in self._view.entities() if entity.domain != "scene")

    # -- states ------------------------------------------------------------------------------------

    def in_state(
        self,
        states: tuple[str, ...],
        subject: tuple[str, ...],
        areas: frozenset[AreaId] | None,
        *,
        plural: bool = False,
    ) -> tuple[Entity, ...]:
        """Return the things spoken of that can be in one of the states."""
        able = [
            entity
            for entity in self._entities
            if not entity.category
            and any(self._lexicon.can_be(entity, state) for state in states)
            and (areas is None or self._view.area_of(entity.entity_id) in areas)
        ]
        return self._best(able, subject, plural=plural)

    # -- qualities ---------------------------------------------------------------------------------

    def telling(
        self,
        quality: Quality,
        subject: tuple[str, ...],
        areas: frozenset[AreaId] | None,
        *,
        plural: bool = False,
    ) -> tuple[Told, ...]:
        """Return what the things spoken of tell of a quality."""
        able = [
            entity
            for entity in self._candidates(quality)
            if self._tells(entity, quality)
            and (areas is None or self._view.area_of(entity.entity_id) in areas)
        ]
        told = (
            self.told(entity, quality)
            for entity in self._best(able, subject, plural=plural, quality=quality)
        )
        return tuple(item for item in told if item.value is not None)

    def measuring(
        self, subject: tuple[str, ...], areas: frozenset[AreaId] | None
    ) -> tuple[Told, ...]:
        """Return what sensors of that name tell, whatever it is they measure."""
        able = [
            entity
            for entity in self._entities
            if entity.domain == "sensor"
            and not entity.category
            and (areas is None or self._view.area_of(entity.entity_id) in areas)
        ]
        return (
            tuple(self.told(entity, None) for entity in self._best(able, subject))
            if subject
            else ()
        )

    def any_called(
        self, subject: tuple[str, ...], areas: frozenset[AreaId] | None
    ) -> tuple[Entity, ...]:
        """Return the things that have every word said of them, whatever they know."""
        able = (
            entity
            for entity in self._entities
            if not entity.category
            and (areas is None or self._view.area_of(entity.entity_id) in areas)
        )
        return self._best(able, subject) if subject else ()

    def telling_of(self, things: Iterable[Entity], quality: Quality) -> tuple[Told, ...]:
        """Return what these things tell of a quality, those that know."""
        told = (self.told(thing, quality) for thing in things if self._tells(thing, quality))
        return tuple(item for item in told if item.value is not None)

    def described(self, entity: Entity) -> Told:
        """Return how a thing is, in the words for such a thing: a door is open, no door is on."""
        state = self._view.state(entity.entity_id).state
        table = self._lexicon.spoken_states
        of = table.get(f"{entity.domain}.{entity.device_class}") or table.get(entity.domain) or {}
        return Told(entity, of.get(str(state), state), entity.unit)

    def around(self, things: Iterable[Entity]) -> frozenset[str]:
        """Return the words of the names of things, of their rooms and of their devices."""
        found = [words for thing in things for words in self.words(thing)]
        return frozenset[str]().union(*found)

    def area_name(self, entity: Entity) -> str:
        """Return the name of the room a thing is in; empty without one."""
        area_id = self._view.area_of(entity.entity_id)
        return next((area.name for area in self._view.areas() if area.area_id == area_id), "")

    def related(
        self, words: tuple[str, ...], unit: str, quality: Quality | None = None
    ) -> tuple[Told, ...]:
        """Return numbers told by sensors that share a telling word with a request."""
        said = {text.singular(word) for word in words}
        found = []
        for entity in self._entities:
            if quality is not None and entity.device_class not in quality.classes:
                continue
            if entity.domain != "sensor" or not is_number(self._view.state(entity.entity_id).state):
                continue
            own = {
                word for word in self.words(entity)[0] if (word,) not in self._lexicon.kind_words
            }
            if own & said and unit_fits(unit, entity.unit):
                found.append(self.told(entity, None))
        return tuple(found)

    def told(self, entity: Entity, quality: Quality | None) -> Told:
        """Return what one thing tells of a quality; of a sensor, its state."""
        state = self._view.state(entity.entity_id)
        name = quality.attributes.get(entity.domain) if quality is not None else None
        if name is None or entity.domain == "sensor":
            return self.described(entity)
        return Told(
            entity,
            in_percent(name, state.attributes.get(name)),
            unit_of(name, entity, state.attributes),
        )

    def _candidates(self, quality: Quality) -> Iterator[Entity]:
        """Yield what may tell of a quality by its kind alone."""
        kinds = entities_by_kind(self._view.entities())
        sensors = kinds.get("sensor", {})
        for device_class in quality.classes:
            yield from sensors.get(device_class, ())
        for domain in quality.attributes:
            if domain != "sensor":
                for entities in kinds.get(domain, {}).values():
                    yield from entities

    def _tells(self, entity: Entity, quality: Quality) -> bool:
        if entity.domain == "sensor":
            return entity.device_class in quality.classes
        name = quality.attributes.get(entity.domain)
        return (
            name is not None
            and not entity.category
            and (self._view.state(entity.entity_id).attributes.get(name) is not None)
        )

    def is_ambient(self, entity: Entity, quality: Quality) -> bool:
        """Return whether a reading is that of a room, not of a thing in it: no oven's, no tank's."""
        if entity.domain in {"climate", "humidifier"}:
            return not is_cooker(entity)
        if entity.domain == "weather":
            return False
        words = set(text.singulars(text.tokens(entity.name)))
        area = self._view.area_of(entity.entity_id)
        words -= {text.singular(w) for phrase in quality.words for w in phrase}
        words -= self._area_words(area) | _GENERIC
        measures = {text.singular(w) for w in quality.classes}
        return not {
            word
            for word in words
            if not word.isdigit() and not any(text.likeness(word, m) for m in measures)
        }  # "Temperatuur" of a Dutch home

    # -- whose -------------------------------------------------------------------------------------

    def _best(
        self,
        able: Iterable[Entity],
        subject: tuple[str, ...],
        *,
        plural: bool = False,
        quality: Quality | None = None,
    ) -> tuple[Entity, ...]:
        """Return those that have every word said of them; without ``plural``, the closest only."""
        said = tuple(text.singular(word) for word in subject)
        if all(word in _HOUSE for word in said):
            return tuple(able)
        kinds = [self._kinds_at(said, index) for index in range(len(said))]
        fits: dict[EntityId, tuple[float, Entity]] = {}
        for entity in able:
            own, around = self.words(entity)
            if quality is not None:
                own = own | {text.singular(w) for phrase in quality.words for w in phrase}
            score = 0.0
            for index, word in enumerate(said):
                if likeness := self._likeness(own, word):
                    score += likeness
                elif self._is_kind(entity, kinds[index]):
                    score += 0.7
                elif likeness := self._likeness(around, word):
                    score += likeness / 2
                else:
                    break
            else:
                names = {text.singulars(text.tokens(n)) for n in (entity.name, *entity.aliases)}
                fits[entity.entity_id] = (score + (said in names), entity)
        if not fits:
            return ()
        if plural:
            return tuple(entity for _, entity in fits.values())
        best = max(score for score, _ in fits.values())
        return tuple(entity for score, entity in fits.values() if score > best - 0.05)

    def words(self, entity: Entity) -> tuple[frozenset[str], frozenset[str]]:
        """Return the words a thing is called by, and those of its room and its device's name."""
        known = self._words.get(entity.entity_id)
        if known is None:
            names = (entity.name, *entity.aliases)
            own = frozenset(w for n in names for w in text.singulars(text.tokens(n)))
            devices = devices_by_id(self._view.devices())
            device = devices.get(entity.device_id) if entity.device_id is not None else None
            around = set(text.singulars(text.tokens(device.name))) if device is not None else set()
            around |= self._area_words(self._view.area_of(entity.entity_id))
            known = own | _bare(own), frozenset(around | _bare(around))
            self._words[entity.entity_id] = known
        return known

    @cached_property
    def _areas(self) -> Mapping[AreaId, frozenset[str]]:
        floors = {floor.floor_id: floor for floor in self._view.floors()}
        found = {}
        for area in self._view.areas():
            names = [area.name, *area.aliases]
            floor = floors.get(area.floor_id) if area.floor_id is not None else None
            names.extend([floor.name, *floor.aliases] if floor is not None else [])
            found[area.area_id] = frozenset(
                w for name in names for w in text.singulars(text.tokens(name))
            )
        return found

    def _area_words(self, area_id: AreaId | None) -> frozenset[str]:
        return self._areas.get(area_id, frozenset()) if area_id is not None else frozenset()

    def _likeness(self, own: Iterable[str], word: str) -> float:
        """Return how surely one of the words is the one said: "rain" is no slip of "grain"."""
        if word in own or word.removesuffix("s") in own:
            return 1.0
        alike = (self._lexicon.same(word, other) for other in own if other[:1] == word[:1])
        return max((score for score in alike if score >= _SURE), default=0.0)

    def _kinds_at(self, said: tuple[str, ...], index: int) -> tuple[Kind, ...]:
        """Return the kinds that a word, or it and a neighbour, is a name of."""
        parts = [
            said[index : index + 1],
            said[max(0, index - 1) : index + 1],
            said[index : index + 2],
        ]
        return tuple(
            kind.kind
            for part in dict.fromkeys(parts)
            for kind in self._lexicon.kinds_of(part)
            if len(kind.words) == len(part)
        )

    def _is_kind(self, entity: Entity, kinds: tuple[Kind, ...]) -> bool:
        """Return whether the thing, or what it belongs to, is of one of the kinds."""
        if not kinds:
            return False
        things = (entity, *self._owners(entity))
        return any(_is_of(kind, thing) for kind in kinds for thing in things)

    def _owners(self, entity: Entity) -> tuple[Entity, ...]:
        """Return the things that a sensor belongs to: its device's, or those its name begins with."""
        if entity.domain not in _TELLING:
            return ()
        name, entities = text.tokens(entity.name), self._view.entities()
        of_device = (
            entities_of_devices(entities).get(entity.device_id, ()) if entity.device_id else ()
        )
        begun = (entities_by_name(entities).get(name[:size], ()) for size in range(2, len(name)))
        owners = [
            *(self._view.entity(i) for i in of_device),
            *(e for found in begun for e in found),
        ]
        return tuple(other for other in owners if other.entity_id != entity.entity_id)


def _is_of(kind: Kind, thing: Entity) -> bool:
    """Return whether a thing is of a kind; a garage door is no other door, but a shade may be a blind."""
    least = FITS if thing.device_class in SENSITIVE_DEVICE_CLASSES | {"opening"} else NEAR
    return kind.fit(thing) >= least


def _bare(words: Iterable[str]) -> frozenset[str]:
    """Return words without the "s" that an owner's name has: "emmas" is Emma's."""
    return frozenset(w.removesuffix("s") for w in words if len(w) > 3)


def is_number(value: Value) -> bool:
    """Return whether a value is a number, also one in words of a sensor."""
    return number_of(value) is not None


def number_of(value: Value) -> float | None:
    """Return the number that a value is, ``None`` if it is none."""
    if isinstance(value, bool) or value is None or isinstance(value, tuple):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def unit_fits(said: str, unit: str) -> bool:
    """Return whether a unit that was said may be that of a sensor."""
    if not said:
        return True
    if said.startswith(("percent", "%")):
        return unit == "%"
    if said.startswith(("watt", "kilowatt")):
        return unit in {"W", "kW"}
    if said.startswith(("degree", "celsius", "centigrade", "fahrenheit", "\u00b0")):
        return "\u00b0" in unit
    return True


def in_percent(name: str, value: Value) -> Value:
    """Return brightness and volume as they are spoken."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if name == "brightness":
            return round(value * 100 / 255)
        if name == "volume_level":
            return round(value * 100)
    return value


def unit_of(name: str, entity: Entity, attributes: Mapping[str, Value]) -> str:
    """Return the unit of an attribute."""
    if name in {"brightness", "volume_level", "percentage", "current_position", "battery_level"}:
        return "%"
    if name in {"humidity", "current_humidity"}:
        return "%"
    if "temperature" in name:
        limits = entity.capability("temperature")
        unit = (limits.unit if limits is not None else "") or attributes.get("temperature_unit")
        return str(unit or "\u00b0C")
    return ""

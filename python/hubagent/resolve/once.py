"""What is the same in every turn until the registry changes is worked out once.

A view hands out the very same tuple of areas, devices or entities for as long as none of them changed, so
the tuple itself is the key; comparing two thousand entities would cost more than it saves.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.types import Area, Device, DeviceId, Entity, EntityId, Floor

Items = TypeVar("Items")
Made = TypeVar("Made")
_HOMES = 4
"""Registries that are kept: one on a hub, several where homes are replayed in turn."""


class Once(Generic[Items, Made]):
    """A function of one tuple of the registry, worked out once for each."""

    def __init__(self, make: Callable[[Items], Made]) -> None:
        self._make = make
        self._kept: deque[tuple[Items, Made]] = deque(maxlen=_HOMES)

    def __call__(self, items: Items) -> Made:
        """Return what the function makes of the items."""
        for known, made in tuple(self._kept):
            if known is items:
                return made
        made = self._make(items)
        self._kept.append((items, made))
        return made


@Once
def devices_by_id(devices: tuple[Device, ...]) -> Mapping[DeviceId, Device]:
    """Return the devices by their id."""
    return {device.device_id: device for device in devices}


@Once
def entities_of_devices(entities: tuple[Entity, ...]) -> Mapping[DeviceId, list[EntityId]]:
    """Return the entities of each device, in order."""
    found: dict[DeviceId, list[EntityId]] = {}
    for entity in entities:
        if entity.device_id is not None:
            found.setdefault(entity.device_id, []).append(entity.entity_id)
    return found


@Once
def entities_by_name(entities: tuple[Entity, ...]) -> Mapping[tuple[str, ...], list[Entity]]:
    """Return the entities by the words of their names."""
    found: dict[tuple[str, ...], list[Entity]] = {}
    for entity in entities:
        found.setdefault(text.tokens(entity.name), []).append(entity)
    return found


@Once
def called(items: tuple[Area | Floor, ...]) -> Mapping[tuple[str, ...] | str, list[int]]:
    """Return the positions of areas or floors by what they are called.

    Under the words of a name in the singular, and under its letters without blanks.
    """
    found: dict[tuple[str, ...] | str, list[int]] = {}
    for position, item in enumerate(items):
        for name in (item.name, *item.aliases):
            words = text.tokens(name)
            for key in (text.singulars(words), "".join(words)):
                known = found.setdefault(key, [])
                if position not in known:
                    known.append(position)
    return found


@Once
def positions_of_words(areas: tuple[Area, ...]) -> Mapping[str, list[int]]:
    """Return the positions of areas by each word of what they are called."""
    found: dict[str, list[int]] = {}
    for position, area in enumerate(areas):
        names = (area.name, *area.aliases)
        for word in {word for name in names for word in text.tokens(name)}:
            found.setdefault(word, []).append(position)
    return found


@Once
def entities_by_kind(entities: tuple[Entity, ...]) -> Mapping[str, Mapping[str, list[Entity]]]:
    """Return the entities by domain, then by device class, each in order."""
    found: dict[str, dict[str, list[Entity]]] = {}
    for entity in entities:
        found.setdefault(entity.domain, {}).setdefault(entity.device_class, []).append(entity)
    return found

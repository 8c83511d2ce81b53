"""One physical device announced by several conventions becomes one device with its entities once.

Pure functions over declarations given in order of precedence. Which announcements belong together
is told by the keys of :mod:`hubagent.devices.keys`; within one device also by what entities are called.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hubagent.devices.draft import slug
from hubagent.devices.keys import command_keys, device_keys, identity, near_keys, place_keys
from hubagent.types import Device, DeviceId, EntityId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hubagent.types import Capability, Declaration, Entity

_ADDRESS = re.compile(r"(?:0x)?[0-9a-f]{12,16}", re.IGNORECASE)


class Announced(NamedTuple):
    """A declaration and its rank: the place of its convention, lower is preferred."""

    rank: int
    declaration: Declaration


def merged(announced: Sequence[Announced]) -> list[Declaration]:
    """Return one declaration per entity, out of all that were announced of the same devices.

    The outcome does not depend on the order of ``announced``.
    """
    ordered = sorted(announced, key=_precedence)
    found = []
    for group in _grouped(ordered, _same_device):
        device = _merged_device(group)
        same_entities = _joined_by_label(_grouped(group, _same_entity))
        entities = [_merged_entity(same, device) for same in same_entities]
        found += _without_repeated_events(entities)
    return [declaration for _, declaration in found]


def _precedence(item: Announced) -> tuple[int, int, str]:
    """Rank first; within a convention a part of a larger message, whose source is deeper, first."""
    source = item.declaration.entity.source
    return item.rank, -source.count("/"), source


def _grouped(
    ordered: Sequence[Announced], same: Callable[[Announced, Announced], bool]
) -> list[list[Announced]]:
    """Return the connected groups of a relation, each in the order given."""
    groups: list[list[Announced]] = []
    for item in ordered:
        linked = [group for group in groups if any(same(item, other) for other in group)]
        joined = sorted(
            [*(member for group in linked for member in group), item],
            key=_precedence,
        )
        groups = [group for group in groups if group not in linked]
        groups.append(joined)
    return groups


def _same_device(left: Announced, right: Announced) -> bool:
    shared = device_keys(left.declaration.device) & device_keys(right.declaration.device)
    return bool(shared) or _same_entity(left, right)


def _same_entity(left: Announced, right: Announced) -> bool:
    if identity(left.declaration.entity) == identity(right.declaration.entity):
        return True
    if left.rank == right.rank:
        return False  # Within one convention several entities may well look at one place.
    one, other = left.declaration, right.declaration
    return bool(
        place_keys(one) & place_keys(other)
        or command_keys(one) & command_keys(other)
        or (near_keys(one) & near_keys(other) and _alike(one.entity, other.entity))
    )


def _alike(one: Entity, other: Entity) -> bool:
    """Return whether two entities may be of the same thing, by what they measure."""
    return all(
        not left or not right or left == right
        for left, right in ((one.device_class, other.device_class), (one.unit, other.unit))
    )


def _joined_by_label(groups: Sequence[list[Announced]]) -> list[list[Announced]]:
    """Join entities of one device that two conventions call the same, where neither has two of that name."""
    by_label: dict[tuple[str, str], list[list[Announced]]] = {}
    for group in groups:
        by_label.setdefault(_label(group[0].declaration), []).append(group)
    joined = []
    for (domain, _), same in by_label.items():
        ranks = [rank for group in same for rank in {item.rank for item in group}]
        entities = [group[0].declaration.entity for group in same]
        distinct = len(ranks) == len(set(ranks)) and domain != "event"
        if distinct and all(_alike(*pair) for pair in itertools.combinations(entities, 2)):
            joined.append(sorted((item for group in same for item in group), key=_precedence))
        else:
            joined += same
    return joined


def _label(declaration: Declaration) -> tuple[str, str]:
    """Return an entity's domain and its own name, without that of its device."""
    entity, device = declaration.entity, declaration.device
    name = entity.name.casefold()
    if device is not None and device.name:
        name = name.removeprefix(device.name.casefold())
    return entity.domain, slug(name)


def _merged_device(group: Sequence[Announced]) -> Device | None:
    devices = [item.declaration.device for item in group if item.declaration.device]
    if not devices:
        return None
    first = devices[0]
    return Device(
        device_id=_device_id(first),
        name=_telling(device.name for device in devices)
        or first.model
        or (first.identifiers or first.connections)[0],
        area_id=next((device.area_id for device in devices if device.area_id), None),
        identifiers=_all(item for device in devices for item in device.identifiers),
        connections=_all(item for device in devices for item in device.connections),
        manufacturer=_first(device.manufacturer for device in devices),
        model=_first(device.model for device in devices),
        sw_version=_first(device.sw_version for device in devices),
    )


def _device_id(device: Device) -> DeviceId:
    return DeviceId(slug(min(device.identifiers or device.connections)))


def _merged_entity(group: Sequence[Announced], device: Device | None) -> tuple[int, Declaration]:
    """Return the preferred declaration, completed by what the others know better."""
    first = group[0].declaration
    entities = [item.declaration.entity for item in group]
    name = _telling(entity.name for entity in entities)
    others = _all(entity.name for entity in entities if not _ADDRESS.search(entity.name))
    entity = replace(
        first.entity,
        name=name,
        entity_id=EntityId(_telling(entity.entity_id for entity in entities)),
        device_id=device.device_id if device else None,
        aliases=_all(
            item for item in (*first.entity.aliases, *others) if _spoken(item) != _spoken(name)
        ),
        device_class=_first(entity.device_class for entity in entities),
        unit=_first(entity.unit for entity in entities),
        capabilities=_capabilities(entities),
    )
    area = _first(item.declaration.suggested_area for item in group)
    return group[0].rank, replace(first, entity=entity, device=device, suggested_area=area)


def _capabilities(entities: Sequence[Entity]) -> tuple[Capability, ...]:
    """Return the preferred entity's capabilities, with limits it does not know from the others."""
    found = {item.name: item for item in entities[0].capabilities}
    for entity in entities[1:]:
        for other in entity.capabilities:
            if (own := found.get(other.name)) is None:
                continue
            found[own.name] = replace(
                own,
                minimum=other.minimum if own.minimum is None else own.minimum,
                maximum=other.maximum if own.maximum is None else own.maximum,
                step=other.step if own.step is None else own.step,
                unit=own.unit or other.unit,
                options=own.options or other.options,
            )
    return tuple(found.values())


def _without_repeated_events(
    found: Sequence[tuple[int, Declaration]],
) -> list[tuple[int, Declaration]]:
    """Leave out triggers that an event entity of a preferred convention tells already."""

    def repeated(rank: int, declaration: Declaration) -> bool:
        types = _event_types(declaration)
        return bool(types) and any(
            other_rank < rank and types <= _event_types(other) for other_rank, other in found
        )

    return [(rank, item) for rank, item in found if not repeated(rank, item)]


def _event_types(declaration: Declaration) -> frozenset[str]:
    capability = declaration.entity.capability("event_type")
    return frozenset(capability.options) if capability else frozenset()


def _spoken(name: str) -> str:
    return slug(name)


def _telling(names: Iterable[str]) -> str:
    """Return the first name that is more than an address, else the first there is, or ``""``."""
    listed = [name for name in names if name]
    return next((name for name in listed if not _ADDRESS.search(name)), _first(listed))


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _all(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))

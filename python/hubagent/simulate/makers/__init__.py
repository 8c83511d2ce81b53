"""Makers: how devices speak MQTT. Each carries commands to them and their reports away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.errors import DataError
from hubagent.simulate.makers.discovery import DiscoveryNode, Manner
from hubagent.simulate.makers.wire import Thing
from hubagent.simulate.makers.zigbee2mqtt import Zigbee2MqttBridge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.home import HomeModel
    from hubagent.simulate.makers.wire import Node
    from hubagent.types import AreaId, Device, DeviceId

ZIGBEE2MQTT = "zigbee2mqtt"
MAKERS = (*Manner, ZIGBEE2MQTT)


def make_nodes(
    home: HomeModel, devices: Mapping[str, SimulatedDevice], maker: str
) -> list[tuple[Node, list[str]]]:
    """Give every entity a place on the wire.

    Args:
        home: The home; its ``makers`` say who built which device.
        devices: Its simulated entities by id.
        maker: Who built the rest.

    Returns:
        Nodes, each with the ids of the entities it speaks for.

    Raises:
        DataError: If a maker is unknown.
    """
    bridged: list[tuple[Thing, list[SimulatedDevice]]] = []
    nodes: list[tuple[Node, list[str]]] = []
    for device_id, thing, members in _things(home, devices):
        builder = home.makers.get(device_id, maker) if device_id else maker
        if builder not in MAKERS:
            raise DataError(f"unknown maker `{builder}`", hint=f"makers are {', '.join(MAKERS)}")
        if builder == ZIGBEE2MQTT and all(
            Zigbee2MqttBridge.can_speak_for(thing, member) for member in members
        ):
            bridged.append((thing, members))
            continue
        manner = Manner.SINGLE if builder == ZIGBEE2MQTT else Manner(builder)
        nodes.append((DiscoveryNode(thing, members, manner), _ids(members)))
    if bridged:
        everyone = [device for _, members in bridged for device in members]
        nodes.append((Zigbee2MqttBridge(bridged), _ids(everyone)))
    return nodes


def _ids(devices: list[SimulatedDevice]) -> list[str]:
    return [device.entity.entity_id for device in devices]


def _things(
    home: HomeModel, devices: Mapping[str, SimulatedDevice]
) -> list[tuple[DeviceId | None, Thing, list[SimulatedDevice]]]:
    """Return physical things with their entities.

    A discovery message can place a device, not an entity, a hub calls an entity after its device,
    and a device is there or gone as a whole. So an entity elsewhere than its device, named
    otherwise, or gone alone, is a thing of its own.
    """
    areas = {area.area_id: area.name for area in home.areas}
    by_id = {device.device_id: device for device in home.devices}
    together: dict[DeviceId, list[SimulatedDevice]] = {}
    alone: list[SimulatedDevice] = []
    for device in devices.values():
        owner = by_id.get(device.entity.device_id) if device.entity.device_id else None
        available = home.initial[device.entity.entity_id].available
        if owner is not None and available and _belongs(device, owner):
            together.setdefault(owner.device_id, []).append(device)
        else:
            alone.append(device)
    found: list[tuple[DeviceId | None, Thing, list[SimulatedDevice]]] = [
        (id_, _thing(by_id[id_], areas), members) for id_, members in together.items()
    ]
    for device in alone:
        entity = device.entity
        own = by_id.get(entity.device_id) if entity.device_id else None
        area_id = entity.area_id or (own.area_id if own else None)
        area = areas.get(area_id, "") if area_id else ""
        thing = Thing(entity.entity_id.replace(".", "_"), entity.name, area)
        found.append((entity.device_id, thing, [device]))
    return found


def _belongs(device: SimulatedDevice, owner: Device) -> bool:
    entity = device.entity
    named_after = entity.name.casefold().startswith(owner.name.casefold())
    return named_after and entity.area_id in {None, owner.area_id}


def _thing(device: Device, areas: Mapping[AreaId, str]) -> Thing:
    area = areas.get(device.area_id, "") if device.area_id else ""
    return Thing(
        device.device_id, device.name, area, device.manufacturer, device.model, device.sw_version
    )

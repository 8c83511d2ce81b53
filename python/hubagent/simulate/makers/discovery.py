"""Makers that announce themselves by Home Assistant's MQTT discovery.

Three manners: one short message for each entity and one JSON state (``single``); one long message
for the whole device (``device``); a topic for each aspect, as ESPHome has it (``topics``).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from hubagent.simulate.home import slugify
from hubagent.simulate.makers import extension
from hubagent.simulate.makers.components import (
    ABBREVIATIONS,
    COMPONENTS,
    DEVICE_ABBREVIATIONS,
)
from hubagent.simulate.makers.light_wire import ZIGBEE, basic_light, light
from hubagent.simulate.makers.wire import (
    STATUS_TOPIC,
    Action,
    Channel,
    Component,
    message,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.makers.wire import Reader, Thing
    from hubagent.types import Publication

ORIGIN = {"name": "hubagent simulate", "sw": "1"}


class Manner(enum.StrEnum):
    """How a maker arranges its messages."""

    SINGLE = "single"
    DEVICE = "device"
    TOPICS = "topics"


class DiscoveryNode:
    """One thing that announces its entities to Home Assistant.

    Domains that discovery cannot announce use the extension (``docs/devices.md``).

    Args:
        thing: Name, place and maker.
        devices: Its entities.
        manner: How it arranges its messages.
        base: First level of its own topics.
        prefix: First level of discovery topics.
    """

    def __init__(
        self,
        thing: Thing,
        devices: Sequence[SimulatedDevice],
        manner: Manner,
        *,
        base: str = "things",
        prefix: str = "homeassistant",
    ) -> None:
        self._thing = thing
        self._manner = manner
        self._prefix = prefix
        self._root = f"{base}/{slugify(thing.id)}"
        self._components = {
            device.entity.entity_id: (device, self._component(device)) for device in devices
        }

    def _component(self, device: SimulatedDevice) -> Component:
        domain = device.entity.domain
        if domain not in COMPONENTS:
            return extension.component(device)
        if domain == "light" and self._manner is Manner.SINGLE:
            return light(device, ZIGBEE)
        if domain == "light" and self._manner is Manner.TOPICS:
            return basic_light(device)
        return COMPONENTS[domain](device)

    # --- topics -----------------------------------------------------------------------------------

    def _base(self, device: SimulatedDevice) -> str:
        domain, object_id = device.entity.entity_id.split(".", 1)
        return f"{self._root}/{domain}/{slugify(object_id)}"

    def _state_topic(self, base: str, channel: Channel) -> str:
        if self._manner is not Manner.TOPICS and channel.template:
            return f"{base}/state"
        return f"{base}/{channel.name}/state"

    @property
    def _status_topic(self) -> str:
        return f"{self._root}/status"

    # --- announcing -------------------------------------------------------------------------------

    def announcements(self) -> list[Publication]:
        """Return discovery, retained."""
        configs: dict[str, tuple[SimulatedDevice, dict[str, object]]] = {
            id_: (device, self._config(device, component))
            for id_, (device, component) in self._components.items()
        }
        if self._manner is Manner.DEVICE:
            mine = {i: c for i, (d, c) in configs.items() if d.entity.domain in COMPONENTS}
            found = [self._whole(mine)] if mine else []
            configs = {i: item for i, item in configs.items() if i not in mine}
        else:
            found = []
        return found + [self._single(device, config) for device, config in configs.values()]

    def _whole(self, configs: Mapping[str, dict[str, object]]) -> Publication:
        payload = {
            "device": self._device_block(),
            "origin": ORIGIN,
            **self._availability(),
            "components": {
                slugify(id_): {"platform": id_.split(".", 1)[0], **config}
                for id_, config in configs.items()
            },
        }
        topic = f"{self._prefix}/device/{slugify(self._thing.id)}/config"
        return message(topic, payload, qos=1)

    def _single(self, device: SimulatedDevice, config: dict[str, object]) -> Publication:
        domain, object_id = device.entity.entity_id.split(".", 1)
        base = self._base(device)
        payload: dict[str, object] = {
            **config,
            "device": self._device_block(),
            "origin": ORIGIN,
            **self._availability(),
        }
        topic = f"{self._prefix}/{domain}/{slugify(object_id)}/config"
        if self._manner is Manner.SINGLE:
            payload = _shortened(payload, base)
        elif self._manner is Manner.TOPICS:
            topic = f"{self._prefix}/{domain}/{slugify(self._thing.id)}/{slugify(object_id)}/config"
        return message(topic, payload, qos=1)

    def _availability(self) -> dict[str, object]:
        topics = [{"topic": STATUS_TOPIC}, {"topic": self._status_topic}]
        return {"availability": topics, "availability_mode": "all"}

    def _device_block(self) -> dict[str, object]:
        thing = self._thing
        said = {
            "manufacturer": thing.manufacturer,
            "model": thing.model,
            "sw_version": thing.sw_version,
            "suggested_area": thing.area,
        }
        return {
            "identifiers": [thing.id],
            "name": thing.name,
            **{key: value for key, value in said.items() if value},
        }

    def _config(self, device: SimulatedDevice, component: Component) -> dict[str, object]:
        entity, base = device.entity, self._base(device)
        config: dict[str, object] = {
            "name": None if entity.name == self._thing.name else entity.name,
            "unique_id": entity.unique_id,
            "default_entity_id": entity.entity_id,
        }
        said = {
            "device_class": entity.device_class,
            "unit_of_measurement": entity.unit if entity.domain in _WITH_UNIT else "",
            "entity_category": entity.category,
        }
        config |= {key: value for key, value in said.items() if value}
        config |= component.config
        for channel in component.channels:
            if channel.state:
                config[channel.state] = self._state_topic(base, channel)
            if channel.state and channel.template and self._manner is not Manner.TOPICS:
                config[channel.template] = f"{{{{ value_json.{channel.name} }}}}"
            if channel.command:
                config[channel.command] = f"{base}/{channel.name}/set"
        return config

    # --- speaking and listening -------------------------------------------------------------------

    def presence(self, ids: Collection[str], *, online: bool) -> list[Publication]:
        """Return availability, retained; a thing comes and goes as a whole."""
        if not ids:
            return []
        return [message(self._status_topic, "online" if online else "offline", qos=1)]

    def reports(self, device: SimulatedDevice) -> list[Publication]:
        """Return the entity's state, retained, on as many topics as its manner has."""
        base = self._base(device)
        _, component = self._components[device.entity.entity_id]
        alone: list[Publication] = []
        together: dict[str, object] = {}
        for channel in component.channels:
            if not channel.state or channel.report is None:
                continue
            topic = self._state_topic(base, channel)
            if topic == f"{base}/state":
                together[channel.name] = channel.report()
            else:
                alone.append(message(topic, channel.report()))
        return alone + ([message(f"{base}/state", together)] if together else [])

    def events(self, device: SimulatedDevice, event_type: str) -> list[Publication]:
        """Return the event, never retained."""
        base = self._base(device)
        _, component = self._components[device.entity.entity_id]
        return [
            message(
                self._state_topic(base, channel), {"event_type": event_type}, retain=False, qos=1
            )
            for channel in component.channels
            if channel.state and channel.report is None
        ]

    def topics(self) -> dict[str, Reader]:
        """Return the command topics and their readers."""
        return {
            f"{self._base(device)}/{channel.name}/set": _reader(device, channel)
            for device, component in self._components.values()
            for channel in component.channels
            if channel.command
        }


_WITH_UNIT = frozenset({"sensor", "number"})


def _reader(device: SimulatedDevice, channel: Channel) -> Callable[[bytes], list[Action]]:
    def read(payload: bytes) -> list[Action]:
        asked = channel.take(text_of(payload)) if channel.take else None
        if asked is None:
            device.ignored += 1
            return []
        return [Action(device, *asked)]

    return read


def _shortened(payload: dict[str, object], base: str) -> dict[str, object]:
    """Return a discovery message with short keys and ``~`` for the topic they share."""
    short: dict[str, object] = {"~": base}
    for key, value in payload.items():
        brief: object
        if key.endswith("topic") and isinstance(value, str) and value.startswith(base):
            brief = "~" + value.removeprefix(base)
        elif key == "device" and isinstance(value, dict):
            brief = {DEVICE_ABBREVIATIONS.get(name, name): item for name, item in value.items()}
        elif key == "availability" and isinstance(value, list):
            brief = [{"t": item["topic"]} for item in value]
        else:
            brief = value
        short[ABBREVIATIONS.get(key, key)] = brief
    return short

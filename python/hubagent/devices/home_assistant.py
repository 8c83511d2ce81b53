"""Home Assistant MQTT discovery, consumer side: single and device-based messages.

In: messages on ``<prefix>/<component>/[<node>/]<object>/config``. Out: declarations. A source is
``home_assistant:<component>/<discovery id>``, or ``home_assistant:device/<discovery id>/<component
id>`` for one component of a device-based message.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.devices import ha_components
from hubagent.devices.draft import Draft, Reading, full_name, refusal, slug
from hubagent.devices.ha_payload import (
    Config,
    DiscoveryTopic,
    expand,
    read_components,
    read_object,
    read_topic,
)
from hubagent.errors import DataError
from hubagent.types import AvailabilityMode, Device, DeviceId, Discovery, EntityId

if TYPE_CHECKING:
    from hubagent.devices.ha_payload import JsonObject
    from hubagent.types import Declaration, Message

OWN_DEVICE = "hubagent_hub_"
"""Beginning of the identifier of a hub that announces itself: no hub takes one for a thing in the home."""
_ENTITY_ID = re.compile(r"([a-z0-9_]+)\.[^\s./#+]+")
_MAC = re.compile(r"[0-9a-f]{2}(?:[:-]?[0-9a-f]{2}){5}")


class HomeAssistant:
    """Adapter of Home Assistant MQTT discovery.

    Args:
        prefix: First topic level of the announcements.
    """

    name = "home_assistant"

    def __init__(self, prefix: str = "homeassistant") -> None:
        self._prefix = prefix
        self._identities: dict[str, tuple[str, str]] = {}
        """(domain, unique id) of each source announced, to know its successor when it migrates."""
        self._migrating: set[str] = set()
        self._orphans: set[str] = set()
        """Migrating sources whose topic was cleared before the new one came."""

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters of its announcements."""
        return (f"{self._prefix}/+/+/config", f"{self._prefix}/+/+/+/config")

    def handle(self, message: Message) -> Discovery:
        """Read one announcement; raise ``DataError`` when it must be refused."""
        topic = read_topic(message.topic, self._prefix)
        if topic.component != "device" and topic.component not in ha_components.READERS:
            raise refusal("unsupported component", f"`{topic.component}`")
        source = f"{self.name}:{topic.component}/{topic.discovery_id}"
        if topic.component == "device":
            source += "/"
        if not message.payload.strip():
            return self._cleared(source)
        config = expand(read_object(message.payload))
        if _is_hub(config):
            return self._cleared(source)
        if Config(config).flag("migrate_discovery"):
            self._migrating.update(self._sources(source))
            return Discovery()
        if topic.component == "device":
            return self._succeeded(self._device_message(source, config))
        declaration = declare(topic.component, topic, source, Config(config))
        return self._succeeded(Discovery(declared=(declaration,)))

    def _sources(self, source: str) -> list[str]:
        """Return the sources announced by one topic."""
        if not source.endswith("/"):
            return [source] if source in self._identities else []
        return [item for item in self._identities if item.startswith(source)]

    def _device_message(self, source: str, config: JsonObject) -> Discovery:
        """Read all components; one that is wrong leaves the others alone."""
        declared: list[Declaration] = []
        removed: list[str] = []
        refused: list[str] = []
        for name, component in read_components(config).items():
            platform = str(component["platform"])
            if component.keys() == {"platform"}:
                removed.append(source + name)
                self._forget(source + name)
                continue
            try:
                if platform not in ha_components.READERS:
                    raise refusal("unsupported component", f"`{platform}`")
                topic = DiscoveryTopic(platform, name, name)
                declared.append(declare(platform, topic, source + name, Config(component)))
            except DataError as error:
                refused.append(f"{error} (component `{name}`)")
        return Discovery(tuple(declared), tuple(removed), refused=tuple(refused))

    def _cleared(self, source: str) -> Discovery:
        """Remove what a topic announced, unless it moves and its successor is still to come."""
        announced = self._sources(source)
        waiting = {
            item for item in announced if item in self._migrating and not self._successor(item)
        }
        self._orphans |= waiting
        for item in announced:
            if item not in waiting:
                self._forget(item)
        if source.endswith("/") and not waiting:
            # Also what a former run of the program knew.
            return Discovery(complete=(source,))
        return Discovery(removed=tuple({source, *announced} - waiting))

    def _successor(self, source: str) -> bool:
        """Return whether another topic announces the same entity."""
        identity = self._identities[source]
        return bool(identity[1]) and any(
            other != source and found == identity for other, found in self._identities.items()
        )

    def _succeeded(self, found: Discovery) -> Discovery:
        """Take note of what is announced; entities whose old topic was cleared give way to it."""
        for declaration in found.declared:
            entity = declaration.entity
            self._forget(entity.source)
            self._identities[entity.source] = (entity.domain, entity.unique_id)
        gone = tuple(sorted(item for item in self._orphans if self._successor(item)))
        for item in gone:
            self._forget(item)
        return replace(found, removed=found.removed + gone)

    def _forget(self, source: str) -> None:
        self._identities.pop(source, None)
        self._migrating.discard(source)
        self._orphans.discard(source)


def _is_hub(config: JsonObject) -> bool:
    device = config.get("device")
    known = device.get("identifiers") if isinstance(device, dict) else None
    listed = known if isinstance(known, list) else [known]
    return any(isinstance(item, str) and item.startswith(OWN_DEVICE) for item in listed)


def declare(component: str, topic: DiscoveryTopic, source: str, config: Config) -> Declaration:
    """Return the declaration of one component.

    Raises:
        DataError: If a required key is missing or any key has a wrong value.
    """
    domain = "event" if component == "device_automation" else component
    device, area = read_device(config)
    name = _name(config, topic, device)
    draft = Draft(
        domain=domain,
        entity_id=_entity_id(config, domain, name),
        source=source,
        name=name,
        unique_id=config.text("unique_id"),
        device=device,
        suggested_area=area,
        device_class=config.text("device_class"),
        unit=config.text("unit_of_measurement"),
        category=config.choice("entity_category", ("", "config", "diagnostic"), ""),
        expire_after_s=config.number("expire_after", 0) or None,
        optimistic=config.flag("optimistic"),
    )
    if not config.flag("enabled_by_default", default=True) and not draft.category:
        # Home Assistant hides such an entity: it is kept, and not spoken about.
        draft.category = "diagnostic"
    config.qos()
    _availability(config, draft)
    if config.has("commands") or config.has("attributes"):
        ha_components.extension.extension(config, draft)
    else:
        ha_components.READERS[component](config, draft)
    return draft.finish()


def _name(config: Config, topic: DiscoveryTopic, device: Device | None) -> str:
    """Return the spoken name: null means that of the device, missing that of the class."""
    own = config.text("name")
    if "name" not in config.values:
        own = config.text("subtype") or config.text("device_class").replace("_", " ").capitalize()
    return full_name(device.name if device else "", own) or topic.object_id


def _entity_id(config: Config, domain: str, name: str) -> EntityId:
    wanted = config.text("default_entity_id")
    found = _ENTITY_ID.fullmatch(wanted)
    if found and found.group(1) == domain:
        return EntityId(wanted)
    return EntityId(f"{domain}.{slug(config.text('object_id') or name)}")


def read_device(config: Config) -> tuple[Device | None, str]:
    """Return the device and the area it suggests; ``None`` when none is announced.

    The device may be without a name: another announcement may have one.
    """
    raw = config.values.get("device")
    if raw is None:
        return None, ""
    if not isinstance(raw, dict):
        raise refusal("wrong value", "`device` is not an object")
    info = Config(raw)
    identifiers = raw.get("identifiers")
    identifiers = (
        info.words("identifiers")
        if isinstance(identifiers, list)
        else tuple(filter(None, [info.text("identifiers")]))
    )
    connections = _connections(raw.get("connections"))
    if not identifiers and not connections:
        raise refusal("missing key", "`device` needs `identifiers` or `connections`")
    device = Device(
        device_id=DeviceId(slug(min(identifiers or connections))),
        name=info.text("name"),
        identifiers=identifiers,
        connections=connections,
        manufacturer=info.text("manufacturer"),
        model=info.text("model"),
        sw_version=info.text("sw_version"),
    )
    return device, info.text("suggested_area")


def _connections(raw: object) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(item, str) for item in pair)
        for pair in raw
    ):
        raise refusal("wrong value", "`connections` must be a list of pairs of words")
    return tuple(f"{kind}:{_address(value)}" for kind, value in raw)


def _address(value: str) -> str:
    """Return a MAC address in one spelling, other addresses in lower case."""
    lower = value.lower()
    if _MAC.fullmatch(lower):
        digits = re.sub(r"[:-]", "", lower)
        return ":".join(digits[index : index + 2] for index in range(0, 12, 2))
    return lower


def _availability(config: Config, draft: Draft) -> None:
    """Add the sources of availability, in the one form or the other."""
    mode = config.choice("availability_mode", tuple(AvailabilityMode), AvailabilityMode.LATEST)
    draft.availability_mode = AvailabilityMode(mode)
    sources = config.values.get("availability") or []
    if not isinstance(sources, list):
        raise refusal("wrong value", "`availability` must be a list")
    if sources and config.has("availability_topic"):
        raise refusal("wrong value", "`availability` and `availability_topic` exclude each other")
    if config.has("availability_topic"):
        reading = config.required_reading("availability_topic", "availability_template")
        _hear_availability(draft, config, reading)
    for raw in sources:
        if not isinstance(raw, dict):
            raise refusal("wrong value", "an item of `availability` is not an object")
        item = Config(raw)
        _hear_availability(draft, item, item.required_reading("topic"))


def _hear_availability(draft: Draft, config: Config, reading: Reading) -> None:
    draft.hear_availability(
        reading,
        config.text("payload_available", "online"),
        config.text("payload_not_available", "offline"),
    )

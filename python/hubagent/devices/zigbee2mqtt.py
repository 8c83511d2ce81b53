"""Zigbee2MQTT without Home Assistant: its own device and group lists.

In: ``<base>/bridge/devices``, ``<base>/bridge/groups``, and the first sign of ``<name>/availability``.
Out: declarations of everything a device exposes, known by its IEEE address whatever its name, and
requests for the state of mains-powered devices. A source is ``zigbee2mqtt:<base>/device/<ieee
address>/<object>`` or ``zigbee2mqtt:<base>/group/<id>/<object>``. Unique ids and identifiers are those
of Zigbee2MQTT's own Home Assistant announcements, so that both are known as one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.devices import z2m_generic, z2m_typed
from hubagent.devices.draft import INTEGER, Draft, Reading, full_name, refusal, slug, words
from hubagent.devices.z2m_exposes import TYPED, Channel, Expose, common, flattened
from hubagent.devices.z2m_network import (
    Member,
    Network,
    friendly_name,
    read_list,
    read_member,
    read_scenes,
)
from hubagent.errors import DataError
from hubagent.types import AvailabilityMode, Device, DeviceId, Discovery, EntityId, Publication

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubagent.types import Declaration, Message

_MAX_AVAILABILITY_TOPICS = 4096
_GROUP_KINDS = ("light", "cover", "lock", "switch")
"""What a group can be; one with several kinds of members is the first of these."""
_STATE = "{{ value_json.state | default(value) }}"
"""Newer versions send JSON, older ones the bare word."""


class Zigbee2Mqtt:
    """Adapter of Zigbee2MQTT's native topics.

    Args:
        bases: Base topics of more than one level; all others are found by themselves.
    """

    name = "zigbee2mqtt"

    def __init__(self, bases: tuple[str, ...] = ()) -> None:
        self._bases = bases
        self._networks: dict[str, Network] = {}
        self._availability: set[str] = set()

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters of its announcements."""
        lists = tuple(
            f"{base}/bridge/{name}"
            for base in ("+", *self._bases)
            for name in ("devices", "groups")
        )
        # A friendly name may have several levels.
        return (*lists, "+/+/availability", "+/+/+/availability", "+/+/+/+/availability")

    def handle(self, message: Message) -> Discovery:
        """Read one announcement; raise ``DataError`` when it must be refused."""
        if message.topic.endswith("/availability"):
            return self._availability_heard(message)
        base, _, name = message.topic.rpartition("/bridge/")
        items = read_list(message.payload)
        refused: list[str] = []
        if name == "devices" and not all("ieee_address" in item for item in items):
            raise refusal("wrong value", "an item of the device list has no `ieee_address`")
        network = self._networks.setdefault(base, Network(base))
        if name == "devices":
            network.members = {}
            for item in items:
                try:
                    member = read_member(item)
                except DataError as error:
                    refused.append(str(error))
                else:
                    network.members[member.ieee] = member
        else:
            network.groups = items
        return self._everything(network, refused)

    def _availability_heard(self, message: Message) -> Discovery:
        """Use a topic of availability from when it is heard until it is cleared."""
        topic = message.topic
        known = topic in self._availability
        full = not known and len(self._availability) >= _MAX_AVAILABILITY_TOPICS
        if bool(message.payload) == known or full:
            return Discovery()
        self._availability ^= {topic}
        for network in self._networks.values():
            if topic.startswith(f"{network.base}/"):
                name = topic.removeprefix(f"{network.base}/").removesuffix("/availability")
                return Discovery(declared=tuple(self._named(network, name)))
        return Discovery()

    def _named(self, network: Network, name: str) -> Iterator[Declaration]:
        for member in (network.members or {}).values():
            if member.name == name:
                yield from self._device(network, member)
        for group in network.groups or ():
            if group.get("friendly_name") == name:
                yield from self._group(network, group)

    def _everything(self, network: Network, refused: list[str]) -> Discovery:
        """Declare all devices and groups; nothing before the device list is there."""
        if network.members is None:
            return Discovery(refused=tuple(refused))
        declared: list[Declaration] = []
        requests: list[Publication] = []
        complete = [f"{self.name}:{network.base}/device/"]
        for member in network.members.values():
            declared += self._device(network, member)
            requests += _ask(network, member)
        if network.groups is not None:
            complete.append(f"{self.name}:{network.base}/group/")
            for group in network.groups:
                try:
                    declared += self._group(network, group)
                except DataError as error:
                    refused.append(str(error))
        return Discovery(
            declared=tuple(declared),
            requests=tuple(requests),
            complete=tuple(complete),
            refused=tuple(refused),
        )

    # --- devices ----------------------------------------------------------------------------------

    def _device(self, network: Network, member: Member) -> Iterator[Declaration]:
        source = f"{self.name}:{network.base}/device/{member.ieee}"
        make = _Maker(self._availability, network.base, source, member.ieee, member.device)
        if member.kind == "Coordinator":
            yield _bridge(make)
            return
        channel = Channel(f"{network.base}/{member.name}")
        effects = {item.endpoint: item for item in member.exposes if item.name == "effect"}
        lights = {item.endpoint for item in member.exposes if item.kind == "light"}
        trusted = any(item.category for item in flattened(member.exposes))
        for expose in member.exposes:
            if expose.kind in TYPED:
                yield from _typed(make, channel, expose, effects.get(expose.endpoint))
                for feature in expose.features:
                    if feature.name not in z2m_typed.USED:
                        yield from _generic(make, channel, feature, trusted=False)
            elif not (expose.name == "effect" and expose.endpoint in lights):
                yield from _generic(make, channel, expose, trusted=trusted)
        if member.supports_update:
            draft = make.draft("update", "update", "Update", channel)
            z2m_generic.update(draft, channel, network.base, member.ieee)
            yield draft.finish()
        for number, name in member.scenes.items():
            yield _scene(make, channel, number, name)

    # --- groups -----------------------------------------------------------------------------------

    def _group(self, network: Network, group: Mapping[str, object]) -> Iterator[Declaration]:
        number, name = group.get("id"), friendly_name(group)
        if not isinstance(number, int) or isinstance(number, bool):
            raise refusal("wrong value", "a group's `id` is not a number")
        # As Zigbee2MQTT does: the base topic in decimal character codes keeps networks apart.
        code = "".join(str(ord(letter)) for letter in network.base)
        identifier = f"zigbee2mqtt_{code}_{number}"
        device = Device(
            device_id=DeviceId(slug(identifier)),
            name=name,
            identifiers=(identifier,),
            manufacturer="Zigbee2MQTT",
            model="Group",
        )
        source = f"{self.name}:{network.base}/group/{number}"
        make = _Maker(self._availability, network.base, source, str(number), device)
        channel = Channel(f"{network.base}/{name}")
        exposes = list(_exposes_of_members(network, group))
        for kind in _GROUP_KINDS:
            alike = [expose for expose in exposes if expose.kind == kind]
            if alike:
                yield from _typed(make, channel, common(alike), None)
                break
        for scene_number, scene_name in read_scenes(group).items():
            yield _scene(make, channel, scene_number, scene_name)


def _exposes_of_members(network: Network, group: Mapping[str, object]) -> Iterator[Expose]:
    """Yield the typed exposes of a group's members at the endpoints that are in it."""
    members = group.get("members")
    for item in members if isinstance(members, list) else ():
        if not isinstance(item, dict):
            continue
        member = (network.members or {}).get(str(item.get("ieee_address")))
        if member is None:
            continue
        endpoint = member.endpoints.get(str(item.get("endpoint")), "")
        typed = [expose for expose in member.exposes if expose.kind in TYPED]
        here = [expose for expose in typed if expose.endpoint in ("", endpoint)]
        yield from here or typed


# --- one entity -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Maker:
    """Begins the drafts of one device or group."""

    availability: set[str]
    base: str
    source: str
    key: str
    device: Device

    def draft(self, domain: str, object_id: str, label: str, channel: Channel | None) -> Draft:
        """Return a draft with ids, names and availability; ``label`` is empty for the main entity."""
        name = full_name(self.device.name, label)
        suffix = "" if not label else f" {object_id}"
        draft = Draft(
            domain=domain,
            entity_id=EntityId(f"{domain}.{slug(self.device.name + suffix)}"),
            source=f"{self.source}/{object_id}",
            name=name,
            unique_id=f"{self.key}_{object_id}_{self.base}",
            device=self.device,
            availability_mode=AvailabilityMode.ALL,
        )
        bridge = Reading(f"{self.base}/bridge/state", _STATE)
        draft.hear_availability(bridge, "online", "offline")
        if channel and (topic := f"{channel.state_topic}/availability") in self.availability:
            draft.hear_availability(Reading(topic, _STATE), "online", "offline")
        return draft


def _typed(
    make: _Maker, channel: Channel, expose: Expose, effect: Expose | None
) -> Iterator[Declaration]:
    """Yield the entity of a typed expose, if it has the features that make one."""
    kind, endpoint = expose.kind, expose.endpoint
    state = expose.feature("state")
    if kind == "lock" and state and state.prop != "state" and not endpoint:
        # A child lock or a keypad lock-out is a setting, not a lock of the home.
        draft = make.draft("switch", state.prop, _label(state), channel)
        draft.category = "config"
        z2m_typed.switch(expose, draft, channel)
        yield draft.finish()
        return
    object_id = f"{kind}_{endpoint}" if endpoint else kind
    draft = make.draft(kind, object_id, endpoint.replace("_", " ").capitalize(), channel)
    if endpoint:
        draft.entity_id = EntityId(f"{kind}.{slug(f'{make.device.name} {endpoint}')}")
    if kind == "light":
        z2m_typed.light(expose, draft, channel, effect)
    else:
        fill = {
            "switch": z2m_typed.switch,
            "cover": z2m_typed.cover,
            "lock": z2m_typed.lock,
            "fan": z2m_typed.fan,
            "climate": z2m_typed.climate,
        }[kind]
        fill(expose, draft, channel)
    if draft.commands or draft.hears("state"):
        yield draft.finish()


def _generic(
    make: _Maker, channel: Channel, expose: Expose, *, trusted: bool
) -> Iterator[Declaration]:
    domain = z2m_generic.domain_of(expose)
    if not domain or not expose.prop:
        return
    draft = make.draft(domain, expose.prop, _label(expose), channel)
    draft.unit = expose.unit if domain in ("sensor", "number") else ""
    draft.category = expose.category if expose.category in ("config", "diagnostic") else ""
    if not trusted and domain in ("switch", "number", "select", "text", "button"):
        draft.category = "config"
    if domain == "event":
        # A press is nothing that one looks up, and everything that one waits for.
        draft.category = ""
    elif not trusted and expose.name in z2m_generic.DIAGNOSTIC:
        draft.category = "diagnostic"
    z2m_generic.generic(expose, draft, channel)
    yield draft.finish()


def _scene(make: _Maker, channel: Channel, number: int, name: str) -> Declaration:
    draft = make.draft("scene", f"scene_{number}", name, channel)
    draft.entity_id = EntityId(f"scene.{slug(f'{make.device.name} {name}')}")
    part = channel.writing("scene_recall").part(payload=str(number), convert=INTEGER)
    draft.take("turn_on", part)
    return draft.finish()


def _bridge(make: _Maker) -> Declaration:
    draft = make.draft("binary_sensor", "connection_state", "Connection state", None)
    # A bridge that is gone is off, not out of reach.
    draft.bindings.clear()
    draft.unique_id = f"bridge_{make.key}_connection_state_{make.base}"
    draft.device_class = "connectivity"
    draft.category = "diagnostic"
    reading = Reading(f"{make.base}/bridge/state", _STATE)
    draft.hear("state", reading, words((("online", "on"), ("offline", "off"))))
    return draft.finish()


def _label(expose: Expose) -> str:
    words_ = expose.label or expose.name.replace("_", " ").capitalize()
    if expose.endpoint and expose.endpoint.lower() not in words_.lower():
        words_ += f" {expose.endpoint}"
    return words_


def _ask(network: Network, member: Member) -> list[Publication]:
    """Return the request for the state of a mains-powered device met for the first time."""
    if member.ieee in network.asked or not member.mains:
        return []
    network.asked.add(member.ieee)
    states = {
        feature.prop: ""
        for expose in member.exposes
        if expose.kind in TYPED
        for feature in expose.features
        if feature.name in ("state", "system_mode") and feature.gettable
    }
    if not states:
        return []
    payload = json.dumps(states, separators=(",", ":")).encode()
    return [Publication(f"{network.base}/{member.name}/get", payload, qos=0)]

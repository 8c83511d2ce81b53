"""What a Zigbee2MQTT network says of itself: its devices and groups, read from JSON and checked.

In: the payloads of ``bridge/devices`` and ``bridge/groups``. Out: ``Member`` values; nothing is declared
here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.devices.draft import refusal, slug
from hubagent.devices.z2m_exposes import Expose, read_exposes
from hubagent.types import Device, DeviceId

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PAYLOAD_BYTES = 4_194_304
_IEEE = re.compile(r"0x[0-9a-f]{16}")


@dataclass(slots=True)
class Member:
    """One device of the network."""

    ieee: str
    name: str
    kind: str
    mains: bool
    device: Device
    exposes: tuple[Expose, ...] = ()
    supports_update: bool = False
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Names of endpoints, by number."""
    scenes: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Network:
    """What one base topic said so far."""

    base: str
    members: dict[str, Member] | None = None
    groups: list[dict[str, object]] | None = None
    asked: set[str] = field(default_factory=set)


def read_list(payload: bytes) -> list[dict[str, object]]:
    """Return a list of objects; raise ``DataError`` for anything else."""
    if len(payload) > _MAX_PAYLOAD_BYTES:
        raise refusal("too long", f"{len(payload)} bytes, at most {_MAX_PAYLOAD_BYTES}")
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise refusal("not JSON", str(error)) from error
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise refusal("not a list", "expected a list of objects")
    return found


def friendly_name(raw: Mapping[str, object]) -> str:
    """Return the name of a device or group, which is part of its topics."""
    name = raw.get("friendly_name")
    if not isinstance(name, str) or not name.strip() or set("+#\0") & set(name):
        raise refusal("wrong value", f"`{name}` is no friendly name")
    return name


def read_member(raw: Mapping[str, object]) -> Member:
    """Return a device; one without entities when it is disabled or not interviewed yet."""
    ieee = raw.get("ieee_address")
    if not isinstance(ieee, str) or not _IEEE.fullmatch(ieee):
        raise refusal("wrong value", f"`{ieee}` is no IEEE address")
    name = friendly_name(raw)
    kind = str(raw.get("type"))
    definition = raw.get("definition")
    definition = definition if isinstance(definition, dict) else {}
    ready = not raw.get("disabled") and (
        raw["interview_state"] == "SUCCESSFUL"
        if "interview_state" in raw
        else raw.get("interview_completed", True)
    )
    bridge = kind == "Coordinator"
    identifier = f"zigbee2mqtt_bridge_{ieee}" if bridge else f"zigbee2mqtt_{ieee}"
    device = Device(
        device_id=DeviceId(slug(identifier)),
        name="Zigbee2MQTT Bridge" if bridge else name,
        identifiers=(identifier,),
        manufacturer="Zigbee2MQTT" if bridge else str(definition.get("vendor") or ""),
        model="Bridge" if bridge else str(definition.get("description") or ""),
        sw_version=str(raw.get("software_build_id") or ""),
    )
    endpoints = raw.get("endpoints")
    endpoints = endpoints if isinstance(endpoints, dict) else {}
    listed = {key: item for key, item in endpoints.items() if isinstance(item, dict)}
    return Member(
        ieee=ieee,
        name=name,
        kind=kind,
        mains=str(raw.get("power_source", "")).startswith(("Mains", "DC")),
        device=device,
        exposes=read_exposes(definition.get("exposes", [])) if ready else (),
        supports_update=bool(ready and definition.get("supports_ota")),
        endpoints={key: str(item.get("name") or key) for key, item in listed.items()},
        scenes={
            number: scene
            for item in (listed.values() if ready else ())
            for number, scene in read_scenes(item).items()
        },
    )


def read_scenes(raw: Mapping[str, object]) -> dict[int, str]:
    """Return the scenes of a group or of one endpoint: names by number."""
    scenes = raw.get("scenes")
    return {
        item["id"]: str(item.get("name") or f"Scene {item['id']}")
        for item in (scenes if isinstance(scenes, list) else ())
        if isinstance(item, dict) and type(item.get("id")) is int
    }

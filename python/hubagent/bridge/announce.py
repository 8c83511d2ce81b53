"""What is published of a device: Home Assistant's device-based discovery and the topics of `hub/`.

Source: home-assistant.io, "MQTT discovery", device discovery payload. Topics of a device `ID`:

- `hub/ID/ENTITY`: its value, typed and retained; of an `event`: what happened, not retained;
- `hub/ID/ENTITY/set`: commands; `hub/ID/$result`: what became of each;
- `hub/ID/$state`: `online` or `offline`, retained; `hub/ID/$info`: JSON, retained: boot, firmware, line;
- `hub/ID/$log`: lines of its log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hubagent import __version__
from hubagent.bridge.described import PartKind
from hubagent.bridge.values import STATELESS
from hubagent.types import Publication

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubagent.bridge.described import Hello, Part

ROOT = "hub"
PLATFORMS = {kind: str(kind) for kind in PartKind} | {PartKind.DIMMER: "light"}


def topic(device_id: str, level: str) -> str:
    """Return the topic of an entity, or of `$state` and its like."""
    return f"{ROOT}/{device_id}/{level}"


def retained(device_id: str, level: str, payload: bytes) -> Publication:
    """Return a retained publication below a device."""
    return Publication(topic(device_id, level), payload, qos=1, retain=True)


def discovery(
    hello: Hello, parts: Iterable[Part], gone: Iterable[tuple[str, str]], bridge_status: str
) -> Publication:
    """Return the announcement of a device.

    Args:
        hello: Who it is.
        parts: Its entities.
        gone: Id and platform of entities it had in an earlier firmware.
        bridge_status: Topic whose will says that the bridge is gone: then all of its devices are.
    """
    components: dict[str, Any] = {part.id: _component(hello, part) for part in parts}
    components |= {part_id: {"platform": platform} for part_id, platform in gone}
    document = {
        "device": {
            "identifiers": [f"hub-{hello.id}"],
            "name": hello.name,
            "sw_version": hello.firmware,
            "model": hello.board or "firmware_bridge",
        },
        "origin": {"name": "hubagent", "sw_version": __version__},
        "availability": [
            {"topic": topic(hello.id, "$state")},
            {"topic": bridge_status, "value_template": "{{ value_json.state }}"},
        ],
        "availability_mode": "all",
        "components": components,
    }
    name = f"homeassistant/device/hub-{hello.id}/config"
    return Publication(name, json.dumps(document).encode(), qos=1, retain=True)


def _component(hello: Hello, part: Part) -> dict[str, Any]:
    own = topic(hello.id, part.id)
    found: dict[str, Any] = {
        "platform": PLATFORMS[part.kind],
        "unique_id": f"hub-{hello.id}-{part.id}",
        # An entity that has the name of its device is the device, as far as people say.
        "name": None if part.name == hello.name else part.name,
    }
    if part.device_class:
        found["device_class"] = part.device_class
    if part.unit:
        found["unit_of_measurement"] = part.unit
    if part.kind is PartKind.COVER:
        found |= {"position_topic": own, "set_position_topic": f"{own}/set"}
    elif part.kind not in STATELESS or part.kind is PartKind.EVENT:
        found["state_topic"] = own
    if part.kind not in (PartKind.SENSOR, PartKind.BINARY_SENSOR, PartKind.EVENT):
        found["command_topic"] = f"{own}/set"
    if part.kind is PartKind.DIMMER:
        found |= {"schema": "json", "brightness": True, "brightness_scale": 100}
        found["supported_color_modes"] = ["brightness"]
    if part.kind is PartKind.NUMBER:
        found |= {"min": part.least, "max": part.most, "step": part.step}
    if part.kind is PartKind.SELECT:
        found["options"] = list(part.choices)
    if part.kind is PartKind.EVENT:
        found["event_types"] = list(part.choices)
    return found

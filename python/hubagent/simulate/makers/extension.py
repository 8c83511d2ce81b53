"""The component for domains that MQTT discovery has none for: media players, lists, weather, ...

State ``{"state", "attributes"}``, commands ``{"command", "data"}``, both in Home Assistant's words;
the discovery message lists attribute names and commands with their fields (``docs/devices.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.makers.wire import Asked, Channel, Component, object_of, value_of

if TYPE_CHECKING:
    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.types import Capability


def _field(capability: Capability) -> dict[str, object]:
    said = {
        "min": capability.minimum,
        "max": capability.maximum,
        "step": capability.step,
        "unit": capability.unit or None,
        "options": list(capability.options) or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def component(device: SimulatedDevice) -> Component:
    """Speak Home Assistant's domain model itself."""

    def report() -> object:
        return {"state": device.state, "attributes": device.attributes}

    def take(text: str) -> Asked | None:
        asked = object_of(text) or {}
        data = asked.get("data", {})
        if not isinstance(asked.get("command"), str) or not isinstance(data, dict):
            return None
        return str(asked["command"]), {key: value_of(raw) for key, raw in data.items()}

    commands = {
        name: {item.name: _field(item) for item in fields}
        for name, fields in device.commands().items()
    }
    config: dict[str, object] = {"attributes": list(device.attributes)}
    if commands:
        config["commands"] = commands
    channel = Channel("whole", "state_topic", "", "command_topic" if commands else "", report, take)
    return Component(config, [channel])

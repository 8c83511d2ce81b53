"""Components that open, shut and guard: cover, valve, lock, alarm panel.

Source: Home Assistant's MQTT integration, the pages of each component.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.makers.wire import (
    Asked,
    Channel,
    Component,
    as_number,
    attribute,
    listed,
    number,
    object_of,
    state,
    upper,
    value_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.simulate.devices.base import SimulatedDevice


def cover(device: SimulatedDevice) -> Component:
    """Speak as ``cover``."""
    verbs = {"OPEN": "open_cover", "CLOSE": "close_cover", "STOP": "stop_cover"}
    commands = device.commands()
    config: dict[str, object] = {
        f"payload_{verb.lower()}": verb if command in commands else None
        for verb, command in verbs.items()
    }
    motion = Channel(
        "state", "state_topic", "value_template", "command_topic", state(device), words(verbs)
    )
    channels = [motion]
    if listed(device, "current_position"):
        channels.append(
            Channel(
                "position",
                "position_topic",
                "position_template",
                "set_position_topic",
                attribute(device, "current_position"),
                number("set_cover_position", "position"),
            )
        )
    if listed(device, "current_tilt_position"):
        config |= {"payload_stop_tilt": "STOP", "tilt_optimistic": False}

        def tilt(text: str) -> Asked:
            if text == "STOP":
                return "stop_cover_tilt", {}
            return "set_cover_tilt_position", {"tilt_position": as_number(text)}

        channels.append(
            Channel(
                "tilt",
                "tilt_status_topic",
                "tilt_status_template",
                "tilt_command_topic",
                attribute(device, "current_tilt_position"),
                tilt,
            )
        )
    return Component(config, channels)


def valve(device: SimulatedDevice) -> Component:
    """Speak as ``valve``: in numbers when it knows its position, else in words."""
    knows = listed(device, "current_position")
    verbs = {"OPEN": "open_valve", "CLOSE": "close_valve", "STOP": "stop_valve"}
    config: dict[str, object] = {"reports_position": knows}
    if "stop_valve" in device.commands():
        config["payload_stop"] = "STOP"

    def take(text: str) -> Asked | None:
        if text in verbs:
            return verbs[text], {}
        return ("set_valve_position", {"position": as_number(text)}) if knows else None

    def report() -> object:
        if not knows:
            return device.state
        return {"state": device.state, "position": device.attributes["current_position"]}

    template = "" if knows else "value_template"
    return Component(
        config, [Channel("state", "state_topic", template, "command_topic", report, take)]
    )


def _coded(verbs: Mapping[str, str]) -> Callable[[str], Asked | None]:
    """Return a reader of ``{"action", "code"}``, and of a bare action from a hub without codes."""

    def take(text: str) -> Asked | None:
        asked = object_of(text) or {"action": text}
        verb = verbs.get(str(asked.get("action")))
        if verb is None:
            return None
        return verb, {"code": value_of(asked["code"])} if asked.get("code") else {}

    return take


def lock(device: SimulatedDevice) -> Component:
    """Speak as ``lock``; one with a code wants it beside the action."""
    verbs = {"LOCK": "lock", "UNLOCK": "unlock", "OPEN": "open"}
    config: dict[str, object] = {}
    if "open" in device.commands():
        config["payload_open"] = "OPEN"
    if device.code is not None:
        config["code_format"] = r"^\d+$"
        config["command_template"] = '{"action": "{{ value }}", "code": "{{ code }}"}'
    bolt = Channel(
        "state", "state_topic", "value_template", "command_topic", upper(device), _coded(verbs)
    )
    return Component(config, [bolt])


def alarm_control_panel(device: SimulatedDevice) -> Component:
    """Speak as ``alarm_control_panel``; the panel itself checks the code."""
    features = [name.removeprefix("alarm_") for name in device.commands()]
    verbs = {name.upper(): f"alarm_{name}" for name in features}
    config: dict[str, object] = {
        "supported_features": [name for name in features if name != "disarm"],
        "code_arm_required": False,
        "code_disarm_required": False,
        "code_trigger_required": False,
    }
    if device.code is not None:
        config["code"] = "REMOTE_CODE"
        config["command_template"] = '{"action": "{{ action }}", "code": "{{ code }}"}'
    panel = Channel(
        "state", "state_topic", "value_template", "command_topic", state(device), _coded(verbs)
    )
    return Component(config, [panel])

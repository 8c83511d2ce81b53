"""The other components: robots, settings, buttons, and all that only reports.

Source: Home Assistant's MQTT integration, the pages of each component.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.makers.wire import (
    Asked,
    Channel,
    Component,
    number,
    setting,
    state,
    upper,
    words,
)

if TYPE_CHECKING:
    from hubagent.simulate.devices.base import SimulatedDevice

_VACUUM_FEATURES = {
    "start": "start",
    "pause": "pause",
    "stop": "stop",
    "return_to_base": "return_home",
    "locate": "locate",
    "clean_spot": "clean_spot",
    "set_fan_speed": "fan_speed",
    "send_command": "send_command",
}


def vacuum(device: SimulatedDevice) -> Component:
    """Speak as ``vacuum``: one JSON state, bare words as commands."""
    commands = device.commands()
    features = [feature for name, feature in _VACUUM_FEATURES.items() if name in commands]
    config: dict[str, object] = {"supported_features": [*features, "status"]}

    def report() -> object:
        return {"state": device.state, **device.attributes}

    plain = {name: name for name in _VACUUM_FEATURES if name in commands and not commands[name]}
    channels = [
        Channel("state", "state_topic", "", "command_topic", report, words(plain)),
    ]
    if "set_fan_speed" in commands:
        config["fan_speed_list"] = list(commands["set_fan_speed"][0].options)
        take = setting("set_fan_speed", "fan_speed")
        channels.append(Channel("fan_speed", command="set_fan_speed_topic", take=take))
    if "send_command" in commands:
        take = setting("send_command", "command")
        channels.append(Channel("send", command="send_command_topic", take=take))
    return Component(config, channels)


def lawn_mower(device: SimulatedDevice) -> Component:
    """Speak as ``lawn_mower``: a topic for each command."""
    activity = Channel(
        "activity", "activity_state_topic", "activity_value_template", report=state(device)
    )
    verbs = [
        Channel(name, command=f"{name}_command_topic", take=words({name: name}))
        for name in device.commands()
    ]
    return Component({}, [activity, *verbs])


def _value(device: SimulatedDevice, take: object) -> list[Channel]:
    reader = take if callable(take) else None
    return [
        Channel("state", "state_topic", "value_template", "command_topic", state(device), reader)
    ]


def number_(device: SimulatedDevice) -> Component:
    """Speak as ``number``."""
    field = device.commands()["set_value"][0]
    config = {"min": field.minimum, "max": field.maximum, "step": field.step}
    return Component(dict(config), _value(device, number("set_value", "value")))


def select(device: SimulatedDevice) -> Component:
    """Speak as ``select``."""
    fields = device.commands().get("select_option", ())
    options = list(fields[0].options) if fields else []
    return Component({"options": options}, _value(device, setting("select_option", "option")))


def text(device: SimulatedDevice) -> Component:
    """Speak as ``text``."""
    config = {"min": round(device.number("min", 0)), "max": round(device.number("max", 255))}
    return Component(dict(config), _value(device, setting("set_value", "value")))


def button(_device: SimulatedDevice) -> Component:
    """Speak as ``button``: nothing to report."""
    press = Channel("press", command="command_topic", take=words({"PRESS": "press"}))
    return Component({}, [press])


def scene(_device: SimulatedDevice) -> Component:
    """Speak as ``scene``: nothing to report."""
    start = Channel("start", command="command_topic", take=words({"ON": "turn_on"}))
    return Component({"payload_on": "ON"}, [start])


def notify(_device: SimulatedDevice) -> Component:
    """Speak as ``notify``: nothing to report."""
    send = Channel("send", command="command_topic", take=setting("send_message", "message"))
    return Component({}, [send])


def sensor(device: SimulatedDevice) -> Component:
    """Speak as ``sensor``."""
    config: dict[str, object] = {}
    given = device.truth
    if given.get("state_class"):
        config["state_class"] = given["state_class"]
    options = given.get("options")
    if isinstance(options, tuple):
        config["options"] = list(options)
    channel = Channel("state", "state_topic", "value_template", report=state(device))
    return Component(config, [channel])


def binary_sensor(device: SimulatedDevice) -> Component:
    """Speak as ``binary_sensor``."""
    channel = Channel("state", "state_topic", "value_template", report=upper(device))
    return Component({}, [channel])


def device_tracker(device: SimulatedDevice) -> Component:
    """Speak as ``device_tracker``."""
    channel = Channel("state", "state_topic", "value_template", report=state(device))
    return Component({"payload_home": "home", "payload_not_home": "not_home"}, [channel])


def event(device: SimulatedDevice) -> Component:
    """Speak as ``event``; what happens is sent once by the node, never here."""
    config = {"event_types": list(device.words("event_types", ("press",)))}
    return Component(dict(config), [Channel("event", "state_topic")])


def update(device: SimulatedDevice) -> Component:
    """Speak as ``update``: one JSON state."""

    def take(payload: str) -> Asked | None:
        return ("install", {}) if payload == "INSTALL" else None

    command = "command_topic" if "install" in device.commands() else ""
    channel = Channel("state", "state_topic", "", command, lambda: device.attributes, take)
    return Component({"payload_install": "INSTALL"}, [channel])

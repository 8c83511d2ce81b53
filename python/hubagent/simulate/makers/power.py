"""Components that are on or off: switch, siren, fan.

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
    setting,
    upper,
    value_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.simulate.devices.base import SimulatedDevice

ON_OFF = words({"ON": "turn_on", "OFF": "turn_off", "TOGGLE": "toggle"})


def switch(device: SimulatedDevice) -> Component:
    """Speak as ``switch``."""
    power = Channel(
        "state", "state_topic", "value_template", "command_topic", upper(device), ON_OFF
    )
    return Component({}, [power])


def siren(device: SimulatedDevice) -> Component:
    """Speak as ``siren``: commands are JSON."""

    def take(text: str) -> Asked | None:
        asked = object_of(text) or {"state": text}
        known = ON_OFF(str(asked.pop("state", "")))
        return (known[0], {key: value_of(raw) for key, raw in asked.items()}) if known else None

    fields = {item.name: item for item in device.commands()["turn_on"]}
    config: dict[str, object] = {
        "support_duration": "duration" in fields,
        "support_volume_set": "volume_level" in fields,
    }
    if "tone" in fields:
        config["available_tones"] = list(fields["tone"].options)
    topic = "state_value_template"
    return Component(
        config, [Channel("state", "state_topic", topic, "command_topic", upper(device), take)]
    )


def fan(device: SimulatedDevice) -> Component:
    """Speak as ``fan``: one channel for each thing it can be set to."""
    config: dict[str, object] = {}
    channels = [
        Channel(
            "state", "state_topic", "state_value_template", "command_topic", upper(device), ON_OFF
        )
    ]

    def add(
        name: str, key: str, take: Callable[[str], Asked | None], report: object = None
    ) -> None:
        channels.append(
            Channel(
                key,
                f"{key}_state_topic",
                f"{key}_value_template",
                f"{key}_command_topic",
                report if callable(report) else attribute(device, name),
                take,
            )
        )

    if listed(device, "percentage"):
        add("percentage", "percentage", number("set_percentage", "percentage"))
        step = next(item.step for item in device.commands()["set_percentage"])
        if step and step > 1:
            speeds = round(100 / step)
            config |= {"speed_range_min": 1, "speed_range_max": speeds}
            channels[-1] = _in_speeds(device, channels[-1], speeds)
    if "set_preset_mode" in device.commands():
        config["preset_modes"] = list(device.words("preset_modes"))
        add("preset_mode", "preset_mode", setting("set_preset_mode", "preset_mode"))
    if listed(device, "oscillating"):
        swings = {"oscillate_on": True, "oscillate_off": False}
        add(
            "oscillating",
            "oscillation",
            lambda text: ("oscillate", {"oscillating": swings.get(text)}),
            lambda: "oscillate_on" if device.attributes["oscillating"] else "oscillate_off",
        )
    if listed(device, "direction"):
        add("direction", "direction", setting("set_direction", "direction"))
    return Component(config, channels)


def _in_speeds(device: SimulatedDevice, channel: Channel, speeds: int) -> Channel:
    """Return the percentage channel of a fan that counts its speeds from 1; 0 is off."""

    def report() -> object:
        return round(device.number("percentage", 0) * speeds / 100)

    def take(text: str) -> Asked:
        speed = as_number(text)
        in_percent = speed * 100 / speeds if isinstance(speed, int | float) else speed
        return "set_percentage", {"percentage": in_percent}

    return Channel(channel.name, channel.state, channel.template, channel.command, report, take)

"""Components that keep air and water as wished: climate, humidifier, water heater.

Source: Home Assistant's MQTT integration, the pages of each component.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.makers.wire import (
    Asked,
    Channel,
    Component,
    attribute,
    listed,
    number,
    setting,
    state,
    upper,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.types import Capability

ON_OFF = words({"ON": "turn_on", "OFF": "turn_off"})


def _channel(
    device: SimulatedDevice,
    name: str,
    stem: str,
    take: Callable[[str], Asked | None],
    *,
    value_template: bool = False,
) -> Channel:
    ending = "value_template" if value_template else "state_template"
    return Channel(
        name,
        f"{stem}_state_topic",
        f"{stem}_{ending}",
        f"{stem}_command_topic",
        attribute(device, name),
        take,
    )


def _measured(device: SimulatedDevice) -> list[Channel]:
    return [
        Channel(name, f"{name}_topic", f"{name}_template", report=attribute(device, name))
        for name in ("current_temperature", "current_humidity")
        if listed(device, name)
    ]


def _action(device: SimulatedDevice, name: str) -> list[Channel]:
    if not listed(device, name):
        return []
    return [Channel(name, "action_topic", "action_template", report=attribute(device, name))]


def _limits(config: dict[str, object], field: Capability) -> None:
    config |= {
        "min_temp": field.minimum,
        "max_temp": field.maximum,
        "temp_step": field.step,
        "temperature_unit": field.unit[-1:],
    }


def climate(device: SimulatedDevice) -> Component:
    """Speak as ``climate``; the state is its mode."""
    commands = device.commands()
    modes = next(item.options for item in commands["set_hvac_mode"])
    config: dict[str, object] = {"modes": list(modes)}
    channels = [
        Channel(
            "mode",
            "mode_state_topic",
            "mode_state_template",
            "mode_command_topic",
            state(device),
            setting("set_hvac_mode", "hvac_mode"),
        ),
        *_action(device, "hvac_action"),
        *_measured(device),
    ]
    for field in commands.get("set_temperature", ()):
        stem = {
            "temperature": "temperature",
            "target_temp_low": "temperature_low",
            "target_temp_high": "temperature_high",
        }.get(field.name)
        if stem:
            _limits(config, field)
            channels.append(
                _channel(device, field.name, stem, number("set_temperature", field.name))
            )
    if "set_humidity" in commands:
        take = number("set_humidity", "humidity")
        channels.append(_channel(device, "humidity", "target_humidity", take))
    for name in ("fan_mode", "swing_mode", "swing_horizontal_mode", "preset_mode"):
        for field in commands.get(f"set_{name}", ()):
            config[f"{name}s"] = list(field.options)
            preset = name == "preset_mode"
            take_word = setting(f"set_{name}", name)
            channels.append(_channel(device, name, name, take_word, value_template=preset))
    if "turn_on" in commands:
        channels.append(Channel("power", command="power_command_topic", take=ON_OFF))
    return Component(config, channels)


def humidifier(device: SimulatedDevice) -> Component:
    """Speak as ``humidifier``."""
    commands = device.commands()
    field = commands["set_humidity"][0]
    config: dict[str, object] = {"min_humidity": field.minimum, "max_humidity": field.maximum}
    power = Channel(
        "state", "state_topic", "state_value_template", "command_topic", upper(device), ON_OFF
    )
    wanted = _channel(device, "humidity", "target_humidity", number("set_humidity", "humidity"))
    channels = [power, wanted, *_action(device, "action"), *_measured(device)]
    for mode in commands.get("set_mode", ()):
        config["modes"] = list(mode.options)
        channels.append(_channel(device, "mode", "mode", setting("set_mode", "mode")))
    return Component(config, channels)


def water_heater(device: SimulatedDevice) -> Component:
    """Speak as ``water_heater``; the state is its way of working."""
    commands = device.commands()
    config: dict[str, object] = {"modes": list(commands["set_operation_mode"][0].options)}
    _limits(config, commands["set_temperature"][0])
    mode = Channel(
        "mode",
        "mode_state_topic",
        "mode_state_template",
        "mode_command_topic",
        state(device),
        setting("set_operation_mode", "operation_mode"),
    )
    wanted = _channel(
        device, "temperature", "temperature", number("set_temperature", "temperature")
    )
    channels = [mode, wanted, *_measured(device)]
    if "turn_on" in commands:
        channels.append(Channel("power", command="power_command_topic", take=ON_OFF))
    return Component(config, channels)

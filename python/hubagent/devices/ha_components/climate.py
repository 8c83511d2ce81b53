"""Components that keep air and water as wished: climate, humidifier, water heater, fan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import NUMBER, refusal, scaled, words
from hubagent.types import Convert, Kind

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft
    from hubagent.devices.ha_payload import Config
    from hubagent.types import CommandPart

_HVAC_MODES = ("auto", "off", "cool", "heat", "dry", "fan_only")
_HVAC_ACTIONS = ("off", "preheating", "defrosting", "heating", "cooling", "drying", "idle", "fan")
_HEATER_MODES = ("off", "eco", "electric", "gas", "heat_pump", "high_demand", "performance")
_SETPOINTS = (
    ("temperature", "temperature"),
    ("target_temp_low", "temperature_low"),
    ("target_temp_high", "temperature_high"),
)


def climate(config: Config, draft: Draft) -> None:
    """Read a ``climate``; its state is the HVAC mode."""
    modes = config.words("modes", _HVAC_MODES)
    options = words((mode, mode) for mode in modes)
    draft.hear("state", config.reading("mode_state_topic", "mode_state_template"), options)
    actions = words((action, action) for action in _HVAC_ACTIONS)
    draft.hear("hvac_action", config.reading("action_topic", "action_template"), actions)
    _hear_current(config, draft)
    mode_part = _mode(config, draft, "mode", "set_hvac_mode", "hvac_mode", modes)
    _take_setpoints(config, draft, mode_part, low=7, high=35, step=1)
    for name in ("fan_mode", "swing_mode", "swing_horizontal_mode", "preset_mode"):
        offered = config.words(
            f"{name}s", ("auto", "low", "medium", "high") if name == "fan_mode" else ()
        )
        state = f"{name}_value_template" if name == "preset_mode" else f"{name}_state_template"
        draft.hear(name, config.reading(f"{name}_state_topic", state))
        _mode(config, draft, name, f"set_{name}", name, offered)
    _take_humidity(config, draft)
    _take_power(config, draft, modes)


def _hear_current(config: Config, draft: Draft) -> None:
    for name in ("current_temperature", "current_humidity"):
        draft.hear(name, config.reading(f"{name}_topic", f"{name}_template"), NUMBER)


def _mode(
    config: Config, draft: Draft, stem: str, command: str, key: str, options: tuple[str, ...]
) -> CommandPart | None:
    """Take the command that sets one of ``options``; return its part, to be used elsewhere too."""
    writing = config.writing(f"{stem}_command_topic", f"{stem}_command_template")
    if writing is None:
        return None
    draft.can(key, options=options)
    part = writing.part(key)
    draft.take(command, part)
    return part


def _take_setpoints(
    config: Config,
    draft: Draft,
    mode_part: CommandPart | None,
    *,
    low: float,
    high: float,
    step: float,
) -> None:
    unit = "°F" if config.text("temperature_unit", "C").upper() == "F" else "°C"
    if unit == "°F":
        low, high = low * 9 / 5 + 32, high * 9 / 5 + 32
    low, high = config.number("min_temp", low), config.number("max_temp", high)
    step = config.number("temp_step", step)
    parts = []
    for key, stem in _SETPOINTS:
        reading = config.reading(f"{stem}_state_topic", f"{stem}_state_template")
        draft.hear(key, reading, NUMBER)
        writing = config.writing(f"{stem}_command_topic", f"{stem}_command_template")
        if writing:
            draft.can(key, low, high, step, unit=unit)
            parts.append(writing.part(key, convert=NUMBER))
    if parts:
        draft.take("set_temperature", mode_part, *parts)


def _take_humidity(config: Config, draft: Draft) -> None:
    reading = config.reading("target_humidity_state_topic", "target_humidity_state_template")
    draft.hear("humidity", reading, NUMBER)
    writing = config.writing("target_humidity_command_topic", "target_humidity_command_template")
    if writing:
        low, high = config.number("min_humidity", 30), config.number("max_humidity", 99)
        draft.can("humidity", low, high, 1, unit="%")
        draft.take("set_humidity", writing.part("humidity", convert=NUMBER))


def _take_power(config: Config, draft: Draft, modes: tuple[str, ...]) -> None:
    """Turn on and off by the power topic, else by the modes that mean it."""
    power = config.writing("power_command_topic", "power_command_template")
    mode = config.writing("mode_command_topic", "mode_command_template")
    if power:
        draft.take("turn_on", power.part(payload=config.text("payload_on", "ON")))
        draft.take("turn_off", power.part(payload=config.text("payload_off", "OFF")))
    elif mode and "off" in modes:
        draft.take("turn_off", mode.part(payload="off"))
        # Home Assistant's order when nothing says which mode "on" is.
        preferred = [item for item in ("heat_cool", "heat", "cool") if item in modes]
        others = [item for item in modes if item != "off"]
        if preferred or others:
            draft.take("turn_on", mode.part(payload=(preferred or others)[0]))


def water_heater(config: Config, draft: Draft) -> None:
    """Read a ``water_heater``; its state is the operation mode."""
    modes = config.words("modes", _HEATER_MODES)
    options = words((mode, mode) for mode in modes)
    draft.hear("state", config.reading("mode_state_topic", "mode_state_template"), options)
    _hear_current(config, draft)
    part = _mode(config, draft, "mode", "set_operation_mode", "operation_mode", modes)
    _take_setpoints(config, draft, part, low=43.3, high=60, step=1)
    _take_power(config, draft, modes)


def humidifier(config: Config, draft: Draft) -> None:
    """Read a ``humidifier``."""
    config.required_writing("target_humidity_command_topic", "")
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = words(((on, "on"), (off, "off")))
    draft.hear("state", config.reading("state_topic", "state_value_template"), states)
    actions = words((item, item) for item in ("off", "humidifying", "drying", "idle"))
    draft.hear("action", config.reading("action_topic", "action_template"), actions)
    draft.hear(
        "current_humidity",
        config.reading("current_humidity_topic", "current_humidity_template"),
        NUMBER,
    )
    writing = config.required_writing("command_topic")
    draft.take("turn_on", writing.part(payload=on))
    draft.take("turn_off", writing.part(payload=off))
    _take_humidity(config, draft)
    draft.hear("mode", config.reading("mode_state_topic", "mode_state_template"))
    _mode(config, draft, "mode", "set_mode", "mode", config.words("modes"))


def fan(config: Config, draft: Draft) -> None:
    """Read a ``fan``; percentages are scaled to the device's speeds."""
    writing = config.required_writing("command_topic")
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = words(((on, "on"), (off, "off")))
    draft.hear("state", config.reading("state_topic", "state_value_template"), states)
    speed = _speed(config, draft)
    preset = _mode(
        config,
        draft,
        "preset_mode",
        "set_preset_mode",
        "preset_mode",
        config.words("preset_modes"),
    )
    draft.hear(
        "preset_mode", config.reading("preset_mode_state_topic", "preset_mode_value_template")
    )
    draft.take("turn_on", writing.part(payload=on), speed, preset)
    draft.take("turn_off", writing.part(payload=off))
    _oscillation(config, draft)
    _direction(config, draft)


def _speed(config: Config, draft: Draft) -> CommandPart | None:
    low, high = config.number("speed_range_min", 1), config.number("speed_range_max", 100)
    if low >= high:
        raise refusal("wrong value", "`speed_range_max` must be above `speed_range_min`")
    # The step below the lowest speed is standing still.
    span = (low - 1, high)
    reading = config.reading("percentage_state_topic", "percentage_value_template")
    draft.hear("percentage", reading, scaled(span, (0.0, 100.0)))
    writing = config.writing("percentage_command_topic", "percentage_command_template")
    if writing is None:
        return None
    draft.can("percentage", 0, 100, round(100 / (high - low + 1), 2), unit="%")
    # A little wind is asked for with any percentage above 0: round up.
    speed = f"(value * {(high - low + 1) / 100} + {low - 1}) | round(3) | round(0, 'ceil') | int"
    part = writing.part(
        "percentage",
        convert=NUMBER,
        prelude=f"{{% set value = {speed} %}}",
        template=f"{{{{ {speed} }}}}",
    )
    draft.take("set_percentage", part)
    return part


def _oscillation(config: Config, draft: Draft) -> None:
    on = config.text("payload_oscillation_on", "oscillate_on")
    off = config.text("payload_oscillation_off", "oscillate_off")
    convert = Convert(kind=Kind.BOOLEAN, words=((on, "true"), (off, "false")), strict=True)
    reading = config.reading("oscillation_state_topic", "oscillation_value_template")
    draft.hear("oscillating", reading, convert)
    writing = config.writing("oscillation_command_topic", "oscillation_command_template")
    if writing:
        draft.can("oscillating")
        draft.take("oscillate", writing.part("oscillating", convert=convert))


def _direction(config: Config, draft: Draft) -> None:
    convert = words(
        (config.text(f"payload_direction_{word}", word), word) for word in ("forward", "reverse")
    )
    reading = config.reading("direction_state_topic", "direction_value_template")
    draft.hear("direction", reading, convert)
    writing = config.writing("direction_command_topic", "direction_command_template")
    if writing:
        draft.can("direction", options=("forward", "reverse"))
        draft.take("set_direction", writing.part("direction", convert=convert))

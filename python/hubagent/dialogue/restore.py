"""The commands that bring a thing back to a state it had.

In: an entity, its state then and now, the commands it has. Out: commands in Home Assistant's service
words, fewest first; none where nothing differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.types import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.types import Entity, EntityState, Value

_STATES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cover": {
        "open": ("open_cover",),
        "opening": ("open_cover",),
        "closed": ("close_cover",),
        "closing": ("close_cover",),
    },
    "valve": {
        "open": ("open_valve",),
        "opening": ("open_valve",),
        "closed": ("close_valve",),
        "closing": ("close_valve",),
    },
    "lock": {"locked": ("lock",), "unlocked": ("unlock",)},
    "media_player": {
        "off": ("turn_off", "media_stop"),
        "standby": ("turn_off",),
        "playing": ("media_play", "turn_on"),
        "paused": ("media_pause",),
        "idle": ("media_stop", "turn_on"),
        "on": ("turn_on", "media_play"),
    },
    "vacuum": {
        "cleaning": ("start",),
        "paused": ("pause",),
        "idle": ("stop",),
        "docked": ("return_to_base",),
        "returning": ("return_to_base",),
    },
    "lawn_mower": {"mowing": ("start_mowing",), "paused": ("pause",), "docked": ("dock",)},
    "alarm_control_panel": {
        "disarmed": ("alarm_disarm",),
        "armed_home": ("alarm_arm_home",),
        "armed_away": ("alarm_arm_away",),
        "armed_night": ("alarm_arm_night",),
        "armed_vacation": ("alarm_arm_vacation",),
    },
}
"""Domain -> state -> commands that lead there, the first that the thing has."""
_SWITCHED: Mapping[str, tuple[str, ...]] = {"on": ("turn_on",), "off": ("turn_off",)}
_ATTRIBUTES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "fan": (
        ("percentage", "set_percentage", "percentage"),
        ("preset_mode", "set_preset_mode", "preset_mode"),
        ("oscillating", "oscillate", "oscillating"),
        ("direction", "set_direction", "direction"),
    ),
    "climate": (
        ("temperature", "set_temperature", "temperature"),
        ("humidity", "set_humidity", "humidity"),
        ("fan_mode", "set_fan_mode", "fan_mode"),
        ("preset_mode", "set_preset_mode", "preset_mode"),
        ("swing_mode", "set_swing_mode", "swing_mode"),
    ),
    "water_heater": (("temperature", "set_temperature", "temperature"),),
    "humidifier": (("humidity", "set_humidity", "humidity"), ("mode", "set_mode", "mode")),
    "cover": (
        ("current_position", "set_cover_position", "position"),
        ("current_tilt_position", "set_cover_tilt_position", "tilt_position"),
    ),
    "valve": (("current_position", "set_valve_position", "position"),),
    "media_player": (
        ("volume_level", "volume_set", "volume_level"),
        ("is_volume_muted", "volume_mute", "is_volume_muted"),
        ("source", "select_source", "source"),
        ("shuffle", "shuffle_set", "shuffle"),
        ("repeat", "repeat_set", "repeat"),
        ("sound_mode", "select_sound_mode", "sound_mode"),
    ),
    "vacuum": (("fan_speed", "set_fan_speed", "fan_speed"),),
}
"""Domain -> (attribute, command that sets it, key of its data)."""
_COLOURS = ("hs_color", "rgb_color")
_RESTING = frozenset({"off", "standby", "closed", "docked"})
_MODES: Mapping[str, tuple[str, str]] = {
    "climate": ("set_hvac_mode", "hvac_mode"),
    "water_heater": ("set_operation_mode", "operation_mode"),
    "select": ("select_option", "option"),
    "input_select": ("select_option", "option"),
    "number": ("set_value", "value"),
    "input_number": ("set_value", "value"),
}
"""Domains whose state is itself what a command sets."""


def restoring(
    entity: Entity, then: EntityState, now: EntityState, commands: tuple[str, ...]
) -> tuple[Command, ...]:
    """Return what brings the entity back; what was unknown then stays as it is.

    Args:
        entity: The thing.
        then: The state wanted.
        now: Its state.
        commands: All commands it has.
    """
    if entity.domain == "light":
        return _light(entity, then, now)
    found: list[Command] = []
    changed = then.state != now.state
    rests = then.state in _RESTING and changed  # then its levels come back with it
    for attribute, command, key in () if rests else _ATTRIBUTES.get(entity.domain, ()):
        wanted = then.attributes.get(attribute)
        if wanted is not None and wanted != now.attributes.get(attribute) and command in commands:
            found.append(Command(entity.entity_id, command, {key: wanted}))
    positioned = any("position" in command.data for command in found)
    if changed and not positioned:
        found[:0] = _to_state(entity, then.state, now.state, commands)
    return tuple(found)


def _to_state(
    entity: Entity, wanted: Value, now: Value, commands: tuple[str, ...]
) -> list[Command]:
    if entity.domain in _MODES and wanted not in {None, "unknown", "unavailable"}:
        command, key = _MODES[entity.domain]
        if command in commands:
            return [Command(entity.entity_id, command, {key: wanted})]
    if entity.domain == "media_player" and now in _RESTING and wanted == "playing":
        both = [name for name in ("turn_on", "media_play") if name in commands]
        return [Command(entity.entity_id, name) for name in both]
    ways = _STATES.get(entity.domain, _SWITCHED).get(str(wanted), ())
    way = next((name for name in ways if name in commands), None)
    return [Command(entity.entity_id, way)] if way else []


def _light(entity: Entity, then: EntityState, now: EntityState) -> tuple[Command, ...]:
    """Return one command for all of a light: on and off, brightness, colour, effect."""
    if then.state == "off":
        return (Command(entity.entity_id, "turn_off"),) if now.state != "off" else ()
    if then.state != "on":
        return ()
    mode = "color_mode"
    repainted = then.attributes.get(mode) != now.attributes.get(mode) or now.state != "on"
    data: dict[str, Value] = {}
    for name in ("brightness", *_colour_keys(entity, then), "effect"):
        wanted = then.attributes.get(name)
        known = wanted not in (None, "none", "None", "off") and entity.capability(name) is not None
        other = wanted != now.attributes.get(name) or (repainted and name != "effect")
        if known and other:
            data[name] = wanted
    if now.state == "on" and not data:
        return ()
    return (Command(entity.entity_id, "turn_on", data),)


def _colour_keys(entity: Entity, then: EntityState) -> tuple[str, ...]:
    """Return the attribute by which the light's colour is put back: its white, or its colour."""
    mode = then.attributes.get("color_mode")
    white = then.attributes.get("color_temp_kelvin") is not None
    if mode == "color_temp" or (mode is None and white):
        return ("color_temp_kelvin",)
    able = [
        name
        for name in _COLOURS
        if entity.capability(name) is not None and then.attributes.get(name) is not None
    ]
    return tuple(able[:1])

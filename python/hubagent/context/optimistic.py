"""What a command makes of the state of an entity that never reports, in Home Assistant's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.types import Command, Entity, EntityState, Value

STATES = {
    "alarm_arm_away": "armed_away",
    "alarm_arm_custom_bypass": "armed_custom_bypass",
    "alarm_arm_home": "armed_home",
    "alarm_arm_night": "armed_night",
    "alarm_arm_vacation": "armed_vacation",
    "alarm_disarm": "disarmed",
    "alarm_trigger": "triggered",
    "close_cover": "closed",
    "close_valve": "closed",
    "lock": "locked",
    "open": "open",
    "open_cover": "open",
    "open_valve": "open",
    "pause": "paused",
    "return_to_base": "returning",
    "start": "cleaning",
    "stop": "idle",
    "turn_off": "off",
    "turn_on": "on",
    "unlock": "unlocked",
}
"""State after a command that says it all by its name."""

_STATE_KEYS = {
    "select_option": "option",
    "set_hvac_mode": "hvac_mode",
    "set_value": "value",
}
"""Key of the data that is the state after the command."""

_ATTRIBUTES = {"position": "current_position", "tilt_position": "current_tilt_position"}
"""Attribute of a data key that is not called like it."""


def assumed(entity: Entity, state: EntityState, command: Command) -> dict[str, Value]:
    """Return ``state`` and attributes as they are after the command, as far as it tells.

    Data that is no capability of the entity, such as a transition or a code, is no attribute.
    """
    values: dict[str, Value] = {
        _ATTRIBUTES.get(key, key): value
        for key, value in command.data.items()
        if entity.capability(key) is not None
    }
    name, data = command.command, command.data
    if name in STATES:
        values["state"] = STATES[name]
    elif name == "toggle":
        values["state"] = "off" if state.state == "on" else "on"
    elif name in _STATE_KEYS and _STATE_KEYS[name] in data:
        values["state"] = data[_STATE_KEYS[name]]
    elif entity.domain in ("cover", "valve") and "position" in data:
        values["state"] = "closed" if data["position"] == 0 else "open"
    return values

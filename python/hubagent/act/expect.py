"""What a device's own state must say before a command counts as followed.

Tolerances cover what firmware rounds: brightness to percent, colour temperature to mired, fan speeds
to steps. A cover on its way counts, it has been heard.
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.types import Command, EntityState, Value

_OFF = frozenset({"off", "standby"})
_UNKNOWN = frozenset({None, "unknown", "unavailable"})
_MOVING = frozenset({"opening", "closing"})

UNCONFIRMED = frozenset({"press", "locate", "send_message", "send_command", "trigger", "install"})
"""Commands that no state ever echoes."""
UNCONFIRMED_DOMAINS = frozenset({"scene", "script", "button", "input_button", "remote"})

STATES: Mapping[str, frozenset[str]] = {
    "open_cover": frozenset({"open", "opening"}),
    "close_cover": frozenset({"closed", "closing"}),
    "open_valve": frozenset({"open", "opening"}),
    "close_valve": frozenset({"closed", "closing"}),
    "lock": frozenset({"locked", "locking"}),
    "unlock": frozenset({"unlocked", "unlocking"}),
    "media_play": frozenset({"playing", "buffering", "on"}),
    "media_pause": frozenset({"paused", "idle"}),
    "media_stop": frozenset({"idle", "off", "stopped", "standby", "paused"}),
    "play_media": frozenset({"playing", "buffering", "on"}),
    "start": frozenset({"cleaning"}),
    "return_to_base": frozenset({"returning", "docked"}),
    "clean_spot": frozenset({"cleaning"}),
    "start_mowing": frozenset({"mowing"}),
    "dock": frozenset({"returning", "docked"}),
    "pause": frozenset({"paused", "idle"}),
    "stop": frozenset({"idle", "paused", "docked", "stopped"}),
    "alarm_arm_home": frozenset({"armed_home", "arming", "pending"}),
    "alarm_arm_away": frozenset({"armed_away", "arming", "pending"}),
    "alarm_arm_night": frozenset({"armed_night", "arming", "pending"}),
    "alarm_arm_vacation": frozenset({"armed_vacation", "arming", "pending"}),
    "alarm_disarm": frozenset({"disarmed"}),
}
"""States that confirm a command, where the command alone says them."""

ATTRIBUTES: Mapping[str, tuple[str, float]] = {
    "brightness": ("brightness", 3),
    "percentage": ("percentage", 2),
    "temperature": ("temperature", 0.101),
    "humidity": ("humidity", 1),
    "volume_level": ("volume_level", 0.011),
    "tilt_position": ("current_tilt_position", 2),
}
"""Data of a command -> attribute that echoes it, and how far off it may be."""

SAME: Mapping[str, str] = {
    "preset_mode": "preset_mode", "fan_mode": "fan_mode", "mode": "mode", "effect": "effect",
    "oscillating": "oscillating", "direction": "direction", "source": "source",
    "is_volume_muted": "is_volume_muted", "shuffle": "shuffle", "repeat": "repeat",
    "fan_speed": "fan_speed",
}  # fmt: skip
"""Data -> attribute that must be equal."""

_AS_STATE = frozenset({"hvac_mode", "operation_mode", "option", "value"})


def can_confirm(command: Command) -> bool:
    """Return whether any state would ever confirm the command."""
    domain = command.entity_id.split(".")[0]
    return command.command not in UNCONFIRMED and domain not in UNCONFIRMED_DOMAINS


def expectation(command: Command, before: EntityState) -> Callable[[EntityState], bool]:
    """Return a test of a state: does it confirm the command?

    Args:
        command: What is sent.
        before: The state when it was sent; commands such as "next track" only need it to change.
    """
    tests = [
        test for key, value in command.data.items() if (test := _data_test(key, value)) is not None
    ]
    state_test = _state_test(command, before, has_data=bool(tests))
    if state_test is not None:
        tests.append(state_test)
    return lambda state: all(test(state) for test in tests)


def _state_test(
    command: Command, before: EntityState, *, has_data: bool
) -> Callable[[EntityState], bool] | None:
    name = command.command
    if name == "turn_on":
        return lambda state: state.state not in _OFF | _UNKNOWN
    if name == "turn_off":
        return lambda state: state.state in _OFF | {"closed", "idle"}
    if name in STATES:
        return lambda state: state.state in STATES[name]
    if name in {"stop_cover", "stop_valve"}:
        return lambda state: state.state not in _MOVING
    if has_data:
        return None
    return lambda state: (state.state, state.attributes) != (before.state, before.attributes)


def _data_test(key: str, value: Value) -> Callable[[EntityState], bool] | None:
    if key in ATTRIBUTES:
        attribute, tolerance = ATTRIBUTES[key]
        return lambda state: _near(state.attributes.get(attribute), value, tolerance)
    if key == "position":
        return lambda state: (
            _near(state.attributes.get("current_position"), value, 2) or state.state in _MOVING
        )
    if key in SAME:
        return lambda state: state.attributes.get(SAME[key]) == value
    if key in _AS_STATE:
        return lambda state: state.state == value or _near(state.state, value, 1e-6)
    if key == "color_temp_kelvin":
        return lambda state: _near_kelvin(state.attributes.get("color_temp_kelvin"), value)
    if key in {"rgb_color", "hs_color"}:
        return lambda state: _same_colour(key, value, state)
    return None


def _near(value: Value, wanted: Value, tolerance: float) -> bool:
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return abs(value - wanted) <= tolerance
    return False


def _near_kelvin(value: Value, wanted: Value) -> bool:
    """Compare in mired, in which lamps count: within two of them."""
    if not isinstance(value, int | float) or not isinstance(wanted, int | float):
        return False
    return value > 0 and wanted > 0 and abs(1e6 / value - 1e6 / wanted) <= 2.0


def _same_colour(key: str, value: Value, state: EntityState) -> bool:
    """Compare hue and saturation, whichever way the lamp reports its colour."""
    wanted = _hue_saturation(key, value)
    for name in ("hs_color", "rgb_color"):
        heard = _hue_saturation(name, state.attributes.get(name))
        if wanted is not None and heard is not None:
            turn = abs(wanted[0] - heard[0]) % 360
            pale = max(wanted[1], heard[1]) < 5
            return (pale or min(turn, 360 - turn) <= 8) and abs(wanted[1] - heard[1]) <= 8
    return False


def _hue_saturation(key: str, value: Value) -> tuple[float, float] | None:
    parts = value if isinstance(value, tuple) else ()
    numbers = [float(part) for part in parts if isinstance(part, int | float)]
    if key == "hs_color" and len(numbers) == 2:
        return numbers[0], numbers[1]
    if key == "rgb_color" and len(numbers) == 3:
        hue, saturation, _ = colorsys.rgb_to_hsv(*(number / 255 for number in numbers))
        return hue * 360, saturation * 100
    return None

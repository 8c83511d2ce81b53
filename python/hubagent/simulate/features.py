"""Names of Home Assistant's ``supported_features`` bits, per domain, lowest bit first.

An empty name is a bit that is not in use. Source: the ``*EntityFeature`` flags of Home Assistant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FEATURE_BITS: dict[str, tuple[str, ...]] = {
    "alarm_control_panel": (
        "arm_home", "arm_away", "arm_night", "trigger", "arm_custom_bypass", "arm_vacation",
    ),
    "calendar": ("create_event", "delete_event", "update_event"),
    "camera": ("on_off", "stream"),
    "climate": (
        "target_temperature", "target_temperature_range", "target_humidity", "fan_mode",
        "preset_mode", "swing_mode", "", "turn_off", "turn_on", "swing_horizontal_mode",
    ),
    "cover": (
        "open", "close", "set_position", "stop",
        "open_tilt", "close_tilt", "stop_tilt", "set_tilt_position",
    ),
    "fan": ("set_speed", "oscillate", "direction", "preset_mode", "turn_off", "turn_on"),
    "humidifier": ("modes",),
    "lawn_mower": ("start_mowing", "pause", "dock"),
    "light": ("", "", "effect", "flash", "", "transition"),
    "lock": ("open",),
    "media_player": (
        "pause", "seek", "volume_set", "volume_mute", "previous_track", "next_track", "",
        "turn_on", "turn_off", "play_media", "volume_step", "select_source", "stop",
        "clear_playlist", "play", "shuffle_set", "select_sound_mode", "browse_media",
        "repeat_set", "grouping",
    ),
    "remote": ("learn_command", "delete_command", "activity"),
    "siren": ("turn_on", "turn_off", "tones", "volume_set", "duration"),
    "todo": ("create_todo_item", "delete_todo_item", "update_todo_item"),
    "update": ("install", "specific_version", "progress", "backup", "release_notes"),
    "vacuum": (
        "turn_on", "turn_off", "pause", "stop", "return_home", "fan_speed", "battery", "status",
        "send_command", "locate", "clean_spot", "map", "state", "start",
    ),
    "valve": ("open", "close", "set_position", "stop"),
    "water_heater": ("target_temperature", "operation_mode", "away_mode", "on_off"),
}  # fmt: skip


def all_features(domain: str) -> frozenset[str]:
    """Return every feature a device of the domain can have."""
    return frozenset(name for name in FEATURE_BITS.get(domain, ()) if name)


def read_features(domain: str, value: object) -> frozenset[str] | None:
    """Read ``supported_features`` as a number of bits or a list of names.

    Names may be qualified (``fan.FanEntityFeature.OSCILLATE``). ``None`` means nothing was said.
    """
    if value is None:
        return None
    if isinstance(value, int):
        names = FEATURE_BITS.get(domain, ())
        return frozenset(name for bit, name in enumerate(names) if name and value >> bit & 1)
    words: Iterable[object] = value if isinstance(value, list | tuple | set) else [value]
    return frozenset(str(word).rsplit(".", 1)[-1].lower() for word in words)

"""Components that drive around: vacuum, lawn mower."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import NUMBER, words

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft
    from hubagent.devices.ha_payload import Config

_VACUUM_STATES = ("cleaning", "docked", "idle", "paused", "returning", "error")
_VACUUM_COMMANDS = (
    # feature, command, key of the payload
    ("start", "start", "payload_start"),
    ("pause", "pause", "payload_pause"),
    ("stop", "stop", "payload_stop"),
    ("return_home", "return_to_base", "payload_return_to_base"),
    ("locate", "locate", "payload_locate"),
    ("clean_spot", "clean_spot", "payload_clean_spot"),
)
_VACUUM_FEATURES = ("start", "stop", "return_home", "status", "battery", "clean_spot")
_MOWER_STATES = ("mowing", "paused", "docked", "returning", "error")


def vacuum(config: Config, draft: Draft) -> None:
    """Read a ``vacuum``: one JSON object tells state, battery and fan speed."""
    features = config.words("supported_features", _VACUUM_FEATURES)
    reading = config.reading("state_topic")
    if reading:
        states = words((state, state) for state in _VACUUM_STATES)
        draft.hear("state", reading.inside("/state"), states)
        draft.hear("battery_level", reading.inside("/battery_level"), NUMBER)
        draft.hear("fan_speed", reading.inside("/fan_speed"))
    writing = config.writing("command_topic", "")
    for feature, command, key in _VACUUM_COMMANDS:
        if writing and feature in features:
            draft.take(command, writing.part(payload=config.text(key, command)))
    speeds = config.words("fan_speed_list")
    fan = config.writing("set_fan_speed_topic", "")
    if fan and "fan_speed" in features:
        draft.can("fan_speed", options=speeds)
        draft.take("set_fan_speed", fan.part("fan_speed"))
    sending = config.writing("send_command_topic", "")
    if sending and "send_command" in features:
        draft.take("send_command", sending.part("command"))


def lawn_mower(config: Config, draft: Draft) -> None:
    """Read a ``lawn_mower``."""
    states = words((state, state) for state in _MOWER_STATES)
    reading = config.reading("activity_state_topic", "activity_value_template")
    draft.hear("state", reading, states)
    for command in ("start_mowing", "pause", "dock"):
        writing = config.writing(f"{command}_command_topic", f"{command}_command_template")
        if writing:
            draft.take(command, writing.part(payload=command))

"""The ``alarm_control_panel`` component."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import words

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft, Writing
    from hubagent.devices.ha_payload import Config
    from hubagent.types import CommandPart

_STATES = (
    "disarmed",
    "armed_home",
    "armed_away",
    "armed_night",
    "armed_vacation",
    "armed_custom_bypass",
    "pending",
    "arming",
    "disarming",
    "triggered",
)
_FEATURES = (
    "arm_home",
    "arm_away",
    "arm_night",
    "arm_vacation",
    "arm_custom_bypass",
    "trigger",
)
_REMOTE_CODES = ("REMOTE_CODE", "REMOTE_CODE_TEXT")


def alarm_control_panel(config: Config, draft: Draft) -> None:
    """Read an ``alarm_control_panel``.

    A code that the panel checks itself is passed on. One that is announced here is checked by the
    command: without it, or with another, there is nothing to send.
    """
    writing = config.required_writing("command_topic")
    reading = config.required_reading("state_topic")
    draft.hear("state", reading, words((state, state) for state in _STATES))
    offered = config.words("supported_features", _FEATURES)
    if config.has("code"):
        draft.can("code")
    for feature in _FEATURES:
        if feature in offered:
            payload = config.text(f"payload_{feature}", feature.upper())
            group = "trigger" if feature == "trigger" else "arm"
            draft.take(f"alarm_{feature}", _part(config, writing, payload, group))
    payload = config.text("payload_disarm", "DISARM")
    draft.take("alarm_disarm", _part(config, writing, payload, "disarm"))


def _part(config: Config, writing: Writing, payload: str, group: str) -> CommandPart:
    """Return what is sent; the template refuses to be rendered with a wrong code."""
    code = config.text("code")
    prelude = "{% set action = value %}"
    needed = config.flag(f"code_{group}_required", default=True)
    if not code or code in _REMOTE_CODES or not needed:
        return writing.part(payload=payload, prelude=prelude, uses=("code",))
    guard = f"{{% if code | string != {code!r} %}}{{{{ right_code | is_defined }}}}{{% endif %}}"
    return writing.part(payload=payload, prelude=guard + prelude, template=guard + "{{ value }}")

"""Components that open and shut: cover, valve, lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import HEARD_JSON, refusal, scaled, words

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft, Reading
    from hubagent.devices.ha_payload import Config

_PERCENT = (0.0, 100.0)
_REPORTED = (
    # A valve's topic carries a number, or {"state": ..., "position": ...}.
    f"{{% set parsed = heard | from_json if {HEARD_JSON} else {{}} %}}"
    "{% set at = parsed.position if parsed.position is defined else heard %}"
)


def cover(config: Config, draft: Draft) -> None:
    """Read a ``cover``: state, position and tilt each with its own topic."""
    if not any(
        config.has(key) for key in ("command_topic", "set_position_topic", "tilt_command_topic")
    ):
        raise refusal("missing key", "a cover needs a topic to be commanded on")
    shut = (config.number("position_closed", 0), config.number("position_open", 100))
    position = config.reading("position_topic", "position_template")
    state = config.reading("state_topic")
    if state:
        draft.hear("state", state, words(_cover_states(config, stopped_is_open=bool(position))))
    elif position:
        draft.hear("state", open_or_closed(position, shut[0]))
    draft.hear("current_position", position, scaled(shut, _PERCENT))
    writing = config.writing("command_topic", "")
    if writing:
        for command, key, default in (
            ("open_cover", "payload_open", "OPEN"),
            ("close_cover", "payload_close", "CLOSE"),
            ("stop_cover", "payload_stop", "STOP"),
        ):
            # A payload announced as null says that the cover cannot do it.
            if key not in config.values or config.has(key):
                draft.take(command, writing.part(payload=config.text(key, default)))
    setting = config.writing("set_position_topic", "set_position_template")
    if setting:
        draft.can("position", 0, 100, 1, unit="%")
        draft.take(
            "set_cover_position",
            setting.part(
                "position",
                convert=scaled(shut, _PERCENT),
                prelude="{% set position = value %}",
            ),
        )
        if not writing:
            draft.take("open_cover", setting.part(payload=_number(shut[1])))
            draft.take("close_cover", setting.part(payload=_number(shut[0])))
    _tilt(config, draft)


def _cover_states(config: Config, *, stopped_is_open: bool) -> tuple[tuple[str, str], ...]:
    return (
        (config.text("state_open", "open"), "open"),
        (config.text("state_opening", "opening"), "opening"),
        (config.text("state_closed", "closed"), "closed"),
        (config.text("state_closing", "closing"), "closing"),
        (config.text("state_stopped", "stopped"), "open" if stopped_is_open else "stopped"),
    )


def _tilt(config: Config, draft: Draft) -> None:
    span = (config.number("tilt_min", 0), config.number("tilt_max", 100))
    shut, opened = (
        config.number("tilt_closed_value", span[0]),
        config.number("tilt_opened_value", span[1]),
    )
    convert = scaled(span, _PERCENT)
    reading = config.reading("tilt_status_topic", "tilt_status_template")
    draft.hear("current_tilt_position", reading, convert)
    writing = config.writing("tilt_command_topic", "tilt_command_template")
    if writing:
        named = "{% set tilt_position = value %}"
        draft.can("tilt_position", 0, 100, 1, unit="%")
        draft.take(
            "set_cover_tilt_position",
            writing.part("tilt_position", convert=convert, prelude=named),
        )
        draft.take("open_cover_tilt", writing.part(payload=_number(opened), prelude=named))
        draft.take("close_cover_tilt", writing.part(payload=_number(shut), prelude=named))
        if config.has("payload_stop_tilt"):
            draft.take("stop_cover_tilt", writing.part(payload=config.text("payload_stop_tilt")))


def open_or_closed(position: Reading, shut: float) -> Reading:
    """Return the reading of ``open`` or ``closed`` from a position."""
    return position.then(
        "{% if heard | is_number %}"
        f"{{{{ 'closed' if heard | float == {shut} else 'open' }}}}"
        "{% endif %}"
    )


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def valve(config: Config, draft: Draft) -> None:
    """Read a ``valve``: with ``reports_position`` both ways are numbers, else words."""
    writing = config.required_writing("command_topic")
    reading = config.reading("state_topic")
    if not config.flag("reports_position"):
        draft.hear("state", reading, words(_cover_states(config, stopped_is_open=True)[:4]))
        for command, key, default in (
            ("open_valve", "payload_open", "OPEN"),
            ("close_valve", "payload_close", "CLOSE"),
        ):
            draft.take(command, writing.part(payload=config.text(key, default)))
    else:
        shut = (config.number("position_closed", 0), config.number("position_open", 100))
        if reading:
            moving = {config.text(f"state_{word}", word): word for word in ("opening", "closing")}
            draft.hear(
                "state",
                reading.then(
                    f"{_REPORTED}{{% set moving = {moving!r} %}}"
                    "{% if parsed.state in moving %}{{ moving[parsed.state] }}"
                    "{% elif at | is_number %}"
                    f"{{{{ 'closed' if at | float == {shut[0]} else 'open' }}}}{{% endif %}}"
                ),
            )
            position = reading.then(_REPORTED + "{{ at }}")
            draft.hear("current_position", position, scaled(shut, _PERCENT))
        draft.can("position", 0, 100, 1, unit="%")
        draft.take("set_valve_position", writing.part("position", convert=scaled(shut, _PERCENT)))
        draft.take("open_valve", writing.part(payload=_number(shut[1])))
        draft.take("close_valve", writing.part(payload=_number(shut[0])))
    if config.has("payload_stop"):
        draft.take("stop_valve", writing.part(payload=config.text("payload_stop")))


def lock(config: Config, draft: Draft) -> None:
    """Read a ``lock``."""
    writing = config.required_writing("command_topic")
    states = (
        (config.text("state_locked", "LOCKED"), "locked"),
        (config.text("state_locking", "LOCKING"), "locking"),
        (config.text("state_unlocked", "UNLOCKED"), "unlocked"),
        (config.text("state_unlocking", "UNLOCKING"), "unlocking"),
        (config.text("state_jammed", "JAMMED"), "jammed"),
    )
    draft.hear("state", config.reading("state_topic"), words(states))
    uses = ("code",) if config.has("code_format") else ()
    for command, key, default in (
        ("lock", "payload_lock", "LOCK"),
        ("unlock", "payload_unlock", "UNLOCK"),
        ("open", "payload_open", ""),
    ):
        payload = config.text(key, default)
        if payload:
            draft.take(command, writing.part(payload=payload, uses=uses))
    if uses:
        draft.can("code")

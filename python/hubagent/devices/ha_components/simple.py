"""Components with one value or one button: switch, siren, number, select, text, button, scene, notify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import NUMBER, words

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft
    from hubagent.devices.ha_payload import Config


def switch(config: Config, draft: Draft) -> None:
    """Read a ``switch``."""
    writing = config.required_writing("command_topic")
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = ((config.text("state_on", on), "on"), (config.text("state_off", off), "off"))
    draft.hear("state", config.reading("state_topic"), words(states))
    draft.take("turn_on", writing.part(payload=on))
    draft.take("turn_off", writing.part(payload=off))


def siren(config: Config, draft: Draft) -> None:
    """Read a ``siren``: without a template everything goes out as one JSON object."""
    writing = config.required_writing("command_topic")
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = ((config.text("state_on", on), "on"), (config.text("state_off", off), "off"))
    reading = config.reading("state_topic", "state_value_template")
    if reading and not reading.template and not reading.pointers:
        reading = type(reading)(reading.topic, "{{ value_json.state | default(value) }}")
    draft.hear("state", reading, words(states))
    tones = config.words("available_tones")
    extras = []
    if tones:
        draft.can("tone", options=tones)
        extras.append("tone")
    if config.flag("support_duration", default=True):
        draft.can("duration", 0, None, 1, unit="s")
        extras.append("duration")
    if config.flag("support_volume_set", default=True):
        draft.can("volume_level", 0, 1, 0.01)
        extras.append("volume_level")
    if writing.template:
        draft.take("turn_on", writing.part(payload=on, uses=tuple(extras)))
    else:
        parts = (writing.at(name).part(name) for name in extras)
        draft.take("turn_on", writing.at("state").part(payload=on), *parts)
    if config.has("command_off_template"):
        off_writing = config.required_writing("command_topic", "command_off_template")
        draft.take("turn_off", off_writing.part(payload=off))
    elif writing.template:
        draft.take("turn_off", writing.part(payload=off))
    else:
        draft.take("turn_off", writing.at("state").part(payload=off))


def number(config: Config, draft: Draft) -> None:
    """Read a ``number``."""
    draft.hear("state", config.reading("state_topic"), NUMBER)
    draft.can(
        "value",
        config.number("min", 1),
        config.number("max", 100),
        config.number("step", 1),
        unit=draft.unit,
    )
    draft.take("set_value", config.required_writing("command_topic").part("value"))


def select(config: Config, draft: Draft) -> None:
    """Read a ``select``; states that are no option are ignored."""
    options = config.words("options")
    draft.hear("state", config.reading("state_topic"), words((item, item) for item in options))
    draft.can("option", options=options)
    draft.take("select_option", config.required_writing("command_topic").part("option"))


def text(config: Config, draft: Draft) -> None:
    """Read a ``text``; its range is that of its length."""
    draft.hear("state", config.reading("state_topic"))
    draft.can("value", config.number("min", 0), config.number("max", 255))
    draft.take("set_value", config.required_writing("command_topic").part("value"))


def button(config: Config, draft: Draft) -> None:
    """Read a ``button``."""
    writing = config.required_writing("command_topic")
    draft.take("press", writing.part(payload=config.text("payload_press", "PRESS")))


def scene(config: Config, draft: Draft) -> None:
    """Read a ``scene``."""
    writing = config.required_writing("command_topic")
    draft.take("turn_on", writing.part(payload=config.text("payload_on", "ON")))


def notify(config: Config, draft: Draft) -> None:
    """Read a ``notify``."""
    draft.take("send_message", config.required_writing("command_topic").part("message"))

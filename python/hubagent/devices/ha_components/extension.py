"""Our own component for domains that MQTT discovery has no component for (``docs/devices.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import refusal
from hubagent.devices.ha_payload import Config
from hubagent.types import Capability

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft, Writing
    from hubagent.types import CommandPart

DOMAINS = (
    "air_quality",
    "assist_satellite",
    "automation",
    "calendar",
    "conversation",
    "counter",
    "date",
    "datetime",
    "group",
    "image_processing",
    "input_boolean",
    "input_button",
    "input_datetime",
    "input_number",
    "input_select",
    "input_text",
    "media_player",
    "person",
    "remote",
    "schedule",
    "script",
    "stt",
    "sun",
    "time",
    "timer",
    "todo",
    "tts",
    "weather",
    "zone",
)
"""Domains of Home Assistant that its MQTT discovery cannot announce."""


def extension(config: Config, draft: Draft) -> None:
    """Read an entity whose state and commands already speak Home Assistant's domain model."""
    reading = config.required_reading("state_topic")
    draft.hear("state", reading.inside("/state"))
    extra = config.reading("json_attributes_topic", "json_attributes_template")
    for name in config.words("attributes"):
        if not name or "/" in name or "~" in name:
            raise refusal("wrong value", f"`{name}` is no name of an attribute")
        heard = extra.inside(f"/{name}") if extra else reading.inside(f"/attributes/{name}")
        draft.hear(name, heard)
    commands = config.values.get("commands", {})
    if not isinstance(commands, dict):
        raise refusal("wrong value", "`commands` is not an object")
    if commands:
        writing = config.required_writing("command_topic", "")
        for command, fields in commands.items():
            draft.take(str(command), *_parts(draft, writing, str(command), fields))


def _parts(draft: Draft, writing: Writing, command: str, fields: object) -> list[CommandPart]:
    if not isinstance(fields, dict):
        raise refusal("wrong value", f"fields of the command `{command}` are not an object")
    parts = [writing.at("command").part(payload=command)]
    for name, raw in fields.items():
        limits = _limits(str(name), raw)
        if all(item.name != limits.name for item in draft.capabilities):
            draft.capabilities.append(limits)
        parts.append(writing.at(f"data.{name}").part(str(name)))
    return parts


def _limits(name: str, raw: object) -> Capability:
    if not isinstance(raw, dict):
        raise refusal("wrong value", f"limits of `{name}` are not an object")
    limits = Config(raw)
    minimum, maximum, step = (
        limits.number(key, 0) if limits.has(key) else None for key in ("min", "max", "step")
    )
    return Capability(name, minimum, maximum, step, limits.text("unit"), limits.words("options"))

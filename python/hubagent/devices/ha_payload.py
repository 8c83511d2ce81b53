"""Home Assistant discovery messages, from bytes to typed keys.

In: topic and payload as they came. Out: one ``Config`` per component with abbreviations expanded,
``~`` replaced and shared options inherited. Whatever does not fit raises ``DataError``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hubagent.devices import abbreviations
from hubagent.devices.draft import Reading, Writing, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPIC = re.compile(r"(\w+)/(?:([a-zA-Z0-9_-]+)/)?([a-zA-Z0-9_-]+)/config", re.ASCII)
_PLAIN_TEMPLATE = re.compile(
    r"""\{\{\s*value_json((?:\.[A-Za-z_]\w*|\[\s*(?:'[^'\\]*'|"[^"\\]*"|\d+)\s*\])+)\s*\}\}"""
)
_ALL = re.compile(r"\s*\{\{\s*value\s*\}\}\s*")
_STEP = re.compile(r"""\.([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]""")
_MAX_PAYLOAD_BYTES = 262_144

SHARED_OPTIONS = (
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "encoding",
    "payload_available",
    "payload_not_available",
    "qos",
    "state_topic",
)
"""Options of a device-based message that its components inherit unless they set them."""

JsonObject = dict[str, object]


class DiscoveryTopic(NamedTuple):
    """``<component>/[<node>/]<object>/config`` below the prefix."""

    component: str
    discovery_id: str
    """``<node> <object>``, or ``<object>``."""
    object_id: str


def read_topic(topic: str, prefix: str) -> DiscoveryTopic:
    """Return the parts of a discovery topic; raise ``DataError`` for characters not allowed."""
    found = _TOPIC.fullmatch(topic.removeprefix(f"{prefix}/"))
    if found is None:
        raise refusal("bad topic", f"`{topic}` is not `<component>/[<node>/]<object>/config`")
    component, node, object_id = found.groups()
    return DiscoveryTopic(component, f"{node} {object_id}" if node else object_id, object_id)


def read_object(payload: bytes) -> JsonObject:
    """Return the JSON object in ``payload``; raise ``DataError`` for anything else."""
    if len(payload) > _MAX_PAYLOAD_BYTES:
        raise refusal("too long", f"{len(payload)} bytes, at most {_MAX_PAYLOAD_BYTES}")
    try:
        found = json.loads(payload)
        if b"\\u" in payload:
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise refusal("not JSON", str(error)) from error
    if not isinstance(found, dict):
        raise refusal("not an object", f"`{type(found).__name__}` instead of an object")
    return found


def expand(raw: Mapping[str, object]) -> JsonObject:
    """Return a payload or component with long keys and full topics."""
    found = _long_keys(raw, abbreviations.ENTITY)
    if isinstance(device := found.get("device"), dict):
        found["device"] = _long_keys(device, abbreviations.DEVICE)
    if isinstance(origin := found.get("origin"), dict):
        found["origin"] = _long_keys(origin, abbreviations.ORIGIN)
    if isinstance(sources := found.get("availability"), dict | list):
        # A single source without its list is tolerated, as Home Assistant does.
        found["availability"] = [
            _long_keys(item, abbreviations.ENTITY) if isinstance(item, dict) else item
            for item in (sources if isinstance(sources, list) else [sources])
        ]
    base = found.get("~")
    return with_base(found, base) if isinstance(base, str) else found


def with_base(config: JsonObject, base: str) -> JsonObject:
    """Return ``config`` with ``~`` at the start or end of topics replaced by ``base``."""
    found = {
        key: _with_base(value, base) if key.endswith("topic") else value
        for key, value in config.items()
    }
    if isinstance(sources := found.get("availability"), list):
        found["availability"] = [
            {**item, "topic": _with_base(item.get("topic"), base)}
            if isinstance(item, dict)
            else item
            for item in sources
        ]
    return found


def _with_base(value: object, base: str) -> object:
    if not isinstance(value, str):
        return value
    if value.startswith("~"):
        return base + value[1:]
    if value.endswith("~"):
        return value[:-1] + base
    return value


def _long_keys(raw: Mapping[str, object], table: Mapping[str, str]) -> JsonObject:
    return {table.get(key, key): value for key, value in raw.items()}


def read_components(config: JsonObject) -> dict[str, JsonObject]:
    """Return the components of a device-based message, by id, shared options inherited.

    A component that holds nothing but its platform is to be removed; it is returned as it is.
    """
    if not isinstance(config.get("device"), dict):
        raise refusal("missing device", "a device-based message needs `device`")
    origin = config.get("origin")
    if not isinstance(origin, dict) or not isinstance(origin.get("name"), str):
        raise refusal("missing origin", "a device-based message needs `origin` with a `name`")
    components = config.get("components")
    if not isinstance(components, dict):
        raise refusal("wrong value", "`components` is not an object")
    shared = {key: config[key] for key in (*SHARED_OPTIONS, "device", "origin") if key in config}
    base = config.get("~")
    found: dict[str, JsonObject] = {}
    for name, raw in components.items():
        if not isinstance(raw, dict):
            raise refusal("wrong value", f"component `{name}` is not an object")
        own = expand(raw)
        if not isinstance(own.get("platform"), str):
            raise refusal("missing platform", f"component `{name}` has no `platform`")
        if isinstance(base, str) and "~" not in own:
            own = with_base(own, base)
        found[str(name)] = own if own.keys() == {"platform"} else {**shared, **own}
    return found


def plain_pointer(template: str) -> str:
    """Return the JSON pointer a template amounts to, or ``""`` when it does more than look up."""
    found = _PLAIN_TEMPLATE.fullmatch(template.strip())
    if found is None:
        return ""
    steps = ("".join(step.groups(default="")) for step in _STEP.finditer(found.group(1)))
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def valid_filter(topic: str) -> bool:
    """Return whether ``topic`` can be subscribed to."""
    levels = topic.split("/")
    return (
        0 < len(topic.encode()) <= 65_535
        and "\0" not in topic
        and all("#" not in level or level == "#" for level in levels)
        and all("+" not in level or level == "+" for level in levels)
        and "#" not in levels[:-1]
    )


@dataclass(frozen=True, slots=True)
class Config:
    """Typed look-ups in one expanded component; every one raises ``DataError`` for a wrong type."""

    values: Mapping[str, object]

    def has(self, key: str) -> bool:
        """Return whether the key is there with a value."""
        return self.values.get(key) is not None

    def text(self, key: str, default: str = "") -> str:
        """Return text; numbers and booleans as Home Assistant would write them."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, str | bool | int | float):
            return str(value)
        raise refusal("wrong value", f"`{key}` must be text")

    def number(self, key: str, default: float) -> float:
        """Return a number; text that reads as one counts."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool) and isinstance(value, str | int | float):
            try:
                number = float(value)
            except (ValueError, OverflowError):
                number = float("nan")
            if abs(number) < 1e15:
                return number
        raise refusal("wrong value", f"`{key}` must be a number")

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a truth value; the words Home Assistant accepts count."""
        value = self.values.get(key)
        if value is None:
            return default
        word = str(value).lower()
        if word in ("true", "1", "yes", "on", "enable"):
            return True
        if word in ("false", "0", "no", "off", "disable"):
            return False
        raise refusal("wrong value", f"`{key}` must be true or false")

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of words."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, list) and all(
            isinstance(item, str | int | float | bool) for item in value
        ):
            return tuple(str(item) for item in value)
        raise refusal("wrong value", f"`{key}` must be a list of words")

    def choice(self, key: str, options: tuple[str, ...], default: str) -> str:
        """Return one of ``options``."""
        value = self.text(key, default)
        if value not in options:
            raise refusal("wrong value", f"`{key}` is `{value}`, not one of {', '.join(options)}")
        return value

    def reading(self, topic_key: str, template_key: str = "value_template") -> Reading | None:
        """Return where a value is heard, or ``None`` when there is no such topic.

        A template that only looks up a key becomes a JSON pointer, one that prints the payload none:
        the same values, cheaper, and comparable with what other conventions say.
        """
        topic = self.text(topic_key)
        if not topic:
            return None
        if not valid_filter(topic):
            raise refusal("wrong value", f"`{topic_key}` is no topic: `{topic}`")
        template = self.text(template_key)
        pointer = plain_pointer(template)
        if pointer:
            return Reading(topic, pointers=(pointer,))
        return Reading(topic, "" if _ALL.fullmatch(template) else template)

    def writing(self, topic_key: str, template_key: str = "command_template") -> Writing | None:
        """Return where a value is sent, or ``None`` when there is no such topic."""
        topic = self.text(topic_key)
        if not topic:
            return None
        if not valid_filter(topic) or "+" in topic or "#" in topic:
            raise refusal("wrong value", f"`{topic_key}` is no topic to publish on: `{topic}`")
        # Commands go out acknowledged whatever the device asks for less.
        return Writing(topic, self.text(template_key), qos=max(1, self.qos()))

    def required_reading(self, topic_key: str, template_key: str = "value_template") -> Reading:
        """Return where a value is heard; raise ``DataError`` when the topic is missing."""
        found = self.reading(topic_key, template_key)
        if found is None:
            raise refusal("missing key", f"`{topic_key}` is required")
        return found

    def required_writing(self, topic_key: str, template_key: str = "command_template") -> Writing:
        """Return where a value is sent; raise ``DataError`` when the topic is missing."""
        found = self.writing(topic_key, template_key)
        if found is None:
            raise refusal("missing key", f"`{topic_key}` is required")
        return found

    def qos(self) -> int:
        """Return the quality of service asked for, 0 by default."""
        value = self.values.get("qos", 0)
        if isinstance(value, bool) or value not in (0, 1, 2, "0", "1", "2"):
            raise refusal("wrong value", f"`qos` is `{value}`, not 0, 1 or 2")
        return int(str(value))

"""What a topic may be, from what was heard on it for a while: entities for the mapping file.

In: messages of a topic and of its neighbours. Out: proposals, and their text as TOML. Something is only
proposed as commandable when a command for it was heard; else the proposal tells, and says what to add.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubagent.devices.draft import NUMERIC_DEVICE_CLASSES, slug
from hubagent.devices.parts import spoken
from hubagent.devices.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubagent.types import Message

    Scalar = str | bool | int | float

MAX_PROPOSALS = 40
MAX_OPTIONS = 12
_DEPTH = 4
_REPORTS = frozenset({"get", "state", "stat", "status", "value"})
"""Last levels that say nothing of what is told, only that it is told."""
_COMMANDS = ("cmd", "cmnd", "command", "set")
_PAIRS = (
    ("ON", "OFF"), ("on", "off"), ("On", "Off"), ("true", "false"), ("TRUE", "FALSE"), ("yes", "no"), ("1", "0"),
)  # fmt: skip
_OPEN = (("OPEN", "CLOSED"), ("open", "closed"), ("Open", "Closed"), ("open", "close"))
_LOCKED = (("LOCKED", "UNLOCKED"), ("locked", "unlocked"))
_DIAGNOSTIC = frozenset({"battery", "linkquality", "lqi", "rssi", "uptime", "voltage"})
_NO_READING = frozenset({"date", "id", "ip", "last_seen", "mac", "name", "time", "timestamp", "ts"})
_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entity as the mapping file would have it."""

    entity_id: str
    keys: dict[str, object]
    hints: tuple[str, ...] = ()
    """What could not be seen, one sentence each."""

    def document(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return {
            "entity_id": self.entity_id,
            **self.keys,
            "hints": list(self.hints),
            "toml": self.as_toml(),
        }

    def as_toml(self) -> str:
        """Return it as a table of the mapping file, hints as comments."""
        lines = [f"[{self.entity_id}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in self.keys.items()]
        return "\n".join([*lines, *(f"# {hint}" for hint in self.hints)]) + "\n"


@dataclass(slots=True)
class _Place:
    """Where one value is told: a topic, a path into its JSON, and what was heard there."""

    topic: str
    path: tuple[str, ...] = ()
    values: list[Scalar] = field(default_factory=list)

    def words(self) -> list[str]:
        """Return what was heard, each once, as it is written on the wire."""
        return list(dict.fromkeys(map(_word, self.values)))


def watched(topic: str) -> str:
    """Return the filter to listen on for a topic: with the neighbours on which it is commanded."""
    if "+" in topic or "#" in topic:
        return topic
    return f"{_stem(topic)}/#"


def propose(topic: str, messages: Sequence[Message]) -> tuple[Proposal, ...]:
    """Return the entities that a topic may stand for, best guesses, unproven.

    Args:
        topic: What was asked about, a topic or a filter; where nothing was heard on a plain topic
            itself, all below it counts.
        messages: What was heard on ``watched(topic)``, in order.
    """
    told = [item for item in messages if item.payload and not _is_command(item.topic)]
    if "+" not in topic and "#" not in topic:
        told = [item for item in told if item.topic == topic] or [
            item for item in told if item.topic.startswith(f"{topic}/")
        ]
    proposals: list[Proposal] = []
    taken: set[str] = set()
    for place in _places(told)[:MAX_PROPOSALS]:
        proposal = _proposal(place, messages)
        name, number = proposal.entity_id, 1
        while name in taken:
            number += 1
            name = f"{proposal.entity_id}_{number}"
        taken.add(name)
        proposals.append(replace(proposal, entity_id=name))
    return tuple(proposals)


def as_toml(proposals: Iterable[Proposal]) -> str:
    """Return the text of a mapping file with these entities."""
    return "\n".join(proposal.as_toml() for proposal in proposals)


# --- what was heard -------------------------------------------------------------------------------


def _stem(topic: str) -> str:
    levels = topic.rstrip("/").split("/")
    return "/".join(levels[:-1] if len(levels) > 1 and levels[-1] in _REPORTS else levels)


def _is_command(topic: str) -> bool:
    return topic.rpartition("/")[2] in _COMMANDS


def _places(messages: Iterable[Message]) -> list[_Place]:
    """Return every place at which a value is told, in the order of topics and keys."""
    found: dict[tuple[str, tuple[str, ...]], _Place] = {}
    for message in messages:
        for path, value in _leaves(_read(message.payload)):
            if not path or path[-1].lower() not in _NO_READING:
                key = (message.topic, path)
                found.setdefault(key, _Place(*key)).values.append(value)
    return [found[key] for key in sorted(found)]


def _read(payload: bytes) -> object:
    """Return an object as JSON, all else as text: ``1`` may be a word as well as a number."""
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def _leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    if isinstance(value, dict) and len(path) < _DEPTH:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, str | bool | int | float) and len(str(value)) <= 255:
        yield path, value


@dataclass(frozen=True, slots=True)
class _Commanded:
    """How commands for a place were heard: nothing when there were none."""

    topic: str = ""
    template: str = ""
    words: tuple[str, ...] = ()


_NOT_COMMANDED = _Commanded()


def _commands(place: _Place, messages: Sequence[Message]) -> _Commanded:
    if len(place.path) > 1:
        return _NOT_COMMANDED
    bases = dict.fromkeys((place.topic, _stem(place.topic)))
    for topic in (f"{base}/{last}" for base in bases for last in _COMMANDS):
        values = [
            value
            for item in messages
            if item.topic == topic and item.payload
            for path, value in _leaves(_read(item.payload))
            if path == place.path
        ]
        if values:
            text = "{{ value }}" if not isinstance(values[0], str) else '"{{ value }}"'
            template = f"{{{json.dumps(place.path[0])}: {text}}}" if place.path else ""
            return _Commanded(topic, template, tuple(dict.fromkeys(map(_word, values))))
    return _NOT_COMMANDED


def _word(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- what it may be -------------------------------------------------------------------------------


def _proposal(place: _Place, messages: Sequence[Message]) -> Proposal:
    commanded, heard = _commands(place, messages), place.words()
    either = [*heard, *commanded.words]
    counts = bool(quantity(_last(place)).device_class) or not set(either) <= {"0", "1"}
    if counts and all(map(_is_number, either)):
        return _numeric(place, commanded)
    if pair := _pair(_OPEN, heard):
        if set(commanded.words) & {"OPEN", "CLOSE", "STOP"}:
            return _made("cover", place, commanded, state_open=pair[0], state_closed=pair[1])
        keys = {"device_class": "opening", "payload_on": pair[0], "payload_off": pair[1]}
        return _made("binary_sensor", place, _NOT_COMMANDED, **keys)
    if pair := _pair(_LOCKED, heard):
        if set(commanded.words) & {"LOCK", "UNLOCK"}:
            return _made("lock", place, commanded, state_locked=pair[0], state_unlocked=pair[1])
        keys = {"device_class": "lock", "payload_on": pair[1], "payload_off": pair[0]}
        return _made("binary_sensor", place, _NOT_COMMANDED, **keys)
    if pair := _pair(_PAIRS, either):
        domain = "switch" if commanded.topic else "binary_sensor"
        return _made(domain, place, commanded, payload_on=pair[0], payload_off=pair[1])
    if commanded.topic and len(set(either)) <= MAX_OPTIONS:
        return _made("select", place, commanded, options=list(dict.fromkeys(either)))
    return _made("text" if commanded.topic else "sensor", place, commanded)


def _numeric(place: _Place, commanded: _Commanded) -> Proposal:
    measures = quantity(_last(place))
    keys: dict[str, object] = {}
    if measures.device_class in NUMERIC_DEVICE_CLASSES:
        keys["device_class"] = measures.device_class
    if measures.unit:
        keys["unit_of_measurement"] = measures.unit
    if not commanded.topic:
        if not keys:
            keys["state_class"] = "measurement"
        return _made("sensor", place, commanded, **keys)
    proposal = _made("number", place, commanded, min=0, max=100, **keys)
    return replace(proposal, hints=("min and max are a guess: set what the device takes",))


def _made(domain: str, place: _Place, commanded: _Commanded, **extra: object) -> Proposal:
    label = _label(place)
    keys: dict[str, object] = {"name": spoken(label), "state_topic": place.topic}
    if place.path:
        keys["value_template"] = _template(place.path)
    if commanded.topic:
        keys["command_topic"] = commanded.topic
    if commanded.template:
        keys["command_template"] = commanded.template
    keys |= extra
    if not commanded.topic and _last(place) in _DIAGNOSTIC:
        keys["entity_category"] = "diagnostic"
    hints = []
    if domain == "binary_sensor" and "device_class" not in keys:
        hints.append(
            "no command was heard; if it can be switched, make it [switch...] and add the topic it"
            f' listens on, such as command_topic = "{_stem(place.topic)}/set"'
        )
    if domain == "binary_sensor" and len(place.words()) == 1:
        hints.append(f"only `{place.words()[0]}` was heard: look at payload_on and payload_off")
    return Proposal(f"{domain}.{slug(label)}", keys, tuple(hints))


def _last(place: _Place) -> str:
    """Return the last word of what a place is called."""
    return slug(_label(place).rpartition(" ")[2])


def _label(place: _Place) -> str:
    """Return what a place is called: the last telling levels of its topic, and its keys."""
    levels = [level for level in _stem(place.topic).split("/") if level]
    keys = [key for key in place.path if key.lower() not in _REPORTS]
    return " ".join([*levels[-2:], *keys]).replace("_", " ").strip() or "thing"


def _pair(pairs: Iterable[tuple[str, str]], heard: Iterable[str]) -> tuple[str, str] | None:
    words = set(heard)
    return next((pair for pair in pairs if words <= set(pair)), None) if words else None


def _is_number(word: str) -> bool:
    try:
        return abs(float(word)) < float("inf")
    except ValueError:
        return False


def _template(path: tuple[str, ...]) -> str:
    steps = (f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]" for key in path)
    return "{{ value_json" + "".join(steps) + " }}"


def _toml(value: object) -> str:
    """Return a value as TOML writes it; the strings of JSON are strings of TOML."""
    if isinstance(value, str) and '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

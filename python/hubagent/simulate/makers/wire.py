"""What all makers share: channels of a device, nodes on the wire, actions asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hubagent.types import Publication, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubagent.simulate.devices.base import SimulatedDevice

STATUS_TOPIC = "things/status"
"""Whether the simulated home as a whole is there: the will of its connection."""

Reader = Callable[[bytes], list["Action"]]
"""Reads what came on a command topic."""

Asked = tuple[str, dict[str, Value]]
"""A command in Home Assistant's words and its data."""


class Action(NamedTuple):
    """What a message asks of one device; no command means that it asks for the state."""

    device: SimulatedDevice
    command: str | None = None
    data: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """A physical thing as its maker names it."""

    id: str
    name: str
    area: str = ""
    manufacturer: str = ""
    model: str = ""
    sw_version: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """One aspect of a device on the wire: where it is reported and where it is commanded.

    ``state``, ``template`` and ``command`` are keys of the discovery message; empty means that
    there is no such thing. A channel with ``state`` and without ``template`` cannot share a topic.
    """

    name: str
    state: str = ""
    template: str = ""
    command: str = ""
    report: Callable[[], object] | None = None
    """Value in the maker's words; a dictionary goes out as JSON."""
    take: Callable[[str], Asked | None] | None = None
    """Reads a command's payload; ``None`` when it is none."""


class Component(NamedTuple):
    """How one entity speaks: fixed keys of its discovery message, and its channels."""

    config: dict[str, object]
    channels: Sequence[Channel]


def words(commands: Mapping[str, str]) -> Callable[[str], Asked | None]:
    """Return a reader of payloads that each are one command."""
    return lambda text: (commands[text], {}) if text in commands else None


def setting(command: str, key: str) -> Callable[[str], Asked]:
    """Return a reader of payloads that are the value of one command."""
    return lambda text: (command, {key: text})


def number(command: str, key: str) -> Callable[[str], Asked]:
    """Return a reader of payloads that are the number of one command."""
    return lambda text: (command, {key: as_number(text)})


def attribute(device: SimulatedDevice, name: str) -> Callable[[], Value]:
    """Return a report of one attribute."""
    return lambda: device.attributes.get(name)


def state(device: SimulatedDevice) -> Callable[[], Value]:
    """Return a report of the state."""
    return lambda: device.state


def upper(device: SimulatedDevice) -> Callable[[], object]:
    """Return a report of the state in capitals, as many components have it."""
    return lambda: device.state.upper() if isinstance(device.state, str) else None


def listed(device: SimulatedDevice, name: str) -> bool:
    """Return whether the device reports the attribute."""
    return name in device.reported()


class Node(Protocol):
    """One thing with its own place on the wire; speaks for one or more entities."""

    def announcements(self) -> list[Publication]:
        """Return discovery."""
        ...

    def presence(self, ids: Collection[str], *, online: bool) -> list[Publication]:
        """Return availability of the things that these entities belong to."""
        ...

    def reports(self, device: SimulatedDevice) -> list[Publication]:
        """Return everything the entity reports now."""
        ...

    def events(self, device: SimulatedDevice, event_type: str) -> list[Publication]:
        """Return the message of a thing that happened once."""
        ...

    def topics(self) -> Mapping[str, Reader]:
        """Return the topics it listens to, each with its reader."""
        ...


def text_of(payload: bytes) -> str:
    """Return a payload as text; what is not text becomes marks that fit nothing."""
    return payload.decode("utf-8", "replace")


def object_of(text: str) -> dict[str, object] | None:
    """Return a JSON object, or ``None`` for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def on_wire(value: object) -> str:
    """Return a value as a device writes it alone on a topic; unknown is ``None``."""
    if isinstance(value, dict | list | tuple):
        return to_json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def to_json(value: object) -> str:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def value_of(raw: object) -> Value:
    """Return a JSON value as the home knows it; objects, and numbers without end, become text."""
    if isinstance(raw, list):
        return tuple(item if _is_scalar(item) else to_json(item) for item in raw)
    return raw if _is_scalar(raw) else to_json(raw)  # type: ignore[return-value]  # just checked


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def as_number(text: str) -> Value:
    """Return the number a text is; the text itself when it is none, for the device to refuse."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def message(topic: str, payload: object, *, retain: bool = True, qos: int = 0) -> Publication:
    """Return a publication of a device."""
    return Publication(topic, on_wire(payload).encode(), qos=qos, retain=retain)

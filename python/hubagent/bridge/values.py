"""Values of entities: as a device has them, and as topics carry them.

Pure functions over a :class:`Part`; the two ways are one another's reverse for every kind that can be
commanded, so what was last reported can be wished for again after a reboot.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, TypeAlias

from hubagent.bridge.described import MAX_TEXT_BYTES, PartKind
from hubagent.errors import DataError

if TYPE_CHECKING:
    from hubagent.bridge.described import Part

Scalar: TypeAlias = bool | int | float | str | bytes | None

UNKNOWN = b"None"
"""What Home Assistant's convention calls "no value"."""
STATELESS = (PartKind.BUTTON, PartKind.EVENT)
_SWITCHED = (PartKind.SWITCH, PartKind.LIGHT, PartKind.BINARY_SENSOR)
_READ_ONLY = (PartKind.SENSOR, PartKind.BINARY_SENSOR, PartKind.EVENT)


def payload_of(part: Part, value: Scalar) -> bytes:
    """Return what the topic of an entity carries for a value its device reports.

    Raises:
        DataError: When an entity of that kind cannot have that value.
    """
    if part.kind in STATELESS or not (value is None or _fits(part, value)):
        raise DataError(f"`{part.id}`: a {part.kind} cannot be {str(value)[:80]!r}")
    if value is None:
        return UNKNOWN
    if part.kind is PartKind.DIMMER:
        return json.dumps({"state": "ON" if value else "OFF", "brightness": value}).encode()
    if isinstance(value, bool):
        return b"ON" if value else b"OFF"
    if isinstance(value, str):
        return _printable(value).encode()
    return f"{value:.7g}".encode() if isinstance(value, float) else str(value).encode()


def wish_of(part: Part, payload: bytes) -> Scalar:
    """Return the value a device is to be commanded to for a payload on the `/set` topic.

    Raises:
        DataError: When the entity cannot be commanded to that.
    """
    if part.kind in _READ_ONLY:
        raise DataError(f"`{part.id}`: a {part.kind} takes no commands")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError as error:
        raise DataError(f"`{part.id}`: the command is not UTF-8") from error
    value = _read(part, text)
    if value == "stop" and part.kind is PartKind.COVER:
        return value
    switched = part.kind is PartKind.DIMMER and isinstance(value, bool)
    if value is None or not (switched or _fits(part, value)):
        raise DataError(f"`{part.id}`: a {part.kind} cannot be set to `{text[:80]}`")
    return value


def _read(part: Part, text: str) -> Scalar:
    words: dict[str, Scalar] = {}
    if part.kind in (PartKind.SWITCH, PartKind.LIGHT, PartKind.DIMMER):
        words = {"on": True, "off": False}
    elif part.kind is PartKind.COVER:
        words = {"open": 100, "close": 0, "stop": "stop"}
    elif part.kind is PartKind.BUTTON:
        words = {"press": True}
    elif part.kind is PartKind.SELECT:
        return text
    if text.lower() in words:
        return words[text.lower()]
    if part.kind is PartKind.DIMMER and text.startswith("{"):
        return _read_light(text)
    return _read_number(text, whole=part.kind in (PartKind.COVER, PartKind.DIMMER))


def _read_light(text: str) -> Scalar:
    """Read Home Assistant's JSON light: brightness counts unless it is switched off."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    state, brightness = said.get("state"), said.get("brightness")
    if state == "OFF":
        return 0
    if brightness is None:
        return True if state == "ON" else None
    if isinstance(brightness, bool) or not isinstance(brightness, int | float):
        return None
    return round(brightness) if math.isfinite(brightness) else None


def _read_number(text: str, *, whole: bool) -> int | float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return round(number) if whole or number.is_integer() else number


def _fits(part: Part, value: Scalar) -> bool:
    """Return whether an entity can have a value."""
    if part.kind in _SWITCHED or part.kind is PartKind.BUTTON:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if part.kind in (PartKind.COVER, PartKind.DIMMER):
        return isinstance(value, int) and 0 <= value <= 100
    if part.kind is PartKind.SELECT:
        return isinstance(value, str) and value in part.choices
    if isinstance(value, str):
        return part.kind is PartKind.SENSOR and 0 < len(value.encode()) <= MAX_TEXT_BYTES
    return isinstance(value, int | float) and part.least <= value <= part.most


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())

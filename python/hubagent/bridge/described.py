"""What a device says it is: `hello` and `describe` become frozen values, or are refused.

Everything comes from a line that may be noisy or hostile, so each field is checked; see
``firmware_bridge/README.md``, "Messages".
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.errors import DataError

if TYPE_CHECKING:
    from hubagent.bridge.frames import Body

MAX_TEXT_BYTES = 64
MAX_PARTS = 32
LEAST_FRAME, MOST_FRAME = 64, 256
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class PartKind(enum.StrEnum):
    """What an entity of a device is."""

    SWITCH = "switch"
    LIGHT = "light"
    DIMMER = "dimmer"
    SENSOR = "sensor"
    BINARY_SENSOR = "binary_sensor"
    COVER = "cover"
    NUMBER = "number"
    SELECT = "select"
    BUTTON = "button"
    EVENT = "event"


class Image(enum.IntEnum):
    """How the running image stands."""

    CONFIRMED = 0
    ON_TRIAL = 1
    WENT_BACK = 2


@dataclass(frozen=True, slots=True)
class Hello:
    """Who a device is."""

    id: str
    firmware: str
    name: str
    boot: int
    """Differs from boot to boot."""
    parts: int
    """How many entities it will describe."""
    image: Image
    board: str
    frame_bytes: int
    """Longest frame it takes, before stuffing."""


@dataclass(frozen=True, slots=True)
class Part:
    """One entity of a device."""

    number: int
    kind: PartKind
    id: str
    name: str
    unit: str
    device_class: str
    least: float
    most: float
    step: float
    restore: bool
    """Whether it is set again after a reboot."""
    choices: tuple[str, ...]
    """What a select can be set to, or an event can be."""


def read_hello(body: Body) -> Hello:
    """Read the body of a `hello`.

    Raises:
        DataError: When a field is missing or wrong.
    """
    device_id = _identifier(body, 0)
    image = _whole(body, 5, 0, max(Image), 0)
    return Hello(
        id=device_id,
        firmware=_text(body, 1),
        name=_text(body, 2) or device_id,
        boot=_whole(body, 3, 0, 2**32 - 1),
        parts=_whole(body, 4, 0, MAX_PARTS),
        image=Image(image),
        board=_text(body, 6),
        frame_bytes=min(_whole(body, 7, LEAST_FRAME, 65_535, MOST_FRAME), MOST_FRAME),
    )


def read_part(body: Body, hello: Hello) -> Part:
    """Read the body of a `describe` of a device that said ``hello``.

    Raises:
        DataError: When a field is missing or wrong.
    """
    number = _whole(body, 0, 0, hello.parts - 1)
    try:
        kind = PartKind(_text(body, 1))
    except ValueError as error:
        raise DataError(f"entity {number}: no kind `{_text(body, 1)}`") from error
    part_id = _identifier(body, 2)
    most = 100.0 if kind is PartKind.NUMBER else math.inf
    part = Part(
        number=number,
        kind=kind,
        id=part_id,
        name=_text(body, 3) or part_id,
        unit=_text(body, 4),
        device_class=_text(body, 5),
        least=_number(body, 6, 0.0 if kind is PartKind.NUMBER else -math.inf),
        most=_number(body, 7, most),
        step=_number(body, 8, 1.0),
        restore=body.get(9) is True,
        choices=tuple(word.strip() for word in _text(body, 10, 255).split(",") if word.strip()),
    )
    if part.least > part.most or part.step <= 0:
        raise DataError(f"entity {number}: least, most and step make no range")
    if kind in (PartKind.SELECT, PartKind.EVENT) and not part.choices:
        raise DataError(f"entity {number}: {kind} without choices")
    return part


def _text(body: Body, key: int, longest: int = MAX_TEXT_BYTES) -> str:
    text = body.get(key, "")
    if not isinstance(text, str) or len(text.encode()) > longest:
        raise DataError(f"key {key}: expected a text of at most {longest} bytes")
    return "".join(character for character in text if character.isprintable()).strip()


def _identifier(body: Body, key: int) -> str:
    text = body.get(key)
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise DataError(f"key {key}: expected an id of a-z, 0-9, `_` and `-`, up to 32")
    return text


def _whole(body: Body, key: int, least: int, most: int, default: int | None = None) -> int:
    number = body.get(key, default)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise DataError(f"key {key}: expected a whole number from {least} to {most}")
    return number


def _number(body: Body, key: int, default: float) -> float:
    number = body.get(key)
    if number is None:
        return default
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise DataError(f"key {key}: expected a number")
    return number

"""The measure that a thing has: brightness, speed, position, volume, temperature, humidity.

What is sent depends on the thing, not on what the words sound like: "fogger at 80 percent" sounds of a
light and sets a humidity, "turn the bedroom up" may be its radio.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve.settings import air, light, media, moving, temperature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.settings.request import Built, Request
    from hubagent.types import Hypothesis

    Builder = Callable[[Request, Amounts], Built]

_AMOUNTS = ("amount", "brightness", "percentage", "position", "temperature", "volume_level",
            "volume_step", "humidity")  # fmt: skip
COMMANDS: Mapping[str, str] = {
    "light": "turn_on", "fan": "set_percentage", "cover": "set_cover_position",
    "valve": "set_valve_position", "media_player": "volume_set", "climate": "set_temperature",
    "water_heater": "set_temperature", "humidifier": "set_humidity",
}  # fmt: skip
"""By domain: the command that sets the measure."""
TARGETS: Mapping[str, tuple[str, Builder]] = {
    "light": ("brightness", light.setting),
    "fan": ("percentage", air.speed),
    "cover": ("position", moving.position),
    "valve": ("position", moving.position),
    "media_player": ("volume_level", media.volume),
    "climate": ("temperature", temperature.target),
    "water_heater": ("temperature", temperature.target),
    "humidifier": ("humidity", air.humidity),
}
"""By domain: the slot and builder of the measure that its things have."""
STEPS: Mapping[str, tuple[str, Builder]] = {
    "light": ("brightness", light.step),
    "fan": ("percentage", air.speed_step),
    "cover": ("position", moving.step),
    "media_player": ("volume_step", media.volume_step),
    "climate": ("temperature", temperature.step),
    "water_heater": ("temperature", temperature.step),
    "humidifier": ("humidity", air.humidity_step),
}


_NOW = {
    "light": ("brightness", 255.0), "fan": ("percentage", 100.0), "cover": ("current_position", 100.0),
    "media_player": ("volume_level", 1.0),
}  # fmt: skip
"""By domain: the attribute of the measure, and what all of it is."""
_CHANGED_BY = re.compile(r"\b(?:up|down)\s+(?:by\s+)?\w+|\bby\s+\w+", re.IGNORECASE)
"""How a humidity is said that goes up or down by a number, for which the model knows no intent."""
_DOWN = frozenset({"down", "lower", "less", "reduce", "decrease", "drop", "quieter", "softer", "dim",
                   "dimmer", "slower", "cut", "close"})  # fmt: skip


def target(request: Request, amounts: Amounts) -> Built:
    """Set the measure of the thing."""
    request = _with_own_command(request)
    if (changed := _changed_by_share(request, amounts)) is not None:
        return changed
    name, builder = TARGETS[request.entity.domain]
    words = request.slot(name, *_AMOUNTS)
    moves = _CHANGED_BY.search(request.said) if request.entity.domain == "humidifier" else None
    if moves is not None and amounts.number(moves[0].split()[-1]) is not None:
        way = "down" if request.words & _DOWN else "up"
        return step(replace(request, reading=_going(request, way)), amounts)
    if words is None or (amounts.part(words) is None and amounts.number(words) is None):
        said = amounts.part_said(request.free) or amounts.said(request.free)
        # Steps ("a bit higher") are read by the builders themselves.
        words = said or words or amounts.steps_said(request.free)
    return builder(request.with_slot(name, words) if words else request, amounts)


def _going(request: Request, way: str) -> Hypothesis:
    implied = (item for item in request.reading.implied if item[0] != "direction")
    return replace(request.reading, implied=(*implied, ("direction", way)))


def step(request: Request, amounts: Amounts) -> Built:
    """Move the measure of the thing up or down."""
    request = _with_own_command(request)
    if request.entity.domain == "light" and request.words & light.TINTS.keys():
        return light.tint(request, amounts)
    if (changed := _changed_by_share(request, amounts)) is not None:
        return changed
    if amounts.part(amounts.part_said(request.free) or "") in {0.0, 1.0}:  # "all the way up"
        name, builder = TARGETS[request.entity.domain]
        end = "maximum" if request.up and not request.words & _DOWN else "minimum"
        return builder(request.with_slot(name, end), amounts)
    name, builder = STEPS[request.entity.domain]
    words = request.slot(name, *_AMOUNTS)
    if words is None or (amounts.steps(words) is None and amounts.number(words) is None):
        said = amounts.steps_said(request.free) or amounts.said(request.free, bare=True)
        words = said or words
    return builder(request.with_slot(name, words) if words else request, amounts)


def _with_own_command(request: Request) -> Request:
    command = COMMANDS[request.entity.domain]
    return replace(request, command=command) if command in request.commands else request


def _changed_by_share(request: Request, amounts: Amounts) -> Built | None:
    """Return what "down by half" and "half of what it is" come to; ``None`` if neither is said."""
    kept = amounts.share_kept(request.free)
    share = amounts.share(request.free) if kept is None else kept
    attribute, whole = _NOW.get(request.entity.domain, ("", 1.0))
    now = request.attribute(attribute)
    if share is None or now is None:
        return None
    down = bool(request.words & _DOWN) or not request.up
    if kept is None:
        kept = 1 - share if down else 1 + share
    percent = now / whole * 100 * kept
    name, builder = TARGETS[request.entity.domain]
    plain = request.with_slot(name, f"{round(min(max(percent, 1), 100))} %")
    return builder(replace(plain, said=""), amounts)

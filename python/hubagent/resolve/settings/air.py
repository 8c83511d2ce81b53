"""Fans and humidifiers, and modes of everything that moves air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.settings.request import nearest, said_option

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Request
    from hubagent.types import Command

SPEED_STEP = 20.0
"""Least percentage points of one step faster or slower."""
HUMIDITY_STEP = 5.0
_MODE_VERBS = frozenset({"heat", "cool", "dry", "dehumidify"})
_STARTED = frozenset({"on", "start", "begin", "run"})
_STOPPED = frozenset({"off", "stop", "end"})
_BACKWARDS = frozenset({"reverse", "backward", "backwards"})


def speed(request: Request, amounts: Amounts) -> Command | Failure:
    """Set a fan's speed: a mode it has, or a part of its range."""
    words = request.slot("percentage", "amount", "mode")
    if words is None:
        return request.missing("speed")
    for name, command in (("preset_mode", "set_preset_mode"), ("fan_mode", "set_fan_mode")):
        limits = request.capability(name)
        if limits is not None and command in request.commands:
            found = nearest(words, limits.options)
            if found is not None:
                return request.to({name: found}, command)
    if "set_percentage" not in request.commands:
        return request.unable("speed")
    percent = amounts.within(words, 0, 100)
    if amounts.part(words) == 0.0:
        percent = 1.0  # the slowest is a speed
    if percent is None:
        return request.refused("unknown_value", what="speed", value=words)
    if not 0 <= percent <= 100:
        return request.outside("speed", 0, 100, "%")
    return request.to({"percentage": _to_speed(request, percent)}, "set_percentage")


def speed_step(request: Request, amounts: Amounts) -> Command | Failure:
    """Make a fan faster or slower."""
    words = request.slot("percentage", "amount")
    if words and (part := amounts.part(words)) is not None:
        return request.to({"percentage": _to_speed(request, part * 100)})
    limits = request.capability("percentage")
    least = (limits.step or 0.0) if limits is not None else 0.0
    change = amounts.change(words, max(SPEED_STEP, least))
    now = request.attribute("percentage")
    if now is None:
        now = 0.0 if request.state.state == "off" else 50.0
    percent = min(max(now + (change if request.up else -change), 0), 100)
    return request.to({"percentage": _to_speed(request, percent)})


def _to_speed(request: Request, percent: float) -> int:
    """Return the nearest of the fan's speeds, never off for a speed above 0."""
    limits = request.capability("percentage")
    step = (limits.step if limits is not None else None) or 1.0
    steps = max(1, round(percent / step)) if percent > 0 else 0
    return round(min(100.0, steps * step))


def direction(request: Request, _amounts: Amounts) -> Command | Failure:
    """Turn a fan the way that was said, else the other way."""
    words = request.slot("mode", "direction")
    if words is None:
        backwards = bool(request.words & _BACKWARDS)
        if not backwards and "forward" not in request.words:
            backwards = request.state.attributes.get("direction") == "forward"
    else:
        backwards = bool(_BACKWARDS & set(text.tokens(words)))
    return request.to({"direction": "reverse" if backwards else "forward"})


def humidity(request: Request, amounts: Amounts) -> Command | Failure:
    """Set a target humidity."""
    words = request.slot("humidity", "amount")
    limits = request.capability("humidity")
    low = 0.0 if limits is None or limits.minimum is None else limits.minimum
    high = 100.0 if limits is None or limits.maximum is None else limits.maximum
    value = None if words is None else amounts.within(words, low, high)
    if value is None:
        return request.missing("humidity")
    if not low <= value <= high:
        return request.outside("humidity", low, high, "%")
    return request.to({"humidity": round(value)})


def humidity_step(request: Request, amounts: Amounts) -> Command | Failure:
    """Make the air moister or drier, from the target."""
    now = request.attribute("humidity")
    if now is None:
        return request.refused("no_target", what="humidity")
    limits = request.capability("humidity")
    low = 0.0 if limits is None or limits.minimum is None else limits.minimum
    high = 100.0 if limits is None or limits.maximum is None else limits.maximum
    change = amounts.change(request.slot("humidity", "amount"), HUMIDITY_STEP)
    value = now + (change if request.up else -change)
    return request.to({"humidity": round(min(max(value, low), high))})


def mode(request: Request, _amounts: Amounts) -> Command | Failure:
    """Choose one of the entity's modes or presets; "heat the bathroom" names one by its verb."""
    words = request.slot("mode", "preset_mode", "hvac_mode") or _mode_within(request)
    if words is None:
        return _switched(request)
    for command in request.spec.commands[request.entity.domain]:
        name = "mode" if command == "set_mode" else command.removeprefix("set_")
        limits = request.capability(name)
        if command in request.commands and limits is not None:
            found = nearest(words, limits.options)
            if found is not None:
                return request.to({name: found}, command)
    return request.refused("unknown_value", what="mode", value=words)


def _mode_within(request: Request) -> str | None:
    """Return a mode that the clause names outside any slot."""
    verb = next((word for word in text.tokens(request.said) if word in _MODE_VERBS), None)
    if verb is not None:
        return verb
    options = tuple(
        option
        for name in ("hvac_mode", "preset_mode", "fan_mode", "mode", "operation_mode")
        if (limits := request.capability(name)) is not None
        for option in limits.options
    )
    return said_option(request, options)


def _switched(request: Request) -> Command | Failure:
    """Switch on or off where no mode was said: "start the heating"."""
    for words, command in ((_STARTED, "turn_on"), (_STOPPED, "turn_off")):
        if request.words & words and command in request.commands:
            return request.to(command=command)
    return request.missing("mode")

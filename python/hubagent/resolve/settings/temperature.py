"""Target temperatures, in the entity's own scale and range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.amounts import converted, unit_said
from hubagent.resolve.features import Failure

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.settings.request import Built, Request
    from hubagent.types import Command

TEMPERATURE_STEP = 1.0
_RANGES = {"°C": (7.0, 35.0), "°F": (45.0, 95.0)}
"""Target temperatures of a thermostat that names no range, as in Home Assistant."""

_COMFORT = {"°C": (10.0, 32.0), "°F": (50.0, 90.0)}
"""What a number in the other scale must come to, to be meant in that: 45 is too hot, not 7 °C."""
_CHANGES = frozenset({"up", "down", "raise", "lower", "increase", "decrease", "warmer", "cooler", "hotter",
                      "colder", "bump", "more", "less", "another"})  # fmt: skip
_DOWNWARD = frozenset({"down", "lower", "decrease", "cooler", "colder", "less"})
_HEATING = frozenset({"heat", "heating", "heater", "radiator", "warm"})
_COOLING = frozenset({"cool", "cooling", "ac", "aircon", "conditioning", "conditioner", "chill"})
_FELT = _HEATING | _COOLING | frozenset({"warmer", "hotter", "cooler", "colder", "cold", "hot", "chilly", "freezing",
                                        "boiling", "melting", "roasting", "baking", "sweltering"})  # fmt: skip
"""Words of how it feels: who says them wants what is off to run, not its target moved."""
_SENSIBLE = ("heat_cool", "auto", "heat", "cool")
"""Modes in which a target means something; the first two serve either way."""
_EITHER = frozenset({"heat_cool", "auto"})


def target(request: Request, amounts: Amounts) -> Built:
    """Set a temperature, in a mode in which it means something.

    What is off is switched to the mode that the words tell ("heat the cellar to 20"), else to the only
    sensible one it has, else to one that serves either way; where none is plain it stays off and
    only the target is set. What runs keeps its mode unless the very verb says otherwise. A number without a scale that only makes sense in the other one is taken in that: nobody heats
    a room to 72 °C.
    """
    words = request.slot("temperature", "amount")
    unit, low, high = _range_of(request)
    value = None if words is None else amounts.within(words, low, high)
    if words is None or value is None:
        return request.missing("temperature")
    said = unit_said(words) or unit_said(request.said)
    value = converted(value, said or unit, unit)
    other = converted(value, "°C" if unit == "°F" else "°F", unit)
    comfort = _COMFORT[unit]
    if not said and not low <= value <= high and comfort[0] <= other <= comfort[1]:
        value = other
    command = _within_range(request, value, low, high, unit)
    if isinstance(command, Failure) and request.words & _CHANGES and "to" not in request.words:
        return _changed_by(request, amounts.change(words, TEMPERATURE_STEP))
    mode = _mode(request)
    if isinstance(command, Failure) or not mode:
        return command
    return request.to({"hvac_mode": mode}, "set_hvac_mode"), command


def _mode(request: Request) -> str:
    """Return the mode to change to with a target; empty for none."""
    modes = request.capability("hvac_mode")
    if modes is None or "set_hvac_mode" not in request.commands:
        return ""
    words = text.tokens(request.said)
    said = {mode for mode, verbs in (("heat", _HEATING), ("cool", _COOLING)) if verbs & {*words}}
    told = said.pop() if len(said) == 1 else ""
    told = told if told in modes.options else ""
    if request.state.state != "off":
        changes = told in words[:2] and request.state.state not in {*_EITHER, told}
        return told if changes else ""
    sensible = [mode for mode in _SENSIBLE if mode in modes.options]
    if told or len(sensible) == 1:
        return told or sensible[0]
    return next((mode for mode in sensible if mode in _EITHER), "")


def _changed_by(request: Request, change: float) -> Command | Failure:
    """Return "up two degrees", read as a target of two degrees, for what it says."""
    unit, low, high = _range_of(request)
    now = request.attribute("temperature")
    if now is None:
        return request.refused("no_target", what="temperature")
    down = request.words & _DOWNWARD
    return _within_range(request, now - change if down else now + change, low, high, unit)


def step(request: Request, amounts: Amounts) -> Built:
    """Make it warmer or cooler, from the target, else from what is measured; what is off starts so."""
    words = request.slot("temperature", "amount")
    unit, low, high = _range_of(request)
    now = request.attribute("temperature")
    if now is None:
        now = request.attribute("current_temperature")
    if now is None:
        return request.refused("no_target", what="temperature")
    change = amounts.change(words, TEMPERATURE_STEP)
    if words and unit_said(words) not in {"", unit}:
        change = change * 9 / 5 if unit == "°F" else change * 5 / 9
    command = _within_range(request, now + (change if request.up else -change), low, high, unit)
    modes = request.capability("hvac_mode")
    wanted = "heat" if request.up else "cool"
    wakes = request.state.state == "off" and modes is not None and wanted in modes.options
    wakes = wakes and words is None and bool(request.words & _FELT)
    if isinstance(command, Failure) or not wakes or "set_hvac_mode" not in request.commands:
        return command
    return request.to({"hvac_mode": wanted}, "set_hvac_mode"), command


def _range_of(request: Request) -> tuple[str, float, float]:
    limits = request.capability("temperature")
    unit = (limits.unit if limits is not None else "") or request.entity.unit
    if not unit:
        unit = str(request.state.attributes.get("temperature_unit") or "°C")
    unit = "°F" if unit.endswith("F") else "°C"
    low, high = _RANGES[unit]
    if limits is not None:
        low = low if limits.minimum is None else limits.minimum
        high = high if limits.maximum is None else limits.maximum
    return unit, low, high


def _within_range(
    request: Request, value: float, low: float, high: float, unit: str
) -> Command | Failure:
    if not low - 1e-6 <= value <= high + 1e-6:
        return request.outside("temperature", low, high, unit)
    limits = request.capability("temperature")
    step_size = (limits.step if limits is not None else None) or 0.1
    rounded = round(round(value / step_size) * step_size, 2)
    return request.to({"temperature": int(rounded) if rounded == int(rounded) else rounded})

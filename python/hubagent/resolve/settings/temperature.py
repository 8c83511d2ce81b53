"""Target temperatures, in the entity's own scale and range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve.amounts import converted, unit_said

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Request
    from hubagent.types import Command

TEMPERATURE_STEP = 1.0
_RANGES = {"°C": (7.0, 35.0), "°F": (45.0, 95.0)}
"""Target temperatures of a thermostat that names no range, as in Home Assistant."""


def target(request: Request, amounts: Amounts) -> Command | Failure:
    """Set a temperature.

    A number without a scale that only makes sense in the other one is taken in that: nobody heats
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
    if not said and not low <= value <= high and low <= other <= high:
        value = other
    return _within_range(request, value, low, high, unit)


def step(request: Request, amounts: Amounts) -> Command | Failure:
    """Make it warmer or cooler, from the target, else from what is measured."""
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
    return _within_range(request, now + (change if request.up else -change), low, high, unit)


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

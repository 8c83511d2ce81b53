"""Brightness, colour and effect of lights."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.features import Failure
from hubagent.resolve.settings.request import Request, option, said_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.resolve.amounts import Amounts
    from hubagent.types import Command, Value

BRIGHTNESS_STEP = 20.0
"""Percentage points of one step brighter or dimmer."""

TINT_STEP_K = 800.0
"""Kelvin of one step warmer or cooler."""
TINTS = {
    "warmer": -1, "yellower": -1, "cosier": -1, "cozier": -1, "cooler": 1, "colder": 1, "whiter": 1,
    "bluer": 1, "crisper": 1,
}  # fmt: skip
"""Words by which the white of a lamp is made warmer (-1) or cooler (1)."""


def setting(request: Request, amounts: Amounts) -> Command | Failure:
    """Set brightness, colour or both; 0 % is off."""
    data: dict[str, Value] = {}
    if request.words & TINTS.keys() and request.capability("color_temp_kelvin") is not None:
        return tint(request, amounts)
    effects = request.capability("effect")
    if effects is not None and (effect := said_option(request, effects.options)):
        return request.to({"effect": effect})
    if colour := request.slot("color", "temperature"):
        painted = _colour(request, amounts, colour)
        if isinstance(painted, Failure):
            return painted
        data.update(painted)
    elif effect := request.slot("mode", "effect"):
        return option(request, "effect", effect, "turn_on")
    if amount := request.slot("brightness", "amount"):
        percent = amounts.within(amount, 1, 100)
        if percent is None:
            return request.to(data) if data else request.missing("brightness")
        if request.capability("brightness") is None:
            return request.unable("brightness")
        if not 0 <= percent <= 100:
            return request.outside("brightness", 0, 100, "%")
        if percent == 0:
            return request.to(command="turn_off")
        data["brightness"] = max(1, round(percent * 255 / 100))
    return request.to(data) if data else request.missing("brightness")


def _colour(request: Request, amounts: Amounts, words: str) -> Mapping[str, Value] | Failure:
    kelvin, rgb = amounts.colour(words)
    limits = request.capability("color_temp_kelvin")
    if kelvin is not None and limits is not None:
        low, high = limits.minimum or 1000.0, limits.maximum or 12000.0
        if any(char.isdigit() for char in words) and not low <= kelvin <= high:
            return request.outside("color temperature", low, high, "K")
        return {"color_temp_kelvin": round(min(max(kelvin, low), high))}
    if rgb is None:
        if kelvin is not None:
            return request.unable("color temperature")
        return request.refused("unknown_value", what="color", value=words)
    if request.capability("rgb_color") is not None:
        return {"rgb_color": rgb}
    if request.capability("hs_color") is not None:
        hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
        return {"hs_color": (round(hue * 360, 1), round(saturation * 100, 1))}
    return request.unable("color")


def step(request: Request, amounts: Amounts) -> Command | Failure:
    """Make it brighter or dimmer; a lamp that is off is made brighter from nothing."""
    if request.capability("brightness") is None:
        return request.unable("brightness")
    words = request.slot("brightness", "amount")
    if words and (part := amounts.part(words)) is not None:
        return request.to({"brightness": max(1, round(255 * part))})
    change = amounts.change(words, BRIGHTNESS_STEP)
    level = request.attribute("brightness")
    if request.state.state != "on":
        if not request.up:
            return request.refused("is_off")
        level = 0.0
    percent = (128.0 if level is None else level) * 100 / 255 + (change if request.up else -change)
    return request.to({"brightness": round(min(max(percent, 1), 100) * 255 / 100)})


def tint(request: Request, amounts: Amounts) -> Command | Failure:
    """Make the white of a lamp warmer or cooler by some."""
    limits = request.capability("color_temp_kelvin")
    if limits is None:
        return request.unable("color temperature")
    low, high = limits.minimum or 2000.0, limits.maximum or 6500.0
    now = request.attribute("color_temp_kelvin") or (low + high) / 2
    change = TINT_STEP_K * (
        amounts.steps(request.slot("amount", "brightness", "temperature")) or 1.0
    )
    sign = next(TINTS[word] for word in text.tokens(request.said) if word in TINTS)
    return request.to({"color_temp_kelvin": round(min(max(now + sign * change, low), high))})

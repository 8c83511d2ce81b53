"""What a colour is called, for answers: "purple" rather than "179, 25, 255".

In: red, green and blue, 0..255. Out: one of twelve words. The bounds are those of everyday words for hues
of light, in degrees.
"""

from __future__ import annotations

import colorsys

_HUES = (
    (15, "red"), (44, "orange"), (70, "yellow"), (160, "green"), (195, "turquoise"), (255, "blue"),
    (300, "purple"), (345, "pink"), (360, "red"),
)  # fmt: skip
"""Where each hue ends, in degrees, and its word."""
_LEAST_COLOUR = 0.2
"""Saturation below which light is white."""


def colour_name(red: float, green: float, blue: float) -> str:
    """Return what a colour is called."""
    hue, saturation, _ = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if saturation < _LEAST_COLOUR:
        return "white"
    return next(word for end, word in _HUES if hue * 360 <= end)

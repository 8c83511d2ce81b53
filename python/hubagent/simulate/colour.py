"""Colour between the spaces that lamps speak: hue and saturation, red-green-blue, CIE xy.

Brightness is kept apart, so red-green-blue is always at full value. Source: the wide-gamut D65
matrices that Philips published for its lamps and Home Assistant uses; transfer curve of sRGB.
"""

from __future__ import annotations

import colorsys
import math

HueSaturation = tuple[float, float]
Rgb = tuple[int, int, int]


def hs_to_rgb(hs: HueSaturation) -> Rgb:
    """Return red, green, blue in 0..255 of hue in 0..360 and saturation in 0..100."""
    red, green, blue = colorsys.hsv_to_rgb(hs[0] / 360 % 1, hs[1] / 100, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def rgb_to_hs(rgb: tuple[float, ...]) -> HueSaturation:
    """Return hue and saturation, three decimals."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in rgb[:3]))
    return round(hue * 360, 3), round(saturation * 100, 3)


def kelvin_to_rgb(kelvin: float) -> Rgb:
    """Return the colour that white of a temperature has on a screen.

    Source: Tanner Helland's fit to the black body curve, good between 1000 K and 40000 K; Home
    Assistant uses the same.
    """
    hundreds = min(400.0, max(10.0, kelvin / 100))
    red, blue = 255.0, 255.0
    if hundreds > 66:
        red = 329.698727446 * (hundreds - 60) ** -0.1332047592
        green = 288.1221695283 * (hundreds - 60) ** -0.0755148492
    else:
        green = 99.4708025861 * math.log(hundreds) - 161.1195681661
        below = hundreds <= 19
        blue = 0.0 if below else 138.5177312231 * math.log(hundreds - 10) - 305.0447927307
    return _byte(red), _byte(green), _byte(blue)


def _byte(part: float) -> int:
    return round(min(255.0, max(0.0, part)))


def rgb_to_xy(rgb: tuple[float, ...]) -> tuple[float, float]:
    """Return CIE 1931 x and y, four decimals; black counts as white."""
    red, green, blue = (_linear(part / 255) for part in rgb[:3])
    x = 0.664511 * red + 0.154324 * green + 0.162028 * blue
    y = 0.283881 * red + 0.668433 * green + 0.047685 * blue
    z = 0.000088 * red + 0.072310 * green + 0.986039 * blue
    total = x + y + z
    return (round(x / total, 4), round(y / total, 4)) if total else (0.3227, 0.329)


def xy_to_hs(xy: tuple[float, ...]) -> HueSaturation:
    """Return hue and saturation of the nearest colour a lamp can show."""
    x, y = xy[0], max(xy[1], 1e-6)
    big_x, big_z = x / y, (1 - x - y) / y
    linear = (
        1.656492 * big_x - 0.354851 - 0.255038 * big_z,
        -0.707196 * big_x + 1.655397 + 0.036152 * big_z,
        0.051713 * big_x - 0.121364 + 1.011530 * big_z,
    )
    floor = [max(0.0, part) for part in linear]
    top = max(*floor, 1e-9)
    return rgb_to_hs(tuple(255 * _gamma(part / top) for part in floor))


def _linear(part: float) -> float:
    return float(((part + 0.055) / 1.055) ** 2.4) if part > 0.04045 else part / 12.92


def _gamma(part: float) -> float:
    return float(1.055 * part ** (1 / 2.4) - 0.055) if part > 0.0031308 else 12.92 * part

"""Jinja preludes that turn a commanded colour into what a light takes.

Each sets variables from ``value``, the colour as it was commanded; a template that uses them follows.
Formulas: HSV to RGB by channel offsets (en.wikipedia.org/wiki/HSL_and_HSV, alternative), sRGB to CIE
xy with the wide-gamut D65 matrix that Philips Hue and Home Assistant use.
"""

from __future__ import annotations

_RGB_OF_RGB = (
    "{% set red = value[0] %}{% set green = value[1] %}{% set blue = value[2] %}"
)  # fmt: skip


def _channel(name: str, offset: int) -> str:
    return (
        f"{{% set k = ({offset} + value[0] / 60) % 6 %}}"
        f"{{% set {name} = (255 * (1 - value[1] / 100 * ([0, [k, 4 - k, 1] | min] | max)))"
        " | round | int %}"
    )


_RGB_OF_HS = _channel("red", 5) + _channel("green", 3) + _channel("blue", 1)

_HS_OF_RGB = (
    "{% set top = [red, green, blue] | max %}"
    "{% set span = top - ([red, green, blue] | min) %}"
    "{% set sat = (100 * span / top) | round(3) if top else 0 %}"
    "{% set hue = 0 if not span"
    " else ((60 * ((green - blue) / span + 6)) % 360) | round(3) if top == red"
    " else (60 * ((blue - red) / span + 2)) | round(3) if top == green"
    " else (60 * ((red - green) / span + 4)) | round(3) %}"
)


def _linear(name: str, channel: str) -> str:
    return (
        f"{{% set {name} = (({channel} / 255 + 0.055) / 1.055) ** 2.4 if {channel} > 10"
        f" else {channel} / 3294.6 %}}"
    )


_XY_OF_RGB = (
    _linear("lr", "red")
    + _linear("lg", "green")
    + _linear("lb", "blue")
    + "{% set cx = lr * 0.664511 + lg * 0.154324 + lb * 0.162028 %}"
    "{% set cy = lr * 0.283881 + lg * 0.668433 + lb * 0.047685 %}"
    "{% set total = cx + cy + lr * 0.000088 + lg * 0.072310 + lb * 0.986039 %}"
    "{% set x = (cx / total) | round(4) if total else 0 %}"
    "{% set y = (cy / total) | round(4) if total else 0 %}"
)

VARIABLES = {
    "rgb": ("red", "green", "blue"),
    "hs": ("hue", "sat"),
    "xy": ("x", "y"),
}
"""Variables each kind of colour is given in, as Home Assistant's templates name them."""


def prelude(commanded: str, taken: str) -> str:
    """Return the template that sets the variables of ``taken`` from a colour in ``commanded``.

    Args:
        commanded: ``rgb`` (0..255), ``hs`` (0..360, 0..100) or, for itself only, ``xy``.
        taken: ``rgb``, ``hs`` or ``xy``.
    """
    if commanded == taken and taken != "rgb":
        return "".join(
            f"{{% set {name} = value[{index}] %}}" for index, name in enumerate(VARIABLES[taken])
        )
    rgb = _RGB_OF_HS if commanded == "hs" else _RGB_OF_RGB
    return rgb + {"rgb": "", "hs": _HS_OF_RGB, "xy": _XY_OF_RGB}[taken]


def commanded_as(taken: str) -> tuple[str, ...]:
    """Return the kinds of colour that can be commanded of a light that takes ``taken``."""
    return ("xy", "rgb", "hs") if taken == "xy" else ("rgb", "hs")

"""Colours between what is commanded, what a light takes, and what it reports, as Jinja templates.

A prelude sets variables from ``value``, the colour as it was commanded; a template that uses them
follows. Formulas: HSV to RGB by channel offsets (en.wikipedia.org/wiki/HSL_and_HSV, alternative), sRGB to CIE
xy with the wide-gamut D65 matrix that Philips Hue and Home Assistant use.
"""

from __future__ import annotations

from hubagent.devices.draft import Reading, subscripts

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


def _gamma(name: str, linear: str) -> str:
    share = f"({linear} / top)"
    return (
        f"{{% set {name} = (255 * (12.92 * {share} if {share} <= 0.0031308"
        f" else 1.055 * {share} ** 0.4166667 - 0.055)) | round | int %}}"
    )


_RGB_OF_XY = (
    "{% set x = parts[0] | float %}{% set y = [parts[1] | float, 0.00001] | max %}"
    "{% set cx = x / y %}{% set cz = (1 - x - y) / y %}"
    "{% set lr = [cx * 1.656492 - 0.354851 - cz * 0.255038, 0] | max %}"
    "{% set lg = [cz * 0.036152 - cx * 0.707196 + 1.655397, 0] | max %}"
    "{% set lb = [cx * 0.051713 - 0.121364 + cz * 1.011530, 0] | max %}"
    # A colour alone has no brightness: its brightest channel is full.
    "{% set top = [lr, lg, lb, 0.00001] | max %}"
    + "".join(_gamma(*names) for names in (("red", "lr"), ("green", "lg"), ("blue", "lb")))
)
_RGB_OF_PARTS = {
    "hs": "{% set value = [parts[0] | float, parts[1] | float] %}" + _RGB_OF_HS,
    "xy": _RGB_OF_XY,
    "rgbw": "{% set red = parts[0] %}{% set green = parts[1] %}{% set blue = parts[2] %}",
}
_RGB_OF_PARTS["rgbww"] = _RGB_OF_PARTS["rgbw"]


def rgb_reading(reported: str, reading: Reading) -> Reading:
    """Return where ``rgb_color`` is heard of a light that reports ``hs``, ``xy``, ``rgbw`` or ``rgbww``.

    It prints nothing when the message says nothing of the colour.
    """
    if reading.pointers and not reading.template:
        places = ", ".join(f"value_json{subscripts(pointer)}" for pointer in reading.pointers)
        parts = f"{{% set parts = [{places}] %}}"
    else:
        heard = "{% set heard %}" + reading.as_template() + "{% endset %}"
        parts = heard + "{% set parts = heard.split(',') %}"
    rgb = _RGB_OF_PARTS[reported] + "{{ red }},{{ green }},{{ blue }}"
    known = "{% if parts[0] | is_number and parts[1] | is_number %}"
    return Reading(reading.topic, parts + known + rgb + "{% endif %}")

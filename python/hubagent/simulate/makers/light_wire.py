"""The ``light`` component: JSON schema, and basic schema with a topic for each aspect.

Source: Home Assistant's MQTT integration, page of the light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubagent.simulate.devices.light import COLOUR_TOPS
from hubagent.simulate.makers.power import ON_OFF
from hubagent.simulate.makers.wire import (
    Asked,
    Channel,
    Component,
    as_number,
    attribute,
    listed,
    object_of,
    setting,
    upper,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.types import Value

_COLOUR_KEYS = {
    "rgbww": ("r", "g", "b", "c", "w"),
    "rgbw": ("r", "g", "b", "w"),
    "rgb": ("r", "g", "b"),
    "hs": ("h", "s"),
    "xy": ("x", "y"),
}
"""Keys of a colour object, longest first: the first that is complete counts."""


class LightUnits(NamedTuple):
    """In what a maker counts."""

    brightness: int
    """Full brightness."""
    kelvin: bool
    """Colour temperature in kelvin instead of mired."""


EXACT = LightUnits(255, kelvin=True)
ZIGBEE = LightUnits(254, kelvin=False)


def mired(kelvin: Value) -> Value:
    """Return mired of kelvin and kelvin of mired; what is no number stays as it is."""
    if isinstance(kelvin, int | float) and not isinstance(kelvin, bool) and kelvin > 0:
        return round(1e6 / kelvin)
    return kelvin


def _home_brightness(raw: Value, full: int) -> Value:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return round(raw / full * 255)
    return raw


def _wire_brightness(device: SimulatedDevice, full: int) -> object:
    return round(device.number("brightness", 0) * full / 255)


def json_state(device: SimulatedDevice, units: LightUnits) -> dict[str, object]:
    """Return a lamp's state object; brightness and colour stay in it while the lamp is off."""
    now = device.attributes
    found: dict[str, object] = {"state": "ON" if device.state == "on" else "OFF"}
    if "brightness" in now:
        found["brightness"] = _wire_brightness(device, units.brightness)
    mode = now.get("color_mode")
    found["color_mode"] = mode
    if "color_temp_kelvin" in now:
        kelvin = now["color_temp_kelvin"]
        found["color_temp"] = kelvin if units.kelvin else mired(kelvin)
    if "hs_color" in now:
        found["color"] = _colour_object(now, str(mode))
    if "effect" in now:
        found["effect"] = now["effect"]
    return found


def _colour_object(now: dict[str, Value], mode: str) -> dict[str, object] | None:
    """Return the colour in every notation; a lamp that shows white has none."""
    found: dict[str, object] = {}
    own = mode if mode in ("rgbw", "rgbww") else "rgb"
    for kind in ("hs", "xy", own):
        colour = now.get(f"{kind}_color")
        if isinstance(colour, tuple):
            found |= dict(zip(_COLOUR_KEYS[kind], colour, strict=True))
    return found or None


def read_json(text: str, units: LightUnits) -> Asked | None:
    """Read a lamp's command object; brightness alone means on, as bulbs take it."""
    asked = object_of(text)
    if asked is None:
        return None
    word = str(asked.get("state", "ON")).upper()
    command = ON_OFF(word)
    if command is None:
        return None
    data: dict[str, Value] = {
        key: value_of(asked[key]) for key in ("effect", "transition", "white") if key in asked
    }
    if "brightness" in asked:
        data["brightness"] = _home_brightness(value_of(asked["brightness"]), units.brightness)
    if "color_temp" in asked:
        raw = value_of(asked["color_temp"])
        data["color_temp_kelvin"] = raw if units.kelvin else mired(raw)
    if "flash" in asked:
        seconds = value_of(asked["flash"])
        data["flash"] = "long" if isinstance(seconds, int | float) and seconds > 5 else "short"
    data |= _read_colour(asked.get("color"))
    return command[0], data


def _read_colour(colour: object) -> dict[str, Value]:
    if not isinstance(colour, dict):
        return {}
    for kind, keys in _COLOUR_KEYS.items():
        if all(key in colour for key in keys):
            return {f"{kind}_color": tuple(as_number(str(colour[key])) for key in keys)}  # type: ignore[misc]  # scalars
    return {}


def light(device: SimulatedDevice, units: LightUnits = EXACT) -> Component:
    """Speak as ``light`` in the JSON schema."""
    fields = {item.name: item for item in device.commands()["turn_on"]}
    config: dict[str, object] = {
        "schema": "json",
        "supported_color_modes": list(device.words("supported_color_modes")),
        "brightness": "brightness" in fields,
        "brightness_scale": units.brightness,
    }
    if "color_temp_kelvin" in fields:
        low, high = fields["color_temp_kelvin"].minimum, fields["color_temp_kelvin"].maximum
        if units.kelvin:
            config |= {"color_temp_kelvin": True, "min_kelvin": low, "max_kelvin": high}
        else:
            config |= {"min_mireds": mired(high), "max_mireds": mired(low)}
    if "effect" in fields:
        config |= {"effect": True, "effect_list": list(fields["effect"].options)}
    channel = Channel(
        "light",
        "state_topic",
        "",
        "command_topic",
        lambda: json_state(device, units),
        lambda text: read_json(text, units),
    )
    return Component(config, [channel])


def basic_light(device: SimulatedDevice) -> Component:
    """Speak as ``light`` in the basic schema: a topic for each aspect, mired and 0..255."""
    fields = {item.name: item for item in device.commands()["turn_on"]}
    config: dict[str, object] = {}
    channels = [
        Channel(
            "state", "state_topic", "state_value_template", "command_topic", upper(device), ON_OFF
        )
    ]

    def add(
        name: str, stem: str, take: Callable[[str], Asked | None], report: Callable[[], object]
    ) -> None:
        topics = (f"{stem}_state_topic", f"{stem}_value_template", f"{stem}_command_topic")
        channels.append(Channel(name, *topics, report, take))

    if "brightness" in fields:
        add(
            "brightness",
            "brightness",
            lambda text: ("turn_on", {"brightness": as_number(text)}),
            attribute(device, "brightness"),
        )
    if "color_temp_kelvin" in fields:
        field = fields["color_temp_kelvin"]
        config |= {"min_mireds": mired(field.maximum), "max_mireds": mired(field.minimum)}
        add(
            "color_temp",
            "color_temp",
            lambda text: ("turn_on", {"color_temp_kelvin": mired(as_number(text))}),
            lambda: mired(device.attributes["color_temp_kelvin"]),
        )
    for mode in COLOUR_TOPS:
        if mode in device.words("supported_color_modes"):
            add(mode, mode, _listed_colour(mode), _comma_list(device, f"{mode}_color"))
    if "effect" in fields:
        config["effect_list"] = list(fields["effect"].options)
        add("effect", "effect", setting("turn_on", "effect"), attribute(device, "effect"))
    if listed(device, "color_mode"):
        report = attribute(device, "color_mode")
        channels.append(
            Channel("color_mode", "color_mode_state_topic", "color_mode_value_template", "", report)
        )
    return Component(config, channels)


def _listed_colour(mode: str) -> Callable[[str], Asked]:
    def take(text: str) -> Asked:
        parts = tuple(as_number(part) for part in text.split(","))
        return "turn_on", {f"{mode}_color": parts}  # type: ignore[dict-item]  # scalars

    return take


def _comma_list(device: SimulatedDevice, name: str) -> Callable[[], object]:
    def report() -> object:
        colour = device.attributes.get(name)
        return ",".join(str(part) for part in colour) if isinstance(colour, tuple) else None

    return report

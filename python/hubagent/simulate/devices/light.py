"""Lamps in every colour mode of Home Assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.colour import hs_to_rgb, kelvin_to_rgb, rgb_to_hs, rgb_to_xy, xy_to_hs
from hubagent.simulate.devices.base import TRANSITION, OnOff, as_float, numbers
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

COLOUR_TOPS: dict[str, tuple[float, ...]] = {
    "hs": (360, 100),
    "rgb": (255,) * 3,
    "xy": (1, 1),
    "rgbw": (255,) * 4,
    "rgbww": (255,) * 5,
}
"""Colour modes, and the highest value of each number of a colour; the lowest is 0."""


def read_colour(mode: str, value: Value) -> tuple[float, ...] | None:
    """Return a colour of the mode, or ``None`` for anything else."""
    tops = COLOUR_TOPS[mode]
    colour = numbers(value, len(tops))
    if colour is None or not all(0 <= part <= top for part, top in zip(colour, tops, strict=True)):
        return None
    return colour


class Light(OnOff):
    """A lamp: remembers brightness and colour while it is off, as bulbs do.

    Brightness is 1..255; colour temperature is in kelvin. A colour keeps the mode it was set in;
    the other modes are computed from it.
    """

    REPORTED = (
        "brightness", "color_mode", "color_temp_kelvin", "hs_color", "rgb_color", "xy_color",
        "rgbw_color", "rgbww_color", "effect",
    )  # fmt: skip

    def reported(self) -> tuple[str, ...]:
        """Return what a lamp of its modes reports."""
        self.modes = self._colour_modes()
        self._given["supported_color_modes"] = self.modes
        self.colour_modes = tuple(mode for mode in self.modes if mode in COLOUR_TOPS)
        self.effect_list = self.words("effect_list")
        names = ["color_mode"]
        if self.modes != ("onoff",):
            names.append("brightness")
        if "color_temp" in self.modes:
            names.append("color_temp_kelvin")
        if self.colour_modes:
            names += ["hs_color", "rgb_color", "xy_color"]
        names += [f"{mode}_color" for mode in ("rgbw", "rgbww") if mode in self.modes]
        return (*names, "effect") if self.effect_list else tuple(names)

    def _colour_modes(self) -> tuple[str, ...]:
        """Return its colour modes; of a lamp that names none, what its attributes show."""
        modes = self.words("supported_color_modes")
        if modes:
            return modes
        found = [mode for mode in COLOUR_TOPS if f"{mode}_color" in self._given]
        if {"color_temp_kelvin", "min_color_temp_kelvin"} & self._given.keys():
            found.insert(0, "color_temp")
        mode = self._given.get("color_mode")
        if found or mode in {"onoff", "brightness"}:
            return tuple(found) or (str(mode),)
        if "brightness" in self._given:
            return ("brightness",)
        return ("onoff",) if self.said_features else ("color_temp", "hs")

    def prepare(self) -> None:
        """Give it a brightness and a colour to come back to."""
        now = self._attributes
        low = min(20_000.0, max(1000.0, self.number("min_color_temp_kelvin", 2000)))
        high = min(20_000.0, max(low, self.number("max_color_temp_kelvin", 6536)))
        # Who counts in mired hits the ends only nearly.
        self.kelvin_range = (
            round(min(low, 1e6 / round(1e6 / low))),
            round(max(high, 1e6 / round(1e6 / high))),
        )
        if "brightness" in self.reported() and not self.number("brightness", 0):
            now["brightness"] = 255
        if now.get("color_mode") not in self.modes:
            given = [mode for mode in self.colour_modes if now.get(f"{mode}_color")]
            now["color_mode"] = given[0] if given else self.modes[0]
        mode = str(now["color_mode"])
        if mode == "color_temp":
            self._whiten(self.number("color_temp_kelvin", 0) or 2700)
        elif mode in COLOUR_TOPS:
            colour = read_colour(mode, now.get(f"{mode}_color"))
            self._paint(mode, colour or (0.0,) * len(COLOUR_TOPS[mode]))

    def commands(self) -> Commands:
        """Return on with what its modes allow, off and toggle."""
        fields = [TRANSITION, Capability("flash", options=("short", "long"))]
        if "brightness" in self.reported():
            fields.append(Capability("brightness", 0, 255, 1))
        if "color_temp" in self.modes:
            fields.append(Capability("color_temp_kelvin", *self.kelvin_range, 1, "K"))
        if self.colour_modes:
            fields += [Capability(f"{mode}_color") for mode in ("hs", "rgb", "xy")]
        fields += [Capability(f"{m}_color") for m in ("rgbw", "rgbww") if m in self.modes]
        if "white" in self.modes:
            fields.append(Capability("white", 0, 255, 1))
        if self.effect_list:
            fields.append(Capability("effect", options=self.effect_list))
        return {"turn_on": tuple(fields), "turn_off": (TRANSITION,), "toggle": tuple(fields)}

    @property
    def truth(self) -> dict[str, Value]:
        """All attributes; a lamp that is off shows no light, as in Home Assistant."""
        return self._given | (self.attributes if self.is_on else dict.fromkeys(self.reported()))

    def do_turn_on(self, data: Mapping[str, Value]) -> bool | None:
        """Shine, as told or as last time."""
        colours = [mode for mode in COLOUR_TOPS if f"{mode}_color" in data]
        colour = None
        if colours:
            colour = read_colour(colours[0], data[f"{colours[0]}_color"])
            if colour is None:
                return False
        brightness = data.get("white", data.get("brightness"))
        if brightness is not None and as_float(brightness) == 0:
            return self.do_turn_off({})
        self._state = "on"
        if brightness is not None:
            self._attributes["brightness"] = round(as_float(brightness))
        if "white" in data:
            self._attributes["color_mode"] = "white"
        if "color_temp_kelvin" in data:
            self._whiten(as_float(data["color_temp_kelvin"]))
        if colour is not None:
            self._paint(colours[0], colour)
        if self.effect_list and ("effect" in data or colour or "color_temp_kelvin" in data):
            self._attributes["effect"] = data.get("effect")
        return None

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take state and attributes; a colour sets its mode and the other colours."""
        plain = {key: value for key, value in attributes.items() if not key.endswith("_color")}
        super().place(state, plain)
        for mode in COLOUR_TOPS:
            colour = read_colour(mode, attributes.get(f"{mode}_color"))
            if colour and mode in (*self.colour_modes, "hs", "rgb", "xy"):
                self._paint(mode, colour)
                return
        kelvin = attributes.get("color_temp_kelvin")
        if isinstance(kelvin, int | float) and "color_temp" in self.modes:
            self._whiten(kelvin)

    def _whiten(self, kelvin: float) -> None:
        """Set a colour temperature; a lamp that has colours too says which one that looks like."""
        if self.colour_modes:
            self._paint("rgb", kelvin_to_rgb(kelvin))
        self._attributes |= {"color_temp_kelvin": round(kelvin), "color_mode": "color_temp"}

    def _paint(self, mode: str, colour: tuple[float, ...]) -> None:
        """Set a colour given in one mode in all modes that it reports."""
        if mode == "hs":
            hs = (colour[0], colour[1])
        else:
            hs = xy_to_hs(colour) if mode == "xy" else rgb_to_hs(colour)
        rgb = hs_to_rgb(hs) if mode in {"hs", "xy"} else tuple(round(part) for part in colour)
        self._attributes |= {
            "hs_color": hs,
            "rgb_color": rgb[:3],
            "xy_color": colour if mode == "xy" else rgb_to_xy(rgb),
        }
        native = mode if mode in self.colour_modes else self.colour_modes[0]
        for white, size in (("rgbw", 4), ("rgbww", 5)):
            if white in self.modes:
                self._attributes[f"{white}_color"] = (
                    tuple(round(part) for part in colour)
                    if mode == white
                    else (*rgb[:3], *(0,) * (size - 3))
                )
        if "color_temp" in self.modes:
            self._attributes["color_temp_kelvin"] = None
        self._attributes["color_mode"] = native

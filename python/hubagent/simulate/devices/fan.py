"""Fans, with as many speeds, modes and movements as their features say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import OnOff, as_float, neat
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

_ATTRIBUTE_OF = {
    "set_speed": "percentage",
    "oscillate": "oscillating",
    "direction": "direction",
    "preset_mode": "preset_mode",
}
_DIRECTIONS = ("forward", "reverse")


class Fan(OnOff):
    """A fan: comes back with its last speed."""

    def assumed_features(self) -> frozenset[str]:
        """Assume speeds, swing and direction, presets only where the file lists some."""
        found = super().assumed_features()
        return found if self.words("preset_modes") else found - {"preset_mode"}

    def reported(self) -> tuple[str, ...]:
        """Report what it can be set to."""
        return tuple(
            name
            for feature, name in _ATTRIBUTE_OF.items()
            if self.has(feature) or name in self._given
        )

    def prepare(self) -> None:
        """Give it a speed to come back to."""
        now, names = self._attributes, self.reported()
        self.preset_modes = self.words("preset_modes")
        step = self.number("percentage_step", 1)
        self.step = step if 0 < step <= 100 else 1
        self._last = self.number("percentage", 0) or 100
        if "percentage" in names:
            now["percentage"] = neat(self._last) if self.is_on else 0
        if "oscillating" in names:
            now["oscillating"] = bool(now.get("oscillating"))
        if "direction" in names:
            now["direction"] = now.get("direction") or _DIRECTIONS[0]

    def commands(self) -> Commands:
        """Return on, off, toggle and one setter for each thing it reports."""
        names = self.reported()
        speed = Capability("percentage", 0, 100, self.step, "%")
        preset = Capability("preset_mode", options=self.preset_modes)
        found: dict[str, tuple[Capability, ...]] = dict(super().commands())
        on = []
        if "percentage" in names:
            on.append(speed)
            found["set_percentage"] = (speed,)
        if "preset_mode" in names and self.preset_modes:
            on.append(preset)
            found["set_preset_mode"] = (preset,)
        if "oscillating" in names:
            found["oscillate"] = (Capability("oscillating"),)
        if "direction" in names:
            found["set_direction"] = (Capability("direction", options=_DIRECTIONS),)
        found["turn_on"] = tuple(on)
        return found

    def do_turn_on(self, data: Mapping[str, Value]) -> bool | None:
        """Blow, as told or as last time."""
        if "percentage" in data:
            return self._set_speed(as_float(data["percentage"]))
        self._state = "on"
        if "percentage" in self._attributes:
            self._attributes["percentage"] = neat(self._last)
        if "preset_mode" in data:
            self._attributes["preset_mode"] = data["preset_mode"]
        return None

    def do_turn_off(self, _data: Mapping[str, Value]) -> bool | None:
        """Stand still; the speed is remembered."""
        self._state = "off"
        if "percentage" in self._attributes:
            self._attributes["percentage"] = 0
        return None

    def _set_speed(self, percentage: float) -> bool | None:
        if percentage == 0:
            return self.do_turn_off({})
        self._state = "on"
        steps = max(1, round(percentage / self.step))
        self._last = min(100.0, steps * self.step)
        self._attributes["percentage"] = neat(self._last)
        if "preset_mode" in self._attributes:
            self._attributes["preset_mode"] = None
        return None

    def do_set_percentage(self, data: Mapping[str, Value]) -> bool | None:
        """Set the speed; 0 is off."""
        return self._set_speed(as_float(data["percentage"])) if "percentage" in data else False

    def do_set_preset_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Run a preset mode, which switches it on."""
        return self.do_turn_on(data) if "preset_mode" in data else False

    def do_oscillate(self, data: Mapping[str, Value]) -> bool | None:
        """Swing, or stop to swing."""
        wanted = data.get("oscillating")
        if not isinstance(wanted, bool):
            return False
        self._attributes["oscillating"] = wanted
        return None

    def do_set_direction(self, data: Mapping[str, Value]) -> bool | None:
        """Turn the other way round."""
        if "direction" not in data:
            return False
        self._attributes["direction"] = data["direction"]
        return None

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take state and speed; one tells the other."""
        super().place(state, attributes)
        speed = attributes.get("percentage")
        if isinstance(speed, int | float) and speed:
            self._last = speed
        if "percentage" in self._attributes and "percentage" not in attributes:
            self._attributes["percentage"] = neat(self._last) if self.is_on else 0

"""Thermostats, humidifiers and water heaters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import OnOff, SimulatedDevice, as_float, neat
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

ACTION_OF_MODE = {"dry": "drying", "fan_only": "fan", "off": "off"}
SETTINGS = ("fan_mode", "preset_mode", "swing_mode", "swing_horizontal_mode")
_USUAL_MODES = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")
_USUAL_WORDS = {
    "fan_mode": ("auto", "low", "medium", "high"),
    "preset_mode": ("none", "eco", "away", "boost", "sleep"),
    "swing_mode": ("off", "vertical", "horizontal", "both"),
    "swing_horizontal_mode": ("off", "on"),
}


class _Tempered(SimulatedDevice):
    """Something with a setpoint in the home's unit of temperature."""

    @property
    def unit(self) -> str:
        """``°C`` or ``°F``; when the file is silent, what the numbers look like."""
        said = str(self._given.get("temperature_unit") or "")
        if said:
            return "°F" if "F" in said.upper() else "°C"
        warmest = max(self.number(name, 0) for name in ("current_temperature", "temperature"))
        limit = 99 if self.entity.domain == "water_heater" else 45
        return "°F" if warmest > limit else "°C"

    def range_(self, celsius: tuple[float, float]) -> tuple[float, float]:
        """Return lowest and highest setpoint: given ones, else these, in its unit."""
        low, high = celsius
        if self.unit == "°F":
            low, high = round(low * 1.8 + 32), round(high * 1.8 + 32)
        return self.number("min_temp", low), self.number("max_temp", high)


class Climate(_Tempered):
    """A thermostat or air conditioner; the state is its mode."""

    DEFAULT_STATE = "off"

    def assumed_features(self) -> frozenset[str]:
        """Assume a setpoint and a fan; a range only where the file gives its ends."""
        found = {"target_temperature", "turn_on", "turn_off", "fan_mode"}
        found |= {name for name in SETTINGS if f"{name}s" in self._given or name in self._given}
        if {"target_temp_low", "target_temp_high"} & self._given.keys():
            found.add("target_temperature_range")
        if "humidity" in self._given:
            found.add("target_humidity")
        return frozenset(found)

    def reported(self) -> tuple[str, ...]:
        """Report measurements, setpoints and settings that it has."""
        names = ["current_temperature", "hvac_action"]
        if self.has("target_temperature") or "temperature" in self._given:
            names.append("temperature")
        if self.has("target_temperature_range"):
            names += ["target_temp_low", "target_temp_high"]
        if "current_humidity" in self._given:
            names.append("current_humidity")
        if self.has("target_humidity"):
            names.append("humidity")
        return (*names, *(name for name in SETTINGS if self.has(name)))

    def prepare(self) -> None:
        """Find modes and range; start each setting at its first word."""
        self.hvac_modes = self.words("hvac_modes", _USUAL_MODES)
        self.low, self.high = self.range_((7, 35))
        # A setpoint that the home already has is one the device takes.
        set_now = self.number("temperature", self.low)
        self.low, self.high = min(self.low, set_now), max(self.high, set_now)
        self.step = self.number("target_temp_step", 0.5 if self.unit == "°C" else 1)
        usual = 21 if self.unit == "°C" else 70
        self.choices = {
            name: self.words(f"{name}s", _USUAL_WORDS[name]) for name in SETTINGS if self.has(name)
        }
        now = self._attributes
        now.setdefault("current_temperature", usual)
        if "temperature" in self.reported():
            now.setdefault("temperature", usual)
        if self.has("target_temperature_range"):
            spread = 2 if self.unit == "°C" else 4
            middle = self.number("temperature", usual)
            now.setdefault("target_temp_low", neat(middle - spread))
            now.setdefault("target_temp_high", neat(middle + spread))
        if self.has("target_humidity"):
            now.setdefault("humidity", 50)
        for name, choices in self.choices.items():
            if now.get(name) not in choices:
                now[name] = choices[0]
        self._last_mode = next((mode for mode in self._preferred() if mode != "off"), "off")
        self._settle()

    def _preferred(self) -> tuple[str, ...]:
        mode = str(self._state)
        usual = [name for name in ("heat_cool", "auto", "heat", "cool") if name in self.hvac_modes]
        return (mode, *usual, *self.hvac_modes)

    def commands(self) -> Commands:
        """Return setpoint, mode, settings and on/off."""
        mode = Capability("hvac_mode", options=self.hvac_modes)
        names = self.reported()
        setpoints = [
            Capability(name, self.low, self.high, self.step, self.unit)
            for name in ("temperature", "target_temp_low", "target_temp_high")
            if name in names
        ]
        found: dict[str, tuple[Capability, ...]] = {"set_hvac_mode": (mode,)}
        if setpoints:
            found["set_temperature"] = (*setpoints, mode)
        if "humidity" in names:
            found["set_humidity"] = (Capability("humidity", 30, 99, 1, "%"),)
        for name, choices in self.choices.items():
            found[f"set_{name}"] = (Capability(name, options=choices),)
        if "off" in self.hvac_modes:
            found |= {"turn_on": (), "turn_off": (), "toggle": ()}
        return found

    def _settle(self) -> None:
        """Derive what it is doing from mode, setpoint and measurement."""
        mode = str(self._state)
        if mode != "off":
            self._last_mode = mode
        action = ACTION_OF_MODE.get(mode)
        if action is None:
            here = self.number("current_temperature", 0)
            low = self.number("target_temp_low", here)
            high = self.number("target_temp_high", here)
            if "temperature" in self._attributes and mode not in {"heat_cool", "auto"}:
                low = high = self.number("temperature", here)
            action = "idle"
            if here < low and mode != "cool":
                action = "heating"
            elif here > high and mode != "heat":
                action = "cooling"
        self._attributes["hvac_action"] = action

    def do_set_temperature(self, data: Mapping[str, Value]) -> bool | None:
        """Set one setpoint, or both ends of a range; may change the mode with it."""
        asked = {name: neat(as_float(data[name])) for name in data if name != "hvac_mode"}
        merged = self._attributes | asked
        low, high = merged.get("target_temp_low"), merged.get("target_temp_high")
        if not asked or (low is not None and high is not None and as_float(low) > as_float(high)):
            return False
        self._attributes |= asked
        if "hvac_mode" in data:
            self._state = data["hvac_mode"]
        self._settle()
        return None

    def do_set_hvac_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Change the mode; ``off`` is one."""
        if "hvac_mode" not in data:
            return False
        self._state = data["hvac_mode"]
        self._settle()
        return None

    def do_set_humidity(self, data: Mapping[str, Value]) -> bool | None:
        """Set the wanted humidity."""
        return self._set(data, "humidity")

    def do_set_fan_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Set the fan."""
        return self._set(data, "fan_mode")

    def do_set_preset_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Set the preset."""
        return self._set(data, "preset_mode")

    def do_set_swing_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Set the flaps."""
        return self._set(data, "swing_mode")

    def do_set_swing_horizontal_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Set the flaps that go sideways."""
        return self._set(data, "swing_horizontal_mode")

    def _set(self, data: Mapping[str, Value], name: str) -> bool | None:
        if name not in data:
            return False
        self._attributes[name] = data[name]
        return None

    def do_turn_on(self, _data: Mapping[str, Value]) -> None:
        """Go back to the last mode that was not off."""
        self._state = self._last_mode
        self._settle()

    def do_turn_off(self, _data: Mapping[str, Value]) -> None:
        """Switch off; setpoints stay."""
        self._state = "off"
        self._settle()

    def do_toggle(self, _data: Mapping[str, Value]) -> None:
        """Switch to the other."""
        if self._state == "off":
            self.do_turn_on({})
        else:
            self.do_turn_off({})

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take what the world says, and react to it."""
        super().place(state, attributes)
        if "hvac_action" not in attributes:
            self._settle()


class Humidifier(OnOff):
    """Humidifier or dehumidifier."""

    def reported(self) -> tuple[str, ...]:
        """Report the setpoint, and measurement and mode where it has them."""
        names = ["humidity", "action"]
        if "current_humidity" in self._given:
            names.append("current_humidity")
        return (*names, "mode") if self.words("available_modes") else tuple(names)

    def prepare(self) -> None:
        """Fill in setpoint and mode."""
        self.modes = self.words("available_modes")
        self.low, self.high = self.number("min_humidity", 30), self.number("max_humidity", 80)
        self._attributes.setdefault("humidity", 50)
        if self.modes and self._attributes.get("mode") not in self.modes:
            self._attributes["mode"] = self.modes[0]
        self._settle()

    def commands(self) -> Commands:
        """Return on, off, setpoint and mode."""
        found: dict[str, tuple[Capability, ...]] = dict(super().commands())
        found["set_humidity"] = (Capability("humidity", self.low, self.high, 1, "%"),)
        if self.modes:
            found["set_mode"] = (Capability("mode", options=self.modes),)
        return found

    def _settle(self) -> None:
        dries = self.entity.device_class == "dehumidifier"
        here, wanted = self.number("current_humidity", 0), self.number("humidity", 50)
        working = here > wanted if dries else here < wanted
        word = ("drying" if dries else "humidifying") if working else "idle"
        self._attributes["action"] = word if self.is_on else "off"

    def do_turn_on(self, _data: Mapping[str, Value]) -> bool | None:
        """Run."""
        self._state = "on"
        self._settle()
        return None

    def do_turn_off(self, _data: Mapping[str, Value]) -> bool | None:
        """Stop."""
        self._state = "off"
        self._settle()
        return None

    def do_set_humidity(self, data: Mapping[str, Value]) -> bool | None:
        """Set the wanted humidity."""
        if "humidity" not in data:
            return False
        self._attributes["humidity"] = neat(as_float(data["humidity"]))
        self._settle()
        return None

    def do_set_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Set the mode."""
        if "mode" not in data:
            return False
        self._attributes["mode"] = data["mode"]
        return None

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take what the world says, and react to it."""
        super().place(state, attributes)
        self._settle()


class WaterHeater(_Tempered):
    """A boiler; the state is its way of working."""

    DEFAULT_STATE = "off"

    def reported(self) -> tuple[str, ...]:
        """Report setpoint and measurement."""
        return ("temperature", "current_temperature")

    def prepare(self) -> None:
        """Find modes and range."""
        self.modes = self.words("operation_list", ("off", "eco", "electric", "performance"))
        self.low, self.high = self.range_((30, 70))
        usual = 50 if self.unit == "°C" else 120
        self._attributes.setdefault("temperature", usual)
        self._attributes.setdefault("current_temperature", usual)
        running = [mode for mode in (str(self._state), *self.modes) if mode != "off"]
        self._last_mode = running[0] if running else "off"

    def commands(self) -> Commands:
        """Return setpoint, mode, on and off."""
        found: dict[str, tuple[Capability, ...]] = {
            "set_temperature": (Capability("temperature", self.low, self.high, 1, self.unit),),
            "set_operation_mode": (Capability("operation_mode", options=self.modes),),
        }
        return found | {"turn_on": (), "turn_off": ()} if "off" in self.modes else found

    def do_set_temperature(self, data: Mapping[str, Value]) -> bool | None:
        """Set the wanted temperature."""
        if "temperature" not in data:
            return False
        self._attributes["temperature"] = neat(as_float(data["temperature"]))
        return None

    def do_set_operation_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Set the way of working."""
        if "operation_mode" not in data:
            return False
        self._state = data["operation_mode"]
        if self._state != "off":
            self._last_mode = str(self._state)
        return None

    def do_turn_on(self, _data: Mapping[str, Value]) -> None:
        """Work as last time."""
        self._state = self._last_mode

    def do_turn_off(self, _data: Mapping[str, Value]) -> None:
        """Let it cool."""
        self._state = "off"

"""Robots that drive about: vacuum cleaners and lawn mowers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import SimulatedDevice
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

WAY_HOME_S = 20.0
_USUAL_SPEEDS = ("quiet", "standard", "turbo", "max")


class _Robot(SimulatedDevice):
    """Works until told otherwise; needs a while to drive home."""

    DEFAULT_STATE = "docked"

    def prepare(self) -> None:
        """Start where the file says; one that returns is on its way."""
        self._way_s = WAY_HOME_S if self._state == "returning" else 0.0

    @property
    def moving(self) -> bool:
        """Whether it drives home."""
        return self._state == "returning"

    def advance(self, seconds: float) -> None:
        """Come nearer to the dock."""
        if self._state == "returning":
            self._way_s -= seconds
            if self._way_s <= 1e-9:
                self._state = "docked"

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Be carried."""
        super().place(state, attributes)
        self._way_s = WAY_HOME_S

    def _go_home(self) -> None:
        if self._state not in {"docked", "returning"}:
            self._state, self._way_s = "returning", WAY_HOME_S


class Vacuum(_Robot):
    """A robot vacuum cleaner."""

    def reported(self) -> tuple[str, ...]:
        """Report suction and battery where it has them."""
        names = ["fan_speed"] if self.has("fan_speed") else []
        if "battery_level" in self._given:
            names.append("battery_level")
        return tuple(names)

    def prepare(self) -> None:
        """Find its speeds."""
        super().prepare()
        self.speeds = self.words("fan_speed_list", _USUAL_SPEEDS if self.has("fan_speed") else ())
        if self.speeds:
            self._attributes.setdefault("fan_speed", self.speeds[0])
        self.located = 0

    def commands(self) -> Commands:
        """Return what its features allow."""
        found: dict[str, tuple[Capability, ...]] = {
            command: ()
            for feature, command in (
                ("start", "start"),
                ("pause", "pause"),
                ("stop", "stop"),
                ("return_home", "return_to_base"),
                ("clean_spot", "clean_spot"),
                ("locate", "locate"),
            )
            if self.has(feature)
        }
        if self.speeds:
            found["set_fan_speed"] = (Capability("fan_speed", options=self.speeds),)
        if self.has("send_command"):
            found["send_command"] = (Capability("command"), Capability("params"))
        return found

    def do_start(self, _data: Mapping[str, Value]) -> None:
        """Clean, or go on cleaning."""
        self._state = "cleaning"

    def do_clean_spot(self, _data: Mapping[str, Value]) -> None:
        """Clean where it stands."""
        self._state = "cleaning"

    def do_pause(self, _data: Mapping[str, Value]) -> bool | None:
        """Hold on; only while it is on the move."""
        if self._state not in {"cleaning", "returning"}:
            return False
        self._state = "paused"
        return None

    def do_stop(self, _data: Mapping[str, Value]) -> None:
        """Give up where it stands."""
        if self._state != "docked":
            self._state = "idle"

    def do_return_to_base(self, _data: Mapping[str, Value]) -> None:
        """Drive home."""
        self._go_home()

    def do_locate(self, _data: Mapping[str, Value]) -> None:
        """Beep."""
        self.located += 1

    def do_set_fan_speed(self, data: Mapping[str, Value]) -> bool | None:
        """Change the suction."""
        if "fan_speed" not in data:
            return False
        self._attributes["fan_speed"] = data["fan_speed"]
        return None

    def do_send_command(self, data: Mapping[str, Value]) -> bool | None:
        """Take a maker's own command; this one has none to follow."""
        return None if isinstance(data.get("command"), str) else False


class LawnMower(_Robot):
    """A robot lawn mower."""

    def commands(self) -> Commands:
        """Return what its features allow."""
        return {name: () for name in ("start_mowing", "pause", "dock") if self.has(name)}

    def do_start_mowing(self, _data: Mapping[str, Value]) -> None:
        """Mow, or go on mowing."""
        self._state = "mowing"

    def do_pause(self, _data: Mapping[str, Value]) -> bool | None:
        """Hold on; only while it is on the move."""
        if self._state not in {"mowing", "returning"}:
            return False
        self._state = "paused"
        return None

    def do_dock(self, _data: Mapping[str, Value]) -> None:
        """Drive home."""
        self._go_home()

"""Covers and valves: things that take their time to move to a position."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hubagent.simulate.devices.base import SimulatedDevice, as_float
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

TRAVEL_S = {
    "awning": 20.0, "blind": 12.0, "curtain": 8.0, "damper": 4.0, "door": 6.0, "garage": 12.0,
    "gate": 15.0, "shade": 10.0, "shutter": 18.0, "window": 8.0, "gas": 2.0, "water": 4.0,
}  # fmt: skip
"""Seconds from closed to open, by device class."""

TILT_S = 2.0


class Movable(SimulatedDevice):
    """Something between 0 (closed) and 100 (open) that a motor moves at even speed."""

    NOUN: ClassVar[str] = ""
    USUAL_TRAVEL_S: ClassVar[float] = 10.0

    def reported(self) -> tuple[str, ...]:
        """Report a position when it can be sent to one, or the home file gives one."""
        knows = self.has("set_position") or "current_position" in self._given
        return ("current_position",) if knows else ()

    def prepare(self) -> None:
        """Start at the position given, else at the end its state names."""
        at_end = 100.0 if self._state in {"open", "opening"} else 0.0
        self._position = self.number("current_position", at_end)
        if self._state == "closed" and self._position:
            self._position = 0.0
        self._goal: float | None = None
        self._speed = 100 / TRAVEL_S.get(self.entity.device_class, self.USUAL_TRAVEL_S)
        self._settle()

    def commands(self) -> Commands:
        """Return open, close, toggle, and what its features allow."""
        found: dict[str, tuple[Capability, ...]] = {}
        for verb in ("open", "close", "stop"):
            if self.has(verb):
                found[f"{verb}_{self.NOUN}"] = ()
        if self.has("open", "close"):
            found["toggle"] = ()
        if "current_position" in self.reported():
            found[f"set_{self.NOUN}_position"] = (Capability("position", 0, 100, 1, "%"),)
        return found

    @property
    def moving(self) -> bool:
        """Whether the motor runs."""
        return self._goal is not None

    def advance(self, seconds: float) -> None:
        """Move on towards the goal."""
        if self._goal is None:
            return
        step = self._speed * seconds
        if abs(self._goal - self._position) <= step:
            self._position, self._goal = self._goal, None
        else:
            self._position += step if self._goal > self._position else -step
        self._settle()

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Stand where it is put; a position without a state tells the state."""
        super().place(state, attributes)
        self._goal = None
        position = attributes.get("current_position")
        if isinstance(position, int | float):
            self._position = position
        elif state in {"open", "closed"}:
            self._position = 100.0 if state == "open" else 0.0
        self._settle()

    def _go(self, goal: float) -> None:
        self._goal = goal if goal != self._position else None
        self._settle()

    def _stop(self) -> None:
        self._goal = None
        self._settle()

    def _settle(self) -> None:
        """Bring state and attributes in line with where it is and where it goes."""
        if self._goal is not None:
            self._state = "opening" if self._goal > self._position else "closing"
        else:
            self._state = "open" if self._position > 0 else "closed"
        if "current_position" in self.reported():
            self._attributes["current_position"] = round(self._position)

    def do_toggle(self, _data: Mapping[str, Value]) -> None:
        """Go to the other end; stop on the way if it can."""
        if self.moving and self.has("stop"):
            self._stop()
        else:
            self._go(0 if self._state in {"open", "opening"} else 100)


class Cover(Movable):
    """Blind, curtain, shutter, garage door: with slats that tilt where it has them."""

    NOUN = "cover"

    def reported(self) -> tuple[str, ...]:
        """Report the tilt too when it has slats."""
        tilts = self.has("set_tilt_position") or "current_tilt_position" in self._given
        return super().reported() + (("current_tilt_position",) if tilts else ())

    def assumed_features(self) -> frozenset[str]:
        """Assume slats only where the kind of cover can have them."""
        found = super().assumed_features()
        if self.entity.device_class in {"blind", "shutter"}:
            return found
        return frozenset(name for name in found if "tilt" not in name)

    def prepare(self) -> None:
        """Start with the slats where the file says, else open with the cover."""
        super().prepare()
        self._tilt_goal: float | None = None
        self._tilt = self.number("current_tilt_position", self._position)
        self._settle_tilt()

    def commands(self) -> Commands:
        """Return the commands of a cover and those of its slats."""
        found = dict(super().commands())
        for verb in ("open", "close", "stop"):
            if self.has(f"{verb}_tilt"):
                found[f"{verb}_cover_tilt"] = ()
        if "current_tilt_position" in self.reported():
            found["set_cover_tilt_position"] = (Capability("tilt_position", 0, 100, 1, "%"),)
        return found

    @property
    def moving(self) -> bool:
        """Whether cover or slats move."""
        return super().moving or self._tilt_goal is not None

    def advance(self, seconds: float) -> None:
        """Move cover and slats."""
        super().advance(seconds)
        if self._tilt_goal is None:
            return
        step = 100 / TILT_S * seconds
        away = self._tilt_goal - self._tilt
        if abs(away) <= step:
            self._tilt, self._tilt_goal = self._tilt_goal, None
        else:
            self._tilt += step if away > 0 else -step
        self._settle_tilt()

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Stand where it is put, slats too."""
        super().place(state, attributes)
        self._tilt_goal = None
        tilt = attributes.get("current_tilt_position")
        if isinstance(tilt, int | float):
            self._tilt = tilt
        self._settle_tilt()

    def _settle_tilt(self) -> None:
        if "current_tilt_position" in self.reported():
            self._attributes["current_tilt_position"] = round(self._tilt)

    def do_open_cover(self, _data: Mapping[str, Value]) -> None:
        """Open all the way."""
        self._go(100)

    def do_close_cover(self, _data: Mapping[str, Value]) -> None:
        """Close all the way."""
        self._go(0)

    def do_stop_cover(self, _data: Mapping[str, Value]) -> None:
        """Stop where it is."""
        self._stop()

    def do_set_cover_position(self, data: Mapping[str, Value]) -> bool | None:
        """Go to a position."""
        if "position" not in data:
            return False
        self._go(as_float(data["position"]))
        return None

    def do_open_cover_tilt(self, _data: Mapping[str, Value]) -> None:
        """Open the slats."""
        self._tilt_goal = 100.0

    def do_close_cover_tilt(self, _data: Mapping[str, Value]) -> None:
        """Close the slats."""
        self._tilt_goal = 0.0

    def do_stop_cover_tilt(self, _data: Mapping[str, Value]) -> None:
        """Stop the slats."""
        self._tilt_goal = None

    def do_set_cover_tilt_position(self, data: Mapping[str, Value]) -> bool | None:
        """Turn the slats to a position."""
        if "tilt_position" not in data:
            return False
        self._tilt_goal = as_float(data["tilt_position"])
        return None


class Valve(Movable):
    """Water or gas valve."""

    NOUN = "valve"
    USUAL_TRAVEL_S = 3.0

    def assumed_features(self) -> frozenset[str]:
        """Assume a valve that knows its position only when the file gives one."""
        found = super().assumed_features()
        return found if "current_position" in self._given else found - {"set_position"}

    def do_open_valve(self, _data: Mapping[str, Value]) -> None:
        """Open all the way."""
        self._go(100)

    def do_close_valve(self, _data: Mapping[str, Value]) -> None:
        """Close all the way."""
        self._go(0)

    def do_stop_valve(self, _data: Mapping[str, Value]) -> None:
        """Stop where it is."""
        self._stop()

    def do_set_valve_position(self, data: Mapping[str, Value]) -> bool | None:
        """Go to a position."""
        if "position" not in data:
            return False
        self._go(as_float(data["position"]))
        return None

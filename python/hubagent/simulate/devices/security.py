"""Locks and alarm panels: slow, coded, and never wrong about what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import SimulatedDevice
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

BOLT_S = 1.5
ARMING_S = 20.0
CODE = Capability("code")


class _Timed(SimulatedDevice):
    """A state that becomes another after a while."""

    def prepare(self) -> None:
        """Start at rest."""
        self._next: Value = None
        self._left_s = 0.0
        code = self._given.pop("code", None)
        self.code = None if code is None else str(code)

    @property
    def moving(self) -> bool:
        """Whether it is between two states."""
        return self._next is not None

    def advance(self, seconds: float) -> None:
        """Reach the next state when its time has come."""
        if self._next is None:
            return
        self._left_s -= seconds
        if self._left_s <= 1e-9:
            self._state, self._next = self._next, None

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Be what it is made to be; what was under way is over."""
        super().place(state, attributes)
        self._next = None

    def _become(self, way: str, goal: str, seconds: float) -> None:
        if self._state == goal:
            self._next = None
            return
        self._state, self._next, self._left_s = way, goal, seconds

    def _allowed(self, data: Mapping[str, Value]) -> bool:
        return self.code is None or str(data.get("code")) == self.code


class Lock(_Timed):
    """A door lock; jams only when it is placed so."""

    DEFAULT_STATE = "locked"

    def commands(self) -> Commands:
        """Return lock, unlock, and open for those with a latch."""
        found: dict[str, tuple[Capability, ...]] = {"lock": (CODE,), "unlock": (CODE,)}
        return found | {"open": (CODE,)} if self.has("open") else found

    def do_lock(self, data: Mapping[str, Value]) -> bool | None:
        """Throw the bolt."""
        if not self._allowed(data):
            return False
        self._become("locking", "locked", BOLT_S)
        return None

    def do_unlock(self, data: Mapping[str, Value]) -> bool | None:
        """Draw the bolt."""
        if not self._allowed(data):
            return False
        self._become("unlocking", "unlocked", BOLT_S)
        return None

    def do_open(self, data: Mapping[str, Value]) -> bool | None:
        """Draw the bolt and, for a moment, the latch: unlocked is what stays."""
        if not self._allowed(data):
            return False
        self._become("unlocking", "unlocked", BOLT_S)
        return None


_ARMED = ("home", "away", "night", "vacation", "custom_bypass")


class AlarmPanel(_Timed):
    """An alarm control panel with exit delay; disarms at once."""

    DEFAULT_STATE = "disarmed"

    def commands(self) -> Commands:
        """Return disarm, and arming by its features."""
        found: dict[str, tuple[Capability, ...]] = {"alarm_disarm": (CODE,)}
        found |= {f"alarm_arm_{mode}": (CODE,) for mode in _ARMED if self.has(f"arm_{mode}")}
        return found | {"alarm_trigger": (CODE,)} if self.has("trigger") else found

    def _arm(self, mode: str, data: Mapping[str, Value]) -> bool | None:
        needs_code = self._given.get("code_arm_required", True)
        if needs_code and not self._allowed(data):
            return False
        self._become("arming", f"armed_{mode}", ARMING_S)
        return None

    def do_alarm_arm_home(self, data: Mapping[str, Value]) -> bool | None:
        """Arm what guards the shell."""
        return self._arm("home", data)

    def do_alarm_arm_away(self, data: Mapping[str, Value]) -> bool | None:
        """Arm everything."""
        return self._arm("away", data)

    def do_alarm_arm_night(self, data: Mapping[str, Value]) -> bool | None:
        """Arm for the night."""
        return self._arm("night", data)

    def do_alarm_arm_vacation(self, data: Mapping[str, Value]) -> bool | None:
        """Arm for long absence."""
        return self._arm("vacation", data)

    def do_alarm_arm_custom_bypass(self, data: Mapping[str, Value]) -> bool | None:
        """Arm with zones left out."""
        return self._arm("custom_bypass", data)

    def do_alarm_disarm(self, data: Mapping[str, Value]) -> bool | None:
        """Disarm at once, with the right code."""
        if not self._allowed(data):
            return False
        self._state, self._next = "disarmed", None
        return None

    def do_alarm_trigger(self, _data: Mapping[str, Value]) -> None:
        """Sound the alarm."""
        self._state, self._next = "triggered", None

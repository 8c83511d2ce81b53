"""Things that are only read: sensors, weather, people, the sun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import SimulatedDevice

if TYPE_CHECKING:
    from hubagent.types import Value

FIXED = frozenset({
    "device_class", "unit_of_measurement", "state_class", "supported_features", "options",
    "friendly_name", "icon", "attribution", "suggested_display_precision",
})  # fmt: skip
"""Attributes that say what a thing is, not how it is."""


class Readable(SimulatedDevice):
    """Moves only when it is placed; reports every attribute of its file that is no fixed one."""

    def reported(self) -> tuple[str, ...]:
        """Return all given attributes that can change."""
        return tuple(name for name in self._given if name not in FIXED)


class Sensor(Readable):
    """A measurement; ``None`` is unknown."""

    def prepare(self) -> None:
        """Read the measurement as a number where it is one."""
        self._state = _as_measured(self._state)


def _as_measured(state: Value) -> Value:
    """Return a number for text that is one, unchanged else: ``2024-04-01`` stays text."""
    if isinstance(state, str):
        for kind in (int, float):
            try:
                return kind(state)
            except ValueError:
                continue
    return state

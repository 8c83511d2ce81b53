"""What goes on in a home by itself: readings that wander, rooms that warm up, people who pass.

For the demo and for benchmarks; scenarios and tests stay still without it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import neat

if TYPE_CHECKING:
    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.world import SimulatedHome

BEAT_S = 2.0
WANDER = {
    "atmospheric_pressure": (0.2, 970, 1040), "battery": (0.0, 0, 100),
    "carbon_dioxide": (8, 400, 2500), "current": (0.05, 0, 16), "humidity": (0.4, 15, 99),
    "illuminance": (12, 0, 4000), "pm25": (1, 0, 300), "power": (9, 0, 3500),
    "temperature": (0.1, -30, 60), "voltage": (0.3, 210, 245), "wind_speed": (0.6, 0, 60),
}  # fmt: skip
"""Device class: largest step of one beat, and the range it stays in."""
GROWING = frozenset({"energy", "water", "gas"})
PASSING = frozenset({"motion", "occupancy", "sound", "vibration"})
WARMING = 0.05
"""Degrees that a room changes by in one beat."""


class Life:
    """Moves a simulated home a little at every beat.

    Args:
        home: The home, already started.
        seed: What its dice start from.
        share: Part of the things that move in one beat, in (0, 1].
    """

    def __init__(self, home: SimulatedHome, *, seed: int = 0, share: float = 0.25) -> None:
        self._home = home
        self._dice = random.Random(seed)  # noqa: S311 - a simulation, no secret
        self._share = share

    def start(self) -> None:
        """Begin with the first beat."""
        self._home.later(BEAT_S, self._beat)

    def _beat(self) -> None:
        for entity_id, device in self._home.devices.items():
            if self._dice.random() < self._share:
                self._move(entity_id, device)
        self._home.later(BEAT_S, self._beat)

    def _move(self, entity_id: str, device: SimulatedDevice) -> None:
        domain, kind = device.entity.domain, device.entity.device_class
        if domain == "sensor" and isinstance(device.state, int | float):
            self._measure(entity_id, kind, float(device.state))
        elif domain == "binary_sensor" and kind in PASSING:
            # Seldom somebody, and then not for long.
            chance = 0.5 if device.state == "on" else 0.02
            if self._dice.random() < chance:
                self._home.place(entity_id, "off" if device.state == "on" else "on")
        elif domain == "climate":
            self._warm(entity_id, device)
        elif domain == "vacuum" and "battery_level" in device.attributes:
            change = {"cleaning": -1, "docked": 1}.get(str(device.state), 0)
            level = min(100, max(0, device.number("battery_level", 100) + change))
            self._home.place(entity_id, None, {"battery_level": neat(level)})

    def _measure(self, entity_id: str, kind: str, value: float) -> None:
        if kind in GROWING:
            self._home.place(entity_id, neat(round(value + self._dice.uniform(0, 0.01), 3)))
        elif kind in WANDER:
            step, low, high = WANDER[kind]
            moved = min(high, max(low, value + self._dice.uniform(-step, step)))
            self._home.place(entity_id, neat(round(moved, 2)))

    def _warm(self, entity_id: str, device: SimulatedDevice) -> None:
        change = {"heating": WARMING, "cooling": -WARMING}.get(
            str(device.attributes.get("hvac_action")), 0.0
        )
        if change:
            here = device.number("current_temperature", 20) + change
            self._home.place(entity_id, None, {"current_temperature": neat(round(here, 2))})

"""A small home on a bus in memory, with faults to order."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import MemoryHub
from hubagent.simulate.faults import Faults
from hubagent.simulate.home import load_home

HOME: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "hall", "name": "Hall"}],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off",
         "attributes": {"supported_color_modes": ["color_temp", "hs"]}},
        {"id": "light.counter", "name": "Counter", "area": "kitchen", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "switch.kettle", "name": "Kettle", "area": "kitchen", "state": "off"},
        {"id": "cover.blind", "name": "Blind", "area": "hall", "state": "closed",
         "attributes": {"device_class": "blind", "current_position": 0}},
        {"id": "climate.hall", "name": "Thermostat", "area": "hall", "state": "heat",
         "attributes": {"hvac_modes": ["off", "heat"], "temperature": 20,
                        "current_temperature": 19, "temperature_unit": "°C"}},
        {"id": "lock.front", "name": "Front Door", "area": "hall", "state": "locked"},
        {"id": "media_player.radio", "name": "Radio", "area": "hall", "state": "playing",
         "attributes": {"volume_level": 0.4}},
        {"id": "scene.movie", "name": "Movie Night"},
    ],
}  # fmt: skip


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def hub(faults: Faults) -> MemoryHub:
    return MemoryHub(load_home(HOME), faults=faults)

"""A home to rewrite for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.replay import MemoryHub
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.guardrail import Guardrail
from hubagent.simulate.home import load_home

if TYPE_CHECKING:
    from hubagent.ports import ContextView

HOME: dict[str, Any] = {
    "areas": [
        {"id": "kitchen", "name": "Kitchen"},
        {"id": "bedroom", "name": "Bedroom"},
        {"id": "garage", "name": "Garage"},
        {"id": "living", "name": "Living Room", "aliases": ["lounge"]},
    ],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off"},
        {"id": "light.bedside", "name": "Bedside Lamp", "area": "bedroom", "state": "off"},
        {"id": "light.garage", "name": "Garage Light", "area": "garage", "state": "off"},
        {"id": "light.porch", "name": "Front Door Light", "area": "living", "state": "off"},
        {"id": "light.gandalf", "name": "Gandalf", "area": "living", "state": "off"},
        {"id": "fan.bedroom", "name": "Bedroom Fan", "area": "bedroom", "state": "off"},
        {"id": "media_player.tv", "name": "Cinema", "area": "living", "state": "off"},
        {"id": "climate.hall", "name": "Thermostat", "area": "living", "state": "heat"},
        {"id": "lock.front", "name": "Front Door", "area": "living", "state": "locked"},
        {"id": "cover.gate", "name": "Drive Gate", "area": "garage", "device_class": "gate"},
        {"id": "cover.blind", "name": "Awning", "area": "living", "state": "closed"},
        {"id": "switch.hob", "name": "Oven Socket", "area": "kitchen", "state": "off"},
        {"id": "script.arrive", "name": "Open the Garage", "area": "garage"},
        {"id": "scene.movie", "name": "Movie Night", "area": "living"},
        {"id": "scene.leave", "name": "Unlock All", "area": "living"},
    ],
}


@pytest.fixture(scope="session")
def hub() -> MemoryHub:
    return MemoryHub(load_home(HOME))


@pytest.fixture
def view(hub: MemoryHub) -> ContextView:
    return hub.store.view()


@pytest.fixture
def guard() -> Guardrail:
    return Guardrail(sensitive=is_sensitive)

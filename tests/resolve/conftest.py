"""A home with twins, odd names and dangerous things, in the real store behind the real adapters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.replay import MemoryHub
from hubagent.resolve.resolver import Resolver
from hubagent.resolve.situation import Situation
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, Clause, Hypothesis, Resolution, Slot, Understanding
from hubagent.understand import values

if TYPE_CHECKING:
    from collections.abc import Callable


def light(entity_id: str, name: str, area: str, *modes: str, **more: Any) -> dict[str, Any]:
    attributes = {"supported_color_modes": list(modes or ("brightness",))}
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": "off",
            "attributes": attributes, **more}  # fmt: skip


HOME: dict[str, Any] = {
    "floors": [
        {"id": "ground", "name": "Ground Floor", "level": 0},
        {"id": "upper", "name": "First Floor", "level": 1},
    ],
    "areas": [
        {"id": "kitchen", "name": "Kitchen", "floor": "ground"},
        {"id": "living", "name": "Living Room", "floor": "ground", "aliases": ["den"]},
        {"id": "bedroom", "name": "Bedroom", "floor": "upper"},
        {"id": "kids_1", "name": "Kids Room 1", "floor": "upper"},
        {"id": "kids_2", "name": "Kids Room 2", "floor": "upper"},
        {"id": "hall", "name": "Hall", "floor": "ground"},
        {"id": "garden", "name": "Garden"},
    ],
    "devices": [{"id": "robo", "name": "Rosie", "area": "living"}],
    "entities": [
        light("ceiling", "Kitchen Ceiling", "kitchen", "color_temp", "hs"),
        light("counter", "Counter", "kitchen"),
        light("kitchen_main", "Kitchen Light", "kitchen", "onoff"),
        light("floor_lamp", "Floor Lamp", "living", "hs", aliases=["reading light"]),
        light("living_spots", "Spots", "living"),
        light("bed_left", "Left Bedside Lamp", "bedroom"),
        light("bed_right", "Right Bedside Lamp", "bedroom"),
        light("kids_1", "Kids Room 1 Light", "kids_1"),
        light("kids_2", "Kids Room 2 Light", "kids_2"),
        light("hall", "Hall Light", "hall", "onoff"),
        {"id": "switch.kettle", "name": "Kettle", "area": "kitchen", "state": "off"},
        {"id": "switch.oven", "name": "Oven", "area": "kitchen", "state": "off"},
        {"id": "switch.porch", "name": "Garden Light", "area": "garden", "state": "off"},
        {"id": "fan.bedroom", "name": "Bedroom Fan", "area": "bedroom", "state": "off",
         "attributes": {"percentage": 0, "percentage_step": 25}},
        {"id": "fan.living", "name": "Tower Fan", "area": "living", "state": "off"},
        {"id": "cover.blind", "name": "Kitchen Blind", "area": "kitchen", "state": "open",
         "attributes": {"device_class": "blind", "current_position": 100}},
        {"id": "cover.curtain", "name": "Bedroom Curtain", "area": "bedroom", "state": "closed",
         "attributes": {"device_class": "curtain", "current_position": 0}},
        {"id": "cover.garage", "name": "Garage Door", "area": "garden", "state": "closed",
         "attributes": {"device_class": "garage"}},
        {"id": "lock.front", "name": "Front Door", "area": "hall", "state": "locked"},
        {"id": "lock.back", "name": "Back Door", "area": "kitchen", "state": "unlocked"},
        {"id": "valve.garden", "name": "Sprinkler", "area": "garden", "state": "closed"},
        {"id": "climate.living", "name": "Thermostat", "area": "living", "state": "heat",
         "attributes": {"hvac_modes": ["off", "heat", "cool", "auto"], "temperature": 20,
                        "current_temperature": 19.5, "min_temp": 10, "max_temp": 30,
                        "temperature_unit": "°C"}},
        {"id": "media_player.tv", "name": "TV", "area": "living", "state": "playing",
         "attributes": {"device_class": "tv", "volume_level": 0.3,
                        "source_list": ["HDMI 1", "Netflix"]}},
        {"id": "media_player.radio", "name": "Kitchen Radio", "area": "kitchen", "state": "paused",
         "attributes": {"device_class": "speaker", "volume_level": 0.5}},
        {"id": "vacuum.rosie", "name": "Rosie", "device": "robo", "state": "docked"},
        {"id": "scene.movie", "name": "Movie Night"},
        {"id": "todo.shopping", "name": "Shopping List", "state": "0"},
        {"id": "sensor.hall_temperature", "name": "Hall Temperature", "area": "hall",
         "state": "21.5", "attributes": {"device_class": "temperature",
                                         "unit_of_measurement": "°C"}},
        {"id": "binary_sensor.window", "name": "Kitchen Window", "area": "kitchen", "state": "on",
         "attributes": {"device_class": "window"}},
        {"id": "binary_sensor.bath_window", "name": "Hall Window", "area": "hall", "state": "off",
         "attributes": {"device_class": "window"}},
    ],
}  # fmt: skip


def read(sentence: str, intent: str, probability: float = 0.97, **implied: str) -> Clause:
    """Return a clause of one reading; slots are written ``{name:kitchen light}``."""
    text, slots = "", []
    for part in re.split(r"(\{[^}]*\})", sentence):
        name, _, words = part.strip("{}").partition(":") if part.startswith("{") else ("", "", part)
        if name:
            slots.append(Slot(name, len(text), len(text) + len(words), words))
        text += words
    reading = Hypothesis(intent, probability, tuple(slots), tuple(implied.items()))
    return Clause(0, len(text), (reading,))


def plain(sentence: str) -> str:
    """Return the sentence without the marks of its slots."""
    return re.sub(r"\{\w+:([^}]*)\}", r"\1", sentence)


class House:
    """The home, and what the resolver makes of a sentence in it."""

    def __init__(self, home: dict[str, Any] | Path = HOME) -> None:
        self._model = load_home(home)
        self.hub = MemoryHub(self._model)
        self.resolver = Resolver(values)

    def reset(self) -> None:
        """Put every device as at the start."""
        for entity_id, first in self._model.initial.items():
            self.hub.world.place(entity_id, first.state, dict(first.attributes))
        self.hub.world.bring_back(*self.hub.world.faults.unreachable)
        self.hub.pump()
        self.hub.store.forget_habits()

    def place(self, entity_id: str, state: str, **attributes: Any) -> None:
        """Move a device by hand."""
        self.hub.world.place(entity_id, state, attributes)
        self.hub.pump()

    def __call__(
        self,
        sentence: str,
        intent: str,
        *,
        area: str | None = None,
        probability: float = 0.97,
        **implied: str,
    ) -> Resolution:
        """Resolve a sentence with one reading, heard in an area."""
        clause = read(sentence, intent, probability, **implied)
        understanding = Understanding(plain(sentence), (clause,), 0.0)
        (found,) = self.resolver.resolve(
            understanding, Situation(self.hub.store.view(), AreaId(area) if area else None)
        )
        return found


@pytest.fixture(scope="session")
def house_of() -> type[House]:
    """Return what makes a house of a home's data."""
    return House


@pytest.fixture(scope="session")
def _house() -> House:
    return House()


@pytest.fixture
def house(_house: House) -> House:
    """Return the home with every device as at the start."""
    _house.reset()
    return _house


@pytest.fixture(scope="session")
def _well_equipped() -> House:
    return House(Path(__file__).with_name("well_equipped.yaml"))


@pytest.fixture
def well_equipped(_well_equipped: House) -> House:
    """Return a home with one of everything that can be set, as at the start."""
    _well_equipped.reset()
    return _well_equipped


@pytest.fixture
def targets() -> Callable[[Resolution], set[str]]:
    """Return the ids that a resolution commands."""

    def ids(resolution: Resolution) -> set[str]:
        return {str(command.entity_id).partition(".")[2] for command in resolution.commands}

    return ids

"""Invented homes of any size, for benchmarks and property tests: same seed, same home."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hubagent.simulate.home import load_home, slugify

if TYPE_CHECKING:
    from hubagent.simulate.home import HomeModel

FLOORS = ("Ground Floor", "Upstairs", "Basement", "Attic", "Garden", "Annex")
ROOMS = (
    "Kitchen", "Living Room", "Hallway", "Office", "Dining Room", "Pantry", "Bathroom", "Bedroom",
    "Guest Room", "Nursery", "Study", "Laundry Room", "Workshop", "Garage", "Cellar", "Library",
    "Conservatory", "Terrace", "Balcony", "Music Room", "Gym", "Playroom", "Cloakroom", "Landing",
)  # fmt: skip
SIDES = ("", "North", "South", "East", "West", "Front", "Back", "Upper", "Lower", "Old", "New")
MAKES = ("Aurel", "Brightwell", "Corda", "Dunmore", "Ember & Oak", "Fjell", "Gantry")

_DIMMABLE = {"supported_color_modes": ["brightness"], "brightness": 128}
_COLOURED = {"supported_color_modes": ["color_temp", "hs"], "color_temp_kelvin": 3000}
_THERMOSTAT = {
    "hvac_modes": ["off", "heat", "cool", "auto"],
    "supported_features": ["target_temperature", "turn_on", "turn_off"],
    "temperature": 20,
    "current_temperature": 19.5,
}

# Share among devices, word of the name, entities as (domain, ending of the name, state, attributes).
_Part = tuple[str, str, object, dict[str, Any]]
KINDS: tuple[tuple[int, tuple[str, ...], tuple[_Part, ...]], ...] = (
    (14, ("Ceiling Light", "Spots", "Wall Light"), (("light", "", "off", _DIMMABLE),)),
    (10, ("Lamp", "Reading Lamp", "Floor Lamp"), (("light", "", "on", _COLOURED),)),
    (6, ("Strip", "Night Light"), (("light", "", "off", {"supported_color_modes": ["onoff"]}),)),
    (
        10,
        ("Plug", "Socket", "Coffee Machine", "Kettle"),
        (
            ("switch", "", "off", {"device_class": "outlet"}),
            ("sensor", "Power", 12, {"device_class": "power", "unit_of_measurement": "W"}),
            (
                "sensor", "Energy", 3.2,
                {"device_class": "energy", "unit_of_measurement": "kWh",
                 "state_class": "total_increasing"},
            ),
        ),
    ),
    (
        8,
        ("Blind", "Curtain", "Shutter"),
        (("cover", "", "open", {"device_class": "blind", "current_position": 100,
                                "supported_features": 15}),),
    ),
    (
        9,
        ("Climate Sensor", "Thermometer"),
        (
            (
                "sensor", "Temperature", 20.5,
                {"device_class": "temperature", "unit_of_measurement": "°C"},
            ),
            ("sensor", "Humidity", 45, {"device_class": "humidity", "unit_of_measurement": "%"}),
            ("sensor", "Battery", 90, {"device_class": "battery", "unit_of_measurement": "%"}),
        ),
    ),
    (
        8,
        ("Motion Sensor", "Presence Sensor"),
        (
            ("binary_sensor", "", "off", {"device_class": "motion"}),
            ("sensor", "Illuminance", 140,
             {"device_class": "illuminance", "unit_of_measurement": "lx"}),
        ),
    ),
    (5, ("Window Contact", "Door Contact"), (("binary_sensor", "", "off", {"device_class": "window"}),)),
    (4, ("Thermostat", "Radiator"), (("climate", "", "heat", _THERMOSTAT),)),
    (4, ("Fan", "Ceiling Fan"), (("fan", "", "off", {"supported_features": 7}),)),
    (
        4,
        ("Speaker", "Radio", "Television"),
        (("media_player", "", "paused", {"volume_level": 0.4, "source_list": ["Radio", "TV"]}),),
    ),
    (2, ("Lock",), (("lock", "", "locked", {"supported_features": 0}),)),
    (2, ("Vacuum",), (("vacuum", "", "docked", {"battery_level": 100}),)),
    (1, ("Humidifier",), (("humidifier", "", "off", {"current_humidity": 40}),)),
    (1, ("Valve",), (("valve", "", "closed", {"device_class": "water"}),)),
    (2, ("Mode",), (("select", "", "auto", {"options": ["auto", "eco", "boost"]}),)),
    (2, ("Level",), (("number", "", 10, {"min": 0, "max": 50, "step": 1}),)),
    (1, ("List",), (("todo", "", None, {"items": ["milk"]}),)),
    (1, ("Timer",), (("timer", "", "idle", {"duration": "0:10:00"}),)),
    (1, ("Button",), (("event", "", None, {"event_types": ["single", "double", "hold"]}),)),
)  # fmt: skip
"""Everyday proportions: lamps and sensors are many, locks are few."""


def generate_home(entities: int, seed: int) -> HomeModel:
    """Invent a home with exactly so many entities.

    Args:
        entities: How many, at least 1.
        seed: What the dice start from.

    Returns:
        A home with about one area for nine entities, and a floor for eight areas.
    """
    return load_home(_Inventor(entities, random.Random(seed)).home())  # noqa: S311 - no secret


class _Inventor:
    def __init__(self, entities: int, dice: random.Random) -> None:
        self._wanted = entities
        self._dice = dice
        self._taken: set[str] = set()
        self._devices: list[dict[str, Any]] = []
        self._entities: list[dict[str, Any]] = []

    def home(self) -> dict[str, Any]:
        areas = self._areas(max(1, round(self._wanted / 9)))
        weights = [share for share, _, _ in KINDS]
        while len(self._entities) < self._wanted:
            _, words, parts = self._dice.choices(KINDS, weights)[0]
            self._device(self._dice.choice(areas), self._dice.choice(words), parts)
        floors = [{"name": area["floor"]} for area in areas]
        return {
            "floors": [item for number, item in enumerate(floors) if item not in floors[:number]],
            "areas": areas,
            "devices": self._devices,
            "entities": self._entities,
        }

    def _areas(self, count: int) -> list[dict[str, Any]]:
        """Name areas: plain rooms first, then with sides, then with numbers."""
        names = [f"{side} {room}".strip() for side in SIDES for room in ROOMS]
        names += [f"{room} {number}" for number in range(2, 2 + count // 24) for room in ROOMS]
        floors = FLOORS[: max(1, min(len(FLOORS), round(count / 8)))]
        plain = names[: len(ROOMS)]
        self._dice.shuffle(plain)
        names[: len(ROOMS)] = plain
        return [{"name": name, "floor": self._dice.choice(floors)} for name in names[:count]]

    def _device(self, area: dict[str, Any], word: str, parts: tuple[_Part, ...]) -> None:
        name = self._free_name(f"{area['name']} {word}")
        id_ = slugify(name)
        make = self._dice.choice(MAKES)
        model = f"{make[0]}{self._dice.randrange(10, 99)}"
        self._devices.append(
            {
                "id": id_, "name": name, "area": area["name"],
                "info": {"manufacturer": make, "model": model, "sw_version": "1.0"},
            }
        )  # fmt: skip
        for domain, ending, state, attributes in parts[: self._wanted - len(self._entities)]:
            full = f"{name} {ending}".strip()
            self._entities.append(
                {
                    "id": f"{domain}.{slugify(full)}", "name": full, "device": id_,
                    "area": area["name"], "state": state, "attributes": attributes,
                }
            )  # fmt: skip

    def _free_name(self, name: str) -> str:
        number = 1
        found = name
        while slugify(found) in self._taken:
            number += 1
            found = f"{name} {number}"
        self._taken.add(slugify(found))
        return found

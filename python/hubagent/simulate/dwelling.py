"""Homes that people could live in, invented from a seed: rooms with what one finds in such rooms.

Unlike ``generate.py``, which makes homes of any size for load, these have the things that households
ask for: lamps with names of their own, a coffee machine, a plug, players, blinds, a vacuum, a lock.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hubagent.simulate.home import load_home, slugify

if TYPE_CHECKING:
    from hubagent.simulate.home import HomeModel

_ALWAYS = ("Kitchen", "Living Room", "Bedroom", "Bathroom", "Hallway")
_MAYBE = (
    "Office", "Nursery", "Dining Room", "Guest Room", "Study", "Cellar", "Attic", "Laundry Room",
    "Playroom", "Music Room", "Library", "Workshop", "Garage", "Balcony", "Conservatory", "Pantry",
)  # fmt: skip
_UPSTAIRS = frozenset({"Bedroom", "Nursery", "Guest Room", "Attic", "Study", "Playroom"})
_CEILING = ("Ceiling Light", "Light", "Spots", "Main Light")
_LAMPS = ("Lamp", "Floor Lamp", "Reading Lamp", "Table Lamp", "Wall Light", "Strip")
_PROPER = (
    "Luna", "Gandalf", "Mushroom Lamp", "Dragon Lamp", "Betty", "Firefly", "Grandma's Lamp", "Moon Lamp",
    "Salt Lamp", "Marlowe", "Aurora", "Pixel", "Lighthouse", "Toadstool", "Ottoman Lamp", "Zeppelin",
)  # fmt: skip
"""Names that say nothing of where a lamp stands; half of them not even what it is."""

_DIMMED = {"supported_color_modes": ["brightness"], "brightness": 160}
_COLOURED = {"supported_color_modes": ["hs"], "hs_color": [30, 20], "brightness": 160}
_BLIND = {"device_class": "blind", "current_position": 100}
_OUTLET = {"device_class": "outlet"}
_FAN = {"supported_features": ["set_speed"], "percentage": 0}
_SPEAKER = {"device_class": "speaker", "volume_level": 0.4}
_TV = {"device_class": "tv", "volume_level": 0.4, "source_list": ["Antenna", "HDMI 1"]}
_HEATING = {
    "hvac_modes": ["off", "heat", "auto"], "temperature": 20, "current_temperature": 19.5,
    "supported_features": ["target_temperature", "turn_on", "turn_off"],
    "min_temp": 5, "max_temp": 30, "temperature_unit": "°C",
}  # fmt: skip
_THERMOMETER = {"device_class": "temperature", "unit_of_measurement": "°C"}


def invent_dwelling(seed: str) -> HomeModel:
    """Invent a home of five to ten rooms and some thirty entities; the same seed, the same home."""
    return load_home(_Builder(random.Random(f"dwelling {seed}")).home())  # noqa: S311 - no secret


class _Builder:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._entities: list[dict[str, Any]] = []
        self._devices: list[dict[str, Any]] = []
        self._proper = dice.sample(_PROPER, len(_PROPER))

    def home(self) -> dict[str, Any]:
        dice = self._dice
        rooms = [*_ALWAYS, *dice.sample(_MAYBE, dice.randint(0, 5))]
        for room in rooms:
            self._furnish(room)
        self._add("vacuum", "Vacuum", dice.choice(("Living Room", "Hallway")), "docked",
                  {"battery_level": 100})  # fmt: skip
        self._add("lock", "Front Door", "Hallway", "locked", {})
        floors = ("Ground Floor", "Upstairs")
        return {
            "floors": [{"name": name} for name in floors],
            "areas": [{"name": room, "floor": floors[room in _UPSTAIRS]} for room in rooms],
            "devices": self._devices,
            "entities": self._entities,
        }

    def _furnish(self, room: str) -> None:
        dice = self._dice
        self._light(room, f"{room} {dice.choice(_CEILING)}")
        for _ in range(dice.choice((0, 0, 1, 1, 2)) if room not in {"Hallway", "Pantry"} else 0):
            own = self._proper.pop() if self._proper and dice.random() < 0.4 else ""
            self._light(room, own or f"{room} {dice.choice(_LAMPS)}")
        if room == "Kitchen":
            self._add("switch", "Coffee Machine", room, "off", _OUTLET)
            self._maybe(0.6, "switch", "Kettle", room, "off", _OUTLET)
        if room in {"Living Room", "Office", "Bedroom", "Study"}:
            self._maybe(
                0.6, "switch", f"{room} {dice.choice(('Plug', 'Socket'))}", room, "off", _OUTLET
            )
        if room == "Living Room":
            self._add(
                "media_player", dice.choice(("Television", "Living Room TV")), room, "off", _TV
            )
        elif room in {"Kitchen", "Bedroom", "Office", "Music Room", "Playroom"}:
            name = f"{room} {dice.choice(('Speaker', 'Radio'))}"
            self._maybe(0.7, "media_player", name, room, "paused", _SPEAKER)
        if room in {"Living Room", "Bedroom", "Office", "Nursery", "Conservatory"}:
            self._maybe(
                0.7, "cover", f"{room} {dice.choice(('Blinds', 'Blind'))}", room, "open", _BLIND
            )
            self._maybe(0.5, "fan", f"{room} Fan", room, "off", _FAN)
        if room in {"Living Room", "Bedroom", "Bathroom", "Nursery", "Study"}:
            self._maybe(0.6, "climate", f"{room} Thermostat", room, "heat", _HEATING)
        self._maybe(
            0.5, "sensor", f"{room} Temperature", room, dice.randint(170, 240) / 10, _THERMOMETER
        )

    def _light(self, room: str, name: str) -> None:
        self._add("light", name, room, "off", self._dice.choice((_DIMMED, _COLOURED)))

    def _maybe(
        self,
        chance: float,
        domain: str,
        name: str,
        room: str,
        state: object,
        attributes: dict[str, Any],
    ) -> None:
        if self._dice.random() < chance:
            self._add(domain, name, room, state, attributes)

    def _add(
        self, domain: str, name: str, room: str, state: object, attributes: dict[str, Any]
    ) -> None:
        """Add one device with one entity; a name that is taken gets a number."""
        taken = sum(item["name"].startswith(name) for item in self._entities)
        full = (
            f"{name} {taken + 1}"
            if taken and any(i["name"] == name for i in self._entities)
            else name
        )
        self._devices.append({"id": slugify(full), "name": full, "area": room})
        self._entities.append(
            {"id": f"{domain}.{slugify(full)}", "name": full, "device": slugify(full), "area": room,
             "state": state, "attributes": attributes}
        )  # fmt: skip

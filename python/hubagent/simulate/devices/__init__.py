"""One class for each domain of Home Assistant, behaving as the real thing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.actions import (
    Automation,
    Button,
    Camera,
    EventSource,
    Notifier,
    Remote,
    Scene,
    Script,
    Update,
)
from hubagent.simulate.devices.base import OnOff, SimulatedDevice
from hubagent.simulate.devices.climate import Climate, Humidifier, WaterHeater
from hubagent.simulate.devices.fan import Fan
from hubagent.simulate.devices.light import Light
from hubagent.simulate.devices.lists import Calendar, Timer, TodoList
from hubagent.simulate.devices.media import MediaPlayer
from hubagent.simulate.devices.motion import Cover, Valve
from hubagent.simulate.devices.readable import Readable, Sensor
from hubagent.simulate.devices.robots import LawnMower, Vacuum
from hubagent.simulate.devices.security import AlarmPanel, Lock
from hubagent.simulate.devices.settings import Counter, Moment, Number, Select, Siren, Text

if TYPE_CHECKING:
    from hubagent.clock import Clock
    from hubagent.simulate.home import InitialState
    from hubagent.types import Entity

CLASSES: dict[str, type[SimulatedDevice]] = {
    "alarm_control_panel": AlarmPanel,
    "automation": Automation,
    "button": Button,
    "calendar": Calendar,
    "camera": Camera,
    "climate": Climate,
    "counter": Counter,
    "cover": Cover,
    "date": Moment,
    "datetime": Moment,
    "event": EventSource,
    "fan": Fan,
    "group": OnOff,
    "humidifier": Humidifier,
    "input_boolean": OnOff,
    "input_button": Button,
    "input_datetime": Moment,
    "input_number": Number,
    "input_select": Select,
    "input_text": Text,
    "lawn_mower": LawnMower,
    "light": Light,
    "lock": Lock,
    "media_player": MediaPlayer,
    "notify": Notifier,
    "number": Number,
    "remote": Remote,
    "scene": Scene,
    "script": Script,
    "select": Select,
    "sensor": Sensor,
    "siren": Siren,
    "switch": OnOff,
    "text": Text,
    "time": Moment,
    "timer": Timer,
    "todo": TodoList,
    "update": Update,
    "vacuum": Vacuum,
    "valve": Valve,
    "water_heater": WaterHeater,
}
"""Domains not named here are only read."""


def make_device(entity: Entity, initial: InitialState, clock: Clock) -> SimulatedDevice:
    """Build the simulated device of an entity."""
    return CLASSES.get(entity.domain, Readable)(entity, initial, clock)

"""Simulated home -> adapters -> context store, and the store's commands back to the devices."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.directory import Directory
from hubagent.devices.home_assistant import HomeAssistant
from hubagent.devices.zigbee2mqtt import Zigbee2Mqtt
from hubagent.errors import CapabilityError
from hubagent.simulate.bus import MemoryBus
from hubagent.simulate.demo import demo_home
from hubagent.simulate.generate import generate_home
from hubagent.simulate.home import load_home
from hubagent.simulate.makers import MAKERS
from hubagent.simulate.world import SimulatedHome, join_bus, settle, state_words
from hubagent.types import Command, EntityId, Publication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.home import HomeModel
    from hubagent.types import Capability, Value

DATA = os.environ.get("HUBAGENT_DATA")
STATELESS = frozenset({"button", "event", "notify", "scene"})
"""Home Assistant itself keeps the time of their last use; nothing of it is on the wire."""


class Hub:
    """A simulated home and a hub that hears it: adapters, directory and store as in the daemon."""

    def __init__(self, home: HomeModel, maker: str) -> None:
        self.clock = ManualClock()
        self.bus = MemoryBus(self.clock)
        self.world = SimulatedHome(home, self.clock, maker=maker)
        join_bus(self.world, self.bus)
        self.store = ContextStore(clock=self.clock)
        adapters = (HomeAssistant(), Zigbee2Mqtt())
        self.directory = Directory(self.store, adapters)
        self.directory.start()
        self.client = self.bus.client("hub")
        self.client.subscribe("#")
        # Battery devices of Zigbee2MQTT keep no state and cannot be asked; a birth makes them tell.
        self.client.publish(Publication("homeassistant/status", b"online"))
        self.pump()

    def pump(self) -> None:
        while messages := self.client.receive():
            report = self.store.ingest(messages)
            assert report.failed == 0, self.store.failed_by_topic()
            for name, index in report.watched:
                for publication in self.directory.handle(name, messages[index]):
                    self.client.publish(publication)

    def send(self, command: Command) -> None:
        for publication in self.store.render(command):
            self.client.publish(publication)
        self.pump()
        settle(self.world, self.bus)
        self.pump()

    def differences(self) -> dict[str, object]:
        """Compare all entities with the devices' truth."""
        view = self.store.view()
        known = {entity.entity_id: entity for entity in view.entities()}
        found: dict[str, object] = {}
        for entity_id, device in self.world.devices.items():
            if entity_id not in known:
                found[entity_id] = "is not there"
                continue
            heard = view.state(EntityId(entity_id))
            if not heard.available:
                found[f"{entity_id} available"] = False
            if device.entity.domain in STATELESS:
                continue
            if not _same(heard.state, device.state):
                found[entity_id] = (heard.state, device.state)
            for name, value in heard.attributes.items():
                truth = device.attributes.get(name)
                if name in device.attributes and not _same(value, truth, name):
                    found[f"{entity_id} {name}"] = (value, truth)
        return found


ROUNDED = {
    "brightness": 1,
    "color_temp_kelvin": 22,
    "percentage": 0.6,
    "a part of rgb_color": 3,
    "a part of hs_color": 1,
}
"""How far makers round: 254 steps, mired, speeds; colours that went through another notation."""


def _same(heard: Value, truth: Value, name: str = "state") -> bool:
    """Return whether two values are the same but for what makers round."""
    if isinstance(heard, tuple) and isinstance(truth, tuple):
        return len(heard) == len(truth) and all(
            _same(*pair, f"a part of {name}") for pair in zip(heard, truth, strict=True)
        )
    if isinstance(heard, int | float) and isinstance(truth, int | float):
        # A mired near 6500 K is 42 K wide; 254 steps of brightness are not quite 255.
        return abs(heard - truth) <= ROUNDED.get(name, 0.002)
    if name == "hvac_action" and {heard, truth} == {"idle", "off"}:
        return True  # Zigbee2MQTT has no word for off.
    # An empty text counts as nothing heard.
    return state_words(heard) == (state_words(truth) or "unknown")


def _values(field: Capability) -> list[Value]:
    """Return values to try: both ends and between, or every option."""
    if field.options:
        return list(field.options)
    if field.minimum is not None and field.maximum is not None:
        middle = (field.minimum + field.maximum) / 2
        step = field.step or 1
        return [field.minimum, round(middle / step) * step, field.maximum]
    samples: dict[str, list[Value]] = {
        "hs_color": [(120.0, 60.0), (0.0, 100.0)],
        "rgb_color": [(255, 0, 0), (10, 200, 250)],
        "xy_color": [(0.3, 0.3)],
        "rgbw_color": [(1, 2, 3, 4)],
        "rgbww_color": [(1, 2, 3, 4, 5)],
        "oscillating": [True, False],
        "is_volume_muted": [True, False],
        "shuffle": [True, False],
        "duration": ["0:05:00"],
        "item": ["milk"],
        "date": ["2026-01-02"],
        "start_date": ["2026-01-02"],
        "start_date_time": ["2026-01-02 10:00:00"],
    }
    return samples.get(field.name, ["words"])


NEEDED = {
    "add_item": ("item",),
    "change": ("duration",),
    "create_event": ("summary", "start_date_time"),
    "play_media": ("media_content_id",),
    "remove_item": ("item",),
    "send_command": ("command",),
    "send_message": ("message",),
    "update_item": ("item", "status"),
}
"""Data without which a command says nothing."""
BARE = frozenset({"lock", "open", "start", "toggle", "turn_off", "turn_on", "unlock"})
"""Commands whose data may all be left out."""
READY: dict[str, tuple[str, dict[str, Value]]] = {
    "lawn_mower": ("mowing", {}),
    "media_player": ("playing", {}),
    "timer": ("active", {"remaining": "0:30:00"}),
    "todo": ("0", {"items": ("milk",), "completed": ()}),
    "update": ("on", {}),
    "vacuum": ("cleaning", {}),
}
"""State in which a device has no reason to refuse anything."""
NOT_ON_THE_WIRE = {
    ("toggle", "*"): "a bare word, whatever goes with it",
    ("turn_on", "flash"): "neither ESPHome nor Zigbee2MQTT has it",
    ("turn_on", "transition"): "not in the basic schema",
    ("turn_off", "transition"): "not in the basic schema",
    ("turn_on", "xy_color"): "not for a lamp that takes red, green, blue",
    ("turn_on", "white"): "no maker here has such a lamp on its own topic",
    ("send_command", "params"): "a template would be needed",
    ("send_message", "title"): "a template would be needed",
    ("lock", "code"): "only where a code is asked for",
    ("unlock", "code"): "only where a code is asked for",
    ("open", "code"): "only where a code is asked for",
}
"""Data that a convention has no place for, and that the store therefore refuses."""


def _commands(device: SimulatedDevice) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield every command of a device: bare, and with every value of every field."""
    for name, fields in device.commands().items():
        values = {field.name: _values(field) for field in fields}
        needed = {key: values[key][0] for key in NEEDED.get(name, ()) if key in values}
        if not fields or name in BARE or needed:
            yield name, needed
        for key, samples in values.items():
            for value in samples:
                yield name, {**needed, key: value}


def _refused_rightly(command: str, data: dict[str, Value]) -> bool:
    return any((command, key) in NOT_ON_THE_WIRE for key in ("*", *data))


def _told_low_above_high(device: SimulatedDevice, data: dict[str, Value]) -> bool:
    """Return whether a command would turn a thermostat's range upside down."""
    merged = device.attributes | data
    low, high = merged.get("target_temp_low"), merged.get("target_temp_high")
    return isinstance(low, int | float) and isinstance(high, int | float) and low > high


HOMES = {"demo": demo_home(), "generated": generate_home(150, seed=11)}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", HOMES)
def test_every_entity_arrives_as_it_is(name: str, maker: str) -> None:
    hub = Hub(HOMES[name], maker)
    assert hub.directory.problems == {}
    assert hub.differences() == {}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", HOMES)
def test_every_command_that_the_hub_knows_is_followed_and_comes_back(name: str, maker: str) -> None:
    """Every command the store renders is followed by its device, and the store hears of it."""
    hub = Hub(HOMES[name], maker)
    view = hub.store.view()
    sent = 0
    for entity_id, device in hub.world.devices.items():
        known = view.commands_of(EntityId(entity_id))
        for command, data in _commands(device):
            if command not in known or _told_low_above_high(device, data):
                continue
            if device.entity.domain in READY:
                hub.world.place(entity_id, *READY[device.entity.domain])
            try:
                hub.send(Command(EntityId(entity_id), command, data))
            except CapabilityError:
                assert _refused_rightly(command, data), (entity_id, command, data)
                continue
            sent += 1
            assert device.ignored == 0, (entity_id, command, data)
        assert hub.differences() == {}, entity_id
    assert hub.world.strays == 0
    assert sent > 300


@pytest.mark.parametrize("name", HOMES)
def test_nothing_of_home_assistants_model_is_lost_in_a_replay(name: str) -> None:
    """With the maker of replays every command of a device is known to the hub, but the steps."""
    hub = Hub(replace(HOMES[name], makers={}), "device")
    view = hub.store.view()
    for entity_id, device in hub.world.devices.items():
        missing = set(device.commands()) - set(view.commands_of(EntityId(entity_id)))
        assert missing <= {"toggle"} | {
            f"select_{step}" for step in ("next", "previous", "first", "last")
        }, entity_id
        declared = view.entity(EntityId(entity_id))
        assert declared.device_class == device.entity.device_class
        assert declared.name == device.entity.name
        heard = set(view.state(EntityId(entity_id)).attributes)
        if device.entity.domain not in STATELESS | {"light", "update"}:
            assert set(device.attributes) <= heard, entity_id


PUBLIC = (
    "home_assistant_datasets/device-actions-v2-fixtures/*/_fixtures.yaml",
    "home_assistant_intents/tests/en/_fixtures.yaml",
)


@pytest.mark.skipif(DATA is None, reason="HUBAGENT_DATA names no folder of data sets")
@pytest.mark.parametrize("maker", ["device", "single", "topics"])
def test_every_entity_of_the_public_homes_arrives_as_it_is(maker: str) -> None:
    paths = [path for pattern in PUBLIC for path in Path(DATA or "none").glob(pattern)]
    assert len(paths) == 41
    differences: dict[str, object] = {}
    for path in paths:
        hub = Hub(load_home(path), maker)
        assert hub.directory.problems == {}
        differences |= {
            f"{path.parent.name} {what}": how for what, how in hub.differences().items()
        }
        names = {entity.entity_id: entity.name for entity in hub.store.view().entities()}
        assert names == {entity.entity_id: entity.name for entity in hub.world.home.entities}
    assert differences == {}

"""Whatever comes from outside, the simulated home stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hubagent.clock import ManualClock
from hubagent.errors import DataError
from hubagent.simulate.bus import MemoryBus
from hubagent.simulate.demo import demo_home
from hubagent.simulate.devices import CLASSES
from hubagent.simulate.home import load_home
from hubagent.simulate.world import SimulatedHome, join_bus, settle
from hubagent.types import Publication

if TYPE_CHECKING:
    from hubagent.simulate.bus import BusClient

LIMITS = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
WORDS = st.sampled_from(
    ["ON", "OFF", "OPEN", "STOP", "LOCK", "heat", "state", "command", "data", "color", "brightness",
     "turn_on", "volume_set", "item", "duration", "code", "nan", "inf", "-1", "1e999", "50", ""]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=6,
)
PAYLOADS = (
    st.binary(max_size=20) | WORDS.map(str.encode) | JSON.map(lambda x: json.dumps(x).encode())
)


def _home() -> tuple[SimulatedHome, MemoryBus, BusClient]:
    clock = ManualClock()
    bus = MemoryBus(clock)
    world = SimulatedHome(demo_home(), clock)
    join_bus(world, bus)
    return world, bus, bus.client("hub")


@LIMITS
@given(st.data())
def test_no_payload_on_any_topic_breaks_a_device(data: st.DataObject) -> None:
    world, bus, hub = _home()
    topics = st.sampled_from(world.topics())
    for topic, payload in data.draw(st.lists(st.tuples(topics, PAYLOADS), max_size=40)):
        hub.publish(Publication(topic, payload))
    settle(world, bus)
    json.dumps(world.states(), allow_nan=False)


@LIMITS
@given(st.data())
def test_any_sequence_of_known_commands_leaves_a_state_in_range(data: st.DataObject) -> None:
    """Values beyond a range, of a wrong type or missing never get into a device."""
    world, bus, _ = _home()
    devices = [device for device in world.devices.values() if device.commands()]
    for _ in range(data.draw(st.integers(0, 40))):
        device = data.draw(st.sampled_from(devices))
        name, fields = data.draw(st.sampled_from(sorted(device.commands().items())))
        values = SCALARS | st.lists(st.integers(0, 300), max_size=5).map(tuple)
        device.command(name, {field.name: data.draw(values) for field in fields})
        bus.advance(data.draw(st.sampled_from([0.0, 0.3, 7.0])))
    for device in devices:
        now = device.attributes
        for key, low, high in (
            ("brightness", 1, 255),
            ("current_position", 0, 100),
            ("current_tilt_position", 0, 100),
            ("percentage", 0, 100),
            ("volume_level", 0, 1),
        ):
            if now.get(key) is not None:
                assert low <= float(str(now[key])) <= high, (device.entity.entity_id, key)
    json.dumps(world.states(), allow_nan=False)


KEYS = st.sampled_from(
    ["id", "name", "area", "device", "state", "attributes", "floor", "aliases", "entities",
     "info", "supported_features", "brightness", "items", "entity_id", "unique_id", "maker"]
)  # fmt: skip
IDS = st.sampled_from(["light.x", "climate.y", "todo.z", "kitchen", "", "x"])
ANYTHING: Any = st.recursive(
    SCALARS | IDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(LIMITS, max_examples=150)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            key: st.lists(st.dictionaries(KEYS, ANYTHING, max_size=5), max_size=3) | ANYTHING
            for key in ("floors", "areas", "devices", "entities")
        },
    )
)
def test_any_object_is_a_home_or_is_refused(data: dict[str, Any]) -> None:
    try:
        home = load_home(data)
        SimulatedHome(home, ManualClock()).states()
    except DataError:
        return


NUMERIC = (
    "brightness", "color_temp_kelvin", "min_color_temp_kelvin", "max_color_temp_kelvin",
    "percentage", "percentage_step", "current_position", "current_tilt_position", "temperature",
    "target_temp_low", "target_temp_high", "target_temp_step", "min_temp", "max_temp", "humidity",
    "min_humidity", "max_humidity", "current_humidity", "current_temperature", "volume_level",
    "media_track", "media_position", "battery_level", "min", "max", "step", "initial", "duration",
    "remaining",
)  # fmt: skip
LISTED = (
    "supported_color_modes", "color_mode", "effect_list", "rgb_color", "hs_color", "rgbw_color",
    "preset_modes", "hvac_modes", "fan_modes", "swing_modes", "operation_list", "available_modes",
    "source_list", "sound_mode_list", "fan_speed_list", "options", "available_tones",
    "event_types", "items", "completed", "supported_features", "activity_list", "events",
)  # fmt: skip
ODD: tuple[object, ...] = (
    0, -1, 1, 1e12, float("nan"), float("inf"), True, "x", "", [], ["x"], [1, 2, 3], [None], {}, None,
)  # fmt: skip


@pytest.mark.parametrize("domain", sorted({*CLASSES, "weather", "person"}))
def test_odd_attributes_make_an_odd_device_and_no_error(domain: str) -> None:
    odd = [{name: value} for name in (*NUMERIC, *LISTED) for value in ODD]
    entities = [{"id": f"{domain}.x{n}", "attributes": item} for n, item in enumerate(odd)]
    clock = ManualClock()
    bus = MemoryBus(clock)
    world = SimulatedHome(load_home({"entities": entities}), clock)
    join_bus(world, bus)
    json.dumps(world.states(), allow_nan=False)
    for number, item in enumerate(odd):
        world.place(f"{domain}.x{number}", None, item)
    json.dumps(world.states(), allow_nan=False)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-1e999", "1e308"])
def test_numbers_without_end_are_refused(number: str) -> None:
    world, _, hub = _home()
    lamp = "things/ceiling_light/light/ceiling_light/light/set"
    for key in ("brightness", "color_temp", "transition", "flash"):
        hub.publish(Publication(lamp, f'{{"state":"ON","{key}":{number}}}'.encode()))
    lock = "things/living_room_blinds/cover/living_room_blinds/position/set"
    hub.publish(Publication(lock, number.encode()))
    assert world.ignored["light.ceiling_light"] >= 2
    assert world.ignored["cover.living_room_blinds"] == 1
    assert world.states()["light.ceiling_light"]["attributes"]["brightness"] == 180

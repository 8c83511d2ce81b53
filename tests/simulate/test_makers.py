"""How makers announce: what a hub can rely on, whoever built the device."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.errors import DataError
from hubagent.simulate.demo import demo_home
from hubagent.simulate.generate import generate_home
from hubagent.simulate.makers import MAKERS
from hubagent.simulate.makers.components import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAMP: dict[str, Any] = {
    "areas": ["Hall"],
    "devices": [{"name": "Lamp", "area": "Hall", "info": {"manufacturer": "Acme"}}],
    "entities": [
        {
            "id": "light.lamp", "name": "Lamp", "device": "lamp", "area": "Hall", "state": "on",
            "attributes": {
                "supported_color_modes": ["color_temp", "hs"],
                "hs_color": [240, 100], "brightness": 128,
            },
        },
        {
            "id": "sensor.lamp_power", "name": "Lamp Power", "device": "lamp", "area": "Hall",
            "state": 4.5, "attributes": {"device_class": "power", "unit_of_measurement": "W"},
        },
    ],
}  # fmt: skip


def test_a_device_announces_all_its_entities_in_one_message(bench: Callable[..., Any]) -> None:
    found = bench(LAMP, "device").heard["homeassistant/device/lamp/config"]
    assert found["device"] == {
        "identifiers": ["lamp"], "name": "Lamp", "manufacturer": "Acme", "suggested_area": "Hall",
    }  # fmt: skip
    assert found["availability"] == [{"topic": "things/status"}, {"topic": "things/lamp/status"}]
    lamp, power = found["components"]["light_lamp"], found["components"]["sensor_lamp_power"]
    assert (lamp["name"], lamp["default_entity_id"]) == (None, "light.lamp")
    assert lamp["supported_color_modes"] == ["color_temp", "hs"]
    assert lamp["color_temp_kelvin"] is True
    assert (power["name"], power["unit_of_measurement"]) == ("Lamp Power", "W")


def test_a_small_maker_abbreviates_and_shares_a_base(bench: Callable[..., Any]) -> None:
    home = bench(LAMP, "single")
    lamp = home.heard["homeassistant/light/lamp/config"]
    assert lamp["~"] == "things/lamp/light/lamp"
    assert lamp["stat_t"] == "~/light/state"
    assert lamp["cmd_t"] == "~/light/set"
    assert lamp["bri_scl"] == 254
    assert lamp["dev"]["ids"] == ["lamp"]
    assert lamp["avty"][1] == {"t": "things/lamp/status"}
    assert home.heard["things/lamp/light/lamp/light/state"]["brightness"] == 127
    power = home.heard["homeassistant/sensor/lamp_power/config"]
    assert power["val_tpl"] == "{{ value_json.state }}"


def test_an_own_build_has_a_topic_for_each_aspect(bench: Callable[..., Any]) -> None:
    home = bench(LAMP, "topics")
    lamp = home.heard["homeassistant/light/lamp/lamp/config"]
    assert "schema" not in lamp
    assert lamp["hs_command_topic"] == "things/lamp/light/lamp/hs/set"
    assert home.heard["things/lamp/light/lamp/hs/state"] == "240,100"
    assert home.heard["things/lamp/light/lamp/state/state"] == "ON"
    home.send("things/lamp/light/lamp/color_temp/set", "250")
    assert home.attributes("light.lamp")["color_temp_kelvin"] == 4000
    assert home.heard["things/lamp/light/lamp/color_mode/state"] == "color_temp"
    home.send("things/lamp/light/lamp/hs/set", "120,50")
    assert home.attributes("light.lamp")["hs_color"] == [120, 50]
    home.send("things/lamp/light/lamp/brightness/set", "0")
    assert home.state("light.lamp") == "off"


def test_zigbee2mqtt_lists_what_a_device_exposes(bench: Callable[..., Any]) -> None:
    home = bench(LAMP, "zigbee2mqtt")
    listing = home.heard["zigbee2mqtt/bridge/devices"]
    assert [item["type"] for item in listing] == ["Coordinator", "Router"]
    light, power = listing[1]["definition"]["exposes"]
    names = [feature["name"] for feature in light["features"]]
    assert names == ["state", "brightness", "color_temp", "color_xy", "color_hs"]
    assert (power["name"], power["access"]) == ("power", 1)
    assert home.heard["zigbee2mqtt/bridge/state"] == {"state": "online"}
    assert home.heard["zigbee2mqtt/Lamp/availability"] == {"state": "online"}


def test_zigbee2mqtt_keeps_no_state_and_tells_it_when_asked(bench: Callable[..., Any]) -> None:
    home = bench(LAMP, "zigbee2mqtt")
    assert home.bus.retained("zigbee2mqtt/Lamp") == ()
    assert home.send("zigbee2mqtt/Lamp/get", {"state": ""}) == ["zigbee2mqtt/Lamp"]
    told = home.heard["zigbee2mqtt/Lamp"]
    assert (told["state"], told["brightness"], told["power"]) == ("ON", 127, 4.5)
    assert told["color"]["hue"] == 240


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("set", {"state": "OFF"}, {"brightness": None}),
        ("set", {"brightness": 254}, {"brightness": 255}),
        ("set", {"color_temp": 370}, {"color_temp_kelvin": 2703, "color_mode": "color_temp"}),
        ("set", {"color": {"hue": 120, "saturation": 50}}, {"hs_color": [120, 50]}),
        ("set", {"color": {"r": 255, "g": 0, "b": 0}}, {"rgb_color": [255, 0, 0]}),
        ("set", {"color": {"x": 0.7006, "y": 0.2993}}, {"rgb_color": [255, 0, 0]}),
        ("set/brightness", "254", {"brightness": 255}),
        ("set/state", "TOGGLE", {"brightness": None}),
    ],
)
def test_zigbee2mqtt_follows_every_way_to_set(
    bench: Callable[..., Any], topic: str, payload: object, expected: dict[str, Any]
) -> None:
    home = bench(LAMP, "zigbee2mqtt")
    home.send(f"zigbee2mqtt/Lamp/{topic}", payload)
    found = home.attributes("light.lamp")
    assert {name: found[name] for name in expected} == expected
    assert home.world.ignored == {}


@pytest.mark.parametrize(
    ("domain", "attributes", "payload", "state"),
    [
        ("switch", {}, {"state": "TOGGLE"}, "on"),
        ("cover", {"device_class": "curtain"}, {"position": 30}, "open"),
        ("cover", {"device_class": "curtain"}, {"state": "OPEN"}, "open"),
        ("lock", {}, {"state": "UNLOCK"}, "unlocked"),
        (
            "climate",
            {"hvac_modes": ["off", "heat"], "supported_features": ["target_temperature"]},
            {"system_mode": "heat", "occupied_heating_setpoint": 22},
            "heat",
        ),
    ],
)
def test_zigbee2mqtt_speaks_for_other_kinds(
    bench: Callable[..., Any], domain: str, attributes: dict[str, Any], payload: Any, state: str
) -> None:
    home = bench(
        {"entities": [{"id": f"{domain}.it", "name": "It", "attributes": attributes}]},
        "zigbee2mqtt",
    )
    home.send("zigbee2mqtt/It/set", payload)
    home.settle()
    assert home.state(f"{domain}.it") == state
    assert home.world.ignored == {}


def test_what_zigbee2mqtt_has_no_words_for_another_maker_says(bench: Callable[..., Any]) -> None:
    home = bench({"entities": [{"id": "todo.list", "name": "List"}]}, "zigbee2mqtt")
    assert "homeassistant/todo/list/config" in home.heard


def test_domains_without_a_component_list_attributes_and_commands(
    bench: Callable[..., Any],
) -> None:
    home = bench({"entities": [{"id": "media_player.tv", "attributes": {"supported_features": 4}}]})
    found = home.heard["homeassistant/media_player/tv/config"]
    assert found["commands"] == {"volume_set": {"volume_level": {"min": 0, "max": 1, "step": 0.01}}}
    assert "volume_level" in found["attributes"]
    assert found["state_topic"] == "things/media_player_tv/media_player/tv/whole/state"
    assert set(home.heard[found["state_topic"]]) == {"state", "attributes"}


def test_an_entity_elsewhere_than_its_device_is_a_thing_of_its_own(
    bench: Callable[..., Any],
) -> None:
    home = bench(
        {
            "areas": ["Attic", "Cellar"],
            "devices": [{"name": "Box", "area": "Attic"}],
            "entities": [
                {"id": "switch.pump", "name": "Pump", "device": "box", "area": "Cellar"},
                {"id": "switch.box", "name": "Box", "device": "box"},
            ],
        }
    )
    pump = home.heard["homeassistant/device/switch_pump/config"]["device"]
    assert (pump["name"], pump["suggested_area"]) == ("Pump", "Cellar")
    assert home.heard["homeassistant/device/box/config"]["device"]["suggested_area"] == "Attic"


def test_an_unknown_maker_is_refused(bench: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match="unknown maker `acme`"):
        bench({"devices": [{"name": "X", "maker": "acme"}], "entities": [
            {"id": "switch.x", "name": "X", "device": "x"}]})  # fmt: skip


# --- every maker, every entity --------------------------------------------------------------------


def _announced(home: Any) -> Iterator[str]:
    """Yield entity ids as the discovery messages give them."""
    for publication in home.bus.retained("homeassistant/#"):
        found = json.loads(publication.payload)
        for part in found.get("components", {"": found}).values():
            yield part.get("default_entity_id") or part["def_ent_id"]


@pytest.mark.parametrize("maker", MAKERS)
def test_every_entity_is_announced_and_every_message_is_json_or_a_word(
    bench: Callable[..., Any], maker: str
) -> None:
    home = bench(generate_home(120, seed=5), maker)
    announced = set(_announced(home))
    bridged = {
        id_ for node, ids in home.world._nodes if "Bridge" in type(node).__name__ for id_ in ids
    }
    assert announced | bridged == set(home.world.devices)
    assert bool(bridged) is (maker == "zigbee2mqtt")


def test_every_topic_commanded_is_announced_and_heard(bench: Callable[..., Any]) -> None:
    """No device listens where nothing was announced, none announces where it does not listen."""
    home = bench(demo_home())
    announced = set()
    for publication in home.bus.retained("homeassistant/#"):
        found = json.loads(publication.payload)
        for part in found.get("components", {"": found}).values():
            base = part.get("~", "")
            announced |= {
                value.replace("~", base)
                for key, value in part.items()
                if key.endswith(("cmd_t", "command_topic", "set_position_topic", "set_pos_t",
                                 "set_fan_spd_t", "set_fan_speed_topic"))
            }  # fmt: skip
    heard = {topic for topic in home.world.topics() if topic.startswith("things/")}
    assert announced == heard


def test_the_demo_home_has_every_kind_of_entity(bench: Callable[..., Any]) -> None:
    home = demo_home()
    domains = {entity.domain for entity in home.entities}
    assert set(COMPONENTS) <= domains
    assert {"media_player", "todo", "weather", "calendar", "camera", "remote", "script", "timer",
            "input_boolean", "input_number", "input_select", "input_text", "input_datetime",
            "person", "counter", "automation"} <= domains  # fmt: skip
    assert len(home.floors) == 2
    assert len(home.devices) >= 35
    assert set(home.makers.values()) == set(MAKERS) - {"device"}


def test_a_generated_home_has_as_many_entities_as_asked_and_is_the_same_again() -> None:
    for size in (1, 20, 100, 500):
        home = generate_home(size, seed=3)
        assert len(home.entities) == size
        assert home == generate_home(size, seed=3)
        assert home != generate_home(size, seed=4)
        names = [area.name for area in home.areas]
        assert len(set(names)) == len(names)

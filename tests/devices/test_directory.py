from __future__ import annotations

import itertools
import json
import logging
import random
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.directory import Directory
from hubagent.devices.home_assistant import HomeAssistant
from hubagent.devices.zigbee2mqtt import Zigbee2Mqtt
from hubagent.types import Area, AreaId, EntityId, Message

if TYPE_CHECKING:
    from pathlib import Path

    House = Any

IEEE = "0x00158d00000000bb"
NATIVE = [
    {
        "ieee_address": IEEE,
        "friendly_name": "desk",
        "type": "Router",
        "interview_completed": True,
        "definition": {
            "vendor": "Acme",
            "description": "Desk lamp",
            "exposes": [
                {
                    "type": "light",
                    "features": [
                        {
                            "type": "binary",
                            "name": "state",
                            "property": "state",
                            "access": 7,
                            "value_on": "ON",
                            "value_off": "OFF",
                        }
                    ],
                },
                {
                    "type": "enum",
                    "name": "action",
                    "property": "action",
                    "access": 1,
                    "values": ["single", "double"],
                },
            ],
        },
    }
]
NATIVE_TOPIC = "zigbee2mqtt/bridge/devices"
TOLD = {
    "schema": "json",
    "name": None,
    "uniq_id": f"{IEEE}_light_zigbee2mqtt",
    "stat_t": "zigbee2mqtt/desk",
    "cmd_t": "zigbee2mqtt/desk/set",
    "dev": {"ids": [f"zigbee2mqtt_{IEEE}"], "name": "Desk lamp", "sa": "Study"},
}
TOLD_TOPIC = f"homeassistant/light/{IEEE}/light/config"


def test_a_device_told_twice_is_one_and_its_entities_are_not_doubled(house: House) -> None:
    for first, second in ((0, 1), (1, 0)):
        house = type(house)()
        messages = [(NATIVE_TOPIC, NATIVE), (TOLD_TOPIC, TOLD)]
        house.hear(*messages[first])
        house.hear(*messages[second])
        assert house.ids() == ["event.desk_action", "light.desk"]
        (device,) = house.store.view().devices()
        assert device.manufacturer == "Acme"
        lamp = house.store.view().entity(EntityId("light.desk"))
        assert lamp.source.startswith("zigbee2mqtt:")
        assert lamp.aliases == ("Desk lamp",)
        assert [item.name for item in house.store.view().areas()] == ["Study"]


def test_what_only_one_of_them_knows_stays_when_the_other_goes(house: House) -> None:
    house.hear(NATIVE_TOPIC, NATIVE)
    house.hear(TOLD_TOPIC, TOLD)
    house.hear(NATIVE_TOPIC, [])
    assert house.ids() == ["light.desk_lamp"]
    assert house.store.view().entity(EntityId("light.desk_lamp")).source == (
        f"home_assistant:light/{IEEE} light"
    )


def test_entities_heard_in_one_place_are_one_whatever_they_are_called(house: House) -> None:
    switch = {
        "name": "Override",
        "uniq_id": "own",
        "stat_t": "zigbee2mqtt/desk",
        "val_tpl": "{{ value_json.state }}",
        "cmd_t": "zigbee2mqtt/desk/set",
    }
    house.announce("switch", switch)
    house.hear(NATIVE_TOPIC, NATIVE)
    assert house.ids() == ["event.desk_action", "light.desk"]
    assert "Override" in house.store.view().entity(EntityId("light.desk")).aliases


def test_within_one_convention_two_entities_may_share_a_topic(house: House) -> None:
    house.announce("sensor", {"stat_t": "t", "name": "One"}, "one")
    house.announce("binary_sensor", {"stat_t": "t", "name": "Two"}, "two")
    assert house.ids() == ["binary_sensor.two", "sensor.one"]


def test_a_trigger_that_an_event_entity_tells_already_is_left_out(house: House) -> None:
    trigger = {
        "atype": "trigger",
        "type": "action",
        "stype": "double",
        "pl": "double",
        "t": "zigbee2mqtt/desk/action",
        "dev": {"ids": [f"zigbee2mqtt_{IEEE}"], "name": "desk"},
    }
    house.announce("device_automation", trigger)
    assert house.ids() == ["event.desk_double"]
    house.hear(NATIVE_TOPIC, NATIVE)
    assert house.ids() == ["event.desk_action", "light.desk"]


@pytest.mark.parametrize("address", ["AA:BB:CC:DD:EE:01", "aabbccddee01", "AA-BB-CC-DD-EE-01"])
def test_devices_of_one_mac_address_are_one(house: House, address: str) -> None:
    connected = {"cns": [["mac", "aa:bb:cc:dd:ee:01"]], "name": "Box"}
    house.announce("sensor", {"stat_t": "a", "name": "A", "dev": connected}, "a")
    house.announce("sensor", {"stat_t": "b", "name": "B", "dev": {"ids": address}}, "b")
    assert len(house.store.view().devices()) == 1
    assert len(house.ids()) == 2


def test_a_device_has_the_name_that_somebody_gave_it(house: House) -> None:
    house.announce("sensor", {"stat_t": "a", "name": "A", "dev": {"ids": "0x1"}}, "a")
    assert [item.name for item in house.store.view().devices()] == ["0x1"]
    assert house.only().name == "A"
    house.announce(
        "sensor", {"stat_t": "b", "name": "B", "dev": {"ids": "0x1", "name": "Box"}}, "b"
    )
    assert [item.name for item in house.store.view().devices()] == ["Box"]


def test_a_third_announcement_may_join_two_devices(house: House) -> None:
    one = {"ids": ["first"], "name": "First"}
    two = {"ids": ["second"], "name": "Second"}
    house.announce("sensor", {"stat_t": "a", "uniq_id": "a", "dev": one}, "a")
    house.announce("sensor", {"stat_t": "b", "uniq_id": "b", "dev": two}, "b")
    assert len({item.device_id for item in house.store.view().entities()}) == 2
    both = {"ids": ["second", "first"], "name": "Both"}
    house.announce("sensor", {"stat_t": "c", "uniq_id": "c", "dev": both}, "c")
    assert len({item.device_id for item in house.store.view().entities()}) == 1


def test_an_update_that_changes_nothing_tells_the_store_nothing(house: House) -> None:
    house.hear(TOLD_TOPIC, TOLD)
    before = house.store.view().entities()
    house.hear(TOLD_TOPIC, TOLD)
    # The very same objects: the registry was not touched.
    assert house.store.view().entities() is before


def test_a_new_announcement_replaces_topics_and_keeps_the_state(house: House) -> None:
    house.announce("switch", {"stat_t": "a", "cmd_t": "a/set", "uniq_id": "u", "name": "S"})
    house.hear("a", "ON")
    house.announce("switch", {"stat_t": "b", "cmd_t": "b/set", "uniq_id": "u", "name": "S"})
    assert house.state().state == "on"
    house.hear("a", "OFF")
    assert house.state().state == "on"
    house.hear("b", "OFF")
    assert house.state().state == "off"
    assert house.command("turn_on") == [("b/set", "ON")]


def test_an_empty_announcement_removes_the_entity(house: House) -> None:
    house.announce("switch", {"cmd_t": "a"})
    house.hear("homeassistant/switch/x/config", "")
    assert house.ids() == []
    house.hear("homeassistant/switch/never_seen/config", "")


def test_a_device_message_that_is_cleared_takes_all_its_components(house: House) -> None:
    config = {
        "dev": {"ids": ["b"], "name": "Box"},
        "o": {"name": "box2mqtt"},
        "cmps": {
            "t": {"p": "sensor", "uniq_id": "t", "stat_t": "b/t", "name": "T"},
            "r": {"p": "switch", "uniq_id": "r", "cmd_t": "b/r", "name": "R"},
        },
    }
    topic = "homeassistant/device/b/config"
    house.hear(topic, config)
    assert house.ids() == ["sensor.box_t", "switch.box_r"]
    house.hear(topic, {**config, "cmps": {"t": {"p": "sensor"}}})
    assert house.ids() == ["switch.box_r"]
    house.hear(topic, "")
    assert house.ids() == []


def test_an_entity_that_migrates_keeps_its_id_and_its_state(house: House) -> None:
    device = {"ids": ["b"], "name": "Box"}
    single = {"uniq_id": "t", "stat_t": "b/t", "name": "T", "dev": device}
    component = {"p": "sensor", "uniq_id": "t", "stat_t": "b/t", "name": "T"}
    whole = {"dev": device, "o": {"name": "box2mqtt"}, "cmps": {"t": component}}
    house.hear("homeassistant/sensor/b/t/config", single)
    house.hear("b/t", "21")
    house.hear("homeassistant/sensor/b/t/config", {"migrate_discovery": True})
    assert house.state("sensor.box_t").state == "21"
    house.hear("homeassistant/device/b/config", whole)
    house.hear("homeassistant/sensor/b/t/config", "")
    assert house.ids() == ["sensor.box_t"]
    assert house.state().state == "21"
    assert house.only().source == "home_assistant:device/b/t"


def test_what_is_refused_changes_nothing_is_counted_and_logged_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.announce("switch", {"cmd_t": "a"})
    before = house.store.view().entities()
    with caplog.at_level(logging.WARNING, "hubagent.devices"):
        for _ in range(3):
            house.announce("switch", {"cmd_t": "a", "qos": "x"})
        house.hear("homeassistant/switch/y/config", "{")
    assert house.store.view().entities() == before
    assert house.directory.problems == {"wrong value": 3, "not JSON": 1}
    assert len(caplog.records) == 2


@pytest.mark.parametrize("key", ["val_tpl", "cmd_tpl"])
def test_a_template_that_does_not_compile_is_refused(house: House, key: str) -> None:
    good = {"cmd_t": "a", "stat_t": "b", "name": "S"}
    house.announce("switch", good)
    house.announce("switch", {**good, "name": "T", key: "{{ value"})
    assert house.directory.problems == {"does not compile": 1}
    assert house.only().name == "S"
    house.announce("switch", {**good, "name": "T"})
    assert house.only().name == "T"


def test_two_that_want_one_id_get_it_by_their_names_not_by_their_order() -> None:
    configs = [{"cmd_t": f"{key}", "uniq_id": key, "name": "Lamp"} for key in "abc"]
    outcomes = []
    for order in itertools.permutations(range(3)):
        store = ContextStore(clock=ManualClock())
        directory = Directory(store, (HomeAssistant(),))
        for number in order:
            topic = f"homeassistant/switch/{number}/config"
            raw = str(configs[number]).replace("'", '"').encode()
            directory.handle("home_assistant", Message(topic, raw, True, 0.0))
        outcomes.append({item.unique_id: item.entity_id for item in store.view().entities()})
    assert outcomes[0] == {"a": "switch.lamp", "b": "switch.lamp_2", "c": "switch.lamp_3"}
    assert all(outcome == outcomes[0] for outcome in outcomes)


def started(path: Path, clock: ManualClock) -> tuple[ContextStore, Directory]:
    store = ContextStore(path, clock=clock)
    return store, Directory(store, (Zigbee2Mqtt(), HomeAssistant()))


def tell(directory: Directory, clock: ManualClock, topic: str, payload: str) -> None:
    adapter = "zigbee2mqtt" if "bridge" in topic else "home_assistant"
    directory.handle(adapter, Message(topic, payload.encode(), True, clock.now_s()))


def test_after_a_restart_ids_stay_and_what_left_meanwhile_goes(tmp_path: Path) -> None:
    clock = ManualClock()
    store, directory = started(tmp_path, clock)
    tell(
        directory, clock, "homeassistant/switch/b/config", '{"cmd_t":"b","uniq_id":"b","name":"L"}'
    )
    tell(directory, clock, "homeassistant/switch/gone/config", '{"cmd_t":"g","name":"Gone"}')
    store.close()

    store, directory = started(tmp_path, clock)
    assert len(store.view().entities()) == 2
    # `a` sorts before `b`, and yet may not take what `b` had.
    tell(
        directory, clock, "homeassistant/switch/a/config", '{"cmd_t":"a","uniq_id":"a","name":"L"}'
    )
    tell(directory, clock, "homeassistant/switch/gone/config", "")
    tell(
        directory, clock, "homeassistant/switch/b/config", '{"cmd_t":"b","uniq_id":"b","name":"L"}'
    )
    ids = {item.unique_id: item.entity_id for item in store.view().entities()}
    assert ids == {"a": "switch.l_2", "b": "switch.l"}


def test_a_device_that_left_the_network_meanwhile_is_removed(tmp_path: Path) -> None:
    clock = ManualClock()
    store, directory = started(tmp_path, clock)
    tell(directory, clock, NATIVE_TOPIC, json.dumps(NATIVE))
    assert store.view().entities()
    store.close()
    store, directory = started(tmp_path, clock)
    tell(directory, clock, NATIVE_TOPIC, "[]")
    assert not store.view().entities()


def test_an_area_is_made_once_and_the_owner_may_say_otherwise(house: House) -> None:
    config = {"cmd_t": "a", "name": "S", "dev": {"ids": ["d"], "name": "D", "sa": "Study"}}
    house.announce("switch", config)
    entity = house.only()
    (area,) = house.store.view().areas()
    assert house.store.view().area_of(entity.entity_id) == area.area_id
    house.store.set_area(Area(AreaId("attic"), "Attic"))
    house.store.set_device_facts(entity.device_id, area_id=AreaId("attic"))
    house.announce("switch", {**config, "name": "T"})
    assert house.store.view().area_of(house.only().entity_id) == "attic"


ANNOUNCED: list[tuple[str, Any]] = [
    (NATIVE_TOPIC, NATIVE),
    (TOLD_TOPIC, TOLD),
    ("zigbee2mqtt/desk/availability", {"state": "online"}),
    ("zigbee2mqtt/bridge/state", {"state": "online"}),
    ("zigbee2mqtt/desk", {"state": "ON", "brightness": 20}),
    (
        "homeassistant/switch/one/config",
        {"cmd_t": "1/set", "stat_t": "1", "uniq_id": "1", "name": "Fan"},
    ),
    (
        "homeassistant/switch/two/config",
        {"cmd_t": "2/set", "stat_t": "2", "uniq_id": "2", "name": "Fan"},
    ),
    ("homeassistant/sensor/bad/config", {"stat_t": [5]}),
    (
        "homeassistant/sensor/box/t/config",
        {"stat_t": "b/t", "uniq_id": "bt", "dev": {"ids": "box"}},
    ),
    (
        "homeassistant/device/box/config",
        {
            "dev": {"ids": ["box", "aabbccddee02"], "name": "Box"},
            "o": {"name": "n"},
            "cmps": {
                "t": {"p": "sensor", "uniq_id": "bt", "stat_t": "b/t", "name": "Warmth"},
                "h": {"p": "sensor", "uniq_id": "bh", "stat_t": "b/h", "name": "Damp"},
            },
        },
    ),
    (
        "homeassistant/lock/gate/config",
        {
            "cmd_t": "g/set",
            "stat_t": "g",
            "name": "Gate",
            "dev": {"cns": [["mac", "AA:BB:CC:DD:EE:02"]]},
        },
    ),
    ("1", "ON"),
    ("2", "OFF"),
    ("b/t", "21"),
    ("b/h", "40"),
    ("g", "LOCKED"),
]


def test_the_order_of_retained_messages_does_not_matter(house: House) -> None:
    outcomes = []
    for seed in range(12):
        fresh = type(house)()
        order = ANNOUNCED.copy()
        random.Random(seed).shuffle(order)  # noqa: S311  # nothing secret
        for topic, payload in order:
            fresh.hear(topic, payload)
        view = fresh.store.view()
        outcomes.append(
            [
                (item, view.state(item.entity_id).state, view.state(item.entity_id).available)
                for item in view.entities()
            ]
        )
        assert fresh.directory.problems == {"wrong value": 1}
    assert [str(item.entity_id) for item, _, _ in outcomes[0]] == [
        "event.desk_action",
        "light.desk",
        "lock.gate",
        "sensor.box_damp",
        "sensor.box_warmth",
        "switch.fan",
        "switch.fan_2",
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes)

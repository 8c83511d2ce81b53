"""One thing told by two conventions is one, in either order, and two things are not made one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.devices.keys import device_keys, near_keys
from hubagent.types import Device, DeviceId

if TYPE_CHECKING:
    from collections.abc import Callable

    House = Any
    Said = tuple[str, object]

MAC = "A1B2C3D4E5F6"
TASMOTA: list[Said] = [
    (
        f"tasmota/discovery/{MAC}/config",
        {
            "dn": "Desk", "fn": [None], "hn": "desk", "if": 0, "mac": MAC, "md": "Plug", "ofln": "Offline",
            "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14", "t": "desk",
            "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1], "swc": [-1], "btn": [0],
            "so": {}, "lt_st": 0, "ver": 1,
        },
    ),
    (f"tasmota/discovery/{MAC}/sensors", {"sn": {"Time": "x", "AM2301": {"Temperature": 20.5}, "TempUnit": "C"}, "ver": 1}),
]  # fmt: skip
TOLD_OF_TASMOTA: list[Said] = [
    (
        "homeassistant/switch/D4E5F6_RL_1/config",
        {
            "name": "Lamp by the window", "stat_t": "~tele/STATE", "val_tpl": "{{value_json.POWER | default('OFF')}}",
            "cmd_t": "cmnd/desk/POWER", "pl_on": "ON", "pl_off": "OFF", "uniq_id": "D4E5F6_RL_1", "~": "desk/",
            "dev": {"ids": ["D4E5F6"], "name": "Window", "sa": "Study"},
        },
    ),
    (
        "homeassistant/sensor/D4E5F6_AM2301/config",
        {
            "name": "AM2301 Temperature", "stat_t": "tele/desk/SENSOR", "unit_of_meas": "°C", "dev_cla": "temperature",
            "val_tpl": "{{ value_json['AM2301'].Temperature | round(1) }}", "uniq_id": "D4E5F6_AM2301_T",
            "dev": {"ids": ["D4E5F6"]},
        },
    ),
]  # fmt: skip
PLUG = "shellyplug-s-aabbccddeeff"
SHELLY: list[Said] = [
    ("shellies/announce", {"id": PLUG, "model": "SHPLG-S", "mac": "AABBCCDDEEFF", "fw_ver": "1"}),
    (f"shellies/{PLUG}/relay/0", "on"),
    (f"shellies/{PLUG}/relay/0/power", "3.5"),
]
TOLD_OF_SHELLY: list[Said] = [
    (
        f"homeassistant/switch/{PLUG}-relay-0/config",
        {
            "name": "Kettle", "stat_t": f"shellies/{PLUG}/relay/0", "pl_on": "on", "pl_off": "off", "uniq_id": "k",
            "val_tpl": "{{ 'on' if value == 'on' else 'off' }}", "cmd_t": f"shellies/{PLUG}/relay/0/command",
            "dev": {"ids": ["aa:bb:cc:dd:ee:ff"], "name": "Kettle"},
        },
    ),
    (
        f"homeassistant/sensor/{PLUG}-power/config",
        {
            "name": "Power", "stat_t": f"shellies/{PLUG}/relay/0/power", "unit_of_meas": "W", "uniq_id": "kp",
            "val_tpl": "{{ value | float | round(1) }}", "dev": {"ids": [PLUG], "name": "Kettle"},
        },
    ),
]  # fmt: skip
PLUS = "shellyplus1-44179393aabb"
SHELLY_PLUS: list[Said] = [
    (f"{PLUS}/status/switch:0", {"id": 0, "output": True, "temperature": {"tC": 40.1}}),
]
TOLD_OF_SHELLY_PLUS: list[Said] = [
    (
        "homeassistant/switch/boiler/config",
        {
            "name": "Boiler", "stat_t": f"{PLUS}/status/switch:0", "val_tpl": "{{ value_json.output | lower }}",
            "stat_on": "true", "stat_off": "false", "cmd_t": f"{PLUS}/command/switch:0", "pl_on": "on",
            "pl_off": "off", "uniq_id": "b", "dev": {"cns": [["mac", "44:17:93:93:AA:BB"]], "name": "Boiler"},
        },
    ),
]  # fmt: skip
HEARD: list[Said] = [("home/gw/BTtoMQTT/A4C138AABBCC", {"id": "A4:C1:38:AA:BB:CC", "name": "T", "model_id": "LYWSD03MMC", "tempc": 21.5, "hum": 40})]  # fmt: skip
TOLD_OF_HEARD: list[Said] = [
    (
        "homeassistant/sensor/A4C138AABBCC-tempc/config",
        {
            "name": "Temperature", "stat_t": "+/+/BTtoMQTT/A4C138AABBCC", "dev_cla": "temperature",
            "unit_of_meas": "°C", "val_tpl": "{{ value_json.tempc | is_defined }}", "uniq_id": "A4C138AABBCC-tempc",
            "dev": {"ids": ["A4C138AABBCC"], "cns": [["mac", "A4C138AABBCC"]], "name": "Bath thermometer"},
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("native", "told", "adapter"),
    [
        (TASMOTA, TOLD_OF_TASMOTA, "tasmota"),
        (SHELLY, TOLD_OF_SHELLY, "shelly_gen1"),
        (SHELLY_PLUS, TOLD_OF_SHELLY_PLUS, "shelly_rpc"),
        (HEARD, TOLD_OF_HEARD, "theengs"),
    ],
    ids=["tasmota", "shelly_gen1", "shelly_rpc", "theengs"],
)
def test_what_home_assistant_is_told_of_a_device_is_no_second_device(
    house: House, native: list[Said], told: list[Said], adapter: str
) -> None:
    alone = type(house)()
    for topic, payload in native:
        alone.hear(topic, payload)
    expected = [entity.source for entity in alone.store.view().entities()]
    for messages in ([*native, *told], [*told, *native], [*reversed(told), *reversed(native)]):
        home = type(house)()
        for topic, payload in messages:
            home.hear(topic, payload)
        view = home.store.view()
        assert sorted(entity.source for entity in view.entities()) == sorted(expected)
        assert len(view.devices()) == 1
        assert all(entity.source.startswith(f"{adapter}:") for entity in view.entities())
        names = [name for entity in view.entities() for name in (entity.name, *entity.aliases)]
        for _, config in told:
            assert isinstance(config, dict)
            assert any(config["name"] in name for name in names)


def test_what_is_made_of_a_reading_is_not_the_reading(house: House) -> None:
    for topic, payload in SHELLY:
        house.hear(topic, payload)
    before = len(house.ids())
    place = f"shellies/{PLUG}/relay/0/power"
    cost = {"name": "Cost", "stat_t": place, "val_tpl": "{{ value | float * 0.3 }}", "uniq_id": "c"}
    house.announce("sensor", {**cost, "unit_of_meas": "EUR"}, "cost")
    busy = {"name": "Busy", "stat_t": place, "val_tpl": "{{ 'ON' if value | float > 9 else 'OFF' }}", "uniq_id": "r"}  # fmt: skip
    house.announce("binary_sensor", busy, "busy")
    assert len(house.ids()) == before + 2


def test_names_join_only_where_neither_convention_has_two_of_them(house: House) -> None:
    device = {"dev": {"ids": ["AABBCCDDEEFF"], "name": "Kettle"}}
    for number in (1, 2):
        house.announce(
            "sensor",
            {"name": "Power", "stat_t": f"x/{number}", "unit_of_meas": "W", "uniq_id": f"p{number}", **device},
            f"p{number}",
        )  # fmt: skip
    for topic, payload in SHELLY:
        house.hear(topic, payload)
    assert len(house.store.view().devices()) == 1
    assert len([item for item in house.ids() if "power" in item]) == 3


def test_equal_names_of_other_devices_stay_two(house: House) -> None:
    for number in (1, 2):
        house.announce(
            "sensor",
            {"name": "Power", "stat_t": f"x/{number}", "uniq_id": f"p{number}", "dev": {"ids": [f"d{number}"], "name": "Plug"}},
            f"p{number}",
        )  # fmt: skip
    assert len(house.ids()) == 2


@pytest.mark.parametrize(
    ("identifier", "key"),
    [
        ("aabbccddeeff", "mac:aa:bb:cc:dd:ee:ff"),
        ("shellyplug-s-AABBCCDDEEFF", "mac:aa:bb:cc:dd:ee:ff"),
        ("tasmota_AA-BB-CC-DD-EE-FF", "mac:aa:bb:cc:dd:ee:ff"),
        ("zigbee2mqtt_0x00158D00000000bb", "ieee:00158d00000000bb"),
        ("0x00158d00000000bb", "ieee:00158d00000000bb"),
        # What is behind a device is not the device.
        ("bridge-aabbccddeeff_433_1", None),
        ("aabbccddeeff_112233445566", None),
        ("zigbee2mqtt_bridge_0x00158d00000000bb", None),
        ("D4E5F6", None),
    ],
)
def test_addresses_in_identifiers(identifier: str, key: str | None) -> None:
    device = Device(DeviceId("x"), "X", identifiers=(identifier,))
    found = device_keys(device) - {f"id:{identifier}"}
    assert found == ({key} if key else set())


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{{ value_json.a['b c'][0] | round(1) }}", "/a/b c/0"),
        ("{{ value | float }}", ""),
        ("{% if value_json.a %}{{ value_json.a }}{% endif %}", "/a"),
        ("{{ value_json.a + value_json.b }}", None),
        ("{{ value_json.a if value_json is defined }}", None),
        ("{{ states('x') }}", None),
    ],
)
def test_the_one_value_that_a_template_looks_at(
    announce: Callable[..., Any], template: str, path: str | None
) -> None:
    found = near_keys(announce("sensor", {"stat_t": "t", "val_tpl": template}))
    assert found == (set() if path is None else {f"near:sensor t {path}"})

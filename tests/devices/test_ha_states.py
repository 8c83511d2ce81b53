"""What is understood of each component's messages, through the real store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubagent.types import Value

    House = Any

JSON_LIGHT = {"schema": "json", "cmd_t": "l/set", "stat_t": "l", "bri_scl": 254}

CASES: list[tuple[str, dict[str, Any], list[tuple[str, Any]], Value, dict[str, Value]]] = [
    ("switch", {"cmd_t": "s/set", "stat_t": "s"}, [("s", "ON")], "on", {}),
    (
        "switch",
        {"cmd_t": "c", "stat_t": "s", "stat_on": "1", "stat_off": "0"},
        [("s", "0")],
        "off",
        {},
    ),
    ("switch", {"cmd_t": "c", "stat_t": "s"}, [("s", "ON"), ("s", "on")], "on", {}),
    ("siren", {"cmd_t": "c", "stat_t": "s"}, [("s", {"state": "ON", "tone": "x"})], "on", {}),
    ("siren", {"cmd_t": "c", "stat_t": "s"}, [("s", "OFF")], "off", {}),
    ("sensor", {"stat_t": "t", "unit_of_meas": "°C"}, [("t", "21.5")], 21.5, {}),
    ("sensor", {"stat_t": "t", "unit_of_meas": "°C"}, [("t", "21.5"), ("t", "nan")], None, {}),
    ("sensor", {"stat_t": "t", "unit_of_meas": "°C"}, [("t", "21,5")], 21.5, {}),
    ("sensor", {"stat_t": "t"}, [("t", "Kitchen")], "Kitchen", {}),
    ("sensor", {"stat_t": "t"}, [("t", "a"), ("t", "None")], None, {}),
    ("sensor", {"stat_t": "t"}, [("t", "a"), ("t", "")], "a", {}),
    (
        "sensor",
        {"stat_t": "t", "val_tpl": "{{ value_json.p | round(1) }}", "unit_of_meas": "W"},
        [("t", {"p": 3.14159})],
        3.1,
        {},
    ),
    ("sensor", {"stat_t": "+/+/b", "unit_of_meas": "%"}, [("x/y/b", "7")], 7, {}),
    (
        "binary_sensor",
        {"stat_t": "b", "val_tpl": "{{ value_json.o }}", "pl_on": True, "pl_off": False},
        [("b", {"o": True})],
        "on",
        {},
    ),
    (
        "binary_sensor",
        {
            "stat_t": "b",
            "val_tpl": "{{ value_json.o or false }}",
            "pl_on": "True",
            "pl_off": "False",
        },
        [("b", {"o": True})],
        "on",
        {},
    ),
    (
        "light",
        {
            "cmd_t": "c",
            "stat_t": "l",
            "bri_stat_t": "l/b",
            "bri_scl": 100,
            "clr_temp_stat_t": "l/t",
            "rgb_stat_t": "l/rgb",
            "fx_stat_t": "l/fx",
        },
        [("l", "ON"), ("l/b", "50"), ("l/t", "250"), ("l/rgb", "1,2,3"), ("l/fx", "rain")],
        "on",
        {"brightness": 128, "color_temp_kelvin": 4000, "rgb_color": (1, 2, 3), "effect": "rain"},
    ),
    (
        "light",
        {**JSON_LIGHT, "sup_clrm": ["color_temp", "xy"]},
        [
            (
                "l",
                {
                    "state": "ON",
                    "brightness": 254,
                    "color_mode": "xy",
                    "color": {"x": 0.1, "y": 0.2},
                    "color_temp": 400,
                },
            )
        ],
        "on",
        {
            "brightness": 255,
            "color_mode": "xy",
            "xy_color": (0.1, 0.2),
            "rgb_color": (0, 172, 255),
            "color_temp_kelvin": 2500,
        },
    ),
    (
        "light",
        {**JSON_LIGHT, "sup_clrm": ["rgb"]},
        [("l", {"state": "ON", "color": {"r": 1, "g": 2, "b": 3}}), ("l", {"state": "OFF"})],
        "off",
        {"rgb_color": (1, 2, 3)},
    ),
    (
        "light",
        {
            "schema": "template",
            "cmd_t": "c",
            "stat_t": "l",
            "cmd_on_tpl": "on",
            "cmd_off_tpl": "off",
            "stat_tpl": "{{ value.split(',')[0] }}",
            "bri_tpl": "{{ value.split(',')[1] }}",
            "r_tpl": "{{ value.split(',')[2] }}",
            "g_tpl": "{{ value.split(',')[3] }}",
            "b_tpl": "{{ value.split(',')[4] }}",
        },
        [("l", "on,77,1,2,3")],
        "on",
        {"brightness": 77, "rgb_color": (1, 2, 3)},
    ),
    (
        "climate",
        {
            "mode_stat_t": "c/m",
            "act_t": "c/a",
            "temp_stat_t": "c/t",
            "curr_temp_t": "c/ct",
            "curr_hum_t": "c/ch",
            "fan_mode_stat_t": "c/f",
            "pr_mode_stat_t": "c/p",
            "swing_mode_stat_t": "c/s",
        },
        [
            ("c/m", "heat"),
            ("c/a", "heating"),
            ("c/t", "21.5"),
            ("c/ct", "20"),
            ("c/ch", "40"),
            ("c/f", "low"),
            ("c/p", "eco"),
            ("c/s", "on"),
        ],
        "heat",
        {
            "hvac_action": "heating",
            "temperature": 21.5,
            "current_temperature": 20,
            "current_humidity": 40,
            "fan_mode": "low",
            "preset_mode": "eco",
            "swing_mode": "on",
        },
    ),
    (
        "climate",
        {"temp_lo_stat_t": "lo", "temp_hi_stat_t": "hi"},
        [("lo", "19"), ("hi", "24")],
        None,
        {"target_temp_low": 19, "target_temp_high": 24},
    ),
    (
        "humidifier",
        {
            "cmd_t": "c",
            "hum_cmd_t": "d",
            "stat_t": "h",
            "hum_stat_t": "h/h",
            "mode_stat_t": "h/m",
            "curr_hum_t": "h/c",
        },
        [("h", "ON"), ("h/h", "55"), ("h/m", "eco"), ("h/c", "61")],
        "on",
        {"humidity": 55, "mode": "eco", "current_humidity": 61},
    ),
    (
        "water_heater",
        {"mode_stat_t": "w/m", "temp_stat_t": "w/t"},
        [("w/m", "eco"), ("w/t", "48")],
        "eco",
        {"temperature": 48},
    ),
    (
        "fan",
        {
            "cmd_t": "c",
            "stat_t": "f",
            "pct_stat_t": "f/p",
            "spd_rng_max": 4,
            "osc_stat_t": "f/o",
            "dir_stat_t": "f/d",
            "pr_mode_stat_t": "f/m",
        },
        [
            ("f", "ON"),
            ("f/p", "3"),
            ("f/o", "oscillate_on"),
            ("f/d", "reverse"),
            ("f/m", "breeze"),
        ],
        "on",
        {"percentage": 75, "oscillating": True, "direction": "reverse", "preset_mode": "breeze"},
    ),
    ("cover", {"cmd_t": "c", "stat_t": "s"}, [("s", "opening")], "opening", {}),
    (
        "cover",
        {"cmd_t": "c", "pos_t": "p", "pos_open": 0, "pos_clsd": 200},
        [("p", "50")],
        "open",
        {"current_position": 75},
    ),
    (
        "cover",
        {"cmd_t": "c", "pos_t": "p", "pos_open": 0, "pos_clsd": 200},
        [("p", "200")],
        "closed",
        {"current_position": 0},
    ),
    (
        "cover",
        {"cmd_t": "c", "pos_t": "p", "pos_tpl": "{{ value_json['pos 1'] }}"},
        [("p", {"pos 1": 0})],
        "closed",
        {"current_position": 0},
    ),
    (
        "cover",
        {"cmd_t": "c", "pos_t": "p", "pos_tpl": "{{ value_json.pos }}"},
        [("p", {"pos": 30}), ("p", {"rssi": -60})],
        "open",
        {"current_position": 30},
    ),
    (
        "cover",
        {"cmd_t": "c", "tilt_status_t": "t", "tilt_max": 180},
        [("t", "90")],
        None,
        {"current_tilt_position": 50},
    ),
    ("valve", {"cmd_t": "c", "stat_t": "v"}, [("v", "closing")], "closing", {}),
    (
        "valve",
        {"cmd_t": "c", "stat_t": "v", "pos": True},
        [("v", "30")],
        "open",
        {"current_position": 30},
    ),
    (
        "valve",
        {"cmd_t": "c", "stat_t": "v", "pos": True},
        [("v", "0")],
        "closed",
        {"current_position": 0},
    ),
    (
        "valve",
        {"cmd_t": "c", "stat_t": "v", "pos": True},
        [("v", {"state": "closing", "position": 40})],
        "closing",
        {"current_position": 40},
    ),
    ("lock", {"cmd_t": "c", "stat_t": "k"}, [("k", "JAMMED")], "jammed", {}),
    ("lock", {"cmd_t": "c", "stat_t": "k", "stat_locked": "1"}, [("k", "1")], "locked", {}),
    (
        "vacuum",
        {"stat_t": "v"},
        [("v", {"state": "docked", "battery_level": 61, "fan_speed": "max"})],
        "docked",
        {"battery_level": 61, "fan_speed": "max"},
    ),
    ("lawn_mower", {"act_stat_t": "m"}, [("m", "mowing")], "mowing", {}),
    ("number", {"cmd_t": "c", "stat_t": "n"}, [("n", "4")], 4, {}),
    (
        "select",
        {"cmd_t": "c", "stat_t": "s", "ops": ["a", "b"]},
        [("s", "b"), ("s", "z")],
        "b",
        {},
    ),
    ("text", {"cmd_t": "c", "stat_t": "t"}, [("t", "hello")], "hello", {}),
    ("alarm_control_panel", {"cmd_t": "c", "stat_t": "a"}, [("a", "armed_home")], "armed_home", {}),
    ("device_tracker", {"stat_t": "d", "pl_home": "yes"}, [("d", "yes")], "home", {}),
    ("device_tracker", {"stat_t": "d"}, [("d", "Office")], "Office", {}),
    (
        "update",
        {"stat_t": "u"},
        [("u", {"installed_version": "1.0", "latest_version": "1.1"})],
        "on",
        {"installed_version": "1.0", "latest_version": "1.1"},
    ),
    (
        "update",
        {"stat_t": "u", "l_ver_t": "u/l"},
        [("u", "1.0"), ("u/l", "1.1")],
        None,
        {"installed_version": "1.0", "latest_version": "1.1"},
    ),
    (
        "image",
        {"url_t": "i"},
        [("i", "http://cam.example/1.jpg")],
        None,
        {"url": "http://cam.example/1.jpg"},
    ),
    (
        "media_player",
        {"stat_t": "tv", "attributes": ["volume_level", "is_volume_muted"]},
        [
            (
                "tv",
                {
                    "state": "playing",
                    "attributes": {"volume_level": 0.3, "is_volume_muted": False, "junk": 1},
                },
            )
        ],
        "playing",
        {"volume_level": 0.3, "is_volume_muted": False},
    ),
    (
        "weather",
        {"stat_t": "w", "json_attr_t": "w/attr", "attributes": ["temperature"]},
        [("w", {"state": "sunny"}), ("w/attr", {"temperature": 12, "ozone": 3})],
        "sunny",
        {"temperature": 12},
    ),
]


@pytest.mark.parametrize(("component", "config", "messages", "state", "attributes"), CASES)
def test_messages_become_the_state_of_home_assistant(
    house: House,
    component: str,
    config: dict[str, Any],
    messages: list[tuple[str, Any]],
    state: Value,
    attributes: dict[str, Value],
) -> None:
    house.announce(component, config)
    for topic, payload in messages:
        assert house.hear(topic, payload).failed == 0
    found = house.state()
    assert found.state == state
    assert dict(found.attributes) == attributes


# Of several messages on one topic, only the last is still there when the announcement comes.
ONE_EACH = [case for case in CASES if len({topic for topic, _ in case[2]}) == len(case[2])]


@pytest.mark.parametrize(("component", "config", "messages", "state", "attributes"), ONE_EACH)
def test_the_announcement_may_come_after_the_state(
    house: House,
    component: str,
    config: dict[str, Any],
    messages: list[tuple[str, Any]],
    state: Value,
    attributes: dict[str, Value],
) -> None:
    for topic, payload in messages:
        house.hear(topic, payload)
    house.announce(component, config)
    found = house.state()
    assert found.state == state
    assert dict(found.attributes) == attributes


def test_all_sources_of_availability_must_agree(house: House) -> None:
    config = {"cmd_t": "c", "avty": [{"t": "bridge"}, {"t": "a"}], "avty_mode": "all"}
    house.announce("switch", config)
    house.hear("bridge", "online")
    assert not house.state().available
    house.hear("a", "online")
    assert house.state().available
    house.hear("bridge", "offline")
    assert not house.state().available


def test_a_value_expires(house: House) -> None:
    house.announce("sensor", {"stat_t": "t", "exp_aft": 60})
    house.hear("t", "1")
    assert house.state().available
    house.clock.advance(61)
    house.store.tick()
    assert not house.state().available


def test_an_event_is_told_once_and_is_no_state(house: House) -> None:
    house.announce("event", {"stat_t": "e", "evt_typ": ["single", "double"]})
    report = house.hear("e", {"event_type": "double"}, retained=False)
    assert [item.event_type for item in report.events] == ["double"]
    assert not house.hear("e", {"event_type": "unheard_of"}, retained=False).events
    assert not house.hear("e", {"event_type": "single"}, retained=True).events
    assert house.state().state is None


def test_an_event_may_be_made_by_a_template(house: House) -> None:
    template = '{"event_type": "{{ value_json.action }}"}'
    house.announce("event", {"stat_t": "e", "evt_typ": ["on"], "val_tpl": template})
    report = house.hear("e", {"action": "on"}, retained=False)
    assert [item.event_type for item in report.events] == ["on"]


def test_a_trigger_fires_on_its_payload_only(house: House) -> None:
    house.announce(
        "device_automation",
        {
            "atype": "trigger",
            "t": "button",
            "pl": "short",
            "type": "button_short_press",
            "stype": "button_1",
            "dev": {"ids": ["d"], "name": "Wall"},
        },
    )
    assert house.only().domain == "event"
    report = house.hear("button", "short", retained=False)
    assert [item.event_type for item in report.events] == ["button_short_press"]
    assert not house.hear("button", "long", retained=False).events


def test_a_tag_is_told_by_its_id(house: House) -> None:
    config = {"t": "nfc", "val_tpl": "{{ value_json.uid }}", "dev": {"ids": ["r"], "name": "R"}}
    house.announce("tag", config)
    report = house.hear("nfc", {"uid": "04AB"}, retained=False)
    assert [item.event_type for item in report.events] == ["04AB"]

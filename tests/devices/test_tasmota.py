"""Tasmota's native discovery, through a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    House = Any

MAC = "A1B2C3D4E5F6"
BASE: dict[str, Any] = {
    "dn": "Desk",
    "fn": [None, None],
    "hn": "desk-1234",
    "if": 0,
    "mac": MAC,
    "md": "Plug",
    "ofln": "Offline",
    "onln": "Online",
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "sw": "14.1.0",
    "t": "desk",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "rl": [1, 0],
    "swc": [-1, -1],
    "btn": [0, 0],
    "so": {},
    "lt_st": 0,
    "ver": 1,
}


def announce(house: House, **more: object) -> None:
    house.hear(f"tasmota/discovery/{MAC}/config", {**BASE, **more})


def test_a_relay_is_a_switch_confirmed_by_its_result(house: House) -> None:
    announce(house)
    entity = house.only()
    assert (entity.entity_id, entity.name) == ("switch.desk", "Desk")
    assert house.command("turn_on") == [("cmnd/desk/POWER", "ON")]
    assert house.command("turn_off") == [("cmnd/desk/POWER", "OFF")]
    assert house.command("toggle") == [("cmnd/desk/POWER", "TOGGLE")]
    house.hear("stat/desk/RESULT", {"POWER": "ON"}, retained=False)
    assert house.state().state == "on"
    house.hear("stat/desk/RESULT", {"Dimmer": 3}, retained=False)
    assert house.state().state == "on"
    house.hear("stat/desk/POWER", "OFF", retained=False)
    assert house.state().state == "off"
    house.hear("tele/desk/STATE", {"Time": "x", "POWER1": "ON"}, retained=False)
    assert house.state().state == "on"
    house.hear("stat/desk/STATUS11", {"StatusSTS": {"POWER": "OFF"}}, retained=False)
    assert house.state().state == "off"


def test_its_will_says_whether_it_is_there_and_it_is_asked_when_it_comes_back(
    house: House,
) -> None:
    announce(house)
    asked = [("cmnd/desk/STATUS", b"11"), ("cmnd/desk/STATUS", b"10")]
    assert [(item.topic, item.payload) for item in house.requests] == asked
    house.hear("tele/desk/LWT", "Offline")
    assert not house.state().available
    house.hear("tele/desk/LWT", "Online")
    assert house.state().available
    assert len(house.requests) == 2  # what a broker kept is no return
    house.hear("tele/desk/LWT", "Online", retained=False)
    assert [(item.topic, item.payload) for item in house.requests[2:]] == asked


def test_one_that_sleeps_is_there_all_the_same(house: House) -> None:
    announce(house, dslp=1)
    house.hear("tele/desk/LWT", "Offline")
    assert house.state().available


def test_several_relays_are_numbered_and_have_their_own_names(house: House) -> None:
    announce(house, rl=[1, 1, 0], fn=["Tasmota", "Beer Fridge", None])
    assert house.ids() == ["switch.beer_fridge", "switch.desk_1"]
    house.hear("stat/desk/RESULT", {"POWER2": "ON"}, retained=False)
    assert house.state("switch.beer_fridge").state == "on"
    assert house.state("switch.desk_1").state is None
    assert house.command("turn_on", entity_id="switch.desk_1") == [("cmnd/desk/POWER1", "ON")]


@pytest.mark.parametrize(
    "full", ["%topic%/%prefix%/", "house/%prefix%/%topic%", "%prefix%/%topic%/"]
)
def test_topics_are_those_announced(house: House, full: str) -> None:
    announce(house, ft=full, tp=["c", "s", "t"], state=["AUS", "AN"])
    topic = full.rstrip("/").replace("%topic%", "desk")
    assert house.command("turn_on") == [(topic.replace("%prefix%", "c") + "/POWER", "AN")]
    house.hear(topic.replace("%prefix%", "s") + "/RESULT", {"POWER": "AUS"}, retained=False)
    assert house.state().state == "off"


def test_answers_on_the_topic_of_the_command(house: House) -> None:
    announce(house, rl=[2, 0], lt_st=1, so={"4": 1})
    house.hear("stat/desk/DIMMER", {"POWER": "ON", "Dimmer": 40}, retained=False)
    assert (house.state().state, house.state().attributes["brightness"]) == ("on", 102)


def test_a_coloured_light(house: House) -> None:
    announce(house, rl=[2, 0], lt_st=5)
    said = {"POWER": "ON", "Dimmer": 50, "CT": 250, "HSBColor": "240,100,50"}
    house.hear("stat/desk/RESULT", said, retained=False)
    state = house.state()
    assert state.state == "on"
    assert state.attributes["brightness"] == 128
    assert state.attributes["color_temp_kelvin"] == 4000
    assert state.attributes["hs_color"] == (240, 100)
    assert state.attributes["rgb_color"] == (0, 0, 255)
    assert house.command("turn_on", {"brightness": 153}) == [
        ("cmnd/desk/Dimmer", "60"),
        ("cmnd/desk/POWER", "ON"),
    ]
    assert house.command("turn_on", {"color_temp_kelvin": 4000})[0] == ("cmnd/desk/CT", "250")
    assert house.command("turn_on", {"hs_color": (120, 50)})[:2] == [
        ("cmnd/desk/HSBColor1", "120"),
        ("cmnd/desk/HSBColor2", "50"),
    ]
    assert house.command("turn_on", {"rgb_color": (255, 0, 0)})[:2] == [
        ("cmnd/desk/HSBColor1", "0"),
        ("cmnd/desk/HSBColor2", "100"),
    ]


def test_a_coloured_light_that_was_asked(house: House) -> None:
    announce(house, rl=[2, 0], lt_st=3)
    said = {"StatusSTS": {"POWER": "ON", "HSBColor": "120,100,50"}}
    house.hear("stat/desk/STATUS11", said, retained=False)
    assert house.state().attributes["rgb_color"] == (0, 255, 0)


def test_channels_are_lights_of_their_own(house: House) -> None:
    announce(house, rl=[2, 2], lt_st=2, so={"68": 1})
    house.hear("stat/desk/RESULT", {"POWER2": "ON", "Channel": [10, 20]}, retained=False)
    assert house.state("light.desk_1").attributes["brightness"] == 26
    assert house.state("light.desk_2").attributes["brightness"] == 51
    sent = house.command("turn_on", {"brightness": 255}, entity_id="light.desk_2")
    assert sent == [("cmnd/desk/Channel2", "100"), ("cmnd/desk/POWER2", "ON")]


def test_relays_may_be_lights(house: House) -> None:
    announce(house, so={"30": 1})
    assert house.ids() == ["light.desk"]


@pytest.mark.parametrize(
    ("options", "direction", "position", "state", "sent"),
    [
        (0, 1, 40, "opening", "70"),
        (0, -1, 40, "closing", "70"),
        (0, 0, 40, "open", "70"),
        (1, -1, 60, "opening", "30"),
        (1, 1, 60, "closing", "30"),
        (1, 0, 60, "open", "30"),
    ],
)
def test_a_shutter_also_one_upside_down(
    house: House, options: int, direction: int, position: int, state: str, sent: str
) -> None:
    announce(house, rl=[3, 3], sho=[options])
    said = {"Shutter1": {"Position": position, "Direction": direction, "Target": 0}}
    house.hear("tele/desk/SENSOR", said, retained=False)
    found = house.state("cover.desk")
    assert (found.state, found.attributes["current_position"]) == (state, 40)
    assert house.command("open_cover") == [("cmnd/desk/ShutterOpen1", "")]
    assert house.command("stop_cover") == [("cmnd/desk/ShutterStop1", "")]
    setting = house.command("set_cover_position", {"position": 70})
    assert setting == [("cmnd/desk/ShutterPosition1", sent)]


def test_a_ceiling_fan(house: House) -> None:
    announce(house, **{"if": 1, "rl": [1, 1, 1, 1]})
    assert house.ids() == ["fan.desk_fan", "light.desk_1"]
    house.hear("stat/desk/RESULT", {"FanSpeed": 2}, retained=False)
    assert house.state("fan.desk_fan").state == "on"
    assert house.state("fan.desk_fan").attributes["percentage"] == 67
    fan = "fan.desk_fan"
    assert house.command("turn_off", entity_id=fan) == [("cmnd/desk/FanSpeed", "0")]
    assert house.command("turn_on", entity_id=fan) == [("cmnd/desk/FanSpeed", "2")]
    setting = house.command("set_percentage", {"percentage": 70}, entity_id=fan)
    assert setting == [("cmnd/desk/FanSpeed", "3")]


def test_inputs_and_presses(house: House) -> None:
    announce(house, rl=[], swc=[1, -1], swn=["Door", None], btn=[1, 0], so={"73": 1, "114": 1})
    assert house.ids() == ["binary_sensor.desk_door", "event.desk_button_1"]
    house.hear("stat/desk/RESULT", {"Switch1": {"Action": "ON"}}, retained=False)
    assert house.state("binary_sensor.desk_door").state == "on"
    house.hear("tele/desk/SENSOR", {"Switch1": "OFF"}, retained=False)
    assert house.state("binary_sensor.desk_door").state == "off"
    report = house.hear("stat/desk/RESULT", {"Button1": {"Action": "DOUBLE"}}, retained=False)
    assert [event.event_type for event in report.events] == ["double"]
    assert house.state("event.desk_button_1").state is None


def test_sensors_in_either_order(house: House) -> None:
    sample = {
        "Time": "2024-01-01T00:00:00",
        "SI7021": {"Id": "1", "Temperature": 20.5, "Humidity": 40},
        "ENERGY": {"Total": 1.5, "Power": 3, "TotalStartTime": "x", "Current": [1, 2]},
        "TempUnit": "F",
    }
    house.hear(f"tasmota/discovery/{MAC}/sensors", {"sn": sample, "ver": 1})
    assert house.ids() == []
    announce(house, rl=[])
    found = {
        str(item.entity_id).removeprefix("sensor.desk_"): (item.device_class, item.unit)
        for item in house.store.view().entities()
    }
    assert found == {
        "energy_current_0": ("current", "A"),
        "energy_current_1": ("current", "A"),
        "energy_power": ("power", "W"),
        "energy_total": ("energy", "kWh"),
        "energy_total_start_time": ("", ""),
        "si7021_humidity": ("humidity", "%"),
        "si7021_temperature": ("temperature", "°F"),
    }
    house.hear("tele/desk/SENSOR", {"SI7021": {"Temperature": "21.5"}}, retained=False)
    assert house.state("sensor.desk_si7021_temperature").state == 21.5
    house.hear("stat/desk/STATUS10", {"StatusSNS": {"ENERGY": {"Power": 7}}}, retained=False)
    assert house.state("sensor.desk_energy_power").state == 7


def test_what_is_cleared_or_no_longer_listed_is_gone(house: House) -> None:
    announce(house, rl=[1, 1])
    announce(house, rl=[1, 0])
    assert house.ids() == ["switch.desk"]
    house.hear(f"tasmota/discovery/{MAC}/config", "")
    assert house.ids() == []


def test_home_assistant_tells_of_the_same_device(house: House) -> None:
    announce(house)
    device = {"identifiers": ["desk"], "connections": [["mac", "a1:b2:c3:d4:e5:f6"]]}
    house.announce("sensor", {"state_topic": "x", "name": "Signal", "device": device})
    assert [item.name for item in house.store.view().devices()] == ["Desk"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mac": "000000000000"},
        {"t": "a/+"},
        {"t": ""},
        {"ft": "$SYS/%prefix%/%topic%"},
        {"ft": "%prefix%"},
        {"tp": ["cmnd"]},
        {"state": ["ON", "ON"]},
        {"state": 3},
        {"lt_st": "x", "rl": [2]},
    ],
)
def test_what_is_wrong_is_refused(house: House, wrong: dict[str, object]) -> None:
    announce(house, **wrong)
    assert house.ids() == []
    assert sum(house.directory.problems.values()) == 1

"""Shelly devices of the first generation, through a real store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    House = Any

ANNOUNCED = {"id": "plug-1", "model": "SHPLG-S", "mac": "AABBCCDDEEFF", "fw_ver": "1"}


def test_a_relay_and_its_meters(house: House) -> None:
    house.hear("shellies/plug-1/relay/0", "on")
    house.hear("shellies/plug-1/relay/0/power", "3.5")
    house.hear("shellies/plug-1/relay/0/energy", "600")
    assert house.ids() == ["sensor.plug_1_energy", "sensor.plug_1_power", "switch.plug_1"]
    assert house.state("switch.plug_1").state == "on"
    assert house.state("sensor.plug_1_energy").state == 10  # watt-minutes to watt-hours
    house.hear("shellies/plug-1/relay/0", "overpower")
    assert house.state("switch.plug_1").state == "off"
    house.hear("shellies/plug-1/online", "false")
    assert not house.state("switch.plug_1").available
    for command, word in (("turn_on", "on"), ("turn_off", "off"), ("toggle", "toggle")):
        sent = house.command(command, entity_id="switch.plug_1")
        assert sent == [("shellies/plug-1/relay/0/command", word)]


def test_one_that_announces_itself_is_asked_for_all_it_has(house: House) -> None:
    house.hear("shellies/announce", ANNOUNCED, retained=False)
    assert [(item.topic, item.payload) for item in house.requests] == [
        ("shellies/plug-1/command", b"update")
    ]
    house.hear("shellies/plug-1/announce", ANNOUNCED, retained=False)
    assert len(house.requests) == 1
    house.hear("shellies/plug-1/relay/0", "off")
    (device,) = house.store.view().devices()
    assert (device.model, device.connections) == ("SHPLG-S", ("mac:aa:bb:cc:dd:ee:ff",))


def test_an_id_of_several_levels(house: House) -> None:
    house.hear("shellies/shellies/em/relay/0", "off")
    house.hear("shellies/shellies/em/emeter/1/power", "7")
    house.hear("shellies/shellies/em/emeter/0/power", "5")
    assert house.ids() == ["sensor.em_emeter_1_power", "sensor.em_emeter_2_power", "switch.em"]
    assert house.state("sensor.em_emeter_2_power").state == 7
    sent = house.command("turn_on", entity_id="switch.em")
    assert sent == [("shellies/shellies/em/relay/0/command", "on")]


def test_a_roller_has_no_relays(house: House) -> None:
    house.hear("shellies/blind/relay/0", "off")
    house.hear("shellies/blind/roller/0/pos", "91")
    house.hear("shellies/blind/roller/0", "open")
    state = house.state("cover.blind")
    assert (state.state, state.attributes["current_position"]) == ("opening", 91)
    assert house.command("close_cover", entity_id="cover.blind") == [
        ("shellies/blind/roller/0/command", "close")
    ]
    sent = house.command("set_cover_position", {"position": 40}, entity_id="cover.blind")
    assert sent == [("shellies/blind/roller/0/command/pos", "40")]


@pytest.mark.parametrize(
    ("part", "status", "brightness", "data", "sent"),
    [
        ("light/0", {"ison": True, "brightness": 60}, 153, {"brightness": 128},
         {"turn": "on", "brightness": 50}),
        ("white/0", {"ison": True, "brightness": 60}, 153, {}, {"turn": "on"}),
        ("color/0", {"ison": True, "gain": 100, "red": 1, "green": 2, "blue": 3}, 255,
         {"rgb_color": (255, 0, 7)}, {"turn": "on", "mode": "color", "red": 255, "green": 0, "blue": 7}),
        ("color/0", {"ison": True, "gain": 100, "red": 1, "green": 2, "blue": 3}, 255,
         {"hs_color": (120, 100)}, {"turn": "on", "mode": "color", "red": 0, "green": 255, "blue": 0}),
        ("light/0", {"ison": True, "brightness": 60, "temp": 3000}, 153,
         {"color_temp_kelvin": 4000}, {"turn": "on", "temp": 4000}),
        ("color/0", {"ison": True, "mode": "white", "gain": 1, "brightness": 60, "temp": 3000}, 153,
         {"color_temp_kelvin": 4000, "brightness": 255},
         {"turn": "on", "mode": "white", "gain": 100, "brightness": 100, "temp": 4000}),
    ],
)  # fmt: skip
def test_lights(
    house: House, part: str, status: object, brightness: int, data: Any, sent: object
) -> None:
    house.hear(f"shellies/lamp/{part}/status", status)
    assert (house.state().state, house.state().attributes["brightness"]) == ("on", brightness)
    ((topic, payload),) = house.command("turn_on", data)
    assert (topic, json.loads(payload)) == (f"shellies/lamp/{part}/set", sent)


def test_what_says_that_nothing_is_known_is_no_reading(house: House) -> None:
    house.hear("shellies/blind/roller/0/pos", "-1")
    house.hear("shellies/blind/ext_temperature/0", "999.0")
    assert house.state("cover.blind").attributes.get("current_position") is None
    assert house.state("sensor.blind_temperature").state is None
    house.hear("shellies/stove/sensor/gas", "mild")
    assert house.state("binary_sensor.stove_gas").state == "on"


def test_one_that_is_there_is_asked_who_it_is(house: House) -> None:
    for _ in range(2):
        house.hear("shellies/plug-1/online", "true")
    assert [(item.topic, item.payload) for item in house.requests] == [
        ("shellies/plug-1/command", b"announce")
    ]


def test_a_press_that_is_told_again_and_again_is_none(house: House) -> None:
    for _ in range(2):
        said = {"event": "S", "event_cnt": 1}
        assert not house.hear("shellies/b/input_event/0", said, retained=False).events
    assert house.ids() == []


def test_sensors_with_a_battery_sleep(house: House) -> None:
    house.hear("shellies/door/sensor/state", "open")
    house.hear("shellies/door/sensor/battery", "80")
    house.hear("shellies/door/online", "false")
    state = house.state("binary_sensor.door")
    assert (state.state, state.available) == ("on", True)


@pytest.mark.parametrize(
    "payload", ["", "x", [], {"id": "a/+", "mac": "AABBCCDDEEFF"}, {"id": "a"}]
)
def test_wrong_announcements_are_refused(house: House, payload: object) -> None:
    house.hear("shellies/announce", payload)
    assert house.ids() == []
    assert sum(house.directory.problems.values()) == 1

"""Zigbee2MQTT through the real store: what its messages mean and what it is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hubagent.types import Value

    House = Any

IEEE = "0x00158d00000000aa"


def feature(name: str, kind: str = "numeric", prop: str = "", **more: object) -> dict[str, object]:
    on_off = {"value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"}
    extra = on_off if kind == "binary" else {}
    return {"type": kind, "name": name, "property": prop or name, "access": 7, **extra, **more}


def typed(kind: str, *features: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": kind, "features": list(features), **more}


COLOUR = {"features": [feature("x"), feature("y")]}
LIGHT = typed(
    "light",
    feature("state", "binary"),
    feature("brightness", value_min=0, value_max=254),
    feature("color_temp", value_min=153, value_max=500),
    feature("color_xy", "composite", "color", **COLOUR),
)
ENDPOINT_LIGHT = typed(
    "light",
    feature("state", "binary", "state_l2"),
    feature("brightness", prop="brightness_l2", value_max=254),
    endpoint="l2",
)
COVER = typed(
    "cover",
    feature("state", "enum", values=["OPEN", "CLOSE", "STOP"]),
    feature("position"),
    feature("tilt"),
)
FAN = typed(
    "fan",
    feature("state", "binary", "fan_state"),
    feature("mode", "enum", "fan_mode", values=["off", "low", "medium", "high", "on", "smart"]),
)
MODE_FAN = typed("fan", feature("mode", "enum", "fan_mode", values=["off", "low", "high", "auto"]))
SPEED_FAN = typed("fan", feature("state", "binary"), feature("speed", value_min=1, value_max=254))
CLIMATE = typed(
    "climate",
    feature("occupied_heating_setpoint", value_min=5, value_max=30),
    feature("local_temperature"),
    feature("system_mode", "enum", values=["off", "auto", "heat"]),
    feature("running_state", "enum", values=["idle", "heat"]),
    feature("preset", "enum", values=["eco", "comfort"]),
)
LOCK = typed("lock", feature("state", "binary", value_on="LOCK", value_off="UNLOCK"))
SIREN = {
    "type": "composite",
    "name": "warning",
    "property": "warning",
    "access": 2,
    "features": [
        feature("mode", "enum", values=["stop", "burglar", "fire"]),
        feature("level", "enum", values=["low", "medium", "high", "very_high"]),
        feature("duration"),
    ],
}
EFFECT = {**feature("effect", "enum", values=["blink"]), "access": 2}


def announce(house: House, *exposes: dict[str, object], **more: object) -> None:
    house.hear(
        "zigbee2mqtt/bridge/devices",
        [
            {
                "ieee_address": IEEE,
                "friendly_name": "den/thing",
                "type": "Router",
                "interview_completed": True,
                "definition": {"vendor": "Acme", "model": "A1", "exposes": list(exposes)},
                **more,
            }
        ],
    )


COMMANDS: list[tuple[list[Any], str, dict[str, Value], dict[str, Any]]] = [
    ([LIGHT], "turn_on", {}, {"state": "ON"}),
    ([LIGHT], "turn_off", {"transition": 3}, {"state": "OFF", "transition": 3}),
    ([LIGHT], "toggle", {}, {"state": "TOGGLE"}),
    (
        [LIGHT],
        "turn_on",
        {"brightness": 128, "color_temp_kelvin": 2500, "transition": 60},
        {"state": "ON", "brightness": 127, "color_temp": 400, "transition": 60},
    ),
    ([LIGHT], "turn_on", {"brightness": 255}, {"state": "ON", "brightness": 254}),
    (
        [LIGHT],
        "turn_on",
        {"rgb_color": (100, 200, 10)},
        {"state": "ON", "color": {"r": 100, "g": 200, "b": 10}},
    ),
    (
        [LIGHT],
        "turn_on",
        {"hs_color": (250, 50)},
        {"state": "ON", "color": {"hue": 250, "saturation": 50}},
    ),
    (
        [LIGHT],
        "turn_on",
        {"xy_color": (0.37, 0.28)},
        {"state": "ON", "color": {"x": 0.37, "y": 0.28}},
    ),
    ([LIGHT, EFFECT], "turn_on", {"effect": "blink"}, {"state": "ON", "effect": "blink"}),
    (
        [ENDPOINT_LIGHT],
        "turn_on",
        {"brightness": 20},
        {"state_l2": "ON", "brightness_l2": 20},
    ),
    (
        [typed("switch", feature("state", "binary", "state_left"))],
        "turn_off",
        {},
        {"state_left": "OFF"},
    ),
    ([COVER], "open_cover", {}, {"state": "OPEN"}),
    ([COVER], "stop_cover", {}, {"state": "STOP"}),
    ([COVER], "set_cover_position", {"position": 90}, {"position": 90}),
    ([COVER], "set_cover_tilt_position", {"tilt_position": 20}, {"tilt": 20}),
    ([COVER], "open_cover_tilt", {}, {"tilt": 100}),
    ([LOCK], "lock", {}, {"state": "LOCK"}),
    ([LOCK], "unlock", {}, {"state": "UNLOCK"}),
    ([FAN], "turn_on", {}, {"fan_state": "ON"}),
    ([FAN], "turn_on", {"percentage": 20}, {"fan_state": "ON", "fan_mode": "low"}),
    ([FAN], "set_percentage", {"percentage": 51}, {"fan_mode": "high"}),
    ([FAN], "set_percentage", {"percentage": 0}, {"fan_mode": "off"}),
    ([FAN], "set_preset_mode", {"preset_mode": "smart"}, {"fan_mode": "smart"}),
    ([MODE_FAN], "turn_on", {}, {"fan_mode": "low"}),
    ([MODE_FAN], "turn_on", {"percentage": 100}, {"fan_mode": "high"}),
    ([MODE_FAN], "turn_off", {}, {"fan_mode": "off"}),
    ([SPEED_FAN], "set_percentage", {"percentage": 100}, {"speed": 254}),
    ([CLIMATE], "set_temperature", {"temperature": 21.5}, {"occupied_heating_setpoint": 21.5}),
    (
        [CLIMATE],
        "set_temperature",
        {"temperature": 19, "hvac_mode": "heat"},
        {"system_mode": "heat", "occupied_heating_setpoint": 19},
    ),
    ([CLIMATE], "set_hvac_mode", {"hvac_mode": "auto"}, {"system_mode": "auto"}),
    ([CLIMATE], "set_preset_mode", {"preset_mode": "eco"}, {"preset": "eco"}),
    ([CLIMATE], "turn_off", {}, {"system_mode": "off"}),
    ([SIREN], "turn_on", {}, {"warning": {"mode": "burglar", "level": "medium", "duration": 10}}),
    (
        [SIREN],
        "turn_on",
        {"tone": "fire", "volume_level": 1, "duration": 3},
        {"warning": {"mode": "fire", "level": "very_high", "duration": 3}},
    ),
    ([SIREN], "turn_off", {}, {"warning": {"mode": "stop"}}),
    (
        [feature("sensitivity", value_min=1, value_max=9)],
        "set_value",
        {"value": 4},
        {"sensitivity": 4},
    ),
    ([feature("mode", "enum", values=["a", "b"])], "select_option", {"option": "b"}, {"mode": "b"}),
    (
        [feature("memory", "binary", value_on=True, value_off=False)],
        "turn_on",
        {},
        {"memory": True},
    ),
    (
        [{**feature("identify", "enum", values=["identify"]), "access": 2}],
        "press",
        {},
        {"identify": "identify"},
    ),
    ([feature("note", "text")], "set_value", {"value": "hi"}, {"note": "hi"}),
]


@pytest.mark.parametrize(("exposes", "command", "data", "payload"), COMMANDS)
def test_a_command_is_one_message_as_the_convention_asks(
    house: House,
    exposes: list[Any],
    command: str,
    data: dict[str, Value],
    payload: dict[str, Any],
) -> None:
    announce(house, *exposes)
    ((topic, sent),) = house.command(command, data)
    assert topic == "zigbee2mqtt/den/thing/set"
    assert json.loads(sent) == payload


STATES: list[tuple[list[Any], list[dict[str, Any]], Value, dict[str, Value]]] = [
    (
        [LIGHT],
        [
            {"state": "ON", "brightness": 127, "color_temp": 400, "color_mode": "color_temp"},
            {"color": {"x": 0.5, "y": 0.3}, "color_mode": "xy"},
        ],
        "on",
        {
            "brightness": 128,
            "color_temp_kelvin": 2500,
            "color_mode": "xy",
            "xy_color": (0.5, 0.3),
            "rgb_color": (255, 130, 146),
        },
    ),
    ([LIGHT], [{"state": "ON", "brightness": 254}, {"state": None}], None, {"brightness": 255}),
    (
        [ENDPOINT_LIGHT],
        [{"state_l1": "OFF", "state_l2": "ON", "brightness_l2": 254}],
        "on",
        {"brightness": 255},
    ),
    (
        [COVER],
        [{"position": 10, "tilt": 20, "state": "OPEN"}, {"state": "STOP"}],
        "open",
        {"current_position": 10, "current_tilt_position": 20},
    ),
    ([COVER], [{"state": "CLOSE"}], "closed", {}),
    ([LOCK], [{"state": "UNLOCK"}], "unlocked", {}),
    (
        [FAN],
        [{"fan_state": "ON", "fan_mode": "medium"}],
        "on",
        {"percentage": 50, "preset_mode": None},
    ),
    (
        [FAN],
        [{"fan_mode": "low"}, {"fan_mode": "smart"}, {"fan_state": "ON"}],
        "on",
        {"percentage": 25, "preset_mode": "smart"},
    ),
    ([MODE_FAN], [{"fan_mode": "off"}], "off", {"percentage": 0, "preset_mode": None}),
    (
        [CLIMATE],
        [
            {
                "system_mode": "heat",
                "running_state": "heat",
                "local_temperature": 19.5,
                "occupied_heating_setpoint": 21,
                "preset": "eco",
            }
        ],
        "heat",
        {
            "hvac_action": "heating",
            "current_temperature": 19.5,
            "temperature": 21,
            "preset_mode": "eco",
        },
    ),
    (
        [feature("contact", "binary", value_on=False, value_off=True, access=1)],
        [{"contact": False}],
        "on",
        {},
    ),
    ([feature("temperature", access=1)], [{"temperature": -0.85}], -0.85, {}),
]


@pytest.mark.parametrize(("exposes", "messages", "state", "attributes"), STATES)
def test_partial_messages_add_up_to_the_state(
    house: House,
    exposes: list[Any],
    messages: list[dict[str, Any]],
    state: Value,
    attributes: dict[str, Value],
) -> None:
    announce(house, *exposes)
    for payload in messages:
        assert house.hear("zigbee2mqtt/den/thing", payload, retained=False).failed == 0
    found = house.state()
    assert found.state == state
    assert dict(found.attributes) == attributes


def test_a_press_is_an_event_and_its_empty_end_is_none(house: House) -> None:
    announce(house, feature("action", "enum", values=["single", "hold"], access=1))
    topic = "zigbee2mqtt/den/thing"
    report = house.hear(topic, {"action": "hold"}, retained=False)
    assert [item.event_type for item in report.events] == ["hold"]
    for payload in ({"action": ""}, {"action": None}, {"battery": 9}):
        assert not house.hear(topic, payload, retained=False).events


@pytest.mark.parametrize("bare", [True, False])
def test_availability_is_read_in_its_old_and_its_new_form(house: House, bare: bool) -> None:
    def word(state: str) -> object:
        return state if bare else {"state": state}

    announce(house, LIGHT)
    house.hear("zigbee2mqtt/bridge/state", word("online"))
    assert house.state().available
    house.hear("zigbee2mqtt/den/thing/availability", word("offline"))
    assert not house.state().available
    house.hear("zigbee2mqtt/den/thing/availability", word("online"))
    assert house.state().available
    house.hear("zigbee2mqtt/bridge/state", word("offline"))
    assert not house.state().available


def test_a_renamed_device_keeps_its_id_and_its_new_topic_counts(house: House) -> None:
    announce(house, LIGHT)
    house.hear("zigbee2mqtt/den/thing", {"state": "ON"}, retained=False)
    house.clock.advance(120)
    house.hear("zigbee2mqtt/other/lamp", {"state": "ON"}, retained=False)
    entity_id = house.only().entity_id
    announce(house, LIGHT, friendly_name="attic lamp")
    assert house.only().entity_id == entity_id
    assert house.only().name == "attic lamp"
    house.hear("zigbee2mqtt/attic lamp", {"state": "OFF"}, retained=False)
    house.hear("zigbee2mqtt/den/thing", {"state": "ON"}, retained=False)
    assert house.state().state == "off"


def test_a_device_that_left_is_gone_and_the_bridge_is_asked_for_states(house: House) -> None:
    announce(house, LIGHT, power_source="Mains (single phase)")
    assert [item.topic for item in house.requests] == ["zigbee2mqtt/den/thing/get"]
    house.hear("zigbee2mqtt/bridge/devices", [])
    assert house.ids() == []


def test_firmware_that_can_be_updated_says_so(house: House) -> None:
    announce(house, definition={"supports_ota": True, "exposes": []})
    house.hear(
        "zigbee2mqtt/den/thing",
        {"update": {"state": "available", "installed_version": 33, "latest_version": 34}},
    )
    found = house.state()
    assert found.state == "on"
    assert dict(found.attributes) == {"installed_version": 33, "latest_version": 34}
    assert house.command("install") == [
        (
            "zigbee2mqtt/bridge/request/device/ota_update/update",
            json.dumps({"id": IEEE}, separators=(",", ":")),
        )
    ]

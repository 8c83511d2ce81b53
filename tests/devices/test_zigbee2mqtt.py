from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.devices.zigbee2mqtt import Zigbee2Mqtt
from hubagent.errors import DataError
from hubagent.types import AvailabilityMode, Capability, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Declaration, Discovery, Message

    MakeMessage = Callable[..., Message]

LAMP = "0x00158d0000000001"
REMOTE = "0x00158d0000000002"
WALL = "0x00158d0000000003"


def binary(name: str, prop: str = "", *, access: int = 7, **more: object) -> dict[str, object]:
    return {
        "type": "binary",
        "name": name,
        "property": prop or name,
        "access": access,
        "value_on": "ON",
        "value_off": "OFF",
        **more,
    }


def numeric(name: str, *, access: int = 1, **more: object) -> dict[str, object]:
    return {"type": "numeric", "name": name, "property": name, "access": access, **more}


def enum(name: str, values: list[str], *, access: int = 7, **more: object) -> dict[str, object]:
    return {
        "type": "enum",
        "name": name,
        "property": name,
        "access": access,
        "values": values,
        **more,
    }


def device(ieee: str, name: str, exposes: list[Any], **more: object) -> dict[str, object]:
    return {
        "ieee_address": ieee,
        "friendly_name": name,
        "type": "Router",
        "power_source": "Mains (single phase)",
        "supported": True,
        "disabled": False,
        "interview_state": "SUCCESSFUL",
        "definition": {
            "vendor": "Acme",
            "model": "A1",
            "description": "A thing",
            "exposes": exposes,
        },
        **more,
    }


COLOUR = [
    {
        "type": "light",
        "features": [
            binary("state", value_toggle="TOGGLE"),
            numeric("brightness", access=7, value_min=0, value_max=254),
            numeric("color_temp", access=7, value_min=153, value_max=500, unit="mired"),
            {
                "type": "composite",
                "name": "color_xy",
                "property": "color",
                "access": 7,
                "features": [numeric("x"), numeric("y")],
            },
        ],
    },
    enum("effect", ["blink", "breathe"], access=2),
]


def read(message: MakeMessage, devices: list[Any], adapter: Zigbee2Mqtt | None = None) -> Discovery:
    adapter = adapter or Zigbee2Mqtt()
    return adapter.handle(message("zigbee2mqtt/bridge/devices", devices))


def only(found: Discovery, domain: str) -> Declaration:
    matching = [item for item in found.declared if item.entity.domain == domain]
    assert len(matching) == 1
    return matching[0]


def sent(declaration: Declaration, command: str) -> list[tuple[str, str, str, str]]:
    spec = next(item for item in declaration.commands if item.command == command)
    return [(part.topic, part.field, part.key, part.payload) for part in spec.parts]


def test_a_lamp_has_what_it_exposes_with_its_ranges(message: MakeMessage) -> None:
    lamp = only(read(message, [device(LAMP, "hall lamp", COLOUR)]), "light")
    assert lamp.entity.entity_id == "light.hall_lamp"
    assert lamp.entity.name == "hall lamp"
    assert lamp.entity.unique_id == f"{LAMP}_light_zigbee2mqtt"
    assert lamp.entity.capability("brightness") == Capability("brightness", 1, 255, 1)
    assert lamp.entity.capability("color_temp_kelvin") == Capability(
        "color_temp_kelvin", 2000, 6536, 1, "K"
    )
    effect = lamp.entity.capability("effect")
    assert effect is not None
    assert effect.options == ("blink", "breathe")
    heard = {item.attribute: (item.topic, item.pointers) for item in lamp.bindings}
    assert heard["state"] == ("zigbee2mqtt/hall lamp", ("/state",))
    assert heard["xy_color"] == ("zigbee2mqtt/hall lamp", ("/color/x", "/color/y"))
    assert heard["color_mode"] == ("zigbee2mqtt/hall lamp", ("/color_mode",))


def test_all_of_a_command_goes_into_one_message(message: MakeMessage) -> None:
    lamp = only(read(message, [device(LAMP, "lamp", COLOUR)]), "light")
    topic = "zigbee2mqtt/lamp/set"
    parts = sent(lamp, "turn_on")
    assert parts[0] == (topic, "state", "", "ON")
    assert (topic, "brightness", "brightness", "") in parts
    assert (topic, "color_temp", "color_temp_kelvin", "") in parts
    assert (topic, "color.r", "rgb_color", "") in parts
    assert (topic, "color.hue", "hs_color", "") in parts
    assert (topic, "effect", "effect", "") in parts
    assert (topic, "transition", "transition", "") in parts
    assert sent(lamp, "toggle")[0] == (topic, "state", "", "TOGGLE")


def test_every_endpoint_is_an_entity_with_its_own_keys(message: MakeMessage) -> None:
    exposes = [
        {
            "type": "switch",
            "endpoint": side,
            "features": [binary("state", f"state_{side}", endpoint=side)],
        }
        for side in ("left", "right")
    ]
    found = read(message, [device(WALL, "wall", exposes)]).declared
    assert [item.entity.entity_id for item in found] == ["switch.wall_left", "switch.wall_right"]
    assert [item.entity.name for item in found] == ["wall Left", "wall Right"]
    assert found[1].bindings[0].pointers == ("/state_right",) or any(
        item.pointers == ("/state_right",) for item in found[1].bindings
    )
    assert sent(found[1], "turn_on") == [("zigbee2mqtt/wall/set", "state_right", "", "ON")]


@pytest.mark.parametrize(
    ("expose", "domain"),
    [
        (numeric("temperature", unit="°C"), "sensor"),
        (binary("contact", access=1, value_on=False, value_off=True), "binary_sensor"),
        (binary("child_mode"), "switch"),
        (numeric("sensitivity", access=7, value_min=1, value_max=9), "number"),
        (enum("mode", ["a", "b"]), "select"),
        (enum("identify", ["identify"], access=2), "button"),
        (enum("action", ["single"], access=1), "event"),
        ({"type": "text", "name": "note", "property": "note", "access": 3}, "text"),
        (
            {
                "type": "composite",
                "name": "warning",
                "property": "warning",
                "access": 2,
                "features": [enum("mode", ["stop", "burglar"]), numeric("duration")],
            },
            "siren",
        ),
    ],
)
def test_a_generic_expose_becomes_what_its_access_says(
    message: MakeMessage, expose: dict[str, object], domain: str
) -> None:
    found = read(message, [device(WALL, "thing", [expose])])
    assert [item.entity.domain for item in found.declared] == [domain]


def test_an_open_contact_is_on(message: MakeMessage) -> None:
    contact = binary("contact", access=1, value_on=False, value_off=True)
    found = only(read(message, [device(WALL, "door", [contact])]), "binary_sensor")
    state = next(item for item in found.bindings if item.attribute == "state")
    assert dict(state.convert.words)["false"] == "on"
    assert found.entity.device_class == "door"


def test_an_action_is_an_event_and_no_state(message: MakeMessage) -> None:
    remote = device(REMOTE, "remote", [enum("action", ["single", "hold"], access=1)])
    found = only(read(message, [remote]), "event")
    assert [item.role for item in found.bindings if item.pointers] == [Role.EVENT]
    assert not found.commands


def test_a_child_lock_is_a_setting_and_no_lock(message: MakeMessage) -> None:
    lock = {
        "type": "lock",
        "features": [binary("state", "child_lock", value_on="LOCK", value_off="UNLOCK")],
    }
    found = read(message, [device(WALL, "valve", [lock])]).declared
    assert [(item.entity.domain, item.entity.category) for item in found] == [("switch", "config")]
    assert sent(found[0], "turn_on") == [("zigbee2mqtt/valve/set", "child_lock", "", "LOCK")]


def test_two_setpoints_make_a_range_and_one_makes_a_target(message: MakeMessage) -> None:
    heating = numeric("occupied_heating_setpoint", access=7, value_min=5, value_max=30, unit="°C")
    cooling = numeric("occupied_cooling_setpoint", access=7, value_min=7, value_max=35, unit="°C")
    mode = enum("system_mode", ["off", "heat", "cool"])
    one = [{"type": "climate", "features": [heating, mode]}]
    two = [{"type": "climate", "features": [heating, cooling, mode]}]
    first = only(read(message, [device(WALL, "t", one)]), "climate")
    second = only(read(message, [device(WALL, "t", two)]), "climate")
    assert first.entity.capability("temperature") == Capability("temperature", 5, 30, None, "°C")
    assert second.entity.capability("temperature") is None
    assert second.entity.capability("target_temp_high") == Capability(
        "target_temp_high", 7, 35, None, "°C"
    )
    assert sent(first, "turn_off") == [("zigbee2mqtt/t/set", "system_mode", "", "off")]


@pytest.mark.parametrize(
    "reason",
    [{"disabled": True}, {"interview_state": "PENDING"}, {"definition": None}],
)
def test_a_device_that_is_not_ready_has_no_entities(
    message: MakeMessage, reason: dict[str, object]
) -> None:
    found = read(message, [device(LAMP, "lamp", COLOUR, **reason)])
    assert not found.declared
    assert not found.requests
    assert found.complete == ("zigbee2mqtt:zigbee2mqtt/device/",)


def test_a_renamed_device_stays_the_same_on_other_topics(message: MakeMessage) -> None:
    adapter = Zigbee2Mqtt()
    before = only(read(message, [device(LAMP, "lamp", COLOUR)], adapter), "light")
    after = only(read(message, [device(LAMP, "kitchen/lamp", COLOUR)], adapter), "light")
    assert before.entity.unique_id == after.entity.unique_id
    assert before.entity.source == after.entity.source
    assert sent(after, "turn_off")[0][0] == "zigbee2mqtt/kitchen/lamp/set"


def test_a_mains_powered_device_is_asked_once_for_its_state(message: MakeMessage) -> None:
    adapter = Zigbee2Mqtt()
    battery = device(REMOTE, "r", COLOUR, power_source="Battery")
    first = read(message, [device(LAMP, "lamp", COLOUR), battery], adapter)
    assert [(item.topic, item.payload) for item in first.requests] == [
        ("zigbee2mqtt/lamp/get", b'{"state":""}')
    ]
    assert not read(message, [device(LAMP, "lamp", COLOUR), battery], adapter).requests


def test_availability_counts_from_when_it_is_first_heard(message: MakeMessage) -> None:
    adapter = Zigbee2Mqtt()
    read(message, [device(LAMP, "up/lamp", COLOUR)], adapter)
    topic = "zigbee2mqtt/up/lamp/availability"
    found = only(adapter.handle(message(topic, {"state": "offline"})), "light")
    sources = [item.topic for item in found.bindings if item.role is Role.AVAILABILITY]
    assert sources == ["zigbee2mqtt/bridge/state", topic]
    assert found.entity.availability_mode is AvailabilityMode.ALL
    assert not adapter.handle(message(topic, {"state": "online"})).declared
    found = only(adapter.handle(message(topic, "")), "light")
    sources = [item.topic for item in found.bindings if item.role is Role.AVAILABILITY]
    assert sources == ["zigbee2mqtt/bridge/state"]


def test_availability_heard_before_the_device_list_counts_too(message: MakeMessage) -> None:
    adapter = Zigbee2Mqtt()
    adapter.handle(message("zigbee2mqtt/lamp/availability", "online"))
    found = only(read(message, [device(LAMP, "lamp", COLOUR)], adapter), "light")
    assert sum(item.role is Role.AVAILABILITY for item in found.bindings) == 2


GROUP = {
    "id": 4,
    "friendly_name": "all lamps",
    "members": [{"ieee_address": LAMP, "endpoint": 1}],
    "scenes": [{"id": 2, "name": "Evening"}],
}


@pytest.mark.parametrize("devices_first", [True, False])
def test_a_group_can_do_what_its_members_can(message: MakeMessage, devices_first: bool) -> None:
    adapter = Zigbee2Mqtt()
    messages = [
        message("zigbee2mqtt/bridge/devices", [device(LAMP, "lamp", COLOUR)]),
        message("zigbee2mqtt/bridge/groups", [GROUP]),
    ]
    first, second = messages if devices_first else reversed(messages)
    adapter.handle(first)
    found = {item.entity.entity_id: item for item in adapter.handle(second).declared}
    group = found[next(item for item in found if item == "light.all_lamps")]
    assert group.entity.unique_id == "4_light_zigbee2mqtt"
    assert group.entity.capability("rgb_color") is not None
    assert ("zigbee2mqtt/all lamps/set", "color.x", "xy_color", "") in sent(group, "turn_on")
    scene = found[next(item for item in found if item == "scene.all_lamps_evening")]
    assert sent(scene, "turn_on") == [("zigbee2mqtt/all lamps/set", "scene_recall", "", "2")]


def test_groups_alone_declare_nothing_and_complete_nothing(message: MakeMessage) -> None:
    found = Zigbee2Mqtt().handle(message("zigbee2mqtt/bridge/groups", [GROUP]))
    assert not found.declared
    assert not found.complete


def test_networks_of_several_base_topics_do_not_mix(message: MakeMessage) -> None:
    adapter = Zigbee2Mqtt(("attic/z2m",))
    assert "attic/z2m/bridge/devices" in adapter.filters()
    first = adapter.handle(message("zigbee2mqtt/bridge/devices", [device(LAMP, "lamp", COLOUR)]))
    second = adapter.handle(message("attic/z2m/bridge/devices", [device(WALL, "lamp", COLOUR)]))
    assert first.complete != second.complete
    assert sent(only(second, "light"), "turn_off")[0][0] == "attic/z2m/lamp/set"


def test_the_coordinator_is_the_bridge_and_its_connection(message: MakeMessage) -> None:
    coordinator = {
        "ieee_address": "0x00124b0000000000",
        "friendly_name": "Coordinator",
        "type": "Coordinator",
        "definition": None,
        "interview_completed": True,
    }
    found = only(read(message, [coordinator]), "binary_sensor")
    assert found.entity.device_class == "connectivity"
    assert [item.role for item in found.bindings] == [Role.ATTRIBUTE]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("nope", "not JSON"),
        ({"a": 1}, "not a list"),
        ([1], "not a list"),
        ([{"friendly_name": "x"}], "wrong value"),
    ],
)
def test_a_wrong_list_is_refused(message: MakeMessage, payload: object, reason: str) -> None:
    with pytest.raises(DataError, match=f"^{reason}: "):
        Zigbee2Mqtt().handle(message("zigbee2mqtt/bridge/devices", payload))


@pytest.mark.parametrize(
    "wrong",
    [
        device("0xzz", "x", []),
        device(WALL, "a/#", []),
        device(WALL, "x", "exposes"),  # type: ignore[arg-type]  # on purpose
    ],
)
def test_a_wrong_device_leaves_the_others_alone(
    message: MakeMessage, wrong: dict[str, object]
) -> None:
    found = read(message, [wrong, device(LAMP, "lamp", COLOUR)])
    assert only(found, "light").entity.entity_id == "light.lamp"
    assert [item.partition(":")[0] for item in found.refused] == ["wrong value"]

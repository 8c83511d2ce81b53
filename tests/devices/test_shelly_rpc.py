"""Shelly devices of the second generation, through a real store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    House = Any

ID = "shellyplus1pm-4417939341dc"


def notify(house: House, params: object, prefix: str = ID, method: str = "NotifyStatus") -> Any:
    said = {"src": ID, "dst": f"{prefix}/events", "method": method, "params": params}
    return house.hear(f"{prefix}/events/rpc", said, retained=False)


def sent(
    house: House, command: str, data: dict[str, Any] | None = None, entity_id: str | None = None
) -> list[dict[str, Any]]:
    """Return the requests of a command."""
    found = house.command(command, data, entity_id=entity_id)
    assert {topic for topic, _ in found} == {f"{ID}/rpc"}
    return [json.loads(payload) for _, payload in found]


def test_a_device_that_is_there_is_asked_who_it_is(house: House) -> None:
    house.hear(f"{ID}/online", "true")
    house.hear(f"{ID}/online", "true")
    asked = [(item.topic, json.loads(item.payload)) for item in house.requests]
    assert [(topic, request["method"]) for topic, request in asked] == [
        (f"{ID}/rpc", "Shelly.GetDeviceInfo"),
        (f"{ID}/rpc", "Shelly.GetConfig"),
        (f"{ID}/rpc", "Shelly.GetStatus"),
    ]
    assert len({request["id"] for _, request in asked}) == 3
    status = {"switch:0": {"id": 0, "output": True, "apower": 3.5}, "wifi": {"rssi": -3}}
    info = {"name": "Kettle", "id": ID, "model": "SNSW", "ver": "1.0"}
    for (_, request), result in zip(
        asked, (info, {"switch:0": {"name": None}}, status), strict=True
    ):
        reply = {"id": request["id"], "src": ID, "dst": request["src"], "result": result}
        house.hear(f"{request['src']}/rpc", reply, retained=False)
    assert house.ids() == ["sensor.kettle_power", "switch.kettle"]
    assert house.state("switch.kettle").state == "on"
    assert house.state("sensor.kettle_power").state == 3.5
    (device,) = house.store.view().devices()
    assert (device.name, device.model) == ("Kettle", "SNSW")
    assert "mac:44:17:93:93:41:dc" in device.connections


@pytest.mark.parametrize("topic", ["lamp/online", "shellies/shelly1/online"])
def test_other_things_that_are_online_are_left_alone(house: House, topic: str) -> None:
    house.hear(topic, "true")
    assert not any(item.topic.endswith("/rpc") for item in house.requests)


def test_a_switch_from_notifications_in_parts(house: House) -> None:
    notify(house, {"ts": 1, "switch:0": {"id": 0, "output": True}})
    notify(house, {"ts": 1, "switch:0": {"id": 0, "voltage": 230.1}})
    name = "switch.shellyplus1pm_4417939341dc"
    assert house.state(name).state == "on"
    assert sent(house, "turn_off", entity_id=name) == [
        {
            "id": 1,
            "src": f"hubagent-rpc/{ID}/switch:0/set",
            "method": "Switch.Set",
            "params": {"id": 0, "on": False},
        },
        {
            "id": 2,
            "src": f"hubagent-rpc/{ID}/switch:0",
            "method": "Switch.GetStatus",
            "params": {"id": 0},
        },
    ]


def test_the_reply_confirms_and_an_error_does_not(house: House) -> None:
    notify(house, {"switch:0": {"id": 0, "output": False}})
    replies = f"hubagent-rpc/{ID}/switch:0"
    house.hear(f"{replies}/set/rpc", {"id": 1, "result": {"was_on": False}}, retained=False)
    house.hear(f"{replies}/rpc", {"id": 2, "error": {"code": -103, "message": "x"}}, retained=False)
    assert house.state().state == "off"
    house.hear(f"{replies}/rpc", {"id": 2, "result": {"id": 0, "output": True}}, retained=False)
    assert house.state().state == "on"


def test_a_prefix_of_two_levels_and_statuses(house: House) -> None:
    house.hear("shellies/plug/status/switch:0", {"id": 0, "output": True}, retained=False)
    assert house.state("switch.plug").state == "on"
    house.hear("shellies/plug/online", "false")
    assert not house.state("switch.plug").available


def test_a_cover(house: House) -> None:
    notify(house, {"cover:0": {"id": 0, "state": "opening", "current_pos": 30}})
    assert house.state().state == "opening"
    assert house.state().attributes["current_position"] == 30
    first, second = sent(house, "set_cover_position", {"position": 40})
    assert (first["method"], first["params"]) == ("Cover.GoToPosition", {"id": 0, "pos": 40})
    assert second["method"] == "Cover.GetStatus"
    assert next(item["method"] for item in sent(house, "stop_cover")) == "Cover.Stop"


@pytest.mark.parametrize(
    ("component", "data", "method", "params"),
    [
        ("light:0", {"brightness": 128, "transition": 2}, "Light.Set",
         {"brightness": 50, "transition_duration": 2.0}),
        ("light:0", {"brightness": 1}, "Light.Set", {"brightness": 1}),
        ("light:0", {}, "Light.Set", {}),
        ("rgb:0", {"rgb_color": (1, 2, 3)}, "RGB.Set", {"rgb": [1, 2, 3]}),
        ("rgbw:0", {"hs_color": (120, 100)}, "RGBW.Set", {"rgb": [0, 255, 0]}),
        ("cct:0", {"color_temp_kelvin": 3000}, "CCT.Set", {"ct": 3000}),
    ],
)  # fmt: skip
def test_lights(
    house: House, component: str, data: dict[str, Any], method: str, params: dict[str, Any]
) -> None:
    notify(
        house,
        {component: {"id": 0, "output": True, "brightness": 50, "rgb": [1, 2, 3], "ct": 3000}},
    )
    state = house.state()
    assert (state.state, state.attributes["brightness"]) == ("on", 128)
    first, second = sent(house, "turn_on", data)
    assert first["method"] == method
    assert first["params"] == {"id": 0, "on": True, **params}
    assert second["method"] == f"{method.partition('.')[0]}.GetStatus"
    assert sent(house, "turn_off")[0]["params"] == {"id": 0, "on": False}


def test_presses_are_events(house: House) -> None:
    notify(house, {"input:0": {"id": 0, "state": False}})
    press = {"events": [{"component": "input:0", "id": 0, "event": "double_push", "ts": 1}]}
    report = notify(house, press, method="NotifyEvent")
    assert [item.event_type for item in report.events] == ["double_push"]
    other = {"events": [{"component": "input:1", "id": 1, "event": "double_push", "ts": 1}]}
    assert not notify(house, other, method="NotifyEvent").events


def test_one_that_sleeps_is_there_all_the_same(house: House) -> None:
    house.hear("shellyht-1/status/devicepower:0", {"id": 0, "battery": {"V": 5, "percent": 73}})
    house.hear("shellyht-1/status/temperature:0", {"id": 0, "tC": 20.1, "tF": 68.3})
    house.hear("shellyht-1/online", "false")
    state = house.state("sensor.shellyht_1_temperature")
    assert (state.state, state.available) == (20.1, True)
    assert house.state("sensor.shellyht_1_battery").state == 73


def test_several_components_are_numbered_or_named(house: House) -> None:
    notify(house, {"switch:0": {"id": 0, "output": True}, "switch:1": {"id": 1, "output": True}})
    reply = {"result": {"switch:1": {"name": "Pump"}}}
    house.hear(f"hubagent-rpc/{ID}/config/rpc", reply, retained=False)
    base = "switch.shellyplus1pm_4417939341dc"
    assert house.ids() == [f"{base}_pump", f"{base}_switch_1"]


@pytest.mark.parametrize("src", [3, "plug", None])
def test_notifications_of_others_are_refused(house: House, src: object) -> None:
    house.hear("x/events/rpc", {"src": src, "params": {"switch:0": {"id": 0, "output": True}}})
    assert house.ids() == []
    assert house.requests == []
    assert sum(house.directory.problems.values()) == 1

"""Homie 4 and 5, through a real store."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import SENSITIVE_DEVICE_CLASSES

if TYPE_CHECKING:
    House = Any

ROOT = "homie/5/lamp-1"


def describe(house: House, nodes: object, root: str = ROOT, **more: object) -> None:
    house.hear(f"{root}/$description", {"homie": "5.0", "name": "Lamp", "nodes": nodes, **more})
    house.hear(f"{root}/$state", "ready")


def node(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"main": {"name": "Main", "properties": properties}}


def prop(datatype: str, format_: str = "", *, settable: bool = True, **more: Any) -> dict[str, Any]:
    return {"datatype": datatype, "format": format_, "settable": settable, **more}


def test_a_switch_with_brightness_and_colour_is_one_light(house: House) -> None:
    nodes = node(
        power=prop("boolean"), brightness=prop("integer", "0:100"), hue=prop("color", "rgb")
    )
    describe(house, nodes)
    assert house.ids() == ["light.lamp_main"]
    house.hear(f"{ROOT}/main/power", "true")
    house.hear(f"{ROOT}/main/brightness", "40")
    house.hear(f"{ROOT}/main/hue", "rgb,255,0,10")
    state = house.state()
    assert (state.state, state.attributes["brightness"]) == ("on", 102)
    assert state.attributes["rgb_color"] == (255, 0, 10)
    assert house.command("turn_off") == [(f"{ROOT}/main/power/set", "false")]
    assert house.command("turn_on", {"brightness": 255, "rgb_color": (1, 2, 3)}) == [
        (f"{ROOT}/main/brightness/set", "100"),
        (f"{ROOT}/main/hue/set", "rgb,1,2,3"),
        (f"{ROOT}/main/power/set", "true"),
    ]


def test_a_colour_in_hue_and_saturation(house: House) -> None:
    describe(house, node(power=prop("boolean"), hue=prop("color", "hsv")))
    house.hear(f"{ROOT}/main/hue", "hsv,240,100,50")
    assert house.state().attributes["hs_color"] == (240, 100)
    assert house.state().attributes["rgb_color"] == (0, 0, 255)
    sent = house.command("turn_on", {"hs_color": (120, 50)})
    assert sent[0] == (f"{ROOT}/main/hue/set", "hsv,120,50,100")


@pytest.mark.parametrize(
    ("given", "entity_id", "heard", "state", "command", "data", "sent"),
    [
        (prop("boolean"), "switch", "true", "on", "turn_off", {}, "false"),
        (prop("integer", "5:30:5"), "number", "15", 15, "set_value", {"value": 20}, "20"),
        (prop("float", "0:1"), "number", "0.5", 0.5, "set_value", {"value": 0.25}, "0.25"),
        (prop("enum", "eco,boost"), "select", "eco", "eco", "select_option", {"option": "boost"}, "boost"),
        (prop("string"), "text", "hi", "hi", "set_value", {"value": "ho"}, "ho"),
    ],
)  # fmt: skip
def test_what_can_be_set(
    house: House,
    given: dict[str, Any],
    entity_id: str,
    heard: str,
    state: object,
    command: str,
    data: dict[str, Any],
    sent: str,
) -> None:
    describe(house, node(x=given))
    assert house.ids() == [f"{entity_id}.lamp_x"]
    house.hear(f"{ROOT}/main/x", heard)
    assert house.state().state == state
    assert house.command(command, data) == [(f"{ROOT}/main/x/set", sent)]


def test_where_a_device_is_going_is_not_where_it_is(house: House) -> None:
    describe(house, node(x=prop("integer", "0:100")))
    house.hear(f"{ROOT}/main/x", "20")
    house.hear(f"{ROOT}/main/x/$target", "100")
    assert house.state().state == 20
    house.hear(f"{ROOT}/main/x", "100")
    assert house.state().state == 100


def test_what_is_only_told(house: House) -> None:
    nodes = node(
        temperature=prop("float", settable=False, unit="°C", name="Warmth"),
        open=prop("boolean", settable=False),
        note=prop("string", settable=False),
    )
    describe(house, nodes)
    assert house.ids() == ["binary_sensor.lamp_open", "sensor.lamp_note", "sensor.lamp_warmth"]
    house.hear(f"{ROOT}/main/temperature", "21.5")
    entity = next(item for item in house.store.view().entities() if item.unit)
    assert (entity.device_class, entity.unit) == ("temperature", "°C")
    assert house.state("sensor.lamp_warmth").state == 21.5


@pytest.mark.parametrize("state", ["ready", "sleeping", "lost", "disconnected"])
def test_its_state_says_whether_it_is_there(house: House, state: str) -> None:
    describe(house, node(x=prop("boolean")))
    house.hear(f"{ROOT}/$state", state)
    assert house.state().available == (state in ("ready", "sleeping"))


def test_a_child_is_lost_with_its_root(house: House) -> None:
    described = {"name": "Child", "root": "bridge", "nodes": node(x=prop("boolean"))}
    house.hear("homie/5/child/$description", described)
    house.hear("homie/5/child/$state", "ready")
    house.hear("homie/5/bridge/$state", "lost")
    assert not house.state().available
    house.hear("homie/5/bridge/$state", "ready")
    assert house.state().available


def test_any_domain_and_removal(house: House) -> None:
    describe(house, node(x=prop("boolean")), root="mine/5/a")
    assert house.command("turn_on") == [("mine/5/a/main/x/set", "true")]
    house.hear("mine/5/a/$state", "")
    assert house.ids() == []


@pytest.mark.parametrize("name", ["front-door", "lock", "main-valve"])
def test_what_lets_in_or_floods_is_never_commanded_on_a_guess(house: House, name: str) -> None:
    describe(house, {"main": {"properties": {name: prop("boolean")}}})
    assert house.only().device_class in SENSITIVE_DEVICE_CLASSES


FOUR = (
    ("homie/car/$homie", "4.0.0"),
    ("homie/car/$name", "Car"),
    ("homie/car/$nodes", "engine"),
    ("homie/car/engine/$properties", "running,heat"),
    ("homie/car/engine/running/$datatype", "boolean"),
    ("homie/car/engine/running/$settable", "true"),
    ("homie/car/engine/heat/$datatype", "float"),
    ("homie/car/$state", "ready"),
)


@pytest.mark.parametrize("seed", range(4))
def test_version_4_in_any_order(house: House, seed: int) -> None:
    order = next(itertools.islice(itertools.permutations(FOUR), seed * 9973, None))
    for topic, payload in order:
        house.hear(topic, payload)
    house.hear("homie/car/engine/heat", "80.5")
    assert house.ids() == ["sensor.car_heat", "switch.car_running"]
    assert house.state("sensor.car_heat").state == 80.5
    sent = house.command("turn_on", entity_id="switch.car_running")
    assert sent == [("homie/car/engine/running/set", "true")]


def test_nothing_is_declared_before_it_is_ready(house: House) -> None:
    for topic, payload in FOUR[:-1]:
        house.hear(topic, payload)
    house.hear("homie/car/$state", "init")
    assert house.ids() == []


@pytest.mark.parametrize(
    "nodes",
    [[], {"a/b": {}}, {"a": 3}, {"a": {"properties": [1]}}, node(**{"+": prop("boolean")}),
     node(x={"datatype": "other"}), node(x={}),
        {'main': {'properties': {'x': 3}}}],
)  # fmt: skip
def test_what_is_wrong_is_left_out(house: House, nodes: object) -> None:
    describe(house, nodes)
    assert house.ids() == []
    assert sum(house.directory.problems.values())

"""Questions and conditions, said to the real hub: true answers, and nothing done that was not so."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander


def _sensor(
    entity_id: str, name: str, area: str, state: Any, kind: str, unit: str
) -> dict[str, Any]:
    return {"id": f"sensor.{entity_id}", "name": name, "area": area, "state": state,
            "attributes": {"device_class": kind, "unit_of_measurement": unit}}  # fmt: skip


def _seen(entity_id: str, name: str, area: str, state: bool, kind: str) -> dict[str, Any]:
    return {"id": f"binary_sensor.{entity_id}", "name": name, "area": area, "state": state,
            "attributes": {"device_class": kind}}  # fmt: skip


HOME: dict[str, Any] = {
    "areas": [
        {"id": "galley", "name": "Galley"}, {"id": "saloon", "name": "Saloon"},
        {"id": "cabin", "name": "Aft Cabin"}, {"id": "terrace", "name": "Terrace"},
    ],
    "entities": [
        {"id": "light.saloon", "name": "Saloon Light", "area": "saloon", "state": "on",
         "attributes": {"supported_color_modes": ["onoff"]}},
        {"id": "light.cabin", "name": "Cabin Light", "area": "cabin", "state": "off",
         "attributes": {"supported_color_modes": ["onoff"]}},
        {"id": "fan.cabin", "name": "Cabin Fan", "area": "cabin", "state": "off"},
        {"id": "switch.pump", "name": "Bilge Pump", "area": "galley", "state": "off"},
        {"id": "switch.stove", "name": "Stove", "area": "galley", "state": "off"},
        {"id": "lock.hatch", "name": "Hatch", "area": "saloon", "state": "unlocked"},
        {"id": "cover.blind", "name": "Saloon Blind", "area": "saloon", "state": "open",
         "attributes": {"device_class": "blind"}},
        _sensor("galley", "Galley Temperature", "galley", 24.5, "temperature", "°C"),
        _sensor("cabin", "Cabin Temperature", "cabin", 19, "temperature", "°C"),
        _sensor("outside", "Terrace Temperature", "terrace", 6, "temperature", "°C"),
        _sensor("stove", "Stove Temperature", "galley", 25, "temperature", "°C"),
        _sensor("damp", "Cabin Humidity", "cabin", 71, "humidity", "%"),
        _sensor("bike", "Bike Battery", "terrace", 38, "battery", "%"),
        _seen("hatch", "Hatch Window", "saloon", True, "window"),
        _seen("port", "Porthole Window", "cabin", False, "window"),
        _seen("bilge", "Bilge Leak", "galley", False, "moisture"),
        _seen("washer", "Washer", "galley", False, "running"),
        _seen("cabin_motion", "Cabin Motion", "cabin", False, "motion"),
        {"id": "weather.home", "name": "Harbour", "state": "rainy",
         "attributes": {"temperature": 7, "temperature_unit": "°C"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def _said(
    understand: Understander, text: str, **setup: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Say something in the galley; return the turn and the states after it."""
    moved = {name.replace("__", "."): state for name, state in setup.items()}
    turns = [{"text": text, "area": "galley"}]
    document = replay_scenario({"home": HOME, "setup": moved, "turns": turns}, understand)
    return document["turns"][0], {i: s["state"] for i, s in document["state"].items()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("what's the temperature in the aft cabin", "19"),
        ("how warm is it", "24.5"),
        ("how cold is it outside", "6"),
        ("how damp is the cabin", "71"),
        ("how much charge is in the bike", "38"),
        ("which windows are open", "Hatch"),
        ("any water in the bilge", "dry"),
        ("is the washer done", "Yes"),
        ("washer still running", "No"),
        ("is it raining", "Yes, it is raining"),
        ("is anyone in the aft cabin", "No, nobody"),
        ("is it warmer in the galley or the aft cabin", "Galley"),
        ("which room is the coldest", "Aft Cabin"),
        ("saloon light still on", "Yes"),
        ("is it above ten outside", "No"),
        ("did anyone lock the hatch", "No"),
    ],
)
def test_a_question_is_answered_from_what_it_asks_about(
    understand: Understander, text: str, told: str
) -> None:
    turn, _ = _said(understand, text)
    assert turn["decision"] == "answer", turn
    assert turn["commands"] == []
    assert told in turn["response"]


@pytest.mark.parametrize(
    "text",
    [
        "how warm is it in the wheelhouse", "is the drawbridge open", "how much charge is in the car",
        "is it warmer in the galley or the wheelhouse", "how damp is the saloon",
    ],
)  # fmt: skip
def test_what_the_home_does_not_know_is_never_answered_with_something_else(
    understand: Understander, text: str
) -> None:
    turn, _ = _said(understand, text)
    assert turn["decision"] == "refuse", turn


def test_the_temperature_is_that_of_the_stove_only_while_it_is_hot(
    understand: Understander,
) -> None:
    question = "what's the temperature"
    hot = {"switch__stove": {"state": "on"}, "sensor__stove": {"state": 210}}
    assert "24.5" in _said(understand, question)[0]["response"]
    assert "210" in _said(understand, question, **hot)[0]["response"]
    assert "24.5" in _said(understand, f"{question} in here", **hot)[0]["response"]
    assert "6" in _said(understand, f"{question} outside", **hot)[0]["response"]


HOLDS = [
    "turn on the cabin fan if it's above 22",
    "turn on the cabin fan if it's raining",
    "if the cabin is below twenty degrees turn on the cabin fan",
    "unless anyone is in the aft cabin, turn on the cabin fan",
    "if there's a window open turn on the cabin fan",
    "turn on the cabin fan, but only if the humidity in the aft cabin is over seventy percent",
    "if the washer's done turn on the cabin fan",
    "if it's colder outside than in the galley turn on the cabin fan",
    "if it's raining and there's a window open, turn on the cabin fan",
    "if it's sunny turn on the saloon light, otherwise turn on the cabin fan",
]
HOLDS_NOT = [
    "turn on the cabin fan if it's above 26",
    "turn on the cabin fan if it's snowing",
    "if the aft cabin is above twenty degrees turn on the cabin fan",
    "turn on the cabin fan unless it's raining",
    "if all the windows are closed turn on the cabin fan",
    "if somebody is in the aft cabin turn on the cabin fan",
    "turn on the cabin fan if the hatch is locked",
    "if it's raining and the hatch is locked, turn on the cabin fan",
]


@pytest.mark.parametrize("text", HOLDS)
def test_what_stands_on_a_condition_that_holds_is_done(understand: Understander, text: str) -> None:
    turn, states = _said(understand, text)
    assert (turn["decision"], states["fan.cabin"]) == ("act", "on"), turn
    assert [command["entity_id"] for command in turn["commands"]] == ["fan.cabin"]


@pytest.mark.parametrize("text", HOLDS_NOT)
def test_what_does_not_hold_is_said_and_nothing_is_done(
    understand: Understander, text: str
) -> None:
    turn, _ = _said(understand, text)
    assert (turn["decision"], turn["commands"]) == ("answer", []), turn


@pytest.mark.parametrize(
    "text",
    [
        "turn on the cabin fan when it gets dark", "turn on the cabin fan once the washer is done",
        "whenever it rains close the saloon blind", "as soon as I get home turn on the saloon light",
        "every time the hatch opens turn on the cabin light", "if it gets dark turn on the cabin light",
        "turn on the cabin fan if the moon is full", "if the wheelhouse is above 20 turn on the cabin fan",
        "turn on the cabin fan if anyone arrives", "unlock the hatch if the captain is home",
    ],
)  # fmt: skip
def test_what_cannot_be_known_now_is_not_done_now(understand: Understander, text: str) -> None:
    turn, _ = _said(understand, text)
    assert (turn["decision"], turn["commands"]) == ("refuse", []), turn


def test_it_is_what_the_condition_is_about(understand: Understander) -> None:
    turn, states = _said(understand, "if the saloon light is on turn it off")
    assert (turn["decision"], states["light.saloon"]) == ("act", "off")
    turn, states = _said(understand, "did anyone lock the hatch, if not do it")
    assert states["lock.hatch"] == "locked" or turn["decision"] == "ask"


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("saloon light off, cabin light on", {"light.saloon": "off", "light.cabin": "on"}),
        ("the cabin light and the cabin fan on please", {"light.cabin": "on", "fan.cabin": "on"}),
        (
            "long day: saloon light off, cabin fan on and close the saloon blind",
            {"light.saloon": "off", "fan.cabin": "on", "cover.blind": "closed"},
        ),
        ("turn the saloon light and the bilge pump off", {"light.saloon": "off"}),
    ],
)
def test_every_request_of_a_sentence_is_carried_out(
    understand: Understander, text: str, moved: dict[str, str]
) -> None:
    turn, states = _said(understand, text)
    assert turn["decision"] == "act", turn
    assert {entity_id: states[entity_id] for entity_id in moved} == moved


@pytest.mark.parametrize(
    "text", ["saloon light off and the wheelhouse lamp on", "cabin fan on, drawbridge down"]
)
def test_all_of_a_sentence_or_nothing(understand: Understander, text: str) -> None:
    turn, _ = _said(understand, text)
    assert (turn["decision"], turn["commands"]) == ("refuse", []), turn


@pytest.mark.parametrize(
    ("text", "held_back"),
    [
        ("turn the saloon light off before judgement day", False),
        ("saloon light off while we're away this weekend", False),
        ("turn the saloon light off, nobody's here till tonight", False),
        ("turn the saloon light off before dinner", True),
        ("turn the saloon light off tonight", True),
        ("turn the saloon light off when we leave, we're out this weekend", True),
    ],
)
def test_the_time_of_a_reason_is_not_that_of_the_request(
    understand: Understander, text: str, held_back: bool
) -> None:
    turn, states = _said(understand, text)
    assert (turn["decision"], states["light.saloon"]) == (
        ("refuse", "on") if held_back else ("act", "off")
    ), turn


@pytest.mark.parametrize(
    "text", ["is everything shut and locked down there", "is the hatch shut and locked down for the night"]
)  # fmt: skip
def test_a_question_that_goes_on_is_no_request(understand: Understander, text: str) -> None:
    turn, states = _said(understand, text)
    assert turn["commands"] == []
    assert states["lock.hatch"] == "unlocked"

"""Questions as people put them: with a frame, a tag, a whole name, a list, a time; said to the real hub."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander

HOME: dict[str, Any] = {
    "areas": [
        {"id": "pottery", "name": "Pottery"}, {"id": "loft", "name": "Loft"},
        {"id": "shed", "name": "Kiln Shed"}, {"id": "lane", "name": "Lane", "aliases": ["outside"]},
    ],
    "entities": [
        {"id": "light.wheel", "name": "Wheel Light", "area": "pottery", "state": "on"},
        {"id": "light.loft", "name": "Loft Lamp", "area": "loft", "state": "on"},
        {"id": "switch.open_house", "name": "Open House", "state": "off"},
        {"id": "input_boolean.quiet", "name": "Quiet Mode", "state": "on"},
        {"id": "sensor.slip", "name": "Slip Mixer Power", "area": "pottery", "state": "310",
         "attributes": {"device_class": "power", "unit_of_measurement": "W"}},
        {"id": "sensor.key", "name": "Lane Keypad Battery", "area": "lane", "state": "14",
         "attributes": {"device_class": "battery", "unit_of_measurement": "%"}},
        {"id": "sensor.pottery", "name": "Pottery Temperature", "area": "pottery", "state": "19",
         "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
        {"id": "sensor.lane", "name": "Lane Temperature", "area": "lane", "state": "7",
         "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
        {"id": "lock.cabinet", "name": "Glaze Cabinet", "area": "pottery", "state": "locked"},
        {"id": "binary_sensor.hatch", "name": "Coal Hatch", "area": "shed", "state": True,
         "attributes": {"device_class": "opening"}},
        {"id": "binary_sensor.side", "name": "Side Door", "area": "pottery", "state": False,
         "attributes": {"device_class": "door"}},
        {"id": "vacuum.dusty", "name": "Dusty", "area": "loft", "state": "docked"},
        {"id": "weather.porthcurno", "name": "Porthcurno", "state": "sunny",
         "attributes": {"temperature": 11, "temperature_unit": "°C"}},
        {"id": "todo.glazes", "name": "Glaze Order", "state": 2,
         "attributes": {"items": ["cobalt", "tin oxide"]}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def _turn(said: str, understand: Understander, events: tuple[Any, ...] = ()) -> dict[str, Any]:
    turns = [{"text": said, "area": "pottery", "at": 600, "events": list(events)}]
    document = replay_scenario({"id": "q", "home": HOME, "turns": turns}, understand)
    found: dict[str, Any] = document["turns"][0]
    return found


@pytest.mark.parametrize(
    ("said", "told"),
    [
        # put as a wish to be told
        ("could you tell me whether the glaze cabinet is locked", "Yes"),
        ("i'd like to know how cold it is outside", "7"),
        ("check the side door is shut for me", "Yes"),
        ("any idea which lights are on", "Wheel Light"),
        ("remind me, is the glaze cabinet locked", "Yes"),
        ("just checking, is the side door shut", "Yes"),
        # with a tag
        ("the coal hatch isn't open, is it", "Yes"),
        ("side door's shut, right?", "Yes"),
        # named in full, asked in any way
        ("what is dusty up to these days", "docked"),
        ("how's the slip mixer getting on", "310"),
        ("does the lane keypad want a new battery", "14"),
        ("are we on quiet mode", "Yes"),
        ("is open house on", "No"),
        ("is the cabinet with the glaze in it locked", "Yes"),
        # rooms, comparisons
        ("what rooms have a light on", "Loft"),
        ("is it warmer outside than in here", "No"),
        # a weather is told in full, also by its name
        ("what's the weather in Porthcurno like", "11"),
        # lists
        ("what's on the glaze order", "cobalt"),
        ("did I put cobalt on the glaze order", "Yes"),
        ("is there any copper on the glaze order", "No"),
        # few words
        ("pottery temperature", "19"),
        ("slip mixer running ok", "310"),
    ],
)
def test_it_is_told_what_is_so(said: str, told: str, understand: Understander) -> None:
    turn = _turn(said, understand)
    assert turn["decision"] == "answer"
    assert told in turn["response"]
    assert not turn["commands"]


@pytest.mark.parametrize(
    "said",
    [
        "is the garage door shut",  # no other door
        "is the big coal hatch in the cellar open",  # another thing, another place
        "what's the battery of the glaze cabinet",  # it has none
        "tell me a story about dusty",
        "is the slip mixer bucket open",  # a longer name than where a sensor sits
    ],
)
def test_nothing_else_is_told_instead(said: str, understand: Understander) -> None:
    turn = _turn(said, understand)
    assert turn["decision"] in {"refuse", "ignore"}


@pytest.mark.parametrize("said", ["have the wheel light go off", "do the loft lamp at half please"])
def test_what_begins_like_a_question_and_asks_for_something(
    said: str, understand: Understander
) -> None:
    assert _turn(said, understand)["decision"] != "answer"


def test_when_something_last_happened(understand: Understander) -> None:
    events = ({"entity_id": "binary_sensor.side", "state": True},)
    turn = _turn("when was the side door last opened", understand, events)
    assert turn["decision"] == "answer"
    assert "Side Door: open" in turn["response"]
    never = _turn("when was the coal hatch last closed", understand)
    assert "not changed" in never["response"]

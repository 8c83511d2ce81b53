"""Requests in odd words, said to the real hub: the other way round, with talk around, one of several."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander


def _lamp(entity_id: str, name: str, area: str, **more: Any) -> dict[str, Any]:
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": "off",
            "attributes": {"supported_color_modes": ["hs"], **more}}  # fmt: skip


HOME: dict[str, Any] = {
    "areas": [
        {"id": "stage", "name": "Stage"}, {"id": "foyer", "name": "Foyer"},
        {"id": "attic", "name": "Props Attic"},
    ],
    "entities": [
        _lamp("float_1", "Footlight One", "stage"), _lamp("float_2", "Footlight Two", "stage"),
        _lamp("cyc", "Backcloth", "stage", effect_list=["storm", "dawn"], effect="dawn",
              supported_features=["effect"]),
        _lamp("oven", "Pizza Oven Light", "foyer"),
        {"id": "cover.tabs", "name": "House Curtains", "area": "stage", "state": "open",
         "attributes": {"device_class": "curtain"}},
        {"id": "cover.louvre", "name": "Skylight Blind", "area": "attic", "state": "open",
         "attributes": {"device_class": "blind", "current_position": 100, "current_tilt_position": 100}},
        {"id": "cover.dock", "name": "Dock Door", "area": "stage", "state": "open",
         "attributes": {"device_class": "door"}},
        {"id": "button.fish", "name": "Fish Feeder", "area": "foyer", "state": "unknown"},
        {"id": "scene.interval", "name": "Interval", "state": "unknown"},
        {"id": "fan.smoke", "name": "Haze Fan", "area": "stage", "state": "on",
         "attributes": {"percentage": 60, "percentage_step": 20}},
        {"id": "todo.props", "name": "Props List", "state": 1, "attributes": {"items": ["mend the crown"]}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def _turn(said: str, understand: Understander, area: str = "stage") -> dict[str, Any]:
    scenario = {"id": "o", "home": HOME, "turns": [{"text": said, "area": area}]}
    found: dict[str, Any] = replay_scenario(scenario, understand)["turns"][0]
    return found


@pytest.mark.parametrize(
    ("said", "entity_id", "command"),
    [
        # which way it goes
        ("draw the house curtains across", "cover.tabs", "close_cover"),
        ("pull the house curtains back would you", "cover.tabs", "open_cover"),
        # talk around it
        ("the cast are freezing up there, haze fan off", "fan.smoke", "turn_off"),
        # a whole name and a value
        ("let the backcloth go violet", "light.cyc", "turn_on"),
        ("have the backcloth do a storm", "light.cyc", "turn_on"),
        # counted, tilted, what a thing does, a scene and its time
        ("the second footlight on please", "light.float_2", "turn_on"),
        ("feed the fish", "button.fish", "press"),
        ("interval time", "scene.interval", "turn_on"),
        # a light that is called after an oven is a light
        ("pizza oven light on", "light.oven", "turn_on"),
        ("crown's mended, tick it off the props list", "todo.props", "update_item"),
    ],
)
def test_it_is_done(said: str, entity_id: str, command: str, understand: Understander) -> None:
    turn = _turn(said, understand)
    assert turn["decision"] == "act", turn
    assert [(c["entity_id"], c["command"]) for c in turn["commands"]] == [(entity_id, command)]


def test_slats_are_tilted_and_not_moved(understand: Understander) -> None:
    turn = _turn("shut the slats in here", understand, area="attic")
    assert [c["command"] for c in turn["commands"]] == ["close_cover_tilt"]


def test_the_slowest_is_a_speed(understand: Understander) -> None:
    turn = _turn("haze fan at its slowest", understand)
    assert [c["data"] for c in turn["commands"]] == [{"percentage": 20}]


def test_one_of_several_is_asked_about(understand: Understander) -> None:
    turn = _turn("put one of the footlights on", understand)
    assert turn["decision"] == "ask"
    assert "One" in turn["response"]
    assert "Two" in turn["response"]


@pytest.mark.parametrize(
    "said",
    [
        "my eyesight is getting dim",  # no room is
        "it's stuffy in here",  # and no lamp helps
        "steamy in here",
        "she said to open it, haze fan off she said",  # what others said
        "the dock door is open, isn't it",  # asked, not to be done
        "dear, could you see if the dock door's shut",
        "get the dock door would you",  # says not what to do
        "chandelier off",  # no other light is one
        "switch on the garage door",
    ],
)
def test_nothing_moves(said: str, understand: Understander) -> None:
    assert not _turn(said, understand)["commands"]

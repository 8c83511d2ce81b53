"""What must not move for want of a name, and what is asked for instead, said to the real hub."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander


def _lamp(entity_id: str, name: str, area: str, **more: Any) -> dict[str, Any]:
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": "on",
            "attributes": {"supported_color_modes": ["brightness"], "brightness": 100, **more}}  # fmt: skip


def _fan(entity_id: str, name: str, area: str, state: str = "off") -> dict[str, Any]:
    return {"id": f"fan.{entity_id}", "name": name, "area": area, "state": state,
            "attributes": {"percentage": 0, "percentage_step": 10,
                           "supported_features": ["set_speed", "turn_on", "turn_off"]}}  # fmt: skip


HOME: dict[str, Any] = {
    "floors": [{"id": "deck", "name": "Lower Deck"}, {"id": "bridge", "name": "Upper Deck"}],
    "areas": [
        {"id": "mess", "name": "Mess", "floor": "deck"}, {"id": "hold", "name": "Hold", "floor": "deck"},
        {"id": "wheelhouse", "name": "Wheelhouse", "floor": "bridge"},
        {"id": "otto", "name": "Otto's Cabin", "floor": "bridge"}, {"id": "quay", "name": "Quay"},
    ],
    "entities": [
        _lamp("mess", "Mess Lamp", "mess"), _lamp("hold", "Hold Lamp", "hold"),
        _lamp("chart", "Chart Lamp", "wheelhouse"),
        _fan("otto", "Otto's Fan", "otto"), _fan("mess", "Mess Fan", "mess"),
        {"id": "climate.mess", "name": "Air Handler", "area": "mess", "state": "cool",
         "attributes": {"hvac_modes": ["off", "cool"], "temperature": 22, "fan_mode": "auto",
                        "fan_modes": ["auto", "on"]}},
        {"id": "cover.hatch", "name": "Mess Curtains", "area": "mess", "state": "closed",
         "attributes": {"current_position": 0}},
        {"id": "switch.percolator", "name": "Coffee Percolator", "area": "mess", "state": "on"},
        {"id": "switch.bilge", "name": "Bilge Pump", "area": "hold", "state": "off"},
        {"id": "switch.socket_1", "name": "Socket 1", "area": "hold", "state": "off",
         "attributes": {"device_class": "outlet"}},
        {"id": "switch.toaster", "name": "Toaster", "area": "mess", "state": "off",
         "attributes": {"device_class": "outlet"}},
        {"id": "media_player.mess", "name": "Mess Radio", "area": "mess", "state": "playing",
         "attributes": {"device_class": "speaker", "volume_level": 0.4}},
        {"id": "vacuum.barnacle", "name": "Barnacle", "area": "mess", "state": "docked"},
        {"id": "scene.watch", "name": "Night Watch", "state": "unknown"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def _turns(
    understand: Understander, *lines: str, area: str | None = "mess"
) -> list[dict[str, Any]]:
    turns = [{"text": line, "area": area, "at": 10 * n} for n, line in enumerate(lines)]
    found: list[dict[str, Any]] = replay_scenario(
        {"id": "n", "home": HOME, "turns": turns}, understand
    )["turns"]
    return found


def _sent(turn: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["entity_id"], item["command"]) for item in turn["commands"]]


def test_a_fan_is_switched_on_although_a_thermostat_has_such_an_option(
    understand: Understander,
) -> None:
    (turn,) = _turns(understand, "turn the fan on")
    assert _sent(turn) == [("fan.mess", "turn_on")]


def test_the_owner_of_a_fan_is_part_of_its_name(understand: Understander) -> None:
    (turn,) = _turns(understand, "put Otto's fan on thirty percent")
    assert _sent(turn) == [("fan.otto", "set_percentage")]


@pytest.mark.parametrize(
    "said",
    [
        "open the awning",  # the curtains tell no class, but are none
        "night mode",  # half a scene's name and a word of modes
        "run just the blower",  # the only script or scene is meant by its name alone
        "the third chorus needs to be louder at the dress rehearsal",  # talk of music
    ],
)
def test_what_was_not_named_does_not_move(said: str, understand: Understander) -> None:
    (turn,) = _turns(understand, said)
    assert not turn["commands"], turn


def test_what_is_to_be_off_is_not_made(understand: Understander) -> None:
    (turn,) = _turns(understand, "turn off the coffee percolator and turn on the bilge pump")
    assert set(_sent(turn)) == {("switch.percolator", "turn_off"), ("switch.bilge", "turn_on")}


def test_a_number_tells_which(understand: Understander) -> None:
    (turn,) = _turns(understand, "socket number one, on")
    assert _sent(turn) == [("switch.socket_1", "turn_on")]


def test_what_is_at_work_is_stopped_by_name_or_behind_a_complaint(understand: Understander) -> None:
    (turn,) = _turns(understand, "stop the mess radio")
    assert _sent(turn) == [("media_player.mess", "media_stop")]
    *_, turn = _turns(understand, "start barnacle", "that's too noisy, stop")
    assert _sent(turn) == [("vacuum.barnacle", "stop")]


@pytest.mark.parametrize(
    ("first", "value", "entity_id", "data"),
    [
        ("dim the mess lamp to", "forty percent", "light.mess", {"brightness": 102}),
        ("turn the mess radio down to", "twenty", "media_player.mess", {"volume_level": 0.2}),
        ("set the air handler to", "19 degrees please", "climate.mess", {"temperature": 19}),
    ],
)
def test_a_value_that_was_not_said_is_asked_for(
    first: str, value: str, entity_id: str, data: dict[str, Any], understand: Understander
) -> None:
    asked, done = _turns(understand, first, value)
    assert (asked["decision"], asked["commands"]) == ("ask", [])
    assert [(c["entity_id"], c["data"]) for c in done["commands"]] == [(entity_id, data)]


def test_a_floor_answers_which_lights(understand: Understander) -> None:
    asked, done = _turns(understand, "turn the lights off", "lower deck please", area=None)
    assert asked["decision"] == "ask"
    assert set(_sent(done)) == {("light.mess", "turn_off"), ("light.hold", "turn_off")}


def test_a_thing_is_not_gone_on_with_for_another_measure(understand: Understander) -> None:
    *_, turn = _turns(understand, "mess lamp to forty percent", "set the volume of the mess radio")
    assert "light.mess" not in dict(_sent(turn))


def test_what_cannot_be_opened_is_not_gone_on_with(understand: Understander) -> None:
    *_, turn = _turns(understand, "open the mess curtains", "what about the toaster")
    assert not turn["commands"]


def test_on_before_a_place_switches_nothing(understand: Understander) -> None:
    *_, turn = _turns(understand, "set Otto's fan to thirty", "and the one in the mess")
    assert _sent(turn) == [("fan.mess", "set_percentage")]


def test_all_of_a_compound_or_nothing(understand: Understander) -> None:
    (turn,) = _turns(understand, "mess lamp red and hold lamp off")
    assert turn["decision"] == "refuse"
    assert "Mess Lamp" in turn["response"]


def test_one_is_of_the_kind_said_before_it(understand: Understander) -> None:
    (turn,) = _turns(understand, "turn off the mess lamp and the hold one on")
    assert _sent(turn) == [("light.mess", "turn_off"), ("light.hold", "turn_on")]


def test_what_sounds_is_made_quieter(understand: Understander) -> None:
    player = {"id": "media_player.deck", "name": "Deck Player", "area": "mess", "state": "paused",
              "attributes": {"device_class": "speaker", "volume_level": 0.4}}  # fmt: skip
    home = {**HOME, "entities": [*HOME["entities"], player]}
    scenario = {"id": "v", "home": home, "turns": [{"text": "volume down ten", "area": "mess"}]}
    turn = replay_scenario(scenario, understand)["turns"][0]
    assert _sent(turn) == [("media_player.mess", "volume_set")]


def test_a_robot_is_he_or_she(understand: Understander) -> None:
    *_, paused, again = _turns(
        understand, "start barnacle", "pause him a minute", "off you go again"
    )
    assert _sent(paused) == [("vacuum.barnacle", "pause")]
    assert _sent(again) == [("vacuum.barnacle", "start")]


@pytest.mark.parametrize("back", ["put it back to what it was to start with", "undo it all"])
def test_several_changes_of_one_thing_are_taken_back_at_once(
    back: str, understand: Understander
) -> None:
    *_, turn = _turns(understand, "air handler to 25", "make it 24", back)
    assert [(c["entity_id"], c["data"]) for c in turn["commands"]] == [
        ("climate.mess", {"temperature": 22})
    ]


def test_a_colour_may_be_a_room(understand: Understander) -> None:
    home = {**HOME, "areas": [*HOME["areas"], {"id": "coral", "name": "Coral Cabin"}],
            "entities": [*HOME["entities"], _fan("coral", "Coral Fan", "coral", "on"),
                         _fan("hold", "Hold Fan", "hold", "on")]}  # fmt: skip
    lines = ("turn the hold fan off", "and coral")
    turns = [{"text": line, "at": 10 * n} for n, line in enumerate(lines)]
    turn = replay_scenario({"id": "k", "home": home, "turns": turns}, understand)["turns"][-1]
    assert _sent(turn) == [("fan.coral", "turn_off")]


def test_a_cup_of_coffee_is_made_by_the_coffee_machine(understand: Understander) -> None:
    machine = {"id": "switch.brew", "name": "Coffee Machine", "area": "mess", "state": "off"}
    home = {**HOME, "entities": [*HOME["entities"], machine]}
    for words in ("i need a cup of coffee", "prepare coffee now"):
        scenario = {"id": "c", "home": home, "turns": [{"text": words, "area": "mess"}]}
        (turn,) = replay_scenario(scenario, understand)["turns"]
        assert _sent(turn) == [("switch.brew", "turn_on")], words


def test_talk_that_begins_with_a_name_moves_nothing(understand: Understander) -> None:
    (turn,) = _turns(understand, "toaster pastries and marmalade sandwiches for the children")
    assert not turn["commands"]


def test_what_is_told_of_a_colour_and_of_the_speakers_room(understand: Understander) -> None:
    glow = {"id": "light.glow", "name": "Keel Glow", "area": "hold", "state": "on",
            "attributes": {"supported_color_modes": ["hs"], "color_mode": "hs", "hs_color": [275, 90]}}  # fmt: skip
    fans = [{**item, "state": "on", "attributes": {**item["attributes"], "percentage": level}}
            for item, level in ((_fan("otto", "Otto's Fan", "otto"), 20), (_fan("mess", "Mess Fan", "mess"), 70))]  # fmt: skip
    others = [item for item in HOME["entities"] if not item["id"].startswith("fan.")]
    home = {**HOME, "entities": [*others, *fans, glow]}
    lines = ("what colour is the keel glow", "how fast is the fan going")
    turns = [{"text": line, "area": "mess", "at": 10 * n} for n, line in enumerate(lines)]
    colour, speed = replay_scenario({"id": "c", "home": home, "turns": turns}, understand)["turns"]
    assert "purple" in colour["response"]
    assert "70" in speed["response"]
    assert "20" not in speed["response"]


def test_water_names_no_valve_for_sure(understand: Understander) -> None:
    tap = {"id": "valve.tap", "name": "Quay Tap", "area": "quay", "state": "closed",
           "attributes": {"device_class": "water", "supported_features": ["open", "close"]}}  # fmt: skip
    home = {**HOME, "entities": [*HOME["entities"], tap]}
    scenario = {"id": "w", "home": home, "turns": [{"text": "run some water", "area": "quay"}]}
    turn = replay_scenario(scenario, understand)["turns"][0]
    assert (turn["decision"], turn["commands"]) == ("ask", [])


def test_what_is_told_before_it_does_not_keep_a_valve_open(understand: Understander) -> None:
    tap = {"id": "valve.sea", "name": "Sea Main", "area": "hold", "state": "open",
           "attributes": {"device_class": "water", "supported_features": ["open", "close"]}}  # fmt: skip
    home = {**HOME, "entities": [*HOME["entities"], tap]}
    turns = [{"text": "pipe burst, shut the sea main off now", "area": "mess"}]
    turn = replay_scenario({"id": "s", "home": home, "turns": turns}, understand)["turns"][0]
    assert _sent(turn) == [("valve.sea", "close_valve")]


def test_what_sounds_somewhat_like_a_name_is_asked_about(understand: Understander) -> None:
    (turn,) = _turns(understand, "turn off the charged lamp")
    assert turn["decision"] == "ask"
    assert "Chart Lamp" in turn["response"]

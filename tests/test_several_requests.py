"""Several requests in one sentence, over a whole hub: each value goes to its own thing."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander

LAMP = {
    "supported_color_modes": ["hs"],
    "brightness": 255,
    "color_mode": "hs",
    "hs_color": [40, 50],
}
RADIATOR = {
    "temperature": 17, "current_temperature": 16, "min_temp": 5, "max_temp": 28, "hvac_modes": ["off", "heat"],
}  # fmt: skip
HOME: dict[str, Any] = {
    "areas": [
        {"id": "kiln", "name": "Kiln Room"},
        {"id": "shop", "name": "Shop"},
        {"id": "attic", "name": "Attic"},
    ],
    "entities": [
        {"id": "light.bench", "name": "Bench Lamp", "area": "kiln", "state": "off", "attributes": LAMP},
        {"id": "light.shelf", "name": "Shelf Strip", "area": "shop", "state": "on", "attributes": LAMP},
        {"id": "cover.awning", "name": "Awning", "area": "shop", "state": "open",
         "attributes": {"current_position": 100, "device_class": "awning"}},
        {"id": "climate.shop", "name": "Shop Radiator", "area": "shop", "state": "heat",
         "attributes": RADIATOR},
        {"id": "climate.attic", "name": "Attic Radiator", "area": "attic", "state": "heat",
         "attributes": RADIATOR},
        {"id": "switch.wheel", "name": "Potter's Wheel", "area": "kiln", "state": "on"},
        {"id": "lock.shutter", "name": "Shop Door", "area": "shop", "state": "unlocked"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def after(understand: Understander, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the document of the turn and the states it left."""
    document = replay_scenario(
        {"id": "1", "home": HOME, "turns": [{"text": text, "area": "shop"}]}, understand
    )
    return document["turns"][0], document["state"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "awning closed and shelf strip at thirty percent",
            {"cover.awning": ("current_position", 0), "light.shelf": ("brightness", 76)},
        ),
        (
            "wheel off, bench lamp on, awning shut",
            {"switch.wheel": "off", "light.bench": "on", "cover.awning": "closed"},
        ),
        (
            "put the shop on twenty and the attic on sixteen degrees",
            {"climate.shop": ("temperature", 20), "climate.attic": ("temperature", 16)},
        ),
        (
            "lock the shop door, close the awning and turn the potter's wheel off",
            {"lock.shutter": "locked", "cover.awning": "closed", "switch.wheel": "off"},
        ),
        (
            "lamp off in the shop and on in the kiln room",
            {"light.shelf": "off", "light.bench": "on"},
        ),
        (
            "shelf strip off but keep the potter's wheel running",
            {"light.shelf": "off", "switch.wheel": "on"},
        ),
    ],
)
def test_each_part_has_its_own_thing_and_value(
    understand: Understander, text: str, wanted: dict[str, Any]
) -> None:
    turn, state = after(understand, text)
    assert turn["decision"] == "act", turn["response"]
    for entity_id, value in wanted.items():
        found = state[entity_id]
        if isinstance(value, tuple):
            name, number = value
            assert found["attributes"][name] == pytest.approx(number, abs=2)
        else:
            assert found["state"] == value
    touched = {command["entity_id"] for command in turn["commands"]}
    assert touched == set(wanted)


def test_two_colours_go_to_two_lamps(understand: Understander) -> None:
    turn, _ = after(understand, "make the bench lamp red and the shelf strip blue")
    colours = {c["entity_id"]: c["data"]["rgb_color"] for c in turn["commands"]}
    assert list(colours["light.bench"]) == [255, 0, 0]
    assert list(colours["light.shelf"]) == [0, 0, 255]


def test_one_part_that_cannot_be_done_holds_back_the_others(understand: Understander) -> None:
    turn, state = after(understand, "awning closed and aquarium off")
    assert turn["decision"] == "refuse"
    assert state["cover.awning"]["state"] == "open"


@pytest.mark.parametrize(("text", "level"), [("all the way up", 255), ("all the way down", 3)])
def test_all_the_way_is_to_the_end(understand: Understander, text: str, level: int) -> None:
    _, state = after(understand, f"shelf strip {text}")
    assert state["light.shelf"]["attributes"]["brightness"] == pytest.approx(level, abs=1)


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("turn on the chandelier", "refuse"),
        ("is the awning closed? then turn the bench lamp on", "answer"),
        ("let me know if the shop door is locked", "answer"),
    ],
)
def test_nothing_moves(understand: Understander, text: str, decision: str) -> None:
    turn, _ = after(understand, text)
    assert (turn["decision"], turn["commands"]) == (decision, [])


@pytest.mark.parametrize(
    "text",
    [
        "lock the shop door if it isn't yet",
        "if the shop door's unlocked lock it",
        "is the shop door locked, if not do it",
        "lock the shop door unless it's locked already",
        "if the awning is open lock the shop door, else open it",
    ],
)
def test_conditions_are_decided_now(understand: Understander, text: str) -> None:
    _, state = after(understand, text)
    assert state["lock.shutter"]["state"] == "locked"

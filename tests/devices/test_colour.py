"""Colours as they are commanded, taken and reported, through the real store."""

from __future__ import annotations

import colorsys
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    House = Any

COLOURS = [(255, 0, 0), (255, 128, 0), (30, 255, 90), (0, 0, 255), (255, 255, 255), (255, 180, 200)]


@pytest.mark.parametrize("rgb", COLOURS)
@pytest.mark.parametrize("kind", ["hs", "xy", "rgb"])
def test_a_colour_comes_back_as_it_was_commanded(
    house: House, kind: str, rgb: tuple[int, int, int]
) -> None:
    light = {"schema": "json", "cmd_t": "l/set", "stat_t": "l", "sup_clrm": [kind]}
    house.announce("light", light)
    ((_, sent),) = house.command("turn_on", {"rgb_color": rgb})
    house.hear("l", json.loads(sent))
    heard = house.state().attributes["rgb_color"]
    assert all(abs(one - other) <= 2 for one, other in zip(heard, rgb, strict=True))


@pytest.mark.parametrize("rgb", [*COLOURS, (0, 0, 0), (128, 64, 64), (1, 0, 1)])
def test_hue_and_saturation_are_those_of_python(house: House, rgb: tuple[int, int, int]) -> None:
    house.announce("light", {"cmd_t": "l/set", "hs_cmd_t": "l/hs"})
    sent = dict(house.command("turn_on", {"rgb_color": rgb}))["l/hs"]
    hue, saturation = map(float, sent.split(","))
    wanted = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    assert abs(hue - wanted[0] * 360) < 0.01
    assert abs(saturation - wanted[1] * 100) < 0.01


@pytest.mark.parametrize("hue", range(0, 360, 45))
def test_red_green_and_blue_are_those_of_python(house: House, hue: int) -> None:
    house.announce("light", {"cmd_t": "l/set", "rgb_cmd_t": "l/rgb"})
    sent = dict(house.command("turn_on", {"hs_color": (hue, 75)}))["l/rgb"]
    wanted = colorsys.hsv_to_rgb(hue / 360, 0.75, 1)
    found = [int(part) for part in sent.split(",")]
    assert all(abs(one - 255 * other) <= 1 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    "payload",
    [
        {"state": "ON"},
        {"color": None},
        {"color": {}},
        {"color": {"x": None, "y": 0.1}},
        {"color": 5},
    ],
)
def test_a_message_without_a_colour_leaves_the_colour_alone(
    house: House, payload: dict[str, Any]
) -> None:
    light = {"schema": "json", "cmd_t": "l/set", "stat_t": "l", "sup_clrm": ["xy"]}
    house.announce("light", light)
    house.hear("l", {"color": {"x": 0.7006, "y": 0.2993}})
    house.hear("l", payload)
    assert house.state().attributes["rgb_color"] == (255, 0, 0)


def test_a_colour_on_a_topic_of_its_own_is_known_in_red_green_and_blue(house: House) -> None:
    house.announce("light", {"cmd_t": "c", "hs_stat_t": "l/hs", "hs_cmd_t": "l/hs/set"})
    house.hear("l/hs", "120,100")
    assert dict(house.state().attributes) == {
        "hs_color": (120, 100),
        "rgb_color": (0, 255, 0),
    }


def test_the_whites_of_a_lamp_are_not_part_of_its_colour(house: House) -> None:
    house.announce("light", {"cmd_t": "c", "rgbw_stat_t": "l/rgbw", "rgbw_cmd_t": "l/rgbw/set"})
    house.hear("l/rgbw", "1,2,3,255")
    assert house.state().attributes["rgb_color"] == (1, 2, 3)

"""Floors, sides of the house and rooms beside the speaker's, in a home of three levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]


def light(entity_id: str, name: str, area: str) -> dict[str, Any]:
    attributes = {"supported_color_modes": ["brightness"]}
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": "on",
            "attributes": attributes}  # fmt: skip


HOME: dict[str, Any] = {
    "floors": [
        {"id": "cellar", "name": "Basement", "level": -1},
        {"id": "ground", "name": "Ground Floor", "level": 0},
        {"id": "upper", "name": "First Floor", "level": 1},
    ],
    "areas": [
        {"id": "wine", "name": "Wine Store", "floor": "cellar"},
        {"id": "kitchen", "name": "Kitchen", "floor": "ground"},
        {"id": "lounge", "name": "Lounge", "floor": "ground"},
        {"id": "suite", "name": "Primary Bedroom", "floor": "upper"},
        {"id": "back", "name": "Back Garden"},
        {"id": "porch", "name": "Porch"},
        {"id": "bay_1", "name": "Glasshouse 1"},
        {"id": "bay_2", "name": "Glasshouse 2"},
        {"id": "bakehouse", "name": "Oldbakery"},
    ],
    "entities": [
        light("wine", "Rack Light", "wine"),
        light("kitchen", "Kitchen Lights", "kitchen"),
        light("counter", "Counter", "kitchen"),
        light("lounge", "Lounge Lights", "lounge"),
        light("suite", "Bedroom Lights", "suite"),
        light("back", "String Lights", "back"),
        light("porch", "Sconce", "porch"),
        light("bay_1", "Grow Lights 1", "bay_1"),
        light("bay_2", "Grow Lights 2", "bay_2"),
        light("bakery", "Rafters", "bakehouse"),
        {"id": "climate.suite", "name": "Radiator", "area": "suite", "state": "heat",
         "attributes": {"hvac_modes": ["off", "heat"], "temperature": 19, "min_temp": 5,
                        "max_temp": 28, "temperature_unit": "°C"}},
    ],
}  # fmt: skip
GROUND = {"kitchen", "counter", "lounge"}


@pytest.fixture(scope="module")
def home(house_of: Callable[[dict[str, Any]], House]) -> House:
    """Return the home."""
    return house_of(HOME)


@pytest.mark.parametrize(
    ("area", "sentence", "meant"),
    [
        ("suite", "all lights off {floor:downstairs}", GROUND),
        (None, "all lights off {floor:downstairs}", GROUND),
        ("kitchen", "all lights off {floor:downstairs}", {"wine"}),
        ("kitchen", "{floor:upstairs} lights off", {"suite"}),
        (None, "{floor:upstairs} lights off", {"suite"}),
        ("wine", "{floor:upstairs} lights off", {*GROUND, "suite"}),
        ("lounge", "lights off in the {area:kitchen} and the {area:lounge}", GROUND),
        ("suite", "kill the lights down there", {*GROUND, "wine"}),
        ("kitchen", "the lights off down here", GROUND),
        ("kitchen", "lights off out back", {"back"}),
        ("kitchen", "lights off out front", {"porch"}),
        ("bay_1", "{name:lights} off {name:next door}", {"bay_2"}),
        ("kitchen", "lights off in the {area:primary}", {"suite"}),
        ("kitchen", "lights off in the {area:bakery}", {"bakery"}),
    ],
)
def test_where_the_lights_are_meant(
    home: House, area: str | None, sentence: str, meant: set[str]
) -> None:
    found = home(sentence, "HassTurnOff", area=area, domain="light")
    assert found.decision is Decision.ACT
    assert {target.partition(".")[2] for target in found.targets} == meant


@pytest.mark.parametrize(
    ("area", "sentence"),
    [
        ("kitchen", "lights off next door"),
        ("wine", "lights off down there"),
        (None, "lights off down there"),
    ],
)
def test_a_place_that_lies_nowhere_is_refused(home: House, area: str | None, sentence: str) -> None:
    found = home(sentence, "HassTurnOff", area=area, domain="light")
    assert (found.decision, found.reason) == (Decision.REFUSE, "unknown_area")


def test_a_number_that_counts_degrees_is_no_part_of_a_room(home: House) -> None:
    found = home(
        "{area:bedroom three} degrees warmer",
        "HubClimateSetTemperatureRelative",
        area="kitchen",
        direction="up",
    )
    assert found.targets == ("climate.suite",)

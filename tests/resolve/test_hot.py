"""Heat beyond what anybody lives in is confirmed, in either scale."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.mark.parametrize(
    ("unit", "highest", "words", "decision"),
    [
        ("°C", 40, "set the studio thermostat to 22 degrees", "act"),
        ("°C", 40, "set the studio thermostat to 34 degrees", "ask"),
        ("°F", 100, "set the studio thermostat to 72 degrees", "act"),
        ("°F", 100, "set the studio thermostat to 95 degrees", "ask"),
    ],
)
def test_a_room_is_not_heated_beyond_its_limit_unasked(
    understand: Understander, unit: str, highest: float, words: str, decision: str
) -> None:
    attributes: dict[str, Any] = {
        "temperature": 20 if unit == "°C" else 68,
        "current_temperature": 19 if unit == "°C" else 66,
        "min_temp": 7 if unit == "°C" else 45,
        "max_temp": highest,
        "temperature_unit": unit,
        "hvac_modes": ["off", "heat"],
    }
    home = {
        "areas": [{"id": "studio", "name": "Studio"}],
        "entities": [
            {
                "id": "climate.studio",
                "name": "Studio Thermostat",
                "area": "studio",
                "state": "heat",
                "attributes": attributes,
            }
        ],
    }
    document = replay_scenario({"home": home, "turns": [{"text": words}]}, understand)
    assert document["turns"][0]["decision"] == decision

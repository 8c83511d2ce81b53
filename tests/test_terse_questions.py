"""Questions as people put them, without a verb or about what is not there, said to the real hub."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander

CELSIUS = {"device_class": "temperature", "unit_of_measurement": "°C"}
HOME: dict[str, Any] = {
    "areas": [{"id": "mill", "name": "Mill"}, {"id": "yard", "name": "Yard"}],
    "entities": [
        {"id": "climate.mill", "name": "Mill Radiator", "area": "mill", "state": "heat",
         "attributes": {"hvac_modes": ["off", "heat"], "temperature": 21, "current_temperature": 18.5,
                        "min_temp": 7, "max_temp": 28}},
        {"id": "sensor.vat", "name": "Vat Temperature", "area": "mill", "state": 12.5,
         "attributes": CELSIUS},
        {"id": "sensor.yard", "name": "Yard Temperature", "area": "yard", "state": 4,
         "attributes": CELSIUS},
        {"id": "binary_sensor.rain", "name": "Rain Gauge", "area": "yard", "state": True,
         "attributes": {"device_class": "moisture"}},
        {"id": "binary_sensor.cellar", "name": "Drain", "area": "yard", "state": False,
         "attributes": {"device_class": "moisture"}},
        {"id": "cover.a", "name": "East Blind", "area": "mill", "state": "open",
         "attributes": {"device_class": "blind"}},
        {"id": "cover.b", "name": "West Blind", "area": "mill", "state": "closed",
         "attributes": {"device_class": "blind"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.mark.parametrize(
    ("said", "decision", "told"),
    [
        ("vat ok?", "answer", "12.5"),
        ("mill warm enough", "answer", "18.5"),
        ("what did I set the radiator to", "answer", "21"),
        ("how cold is it out", "answer", "4"),
        ("is it raining", "answer", "Yes"),
        ("how many blinds are up", "answer", "1: "),
        ("is it warmer outside than in here", "answer", "18.5"),
        ("is the sauna hot yet", "refuse", "sauna"),
        ("how humid is the pantry", "refuse", "pantry"),
    ],
)
def test_a_terse_question(said: str, decision: str, told: str, understand: Understander) -> None:
    scenario = {"id": "q", "home": HOME, "turns": [{"text": said, "area": "mill"}]}
    turn = replay_scenario(scenario, understand)["turns"][0]
    assert turn["decision"] == decision
    assert told in turn["response"]

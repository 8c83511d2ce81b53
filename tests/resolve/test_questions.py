"""Answers from the state of the home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]


def test_which_lights_are_on(house: Any) -> None:
    house.place("light.counter", "on")
    house.place("light.hall", "on")
    found = house("which {device:lights} are {state:on}", "HassGetState")
    assert (found.decision, found.reason) == (Decision.ANSWER, "which_are")
    assert set(found.facts["yes"]) == {"Counter", "Hall Light"}
    assert found.facts["count"] == 2


def test_how_many_windows_are_open(house: House) -> None:
    found = house("how many {device:windows} are {state:open}", "HassGetState")
    assert (found.reason, found.facts["count"], found.facts["total"]) == ("how_many", 1, 2)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("is the {name:front door} {state:locked}", "any_yes"),
        ("is the {name:back door} {state:locked}", "any_no"),
        ("is the {name:front door} locked", "any_yes"),
        ("are all the {device:doors} {state:locked}", "all_no"),
        ("are any {device:doors} {state:unlocked}", "any_yes"),
        ("is the {name:garage door} {state:closed}", "any_yes"),
        ("is the {name:thermostat} {state:on}", "any_yes"),
        ("is the {name:counter} {state:on}", "any_no"),
        ("are any {device:lights} {state:on} in the {area:kitchen}", "any_no"),
    ],
)
def test_yes_or_no_by_the_confirmed_state(house: House, sentence: str, reason: str) -> None:
    found = house(sentence, "HassGetState")
    assert (found.decision, found.reason) == (Decision.ANSWER, reason), found


@pytest.mark.parametrize(
    ("sentence", "intent", "area", "value"),
    [
        ("what is the temperature in the {area:hall}", "HassClimateGetTemperature", None, "21.5"),
        ("how warm is it", "HassClimateGetTemperature", "living", "19.5"),
        ("what is the {name:thermostat} set to", "HassGetState", None, "20"),
        ("what is the volume of the {name:TV}", "HassGetState", None, "30"),
        ("what is the position of the {name:kitchen blind}", "HassGetState", None, "100"),
        ("what is the state of the {name:kettle}", "HassGetState", None, "off"),
    ],
)
def test_a_value_is_told_with_its_unit(
    house: House, sentence: str, intent: str, area: str | None, value: str
) -> None:
    found = house(sentence, intent, area=area)
    assert (found.decision, found.reason) == (Decision.ANSWER, "value"), found
    assert found.facts["values"] == (value,)


@pytest.mark.parametrize(
    ("sentence", "intent", "reason"),
    [
        ("is the {name:bathroom window} {state:open}", "HassGetState", "unknown_name"),
        (
            "are any {device:lights} {state:on} in the {area:bathroom}",
            "HassGetState",
            "unknown_area",
        ),
        (
            "what is the temperature in the {area:bathroom}",
            "HassClimateGetTemperature",
            "unknown_area",
        ),
        ("what is the battery of the {name:kettle}", "HassGetState", "no_value"),
        ("how is the weather", "HassGetWeather", "unsupported"),
        ("send a mail", "HubEmailSend", "unsupported"),
    ],
)
def test_what_is_not_known_is_not_made_up(
    house: House, sentence: str, intent: str, reason: str
) -> None:
    found = house(sentence, intent)
    assert (found.decision, found.reason) == (Decision.REFUSE, reason)


def test_a_question_moves_nothing(house: House) -> None:
    for sentence in ("is the {name:counter} {state:on}", "which {device:lights} are {state:off}"):
        assert house(sentence, "HassGetState").commands == ()


def test_the_time_is_that_of_the_picture(house: Any) -> None:
    import time

    found = house("what time is it", "HassGetCurrentTime")
    now = time.localtime(house.hub.store.view().now_s)
    assert found.facts["time"] == time.strftime("%H:%M", now)


def test_an_extreme_that_is_asked_to_be_made_is_no_question(house: House) -> None:
    found = house("set the {name:counter} brightness {amount:to the lowest}", "HassLightSet")
    assert found.decision is not Decision.ANSWER

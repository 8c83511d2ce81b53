"""Requests with a time, said to the real hub: later is later, never now, and timers ring."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.act.plan import plan
from hubagent.replay import MemoryHub, replay_scenario
from hubagent.resolve.later import TimedResolver
from hubagent.resolve.situation import Situation
from hubagent.simulate.home import load_home
from hubagent.types import AreaId
from hubagent.understand import values
from hubagent.understand.understander import Understander

HOME: dict[str, Any] = {
    "areas": [{"id": "study", "name": "Study"}, {"id": "kitchen", "name": "Kitchen"}],
    "entities": [
        {"id": "light.lamp", "name": "Desk Lamp", "area": "study", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "on",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "fan.desk", "name": "Desk Fan", "area": "study", "state": "on"},
        {"id": "switch.heater", "name": "Heater", "area": "study", "state": "on"},
        {"id": "switch.oven", "name": "Oven", "area": "kitchen", "state": "off"},
        {"id": "climate.main", "name": "Thermostat", "area": "study", "state": "heat"},
        {"id": "lock.front", "name": "Front Door", "area": "kitchen", "state": "locked"},
        {"id": "cover.garage", "name": "Garage Door", "area": "kitchen", "state": "closed",
         "attributes": {"device_class": "garage"}},
        {"id": "cover.blinds", "name": "Blinds", "area": "study", "state": "open",
         "attributes": {"device_class": "blind"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


Said = str | tuple[float, str]


def replay(understand: Understander, *said: Said, home: dict[str, Any] = HOME) -> dict[str, Any]:
    """Say some things in the study, from half past six in the evening on."""
    turns = [
        {"text": item, "area": "study"}
        if isinstance(item, str)
        else {"at": item[0], "text": item[1], "area": "study"}
        for item in said
    ]
    return replay_scenario({"home": home, "now": "2026-01-05T18:30:00", "turns": turns}, understand)


def states(document: dict[str, Any]) -> dict[str, Any]:
    return {entity_id: item["state"] for entity_id, item in document["state"].items()}


NOTHING_SAID = "never mind"
COMMANDS = (
    "turn off the desk fan", "turn on the desk lamp", "set the thermostat to 21", "close the blinds",
    "dim the kitchen light to 30 percent", "make the desk lamp blue", "desk fan off",
)  # fmt: skip
TIMES = (
    "in ten minutes", "in 10 min", "in half an hour", "in an hour and a half", "in a couple of minutes",
    "after five minutes", "five minutes from now", "ten minutes later", "at seven", "at 7", "at 7 pm", "at 7:30",
    "at half past seven", "at quarter to eight", "at seven thirty", "at seven o'clock", "at noon", "at midnight",
    "tomorrow", "tomorrow at seven", "tomorrow morning", "tonight", "tonight at ten", "this evening",
    "on friday", "on friday at seven", "next week", "at sunset", "at dusk", "when it gets dark", "when i leave",
    "every day at seven", "every morning", "daily at seven", "on weekdays", "around nine", "by nine", "before bed",
    "after dinner", "later", "soon", "in a bit", "in a while", "in a moment", "in thirty seconds", "at 1930",
    "as soon as i get home", "before midnight", "after ten", "at 7ish", "in 1 hour 20 minutes", "in five",
    "first thing tomorrow", "at lunchtime", "at bedtime", "at six in the morning", "on the hour", "in two days",
    "at sunrise", "during the night", "in the morning", "in the evening",
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "turn off the fan in ten minutes", "at seven turn on the desk lamp",
        "switch the heater off in half an hour", "turn on the desk lamp at 7 pm",
        "turn the fan off around nine", "turn off the fan by nine", "turn off the fan tonight at ten",
        "turn off the fan tomorrow", "turn off the fan in a bit", "turn off the fan later",
        "turn off the fan every day at seven", "turn on the desk lamp on weekdays at seven",
        "turn off the fan on friday at 7", "turn on the desk lamp at sunset", "turn off fan 7pm",
        "turn off the fan in -5 minutes", "turn off the fan in 1000000000 minutes",
        "turn off the fan in 99999999999999999999999999999999999999999999 hours",
        "unlock the front door in five minutes", "open the garage door in an hour",
        "turn on the oven in ten minutes", "turn on the heater at six", "open the garage door for ten minutes",
        "close the blinds at ten", "turn off the fan after dinner", "set a timer to turn off the fan in 5 minutes",
        "turn off the fan and close the blinds in ten minutes", "in ten minutes turn off the fan and close the blinds",
        "turn off the fan when the timer is over", "set the thermostat to 21 at 6 am",
        "dim the kitchen light to 30 percent in an hour", "turn off the kitchen light at twenty past eight",
    ],
)  # fmt: skip
def test_what_is_for_another_time_is_never_done_at_once(
    text: str, understand: Understander
) -> None:
    before = states(replay(understand, NOTHING_SAID))
    document = replay(understand, text)
    assert document["turns"][0]["commands"] == []
    assert document["turns"][0]["response"]
    assert states(document) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_no_time_said_before_or_behind_a_request_is_overheard(
    command: str, understand: Understander
) -> None:
    view = MemoryHub(load_home(HOME)).store.view()
    resolver = TimedResolver(understand, values)
    texts = [
        text for t in TIMES for text in (f"{command} {t}", f"{t} {command}", f"{t}, {command}")
    ]
    at_once = [
        text
        for text in texts
        if plan(
            resolver.resolve(understand.understand(text), Situation(view, AreaId("study")))
        ).commands
    ]
    assert at_once == []


@pytest.mark.parametrize(
    ("text", "at_s", "entity_id", "state"),
    [
        ("turn off the fan in ten minutes", 600, "fan.desk", "off"),
        ("at seven turn on the desk lamp", 1800, "light.lamp", "on"),
        ("switch the heater off in half an hour", 1800, "switch.heater", "off"),
        ("close the blinds at half past seven", 3600, "cover.blinds", "closed"),
        ("turn off the kitchen light tomorrow at 7", 45_000, "light.kitchen", "off"),
    ],
)
def test_a_delayed_command_is_done_at_its_time_and_not_before(
    text: str, at_s: float, entity_id: str, state: str, understand: Understander
) -> None:
    before = states(replay(understand, NOTHING_SAID))
    early = replay(understand, text, (at_s - 2.0, NOTHING_SAID))
    assert states(early) == before
    assert "due" not in early["turns"][1]
    late = replay(understand, text, (at_s + 30.0, NOTHING_SAID))
    assert states(late) == {**before, entity_id: state}
    (due,) = late["turns"][1]["due"]
    assert [command["entity_id"] for command in due["commands"]] == [entity_id]


def test_a_setting_that_looks_like_a_time_is_done_at_once(understand: Understander) -> None:
    document = replay(understand, "set the desk lamp at 50", "set the thermostat at twenty")
    assert [turn["decision"] for turn in document["turns"]] == ["act", "act"]
    assert all(turn["commands"] for turn in document["turns"])


def test_for_a_while_is_now_and_back_afterwards(understand: Understander) -> None:
    now = replay(understand, "turn on the desk lamp for ten minutes")
    assert states(now)["light.lamp"] == "on"
    assert "in 10 minutes" in now["turns"][0]["response"]
    after = replay(understand, "turn on the desk lamp for ten minutes", (640, NOTHING_SAID))
    assert states(after)["light.lamp"] == "off"


def test_each_request_of_a_sentence_has_its_own_time(understand: Understander) -> None:
    text = "turn the kitchen light off in ten minutes and close the blinds"
    now = replay(understand, text)
    assert (states(now)["light.kitchen"], states(now)["cover.blinds"]) == ("on", "closed")
    assert states(replay(understand, text, (640, NOTHING_SAID)))["light.kitchen"] == "off"


def test_the_answer_to_a_question_keeps_the_time(understand: Understander) -> None:
    extra = {**HOME["entities"][2], "id": "fan.tall", "name": "Tall Fan"}
    home = {**HOME, "entities": [*HOME["entities"], extra]}
    said: tuple[Said, ...] = ("turn off the fan in ten minutes", (10, "the tall one"))
    asked = replay(understand, *said, home=home)
    assert [turn["decision"] for turn in asked["turns"]] == ["ask", "act"]
    assert states(asked)["fan.tall"] == "on"
    done = replay(understand, *said, (640, NOTHING_SAID), home=home)
    assert (states(done)["fan.tall"], states(done)["fan.desk"]) == ("off", "on")


@pytest.mark.parametrize(
    "text",
    ["unlock the front door in five minutes", "open the garage door in an hour",
     "turn on the oven in ten minutes", "turn on the heater in an hour"],
)  # fmt: skip
def test_what_is_dangerous_is_not_moved_when_nobody_may_be_there(
    text: str, understand: Understander
) -> None:
    document = replay(understand, text, (7200, NOTHING_SAID))
    assert document["turns"][0]["decision"] == "refuse"
    assert states(document) == states(replay(understand, NOTHING_SAID))


def test_a_timer_lives_as_people_speak_of_it(understand: Understander) -> None:
    document = replay(
        understand,
        "set a ten minute pasta timer",
        (60, "start a pizza timer for 12 minutes"),
        (120, "how long is left on the pasta timer"),
        (130, "cancel the timer"),
        (140, "pause the pizza timer"),
        (200, "resume the pizza timer"),
        (210, "add five minutes to the pizza timer"),
        (700, "what timers are running"),
        (710, "cancel the pizza timer"),
        (720, "cancel the timer"),
        (730, "how long is left on the timer"),
    )
    turns = document["turns"]
    assert [turn["decision"] for turn in turns] == [
        "act", "act", "answer", "refuse", "act", "act", "act", "answer", "act", "refuse", "answer",
    ]  # fmt: skip
    assert "8 minutes" in turns[2]["response"]
    assert "pasta" in turns[3]["response"]
    assert "pizza" in turns[3]["response"]
    assert [due["response"] for due in turns[7]["due"]] == ["Time is up: the pasta timer."]
    assert "7 minutes and 20 seconds" in turns[7]["response"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("wake me at seven", "07:00"), ("get me up at half four", "04:30"), ("set an alarm for 7 pm", "19:00"),
     ("wake me tomorrow at nine", "09:00"), ("wake me up in 20 minutes", "18:50")],
)  # fmt: skip
def test_an_alarm_rings_at_a_time_of_day(text: str, told: str, understand: Understander) -> None:
    document = replay(understand, text, (86_000, "what alarms do i have"))
    assert document["turns"][0]["decision"] == "act"
    assert told in document["turns"][0]["response"]
    assert [due["response"] for due in document["turns"][1]["due"]]
    assert document["turns"][1]["decision"] == "answer"


@pytest.mark.parametrize(
    "text",
    ["set a timer for 1000000000 minutes", "set a timer for -5 minutes",
     "set a timer for 0 minutes", "set an alarm for every day at seven", "cancel the timer",
     "pause the timer", "add five minutes to the timer"],
)  # fmt: skip
def test_a_timer_that_cannot_be_is_refused_with_the_reason(
    text: str, understand: Understander
) -> None:
    (turn,) = replay(understand, text)["turns"]
    assert turn["decision"] == "refuse"
    assert turn["response"]


def test_a_timer_without_its_length_is_asked_for_it(understand: Understander) -> None:
    asked, set_ = replay(understand, "set a timer", (8, "five minutes"))["turns"]
    assert (asked["decision"], asked["response"]) == ("ask", "For how long?")
    assert set_["decision"] == "act"


@pytest.mark.parametrize(
    "said", [("turn off the fan in ten minutes", "cancel that"), ("turn off the fan in ten minutes", "cancel all timers"),
             ("turn off the fan in ten minutes", "never mind"), ("turn off the fan in ten minutes", "cancel the timer")],
)  # fmt: skip
def test_what_was_taken_back_does_not_happen(
    said: tuple[str, str], understand: Understander
) -> None:
    document = replay(understand, *said, (700, "what time is it"))
    assert states(document)["fan.desk"] == "on"
    assert "due" not in document["turns"][2]


def test_never_mind_takes_back_only_what_was_just_arranged_here(understand: Understander) -> None:
    late = replay(
        understand, "turn off the fan in ten minutes", (200, NOTHING_SAID), (700, "hello")
    )
    assert states(late)["fan.desk"] == "off"
    turns = [
        {"text": "turn off the fan in ten minutes", "area": "study"},
        {"text": NOTHING_SAID, "area": "kitchen"},
        {"text": "hello", "at": 700, "area": "study"},
    ]
    elsewhere = replay_scenario({"home": HOME, "turns": turns}, understand)
    assert states(elsewhere)["fan.desk"] == "off"


def test_no_to_a_question_takes_nothing_else_back(understand: Understander) -> None:
    extra = {**HOME["entities"][2], "id": "fan.tall", "name": "Tall Fan"}
    home = {**HOME, "entities": [*HOME["entities"], extra]}
    said: tuple[Said, ...] = ("turn off the kitchen light in ten minutes", "turn off the fan", "no")
    document = replay(understand, *said, (700, "hello"), home=home)
    assert [turn["decision"] for turn in document["turns"][:3]] == ["act", "ask", "answer"]
    assert states(document)["light.kitchen"] == "off"

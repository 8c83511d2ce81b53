"""The released model on sentences of our own, as people would say them."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings, strategies as st

from hubagent.types import Understanding
from hubagent.understand.understander import Understander


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander.load()


def said(marked: str) -> tuple[str, set[tuple[str, str]]]:
    """Split ``turn on the {area:kitchen} light`` into the words and the slots."""
    slots = {(name, words) for name, words in re.findall(r"\{(\w+):([^}]*)\}", marked)}
    return re.sub(r"\{\w+:([^}]*)\}", r"\1", marked), slots


PLAIN = [
    ("turn on the {area:kitchen} light", "HassTurnOn"),
    ("Turn off the lights in the {area:living room}, please.", "HassTurnOff"),
    ("switch the {name:bedside lamp} off", "HassTurnOff"),
    ("CAN YOU TURN ON THE {device:TV}?", "HassTurnOn"),
    ("dim the {area:bedroom} lights {brightness:to 30 percent}", "HassLightSet"),
    ("turn the {area:bedroom} light {color:blue}", "HassLightSet"),
    ("make it brighter in the {area:office}", "HubLightSetRelative"),
    ("set the {device:thermostat} {temperature:to 21 degrees}", "HassClimateSetTemperature"),
    ("it's freezing in the {area:bathroom}", "HubClimateSetTemperatureRelative"),
    ("how warm is it in the {area:nursery}", "HassClimateGetTemperature"),
    ("open the {area:living room} {device:blinds}", "HassOpenCover"),
    ("close all the {device:curtains} {floor:upstairs}", "HassCloseCover"),
    ("stop the {device:garage door}", "HassStopMoving"),
    ("set the {device:blinds} {position:to 40%}", "HassSetPosition"),
    ("lock the {name:front door}", "HubLock"),
    ("unlock the {name:back door}", "HubUnlock"),
    ("is the {name:front door} {state:locked}?", "HassGetState"),
    ("are the lights {state:on} in the {area:garage}", "HassGetState"),
    ("vacuum the {area:hallway}", "HassVacuumCleanArea"),
    ("send the {device:roomba} home", "HassVacuumReturnToBase"),
    ("stop the {device:vacuum}", "HubVacuumPause"),
    ("mow the lawn", "HassLawnMowerStartMowing"),
    ("make me an {coffee_type:espresso}", "HubMakeCoffee"),
    ("turn off everything", "HassTurnOff"),
    ("turn on the {device:fan} in {area:emma's room}", "HassTurnOn"),
    ("set the {name:ceiling fan} {percentage:to high}", "HassFanSetSpeed"),
    ("reverse the {device:fan}", "HubFanSetDirection"),
    ("play {search_query:stranger things} on the {area:living room} {device:tv}", "HassMediaSearchAndPlay"),
    ("play some {music_genre:jazz}", "HassMediaSearchAndPlay"),
    ("pause the {device:tv}", "HassMediaPause"),
    ("next song", "HassMediaNext"),
    ("volume up {volume_step:by 10 percent}", "HassSetVolumeRelative"),
    ("set the volume {volume_level:to 40}", "HassSetVolume"),
    ("mute the {device:tv}", "HassMediaPlayerMute"),
    ("unmute the {device:tv}", "HassMediaPlayerUnmute"),
    ("switch the tv to {source:hdmi 2}", "HubMediaSelectSource"),
    ("set a timer for {duration:10 minutes}", "HassStartTimer"),
    ("set a {timer_name:pizza} timer for {duration:an hour and a half}", "HassStartTimer"),
    ("how long is left on the {timer_name:pasta} timer", "HassTimerStatus"),
    ("cancel the timer", "HassCancelTimer"),
    ("add {item:milk} to the {list_name:shopping} list", "HassListAddItem"),
    ("what's on my {list_name:shopping} list", "HubListQuery"),
    ("what time is it", "HassGetCurrentTime"),
    ("what's the weather {date:tomorrow}", "HassGetWeather"),
    ("announce {message:dinner is ready}", "HassBroadcast"),
    ("never mind", "HassNevermind"),
    ("undo that", "HubUndo"),
    ("hello", "HubGreet"),
    ("run the {name:bedtime} script", "HubRunScript"),
    ("disarm the alarm", "HubAlarmDisarm"),
    ("shut the {name:main water valve}", "HubCloseValve"),
    ("toggle the {name:desk lamp}", "HassToggle"),
    ("set humidity {humidity:to 45 percent}", "HassHumidifierSetpoint"),
    ("turn up the heat", "HubClimateSetTemperatureRelative"),
    ("turn the lights off {time:in ten minutes}", "HassTurnOff"),
    ("turn on the {area:kitchen} and {area:dining room} lights", "HassTurnOn"),
    ("turn off all the lights except the {except:kitchen}", "HassTurnOff"),
    ("could you please close the {device:shutters} in the {area:study}", "HassCloseCover"),
    ("put the {device:heating} in {mode:eco mode}", "HubClimateSetPreset"),
    ("{device:heating} off", "HassTurnOff"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "intent"), PLAIN)
def test_a_plain_request_is_read(understander: Understander, marked: str, intent: str) -> None:
    text, slots = said(marked)
    heard = understander.understand(text)
    (clause,) = heard.clauses
    best = clause.hypotheses[0]
    assert best.intent == intent
    assert slots <= {(slot.name, slot.text) for slot in best.slots}
    assert all(text[slot.start : slot.end] == slot.text for slot in best.slots)
    assert heard.out_of_scope < 0.5


def test_the_class_fixes_what_the_words_leave_out(understander: Understander) -> None:
    best = understander.understand("dim the lights").clauses[0].hypotheses[0]
    assert ("domain", "light") in best.implied
    assert ("direction", "down") in best.implied
    assert best.label == "light_dim"


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("turn on the kitchen light and close the blinds", ["HassTurnOn", "HassCloseCover"]),
        (
            "lock the front door, turn off the tv and set the thermostat to 18",
            ["HubLock", "HassTurnOff", "HassClimateSetTemperature"],
        ),
        ("open the shades then turn the lamp off", ["HassOpenCover", "HassTurnOff"]),
    ],
)
def test_several_requests_are_read_one_by_one(
    understander: Understander, text: str, intents: list[str]
) -> None:
    heard = understander.understand(text)
    assert [clause.hypotheses[0].intent for clause in heard.clauses] == intents
    for before, after in zip(heard.clauses, heard.clauses[1:], strict=False):
        assert before.end <= after.start
    for clause in heard.clauses:
        assert text[clause.start].isalpha()
        for slot in clause.hypotheses[0].slots:
            assert clause.start <= slot.start < slot.end <= clause.end


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\n\t", "x" * 201, "la " * 70, "\u200b", "\U0001f600 \U0001f600"]
)
def test_garbage_has_no_reading(understander: Understander, text: str) -> None:
    heard = understander.understand(text)
    assert heard == Understanding(text, (), 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "transfer two hundred dollars to my savings account",
        "when i get home turn on the kitchen lights",
        "i bought a new lamp yesterday",
        "the the of banana over seven",
    ],
)
def test_what_no_class_covers_is_out_of_scope(understander: Understander, text: str) -> None:
    assert understander.understand(text).out_of_scope > 0.5


@given(st.text(max_size=260))
@settings(max_examples=60, deadline=None)
def test_no_text_raises_and_spans_stay_inside(text: str) -> None:
    heard = SHARED.understand(text)
    assert 0.0 <= heard.out_of_scope <= 1.0
    for clause in heard.clauses:
        assert 0 <= clause.start < clause.end <= len(text)
        assert sum(item.probability for item in clause.hypotheses) <= 1.001
        for slot in clause.hypotheses[0].slots:
            assert text[slot.start : slot.end] == slot.text


SHARED = Understander.load()


def test_the_embedding_has_unit_length(understander: Understander) -> None:
    embedding = understander.understand("turn on the kitchen light").embedding
    assert len(embedding) == 384
    assert sum(value * value for value in embedding) == pytest.approx(1.0, abs=1e-3)


def test_threads_get_the_answers_that_one_gets(understander: Understander) -> None:
    texts = [said(marked)[0] for marked, _ in PLAIN[:12]]
    alone = [understander.understand(text) for text in texts]
    together: list[list[Understanding]] = [[] for _ in range(4)]

    def work(answers: list[Understanding]) -> None:
        answers.extend(understander.understand(text) for text in texts)

    threads = [threading.Thread(target=work, args=(answers,)) for answers in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for answers in together:
        assert [item.clauses[0].hypotheses[0].label for item in answers] == [
            item.clauses[0].hypotheses[0].label for item in alone
        ]

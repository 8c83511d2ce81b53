"""Canonical interpretations of real turns: what is one state of the chain, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.feedback.canonical import interpretation, journal_turn
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, AsrResult, Decision, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import TurnRecord

HOME: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "bedroom", "name": "Bedroom"}],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "light.counter", "name": "Counter Light", "area": "kitchen", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "light.bedroom", "name": "Bedside Lamp", "area": "bedroom", "state": "off"},
        {"id": "fan.bedroom", "name": "Bedroom Fan", "area": "bedroom", "state": "off"},
        {"id": "lock.front", "name": "Front Door", "area": "kitchen", "state": "locked"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.fixture
def say(understand: Understander) -> Callable[..., TurnRecord]:
    hub = MemoryHub(load_home(HOME))
    pipeline = Pipeline(
        understand=understand,
        values=values,
        context=hub.store,
        act=hub.executor,
        clock=hub.clock,
        satellites={"puck": AreaId("bedroom")},
    )
    numbers = iter(range(1000))

    def said(text: str, *, after_s: float = 200.3, **more: Any) -> TurnRecord:
        hub.advance(after_s)
        turn_id = TurnId(f"t{next(numbers)}")
        return pipeline.run_turn(Utterance(turn_id, text, hub.clock.now_s(), **more))

    return said


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("turn on the kitchen light", "hassturnon|light.kitchen|turn_on"),
        ("turn on the kitchen lights", "hassturnon|light.counter,light.kitchen|turn_on"),
        (
            "turn on the counter light and turn off the bedroom fan",
            "hassturnoff|fan.bedroom|turn_off;hassturnon|light.counter|turn_on",
        ),
        ("turn on the bathroom light", "UNH|turn on the bathroom light"),
        ("Qwertz, uiop!", "UNH|qwertz uiop"),
        ("", "UNH|"),
    ],
)
def test_what_a_turn_came_to(say: Callable[..., TurnRecord], text: str, state: str) -> None:
    assert interpretation(say(text)) == state


def test_a_question_that_was_asked_back_came_to_nothing(say: Callable[..., TurnRecord]) -> None:
    asked = say("turn on the light")
    assert asked.decision is Decision.ASK
    assert interpretation(asked) == "UNH|turn on the light"


def test_other_words_for_one_thing_are_one_state(say: Callable[..., TurnRecord]) -> None:
    one = interpretation(say("turn on the kitchen light"))
    assert interpretation(say("please switch the kitchen light on")) == one
    assert interpretation(say("Kitchen light, on!", device="puck")) == one


def test_another_value_is_another_state(say: Callable[..., TurnRecord]) -> None:
    states = {
        interpretation(say(text))
        for text in (
            "set the kitchen light to 20 percent",
            "set the kitchen light to 30 percent",
            "set the counter light to 30 percent",
            "set a timer for ten minutes",
            "set a timer for two minutes",
            "set an alarm for seven",
            "turn off the bedroom fan in ten minutes",
            "turn off the bedroom fan in two minutes",
            "turn off the bedroom fan at seven",
            "is the kitchen light on",
            "is the counter light on",
        )
    }
    assert len(states) == 11
    assert not any(state.startswith("UNH") for state in states)


@pytest.mark.parametrize(
    "text",
    ["turn off the bedroom fan in ten minutes", "turn off the bedroom fan at seven",
     "set a timer for ten minutes", "is the kitchen light on"],
)  # fmt: skip
def test_the_same_words_at_another_hour_are_the_same_state(
    say: Callable[..., TurnRecord], text: str
) -> None:
    assert interpretation(say(text)) == interpretation(say(text, after_s=3_723.4))


def test_a_turn_as_the_journal_keeps_it(say: Callable[..., TurnRecord]) -> None:
    record = say("Trun on the kitchen light!", device="puck", speaker="ann", asr=AsrResult(0.7))
    turn = journal_turn(record)
    assert (turn.place, turn.speaker, turn.asr_confidence) == ("puck", "ann", 0.7)
    assert (turn.heard, turn.read) == ("Trun on the kitchen light!", "turn on the kitchen light!")
    assert (turn.decision, turn.intent, turn.reason) == (Decision.ACT, "HassTurnOn", "")
    assert 0.5 < turn.probability <= 1.0
    assert 0.0 < turn.margin <= turn.probability
    assert turn.out_of_scope < 0.5
    assert sum(value**2 for value in turn.embedding) == pytest.approx(1.0, abs=1e-3)
    assert [(it.entity_id, it.command, it.outcome) for it in turn.done] == [
        ("light.kitchen", "turn_on", "followed")
    ]
    assert {stage for stage, _, _ in turn.stages} >= {"understand", "resolve", "act"}


def test_a_refusal_keeps_its_reason(say: Callable[..., TurnRecord]) -> None:
    turn = journal_turn(say("turn on the bathroom light", area_id=AreaId("kitchen")))
    assert (turn.decision, turn.place, turn.done) == (Decision.REFUSE, "kitchen", ())
    assert turn.reason == "unknown_area"


def test_what_was_not_read_has_no_embedding(say: Callable[..., TurnRecord]) -> None:
    assert journal_turn(say("")).embedding == ()

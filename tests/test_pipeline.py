"""One turn of the whole hub, and how it is told afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent import explain
from hubagent.pipeline import KEPT_TURNS, Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, Decision, OutcomeKind, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from hubagent.types import TurnRecord

HOME: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "bedroom", "name": "Bedroom"}],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off"},
        {"id": "light.bedroom", "name": "Bedside Lamp", "area": "bedroom", "state": "off"},
        {"id": "lock.front", "name": "Front Door", "area": "kitchen", "state": "locked"},
    ],
}


class Turns:
    """A pipeline on a simulated home."""

    def __init__(self, understand: Understander) -> None:
        self.hub = MemoryHub(load_home(HOME))
        self.pipeline = Pipeline(
            understand=understand,
            values=values,
            context=self.hub.store,
            act=self.hub.executor,
            clock=self.hub.clock,
            satellites={"puck": AreaId("bedroom")},
        )
        self.count = 0

    def __call__(self, text: str, area: str | None = None, device: str | None = None) -> TurnRecord:
        self.count += 1
        self.hub.advance(1.0)
        utterance = Utterance(
            TurnId(f"t{self.count}"),
            text,
            self.hub.clock.now_s(),
            area_id=AreaId(area) if area else None,
            device=device,
        )
        return self.pipeline.run_turn(utterance)


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.fixture
def turns(understand: Understander) -> Turns:
    return Turns(understand)


def test_a_turn_goes_from_words_to_a_confirmed_answer(turns: Turns) -> None:
    record = turns("turn on the kitchen light")
    assert (record.decision, record.intent, record.listen) == (Decision.ACT, "HassTurnOn", False)
    assert [outcome.kind for outcome in record.outcomes] == [OutcomeKind.FOLLOWED]
    assert "Kitchen Light" in record.response
    assert turns.hub.world.device("light.kitchen").state == "on"


def test_the_order_of_the_stages_is_noted_with_their_time(turns: Turns) -> None:
    record = turns("turn on the kitchen light")
    stages = [note.stage for note in record.notes]
    assert stages == [
        stage
        for stage in ("dialogue", "understand", "resolve", "schedule", "plan", "act", "respond")
        if stage in stages
    ]
    assert {"understand", "resolve", "act", "respond"} <= set(stages)
    assert all(note.ms >= 0 for note in record.notes)


def test_a_question_listens_and_its_answer_finishes_the_request(turns: Turns) -> None:
    asked = turns("turn on the light")
    assert (asked.decision, asked.listen, asked.outcomes) == (Decision.ASK, True, ())
    answered = turns("the bedroom one")
    assert answered.understanding is None
    assert [str(outcome.command.entity_id) for outcome in answered.outcomes] == ["light.bedroom"]


def test_another_request_closes_the_question(turns: Turns) -> None:
    turns("turn on the light")
    assert turns("lock the front door").decision is Decision.ACT
    assert turns("the bedroom one").outcomes == ()


def test_silence_is_told_and_not_taken_for_success(turns: Turns) -> None:
    turns.hub.world.cut_off("light.kitchen")
    record = turns("turn on the kitchen light")
    assert [outcome.kind for outcome in record.outcomes] == [OutcomeKind.SILENT]
    assert "no confirmation" in record.response


def test_the_satellite_says_where_the_speaker_is(turns: Turns) -> None:
    (outcome,) = turns("turn on the light", device="puck").outcomes
    assert outcome.command.entity_id == "light.bedroom"


def test_an_area_that_is_none_of_the_home_is_no_area(turns: Turns) -> None:
    assert turns("turn on the light", area="attic").decision is Decision.ASK


def test_only_the_last_turns_are_kept_the_newest_first(turns: Turns) -> None:
    for _ in range(KEPT_TURNS + 5):
        turns("")
    kept = turns.pipeline.turns()
    assert len(kept) == KEPT_TURNS
    assert kept[0].utterance.turn_id == f"t{turns.count}"
    assert turns.pipeline.turn(1) is kept[0]
    assert turns.pipeline.turn(TurnId(f"t{turns.count - 3}")) is kept[3]
    assert turns.pipeline.turn(TurnId("t1")) is None
    assert turns.pipeline.turn(0) is None
    assert turns.pipeline.turn(KEPT_TURNS + 1) is None


@pytest.mark.parametrize(
    "text",
    [
        "turn on the kitchen light",
        "turn on the light",
        "turn on the bathroom light",
        "unlock the door",
        "turn on the kitchen light and unlock the front door",
        "which lights are on",
        "qwertz uiop",
        "",
    ],
)
def test_an_explanation_fits_a_screen(turns: Turns, text: str) -> None:
    record = turns(text)
    lines = explain.render(record).splitlines()
    assert len(lines) <= 24
    assert text in lines[0]
    assert any(record.decision.value in line for line in lines[1:])


def test_an_explanation_names_what_decided(turns: Turns) -> None:
    shown = explain.render(turns("turn on the lights", area="kitchen"))
    assert "decided by here" in shown
    shown = explain.render(turns("turn on the bathroom light"))
    assert "bathroom" in shown
    assert "reason" in shown
